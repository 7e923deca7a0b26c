/* A condition variable with two flags; see signal.h. */
#include "mirror/signal.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct lk__signal {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_stopped;
    bool is_awake;
};

lk__signal *lk__signal_new(void)
{
    lk__signal *signal = calloc(1, sizeof(*signal));
    pthread_condattr_t attributes;

    if (signal == NULL)
        return NULL;
    /* None of these fails on Linux and glibc with valid arguments. */
    pthread_mutex_init(&signal->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&signal->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return signal;
}

void lk__signal_free(lk__signal *signal)
{
    if (signal == NULL)
        return;
    pthread_cond_destroy(&signal->changed);
    pthread_mutex_destroy(&signal->mutex);
    free(signal);
}

static void raise_flag(lk__signal *signal, bool *flag)
{
    pthread_mutex_lock(&signal->mutex);
    *flag = true;
    pthread_cond_broadcast(&signal->changed);
    pthread_mutex_unlock(&signal->mutex);
}

static bool take_flag(lk__signal *signal, bool *flag, bool leaves_it)
{
    bool was_up;

    pthread_mutex_lock(&signal->mutex);
    was_up = *flag;
    *flag = was_up && leaves_it;
    pthread_mutex_unlock(&signal->mutex);
    return was_up;
}

void lk__signal_stop(lk__signal *signal)
{
    raise_flag(signal, &signal->is_stopped);
}

void lk__signal_wake(lk__signal *signal)
{
    raise_flag(signal, &signal->is_awake);
}

bool lk__signal_take_stop(lk__signal *signal)
{
    return take_flag(signal, &signal->is_stopped, false);
}

bool lk__signal_take_wake(lk__signal *signal)
{
    return take_flag(signal, &signal->is_awake, false);
}

bool lk__signal_is_awake(lk__signal *signal)
{
    return take_flag(signal, &signal->is_awake, true);
}

static struct timespec time_after(int64_t ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(ms / 1000);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

void lk__signal_wait(lk__signal *signal, int64_t ms, bool heeds_wake)
{
    struct timespec end = time_after(ms);
    int code = 0;

    if (ms <= 0)
        return;
    pthread_mutex_lock(&signal->mutex);
    while (code == 0 && !signal->is_stopped && !(heeds_wake && signal->is_awake))
        code = pthread_cond_timedwait(&signal->changed, &signal->mutex, &end);
    pthread_mutex_unlock(&signal->mutex);
}
