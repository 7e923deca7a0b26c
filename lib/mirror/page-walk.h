/* The feed page by page, from an anchor to its end.
 *
 * The anchor lies behind the cursor as long as WorkOS may still be holding back an event from
 * before it; what is read twice is known by its id. Within a walk the place to go on from is kept
 * in memory and is whatever WorkOS said; the cursor in the database is the newest event applied,
 * and is all that survives.
 *
 * While pages are written the next ones are read: those that come meanwhile are the next to be
 * written, in one transaction, so that a disk that is slower than the network costs less for each.
 */
#ifndef LK_MIRROR_PAGE_WALK_H
#define LK_MIRROR_PAGE_WALK_H

#include "mirror/feed.h"
#include "mirror/fetch.h"

enum { LK__MAX_AHEAD = 8 };

typedef struct lk__page_walk {
    lk_client *client;
    const char *const *types; /* the caller's */
    size_t n_types;
    int64_t started_at_ms; /* WorkOS' clock at the first request */
    char *position;        /* id of the event behind which pages are read; NULL: from from_ms */
    int64_t from_ms;       /* created_at */
    bool fell_back;        /* WorkOS did not know the position: begun anew by time */
    lk__fetch next;        /* the page behind those that were read, where it was asked for */
    lk__pages read;        /* behind position, not written yet */
    bool is_at_end;        /* they are the feed's last */
    bool has_written;
    int64_t written_to_ms;   /* created_at of the newest event that it has written */
    int64_t unsettled_at_ms; /* WorkOS' clock when it came to what may be held back; 0: not yet */
    int64_t took_ms;         /* the last answer */
    int64_t first_ms;        /* created_at of the first event; 0: none came */
    int64_t n_read;          /* pages, in all */
} lk__page_walk;

typedef enum lk__page_state {
    LK__PAGES_GO_ON = 0,
    LK__PAGES_DONE, /* the feed's end is written */
    LK__PAGES_LOST  /* somebody else moved the feed: nothing was written */
} lk__page_state;

/* Where to begin. On one that holds a client and types, and nothing else. */
LK_MUST_CHECK lk_status lk__page_walk_open(lk__page_walk *self, lk__store *store,
                                           const lk__feed *feed, lk_error *err);
/* Blocks until a page is there to be written, unless one is. */
LK_MUST_CHECK lk_status lk__page_walk_read(lk__page_walk *self, const lk__feed *feed,
                                           lk_error *err);
/* It came to where events are held back too long ago: what turned up since is found by the next
 * walk's overlap, unless this one goes on. End it. */
bool lk__page_walk_is_stale(const lk__page_walk *self);
/* created_at up to which it will have read once all that came is written: behind the cursor as long
 * as it reads what was read before. */
int64_t lk__page_walk_reached_ms(const lk__page_walk *self);
/* The time in which a page happens, as far as was seen: ms, at least 1. */
int64_t lk__page_walk_span_ms(const lk__page_walk *self);
/* What was read, in one transaction with the cursor; and, with reads_ahead, at least one page more
 * meanwhile, unless that was the last. A request that fails is told by the next read. The pages are
 * written on a thread of their own, which ends before this returns: the caller's waits for the
 * network alone, so that a request goes out at once, however busy the machine is. */
LK_MUST_CHECK lk_status lk__page_walk_write(lk__page_walk *self, lk__store *store,
                                            const lk__feed *feed, int64_t fence, bool reads_ahead,
                                            lk_sync_result *result, lk__page_state *state,
                                            lk_error *err);
/* Forgets what was read and not written. */
void lk__page_walk_drop(lk__page_walk *self);
void lk__page_walk_clear(lk__page_walk *self);

#endif
