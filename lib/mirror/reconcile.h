/* What a sync needs to know of reconciliations. */
#ifndef LK_MIRROR_RECONCILE_H
#define LK_MIRROR_RECONCILE_H

#include "mirror/store.h"

#include <latchkey/reconcile.h>

/* created_at of the oldest events that WorkOS may still have, by the client's clock. */
int64_t lk__oldest_kept(const lk_client *client);

/* For a walk that belongs to whoever has the feed's lease: once somebody has taken over, its steps
 * change nothing. 0: there is no lease. */
void lk__reconcile_set_fence(lk_reconcile *reconcile, int64_t fence);

#endif
