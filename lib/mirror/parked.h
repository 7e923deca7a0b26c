/* Events that could not be applied, and are tried again by a version that understands more. */
#ifndef LK_MIRROR_PARKED_H
#define LK_MIRROR_PARKED_H

#include "mirror/store.h"

/* When this version reads more than the one that last tried: all of them. */
LK_MUST_CHECK lk_status lk__parked_catch_up(lk__store *store, lk_error *err);

#endif
