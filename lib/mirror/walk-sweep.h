/* The end of a walk: what it did not see. */
#ifndef LK_MIRROR_WALK_SWEEP_H
#define LK_MIRROR_WALK_SWEEP_H

#include "mirror/walk.h"

/* Users and groups that are to be deleted, and all live ones. */
LK_MUST_CHECK lk_status lk__walk_count_doomed(lk__store *store, const lk__walk *walk,
                                              int64_t *n_doomed, int64_t *n_live, lk_error *err);
/* Inside a transaction: deletes some, and counts them per organization; *n is 0 once none is left.
 */
LK_MUST_CHECK lk_status lk__walk_sweep(lk__store *store, const lk__walk *walk, size_t *n,
                                       lk_error *err);
/* Inside a transaction: counts those that would be deleted, per organization. */
LK_MUST_CHECK lk_status lk__walk_count_drift(lk__store *store, const lk__walk *walk, lk_error *err);
/* Inside a transaction: forgets what only the walk needed. Of directories, all but its own. */
LK_MUST_CHECK lk_status lk__walk_forget(lk__store *store, const lk__walk *walk, lk_error *err);

#endif
