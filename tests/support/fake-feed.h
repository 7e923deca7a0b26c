/* A transport that is the Events API: a log of events, pages, cursors, and the odd habits of the
 * real service and of the official emulator. For tests that need more requests than a script. */
#ifndef LK_TESTS_FAKE_FEED_H
#define LK_TESTS_FAKE_FEED_H

#include <stdbool.h>

#include "fake-clock.h"
#include "mirror-kit.h"

typedef struct fake_feed {
    const kit_event *events; /* by created_at, then id */
    size_t n_events;
    const int64_t *visible_at_ms; /* one for each event, by clock; NULL: all are visible */
    fake_clock *clock;
    const fake_clock *dated_by; /* gives answers their Date; NULL: they have none */
    size_t page;                /* events in one; 0: 100 */
    bool restarts;          /* an unknown cursor begins at the beginning; else it is answered 400 */
    bool ignores_range;     /* as the official emulator does */
    bool ignores_end_after; /* range_end counts only without a cursor */
    bool refuses_end;       /* range_end is answered 422 */
    size_t fails_at;        /* this one, counted from 1, finds no network; 0: none */
    size_t n_requests;      /* so far */
    size_t n_served;        /* events in all answers so far */
    bool was_ranged;        /* the last request said range_start */
    char last_after[64];    /* of the last request, "" without one */
    int64_t last_start_ms;  /* range_start of the last request, or 0 */
    int64_t last_end_ms;    /* range_end of the last request, or INT64_MAX */
    int64_t first_start_ms; /* of the first one that said so, or 0 */
} fake_feed;

/* One thread at a time. feed must outlive the client. */
lk_transport fake_feed_use(fake_feed *feed);

#endif
