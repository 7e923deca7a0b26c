/* Forgetting events: out of the log, with their bodies and what finds them.
 *
 * From a mark on, kept_from_ms, the log is whole; older events are gone, or go. What they said
 * stays in the registers, or beside them where a later event has spoken (former.h): so what was at
 * any time from the mark on is known as if nothing were forgotten. An event that comes late, from
 * before the mark, is applied and not logged: it may be one that was forgotten.
 *
 * What stays in any case: events that were set aside, those that a consumer is not done with, and
 * those of the last minute before the cursor, which the feed reads again. In the order of the log,
 * a block of event-index.h at a time, each in a transaction of its own. */
#ifndef LK_MIRROR_FORGET_H
#define LK_MIRROR_FORGET_H

#include "mirror/store.h"

typedef struct lk__forgetting {
    int64_t before_ms;      /* created_at */
    int64_t fence;          /* of the feed's lease; 0: there is none */
    int64_t after_sequence; /* all up to here was looked at */
    bool is_done;           /* also when another process holds a newer fence */
} lk__forgetting;

/* One transaction: adds to *n how many were forgotten. */
LK_MUST_CHECK lk_status lk__forget_step(lk__store *store, lk__forgetting *self, int64_t *n,
                                        lk_error *err);

/* The mark; 0: nothing was forgotten. */
LK_MUST_CHECK lk_status lk__kept_from(lk__store *store, int64_t *out, lk_error *err);
/* LK_ERR_NOT_FOUND for a time before it, of which not all is known. */
LK_MUST_CHECK lk_status lk__kept_check(lk__store *store, int64_t at_ms, lk_error *err);

#endif
