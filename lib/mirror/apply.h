/* One event into the tables. */
#ifndef LK_MIRROR_APPLY_H
#define LK_MIRROR_APPLY_H

#include "mirror/store.h"

#include <latchkey/mirror.h>

typedef enum lk__applied {
    LK__APPLIED_KNOWN = 0, /* its id was in the log: nothing was done; or it is too old for that */
    LK__APPLIED_NEW,
    LK__APPLIED_PARKED /* new; in the log, with a reason, and nowhere else */
} lk__applied;

/* Inside a transaction of the caller's. What any set of events leaves behind is the same in
 * whatever order they come: see schema.h. now_ms is when we learned of it. */
LK_MUST_CHECK lk_status lk__apply_event(lk__store *store, const lk_event *event, int64_t now_ms,
                                        lk__applied *out, lk_error *err);
/* Tries one that is parked again; what still cannot be applied stays parked, with its reason of
 * now. */
LK_MUST_CHECK lk_status lk__apply_parked(lk__store *store, const lk_event *event, int64_t sequence,
                                         bool *is_applied, lk_error *err);

/* Several at once, which costs less. is_sound: as lk__record_read(). kept_from_ms: the mark of
 * forget.h. out: one for each. */
LK_MUST_CHECK lk_status lk__apply_events(lk__store *store, const lk_event *const *events, size_t n,
                                         bool is_sound, int64_t now_ms, int64_t kept_from_ms,
                                         lk__applied *out, lk_error *err);

#endif
