/* What has arrived since somebody last looked: the ids of those events, and word of each arrival.
 */
#pragma once

#include "latchkey-event.h"
#include "latchkey-feed.h"

G_BEGIN_DECLS

#define LATCHKEY_TYPE_NEWS (latchkey_news_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyNews, latchkey_news, LATCHKEY, NEWS, GObject)

/* Follows the feed's store on a thread. Signals: "arrived" (GPtrArray of LatchkeyEvent, oldest
 * first, after each look that found some); "changed" (what is unread).
 *
 * settings remembers between runs where somebody was; NULL: nobody does. A store that was never
 * looked at counts as read up to the first time that the feed is current: it is filled then. */
LatchkeyNews *latchkey_news_new(LatchkeyFeed *feed, GSettings *settings);

guint latchkey_news_get_n_unread(LatchkeyNews *self);
gboolean latchkey_news_is_unread(LatchkeyNews *self, const char *event_id);
/* Somebody looked at all there is. */
void latchkey_news_mark_read(LatchkeyNews *self);

G_END_DECLS
