/* Where the feed stands, in the database. */
#ifndef LK_MIRROR_FEED_H
#define LK_MIRROR_FEED_H

#include "mirror/store.h"

#include <latchkey/mirror.h>

typedef struct lk__feed {
    char *cursor; /* the newest event that came through the feed; "" before the first */
    int64_t cursor_at_ms;
    int64_t polled_at_ms;
    int64_t settled_at_ms; /* when the last walk began that reached the end; 0: none did */
} lk__feed;

#define lk__auto_feed LK_CLEANUP(lk__feed_clear) lk__feed

/* Fills an empty *out; clear it with lk__feed_clear(). */
LK_MUST_CHECK lk_status lk__feed_read(lk__store *store, lk__feed *out, lk_error *err);
void lk__feed_clear(lk__feed *feed);

/* The newest known event before which nothing can still turn up, malloc'd; NULL when there is none.
 * WorkOS holds events back for a few seconds, so an older one may follow a newer one: hold_back_ms
 * is how long that can last. */
LK_MUST_CHECK lk_status lk__feed_anchor(lk__store *store, const lk__feed *feed,
                                        int64_t hold_back_ms, char **out, lk_error *err);

/* A page and the feed's new state in one transaction. *moved is false, and nothing was changed,
 * when another process moved the cursor since feed was read, or holds a newer fence of the feed's
 * lease; fence 0: there is no lease. next->cursor is ignored: the cursor goes to the newest event
 * of the page, and never back. */
LK_MUST_CHECK lk_status lk__feed_apply(lk__store *store, const lk__feed *feed, const lk__feed *next,
                                       const lk_event_page *page, int64_t fence,
                                       lk_sync_result *result, bool *moved, lk_error *err);

#endif
