/* What a sync needs to know of reconciliations. */
#ifndef LK_MIRROR_RECONCILE_H
#define LK_MIRROR_RECONCILE_H

#include "mirror/store.h"

#include <latchkey/client.h>

/* created_at of the oldest events that WorkOS may still have, by the client's clock. */
int64_t lk__oldest_kept(const lk_client *client);

#endif
