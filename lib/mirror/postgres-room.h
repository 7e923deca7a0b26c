/* The room that a mirror takes on a PostgreSQL server. */
#ifndef LK_MIRROR_POSTGRES_ROOM_H
#define LK_MIRROR_POSTGRES_ROOM_H

#include "mirror/store.h"

/* Of the log's tables; nobody is held up. */
LK_MUST_CHECK lk_status lk__postgres_compact(lk__store *store, lk_error *err);
LK_MUST_CHECK lk_status lk__postgres_size(lk__store *store, int64_t *n_bytes, lk_error *err);

#endif
