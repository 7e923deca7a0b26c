/* Where the feed stands, in the database. */
#ifndef LK_MIRROR_FEED_H
#define LK_MIRROR_FEED_H

#include "mirror/fetch.h"
#include "mirror/store.h"

#include <latchkey/mirror.h>

/* WorkOS holds events back, for "a few seconds" as it says: for so long an older one may still turn
 * up behind a newer one. */
enum { LK__HOLD_BACK_MS = 60 * 1000 };

typedef struct lk__feed {
    char *cursor; /* the newest event that came through the feed; "" before the first */
    int64_t cursor_at_ms;
    int64_t polled_at_ms;
    int64_t settled_at_ms; /* WorkOS' clock when the last complete walk began; 0: there was none */
    int64_t kept_from_ms;  /* the mark of forget.h */
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

/* Where a cursor would stand: an event. id belongs to whoever the event belongs to. */
typedef struct lk__place {
    const char *id; /* "": before the first */
    int64_t at_ms;
} lk__place;

/* The newer of both, for the cursor never goes back; and of a place and the events of a page that
 * are not newer than limit_ms. */
lk__place lk__place_newer(lk__place a, lk__place b);
lk__place lk__place_newest(lk__place place, const lk_event_page *page, int64_t limit_ms);

/* A page without an entry, without a next one, or one that leads to itself. after: what it was
 * asked for; NULL: by time. */
bool lk__feed_ends_with(const lk_event_page *page, const char *after);

/* A time whose events never came; zeroed: none. */
typedef struct lk__gap {
    int64_t since_ms;
    int64_t until_ms;
} lk__gap;

/* What becomes of the feed with some pages. */
typedef struct lk__feed_move {
    lk__place cursor;
    int64_t polled_at_ms;
    int64_t settled_at_ms;
    int64_t fence; /* of the feed's lease; 0: there is none */
    lk__gap gap;
} lk__feed_move;

/* Pages and the feed's new state in one transaction. *moved is false, and nothing was changed, when
 * another process moved the cursor since feed was read, or holds a newer fence. */
LK_MUST_CHECK lk_status lk__feed_apply(lk__store *store, const lk__feed *feed,
                                       const lk__feed_move *move, const lk__pages *pages,
                                       lk_sync_result *result, bool *moved, lk_error *err);

#endif
