/* A clock that stands still; sleeping only moves its hands. */
#ifndef LK_TESTS_FAKE_CLOCK_H
#define LK_TESTS_FAKE_CLOCK_H

#include <latchkey/client.h>

/* 2026-03-02T12:00:00Z */
#define NOON INT64_C(1772452800000)

typedef struct fake_clock {
    int64_t now_ms;
    int64_t slept_ms; /* in all */
    int n_sleeps;
    int64_t step_ms; /* added after each reading; 0: time stands still */
} fake_clock;

/* Reading from many threads is fine while step_ms is 0 and nobody sleeps. clock must outlive the
 * client. */
lk_clock fake_clock_use(fake_clock *clock);

#endif
