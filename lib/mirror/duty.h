/* Of the syncs that share a store, one polls: whoever holds the lease of the feed.
 *
 * The lease has a fence, and pages commit only under the newest one (LK__SQL_MOVE_FEED): a holder
 * that was stopped or cut off, and comes back after somebody took over, writes nothing. */
#ifndef LK_MIRROR_DUTY_H
#define LK_MIRROR_DUTY_H

#include <latchkey/mirror.h>

typedef struct lk__duty {
    int lease_ms;  /* 0: nobody else is there */
    int64_t fence; /* 0: not held */
    int64_t until_ms;
} lk__duty;

/* Takes the lease, or renews it once half of it is over. *held is false when somebody else has it.
 */
LK_MUST_CHECK lk_status lk__duty_take(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, bool *held,
                                      lk_error *err);
/* Keeps it for another ms at least: WorkOS told us to wait, and so should all. */
void lk__duty_hold(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, int64_t ms);
/* Leaves it to others at once. */
void lk__duty_leave(lk__duty *duty, lk_mirror *mirror, int64_t now_ms);

#endif
