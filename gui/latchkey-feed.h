/* The feed of directory events: a poller (latchkey-poller.h) fills the store, and this says how it
 * is.
 *
 * There are two sources and one way to read them. WorkOS is asked with an API key; a Latchkey
 * server with the signed-in person's access token, and it answers the same reads with what that
 * person may see. So the store, the lists over it and all pages are the same for both.
 *
 * Without a credential nothing is fetched, yet what a mirror already holds is shown. */
#pragma once

#include "latchkey-config.h"
#include "latchkey-health.h"
#include "latchkey-store.h"

G_BEGIN_DECLS

#define LATCHKEY_TYPE_FEED (latchkey_feed_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyFeed, latchkey_feed, LATCHKEY, FEED, GObject)

/* Signals: "changed" (anything below did, or a poll ended: there may be new events), "forgot" (so
 * many events are gone that lists begin anew). interval_ms 0: the library's default. */
LatchkeyFeed *latchkey_feed_new(LatchkeyConfig *config, int interval_ms);

void latchkey_feed_start(LatchkeyFeed *self);
/* The API key, or the access token whenever there is a fresh one; wakes the poller. NULL: none. At
 * first it is that of the config. */
void latchkey_feed_set_credential(LatchkeyFeed *self, const char *credential);
/* What it fetches with now; NULL: nothing. Wipe what is returned. */
char *latchkey_feed_dup_credential(LatchkeyFeed *self);
/* Before the start, for a server: whose events these are, see latchkey_config_get_store(). */
void latchkey_feed_set_viewer(LatchkeyFeed *self, const char *viewer);
/* Between two polls; polls at once. */
void latchkey_feed_set_interval_ms(LatchkeyFeed *self, int interval_ms);
/* Says that somebody has removed events from the store. */
void latchkey_feed_forgot(LatchkeyFeed *self);
/* Polls at once. */
void latchkey_feed_wake(LatchkeyFeed *self);
/* Ends polling; waits for up to a second for the thread. Also done on dispose. */
void latchkey_feed_stop(LatchkeyFeed *self);

LatchkeyFeedState latchkey_feed_get_state(LatchkeyFeed *self);
const GError *latchkey_feed_get_error(LatchkeyFeed *self);
LatchkeyStore *latchkey_feed_get_store(LatchkeyFeed *self); /* NULL: none yet */
/* The id of the environment whose events these are. */
const char *latchkey_feed_get_environment(LatchkeyFeed *self);

/* All of it at once; what it points to lives until the next "changed". */
LatchkeyHealth latchkey_feed_get_health(LatchkeyFeed *self);

/* For a store that cannot be opened: keeps its file beside its place, as *.bad, and begins anew. */
void latchkey_feed_start_fresh(LatchkeyFeed *self);

G_END_DECLS
