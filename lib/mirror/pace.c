/* Waits between steps; see pace.h. */
#include "mirror/pace.h"

enum { FIRST_BACK_OFF_MS = 1000, MAX_BACK_OFF_MS = 60 * 1000, MAX_RETRY_AFTER_S = 3600 };

/* Doubles up to a minute. */
static int64_t back_off(int n_failures, uint8_t chance)
{
    int64_t ms = FIRST_BACK_OFF_MS;

    for (int i = 1; i < n_failures && ms < MAX_BACK_OFF_MS; i++)
        ms *= 2;
    if (ms > MAX_BACK_OFF_MS)
        ms = MAX_BACK_OFF_MS;
    return ms / 2 + ms / 2 * chance / 255;
}

static void wait_for(lk__pace *pace, int64_t now_ms, int64_t ms, bool must_wait)
{
    pace->wait_ms = ms;
    pace->due_at_ms = now_ms + ms;
    pace->must_wait = must_wait;
}

void lk__pace_failed(lk__pace *pace, const lk_error *problem, int64_t now_ms, uint8_t chance)
{
    int seconds = problem->retry_after;
    int64_t ms;

    if (pace->n_failures < 1000)
        pace->n_failures++;
    ms = back_off(pace->n_failures, chance);
    if (seconds > MAX_RETRY_AFTER_S)
        seconds = MAX_RETRY_AFTER_S;
    /* "Retry-After: 0" has been seen from a server under load: never below a second. */
    if (problem->status == LK_ERR_RATE_LIMITED && ms < FIRST_BACK_OFF_MS)
        ms = FIRST_BACK_OFF_MS;
    if (ms < (int64_t)seconds * 1000)
        ms = (int64_t)seconds * 1000;
    wait_for(pace, now_ms, ms, problem->status == LK_ERR_RATE_LIMITED || seconds > 0);
}

void lk__pace_done(lk__pace *pace, int64_t now_ms, int64_t wait_ms)
{
    pace->n_failures = 0;
    wait_for(pace, now_ms, wait_ms, false);
}

int64_t lk__pace_left(const lk__pace *pace, int64_t now_ms)
{
    int64_t ms = pace->due_at_ms - now_ms;

    if (ms > pace->wait_ms)
        ms = pace->wait_ms;
    return ms > 0 ? ms : 0;
}
