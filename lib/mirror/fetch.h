/* A page of events on its way: on a thread of its own (aside.h), or on the caller's, while
 * something else has a thread. */
#ifndef LK_MIRROR_FETCH_H
#define LK_MIRROR_FETCH_H

#include <latchkey/events.h>

#include "mirror/aside.h"

typedef struct lk__fetch {
    lk_client *client; /* NULL: none was prepared, or it was taken */
    lk_event_list_options options;
    char *after; /* of options; NULL: none */
    int64_t not_before_ms;
    bool is_sent; /* or about to be, by its thread */
    lk__aside sending;
    int64_t asked_at_ms; /* by the client's clock */
    int64_t took_ms;     /* from the request to the answer */
    lk_status status;
    lk_error err;
    lk_event_page *page; /* NULL unless status is LK_OK */
} lk__fetch;

/* Pages that came, and belong to it. */
enum { LK__MAX_PAGES = 20 };

typedef struct lk__pages {
    lk_event_page *items[LK__MAX_PAGES];
    size_t n;
} lk__pages;

/* Empties it. */
void lk__pages_clear(lk__pages *pages);

/* Types of options must outlive it; the rest is copied. Not sent before this moment of the steady
 * clock; 0: at once. Sends nothing yet. Only on an empty one. */
LK_MUST_CHECK lk_status lk__fetch_prepare(lk__fetch *fetch, lk_client *client,
                                          const lk_event_list_options *options,
                                          int64_t not_before_ms, lk_error *err);
/* Sends it on a thread of its own. Only on one that was prepared; it must stay where it is. */
void lk__fetch_begin(lk__fetch *fetch);
/* Blocks until the answer is there, and keeps it; sends it now unless that was begun. Nothing to do
 * for an empty one. */
void lk__fetch_finish(lk__fetch *fetch);
/* Finishes it and hands the answer over, or why there is none. Empties it. */
LK_MUST_CHECK lk_status lk__fetch_take(lk__fetch *fetch, lk_event_page **out, lk_error *err);
/* Waits for the answer, if it was sent, and forgets it. */
void lk__fetch_clear(lk__fetch *fetch);

/* What WorkOS answers to a cursor or to a range that it does not take, or no longer, is not
 * documented: any of these. */
bool lk__fetch_was_refused(const lk_error *err);

#endif
