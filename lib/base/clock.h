/* The system clock, and ISO 8601 times as WorkOS writes them. */
#ifndef LK_BASE_CLOCK_H
#define LK_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* For lk_clock: ctx is ignored. */
int64_t lk__system_now_ms(void *ctx);
void lk__system_sleep_ms(void *ctx, int64_t ms);
/* For measuring: only ever grows, whatever is done to the wall clock. */
int64_t lk__steady_now_ms(void);

/* "2026-03-02T08:00:04.300Z", also a space for the T, no fraction, a numeric offset or no zone at
 * all (then UTC), which WorkOS' documentation shows. false when it is no time. */
bool lk__time_parse(const char *text, int64_t *out_ms);

/* Always with milliseconds and Z. */
#define LK__TIME_SIZE 32
void lk__time_format(int64_t ms, char out[LK__TIME_SIZE]);

#endif
