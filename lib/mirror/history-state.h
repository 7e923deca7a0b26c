/* A record as of a time.
 *
 * A register (schema.h) holds the newest that is known. Where that is not younger than the time it
 * is the answer; else the newest event that is not, is; where that is forgotten (forget.h) it
 * stands beside the register. So what reconciliation wrote counts from the moment for which it was
 * written, and "now" is exactly the mirror. */
#ifndef LK_MIRROR_HISTORY_STATE_H
#define LK_MIRROR_HISTORY_STATE_H

#include "base/arena.h"
#include "mirror/store.h"

#include <latchkey/history.h>

typedef struct lk__stamp {
    int64_t ms;
    const char *id; /* NULL: never */
} lk__stamp;

/* Whether a is older than b; false when b never was. */
bool lk__stamp_is_older(const lk__stamp *a, const lk__stamp *b);

/* Whether what is forgotten counts, and not what the log says; found is NULL when that is nothing.
 */
bool lk__stamp_counts_instead(const lk__stamp *former, int64_t at_ms, const lk__stamp *found);

/* Two columns into the arena: false without memory. */
bool lk__take_stamp(lk__arena *arena, const lk__value *columns, lk__stamp *out);

typedef struct lk__state {
    bool is_known; /* something had spoken of it by then */
    bool is_deleted;
    lk__stamp version;
    lk__stamp killed;   /* the newest deletion */
    const void *record; /* an lk_directory, lk_directory_user or lk_directory_group */
} lk__state;

/* All inside a transaction of the caller's; what they give lives in the arena. */
LK_MUST_CHECK lk_status lk__state_read(lk__store *store, lk_record_kind kind, const char *id,
                                       int64_t at_ms, lk__arena *arena, lk__state *out,
                                       lk_error *err);
/* Neither deleted nor older than its directory's end. */
LK_MUST_CHECK lk_status lk__state_is_alive(lk__store *store, lk_record_kind kind,
                                           const lk__state *state, int64_t at_ms, lk__arena *arena,
                                           bool *out, lk_error *err);
/* Whether what has this version is younger than the directory's end; a missing directory never
 * ended. */
LK_MUST_CHECK lk_status lk__state_outlives(lk__store *store, const lk__stamp *version,
                                           const char *directory_id, int64_t at_ms,
                                           lk__arena *arena, bool *out, lk_error *err);
/* The record, with its memberships; *out is NULL when there was none. with_deleted: also one that
 * was deleted by then. */
LK_MUST_CHECK lk_status lk__state_record(lk__store *store, lk_record_kind kind, const char *id,
                                         int64_t at_ms, bool with_deleted, lk__arena *arena,
                                         const void **out, lk_error *err);

#endif
