/* Of those that share a store, one polls the feed, and one hands events to a consumer: whoever
 * holds the lease.
 *
 * The lease has a fence, and what its holder does commits only under the newest one
 * (LK__SQL_MOVE_FEED, LK__SQL_MOVE_CONSUMER): one that was stopped or cut off, and comes back after
 * somebody took over, writes nothing. */
#ifndef LK_MIRROR_DUTY_H
#define LK_MIRROR_DUTY_H

#include "mirror/store.h"

#include <latchkey/mirror.h>

typedef struct lk__duty {
    const char *name; /* of the lease */
    int lease_ms;     /* 0: nobody else is there */
    int64_t fence;    /* 0: not held */
    int64_t until_ms;
} lk__duty;

/* Takes the lease, or renews it once half of it is over. *held is false when somebody else has it.
 */
LK_MUST_CHECK lk_status lk__duty_take(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, bool *held,
                                      lk_error *err);
/* Renews it now. *held is false when somebody else has taken it over. */
LK_MUST_CHECK lk_status lk__duty_renew(lk__duty *duty, lk_mirror *mirror, int64_t now_ms,
                                       bool *held, lk_error *err);
/* Keeps it for another ms at least: WorkOS told us to wait, and so should all. */
void lk__duty_hold(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, int64_t ms);
/* Leaves it to others at once. */
void lk__duty_leave(lk__duty *duty, lk_mirror *mirror, int64_t now_ms);
/* Inside a writing transaction: whether nobody has taken the feed over since. Fence 0: there is no
 * lease. */
LK_MUST_CHECK lk_status lk__duty_holds_feed(lk__store *store, int64_t fence, bool *held,
                                            lk_error *err);

#endif
