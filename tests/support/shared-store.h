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
    char name[80];
} shared_store;

void shared_store_open(shared_store *self, const kit *k);
void shared_store_close(shared_store *self);
lk_refresh_lease shared_store_lease(shared_store *self);

#endif
