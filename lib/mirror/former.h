/* What forgotten events said: the newest of them, beside the register, where a later one has spoken
 * since. Where none has, the register itself says it. See forget.h. */
#ifndef LK_MIRROR_FORMER_H
#define LK_MIRROR_FORMER_H

#include "mirror/put.h"

/* Notes what an event says that goes out of the log, or never came into it since it is too old.
 * Inside a transaction of the caller's. */
LK_MUST_CHECK lk_status lk__former_note(lk__store *store, const lk__record *record,
                                        const lk__version *v, lk_error *err);

#endif
