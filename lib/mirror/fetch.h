/* A page of events on its way, while the caller does something else.
 *
 * The request runs on a thread that lives for it alone and heeds no signal. Whoever begins one
 * finishes it before the public call ends: between calls there is no thread that an embedder did
 * not make. */
#ifndef LK_MIRROR_FETCH_H
#define LK_MIRROR_FETCH_H

#include <latchkey/events.h>
#include <pthread.h>

typedef struct lk__fetch {
    lk_client *client; /* NULL: none was begun, or it was taken */
    lk_event_list_options options;
    char *after; /* of options; NULL: none */
    int64_t not_before_ms;
    pthread_t thread;
    bool has_thread;
    int64_t took_ms; /* from the request to the answer */
    lk_status status;
    lk_error err;
    lk_event_page *page; /* NULL unless status is LK_OK */
} lk__fetch;

/* Types of options must outlive it; the rest is copied. Not sent before this moment of the steady
 * clock; 0: at once. Where no thread can be had it blocks instead. Only on an empty one. */
LK_MUST_CHECK lk_status lk__fetch_begin(lk__fetch *fetch, lk_client *client,
                                        const lk_event_list_options *options, int64_t not_before_ms,
                                        lk_error *err);
/* Waits for the answer, and keeps it. Nothing to do for an empty one. */
void lk__fetch_finish(lk__fetch *fetch);
/* Waits for the answer and hands it over, or why there is none. Empties it. */
LK_MUST_CHECK lk_status lk__fetch_take(lk__fetch *fetch, lk_event_page **out, lk_error *err);
/* Waits for the answer and forgets it. */
void lk__fetch_clear(lk__fetch *fetch);

#endif
