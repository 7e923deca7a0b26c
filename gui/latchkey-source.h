/* One environment in use: who is signed in to it, and the feed of what they may see. */
#pragma once

#include "latchkey-account.h"
#include "latchkey-feed.h"

G_BEGIN_DECLS

#define LATCHKEY_TYPE_SOURCE (latchkey_source_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySource, latchkey_source, LATCHKEY, SOURCE, GObject)

/* Signal: "changed" (the feed is another one: a server's, for another person or organization). */
LatchkeySource *latchkey_source_new(LatchkeyConfig *config);
void latchkey_source_start(LatchkeySource *self);
/* Ends the feed; waits for up to a second for its thread. Also done on dispose. */
void latchkey_source_stop(LatchkeySource *self);

/* For a local history that cannot be read: sets its file aside and begins anew. Where some of it
 * was on show, it is another feed then, which waits until nobody looks at the old one any more. */
void latchkey_source_start_fresh(LatchkeySource *self);

LatchkeyAccount *latchkey_source_get_account(LatchkeySource *self);
/* Borrowed until the next "changed". */
LatchkeyFeed *latchkey_source_get_feed(LatchkeySource *self);

/* Where the API key is kept; NULL: a server's feed needs none. */
LatchkeySecrets *latchkey_source_get_key(LatchkeySource *self);

G_END_DECLS
