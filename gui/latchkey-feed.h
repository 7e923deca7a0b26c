/* The feed of directory events: a poller on a thread of its own, which fills the store.
 *
 * The poller owns its client (with the API key) and its mirror; the main thread gets reports and a
 * second connection to read from. Without an API key nothing is fetched, yet what a mirror already
 * holds is shown. */
#pragma once

#include "latchkey-config.h"
#include "latchkey-store.h"

G_BEGIN_DECLS

typedef enum {
    LATCHKEY_FEED_STARTING,
    LATCHKEY_FEED_NO_KEY,      /* nothing to fetch with */
    LATCHKEY_FEED_CATCHING_UP, /* answers arrive, more is waiting */
    LATCHKEY_FEED_CURRENT,     /* the last poll succeeded and found the end */
    LATCHKEY_FEED_FAILING,     /* the last poll failed: see the error */
    LATCHKEY_FEED_BROKEN,      /* the store or the settings: polling has ended */
} LatchkeyFeedState;

#define LATCHKEY_TYPE_FEED (latchkey_feed_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyFeed, latchkey_feed, LATCHKEY, FEED, GObject)

/* Signal: "changed" (anything below did, or a poll ended: there may be new events). interval_ms 0:
 * the library's default. */
LatchkeyFeed *latchkey_feed_new(LatchkeyConfig *config, int interval_ms);

void latchkey_feed_start(LatchkeyFeed *self);
/* Polls at once. */
void latchkey_feed_wake(LatchkeyFeed *self);
/* Ends polling; waits for up to a second for the thread. Also done on dispose. */
void latchkey_feed_stop(LatchkeyFeed *self);

LatchkeyFeedState latchkey_feed_get_state(LatchkeyFeed *self);
const GError *latchkey_feed_get_error(LatchkeyFeed *self);
LatchkeyStore *latchkey_feed_get_store(LatchkeyFeed *self); /* NULL: none yet */

/* One line on how fresh the list is; says "Live" only when a poll succeeded within three intervals.
 * Free with g_free(). */
char *latchkey_feed_describe(LatchkeyFeed *self, gint64 now_ms);
/* The same as a pure function, for tests. success and retry in Unix milliseconds, 0 for never. */
char *latchkey_feed_words(LatchkeyFeedState state, gint64 success_at_ms, gint64 retry_at_ms,
                          gint64 interval_ms, gint64 now_ms);

G_END_DECLS
