/* What several servers share: a mirror's store behind the seams of lk_web_options, with failures on
 * request. One per server; any thread. */
#ifndef LK_TESTS_SHARED_STORE_H
#define LK_TESTS_SHARED_STORE_H

#include "mirror-kit.h"

#include <latchkey/web.h>
#include <pthread.h>

typedef struct shared_store {
    lk_mirror *mirror;
    pthread_mutex_t mutex;
    /* Of the lease. */
    int n_acquired, n_renewed, n_finished;
    bool acquire_fails, renew_fails, finish_fails;
    void (*before_acquire)(void *ctx, int n); /* n: which call this is, from 1; NULL: nothing */
    void *ctx;
    char name[80]; /* of the last that was asked for */
    /* Of the sessions. */
    int n_got, n_put, n_replaced, n_removed;
    bool get_fails, write_fails;
    char session[80];   /* the name of the last that was asked for, or put */
    int64_t ends_at_ms; /* of the last that was put */
} shared_store;

void shared_store_open(shared_store *self, const kit *k);
void shared_store_close(shared_store *self);
lk_refresh_lease shared_store_lease(shared_store *self);
lk_session_store shared_store_sessions(shared_store *self);

#endif
