/* When the next step of a sync is due, after what the last one was. Pure: the clock is told. */
#ifndef LK_MIRROR_PACE_H
#define LK_MIRROR_PACE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct lk__pace {
    int n_failures; /* in a row */
    int64_t due_at_ms;
    int64_t wait_ms; /* due_at_ms was this far away: the clock may be set meanwhile */
    bool must_wait;  /* WorkOS told us to: waking does not shorten it */
} lk__pace;

/* Backs off, by chance so that a fleet does not come back as one: 0 is half of the longest wait,
 * 255 all of it. What WorkOS asks for counts. */
void lk__pace_failed(lk__pace *pace, const lk_error *problem, int64_t now_ms, uint8_t chance);
void lk__pace_done(lk__pace *pace, int64_t now_ms, int64_t wait_ms);
int64_t lk__pace_left(const lk__pace *pace, int64_t now_ms);

#endif
