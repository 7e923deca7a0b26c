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

/* Returns false when it is time to stop. */
static bool wait_for_next(follow *following, int64_t ms)
{
    struct timespec until = clock_in_ms(ms);
    int rc = 0;

    pthread_mutex_lock(&following->mutex);
    while (!following->is_stopped && !following->is_woken && ms > 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&following->changed, &following->mutex, &until);
    following->is_woken = false;
    bool goes_on = !following->is_stopped;
    pthread_mutex_unlock(&following->mutex);
    return goes_on;
}

void follow_run(follow *following)
{
    while (wait_for_next(following, lk_sync_wait_ms(following->sync))) {
        lk_sync_result result = { 0 };
        lk_error err = LK_ERROR_INIT;
        lk_status status = lk_sync_step(following->sync, &result, &err);
        if (following->report != NULL)
            following->report(following->ctx, &result, status == LK_OK ? NULL : &err);
    }
}

static void set_and_signal(follow *following, bool *flag)
{
    pthread_mutex_lock(&following->mutex);
    *flag = true;
    pthread_cond_broadcast(&following->changed);
    pthread_mutex_unlock(&following->mutex);
}

void follow_stop(follow *following)
{
    set_and_signal(following, &following->is_stopped);
}

void follow_wake(follow *following)
{
    set_and_signal(following, &following->is_woken);
}
