/* Following the following; see follow.h. */
#include "follow.h"

#include "clock.h"

#include <errno.h>

void follow_init(follow *following, lk_sync *sync)
{
    *following = (follow){ .sync = sync };
    pthread_mutex_init(&following->mutex, NULL);
    clock_init_condition(&following->changed);
}

void follow_deinit(follow *following)
{
    pthread_cond_destroy(&following->changed);
    pthread_mutex_destroy(&following->mutex);
}

/* Returns false when it is time to stop. Being woken ends the wait only when the library says so:
 * it does not while WorkOS wants to be left alone. */
static bool wait_for_next(follow *following)
{
    int64_t ms;
    int rc = 0;

    pthread_mutex_lock(&following->mutex);
    while (!following->is_stopped && rc != ETIMEDOUT &&
           (ms = lk_sync_wait_ms(following->sync)) > 0) {
        struct timespec until = clock_in_ms(ms);
        rc = pthread_cond_timedwait(&following->changed, &following->mutex, &until);
    }
    bool goes_on = !following->is_stopped;
    pthread_mutex_unlock(&following->mutex);
    return goes_on;
}

void follow_run(follow *following)
{
    while (wait_for_next(following)) {
        lk_sync_result result = { 0 };
        lk_error err = LK_ERROR_INIT;
        lk_status status = lk_sync_step(following->sync, &result, &err);
        if (following->report != NULL)
            following->report(following->ctx, &result, status == LK_OK ? NULL : &err);
    }
}

void follow_stop(follow *following)
{
    pthread_mutex_lock(&following->mutex);
    following->is_stopped = true;
    pthread_cond_broadcast(&following->changed);
    pthread_mutex_unlock(&following->mutex);
}

void follow_wake(follow *following)
{
    lk_sync_wake(following->sync);
    pthread_mutex_lock(&following->mutex);
    pthread_cond_broadcast(&following->changed);
    pthread_mutex_unlock(&following->mutex);
}
