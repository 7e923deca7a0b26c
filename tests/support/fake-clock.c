/* A clock that stands still; see fake-clock.h. */
#include "fake-clock.h"

static int64_t now(void *ctx)
{
    fake_clock *clock = ctx;
    int64_t now_ms = clock->now_ms;

    if (clock->step_ms != 0) /* a clock that stands still may be read from many threads */
        clock->now_ms += clock->step_ms;
    return now_ms;
}

static void sleep_now(void *ctx, int64_t ms)
{
    fake_clock *clock = ctx;

    clock->now_ms += ms;
    clock->slept_ms += ms;
    clock->n_sleeps++;
}

lk_clock fake_clock_use(fake_clock *clock)
{
    return (lk_clock){ .now_ms = now, .sleep_ms = sleep_now, .ctx = clock };
}
