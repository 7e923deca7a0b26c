/* The readers of the mirror; see pool.h. */
#include "pool.h"

#include "fail.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_MIRRORS 8
#define PATIENCE_S  5

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    char *store;
    lk_mirror *idle[MAX_MIRRORS];
    size_t n_idle;
    size_t n_open; /* idle or out */
};

lk_status pool_new(const char *store, pool **out, lk_error *err)
{
    pool *readers = calloc(1, sizeof(*readers));

    if (readers == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    pthread_mutex_init(&readers->mutex, NULL);
    pthread_cond_init(&readers->returned, NULL);
    readers->store = strdup(store);
    lk_mirror *first = NULL;
    lk_status status = readers->store != NULL ? pool_take(readers, &first, err)
                                              : failed(err, LK_ERR_NO_MEMORY, "out of memory");
    if (status != LK_OK) {
        pool_free(readers);
        return status;
    }
    pool_give(readers, first);
    *out = readers;
    return LK_OK;
}

void pool_free(pool *readers)
{
    if (readers == NULL)
        return;
    for (size_t i = 0; i < readers->n_idle; i++)
        lk_mirror_free(readers->idle[i]);
    pthread_cond_destroy(&readers->returned);
    pthread_mutex_destroy(&readers->mutex);
    free(readers->store);
    free(readers);
}

/* Returns an idle one, or NULL with *may_open set when there is room for another. */
static lk_mirror *take_idle(pool *readers, bool *may_open)
{
    struct timespec until;
    lk_mirror *mirror = NULL;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&readers->mutex);
    while (readers->n_idle == 0 && readers->n_open == MAX_MIRRORS && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&readers->returned, &readers->mutex, &until);
    if (readers->n_idle > 0) {
        mirror = readers->idle[--readers->n_idle];
    } else if (readers->n_open < MAX_MIRRORS) {
        readers->n_open++;
        *may_open = true;
    }
    pthread_mutex_unlock(&readers->mutex);
    return mirror;
}

lk_status pool_take(pool *readers, lk_mirror **out, lk_error *err)
{
    bool may_open = false;
    lk_mirror *mirror = take_idle(readers, &may_open);

    if (mirror == NULL && !may_open)
        return failed(err, LK_ERR_STORE, "the store is busy: all %d readers are out", MAX_MIRRORS);
    if (mirror == NULL) {
        lk_status status = lk_mirror_open(readers->store, &mirror, err);
        if (status != LK_OK) {
            pthread_mutex_lock(&readers->mutex);
            readers->n_open--;
            pthread_cond_signal(&readers->returned);
            pthread_mutex_unlock(&readers->mutex);
            return status;
        }
    }
    *out = mirror;
    return LK_OK;
}

void pool_give(pool *readers, lk_mirror *mirror)
{
    if (mirror == NULL)
        return;
    pthread_mutex_lock(&readers->mutex);
    readers->idle[readers->n_idle++] = mirror;
    pthread_cond_signal(&readers->returned);
    pthread_mutex_unlock(&readers->mutex);
}
