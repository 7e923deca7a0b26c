/* What single events of the log say of a record. */
#ifndef LK_MIRROR_HISTORY_LOG_H
#define LK_MIRROR_HISTORY_LOG_H

#include "mirror/history-state.h"
#include "mirror/record.h"

typedef struct lk__said {
    bool is_known; /* there is such an event */
    const char *type;
    lk__stamp version;
    lk__record record;
} lk__said;

/* sql: one of LK__SQL_NEWEST_OF() and so on, with its arguments. */
LK_MUST_CHECK lk_status lk__said_read(lk__store *store, const char *sql, const lk__value *args,
                                      size_t n_args, lk__arena *arena, lk__said *out,
                                      lk_error *err);
/* The record as the event has it, as a register would; *out is NULL when it has none. */
LK_MUST_CHECK lk_status lk__said_record(lk_record_kind kind, const lk__record *record,
                                        lk__arena *arena, const void **out, lk_error *err);
/* As it was before the event. */
LK_MUST_CHECK lk_status lk__said_before(lk_record_kind kind, const lk__said *said, lk__arena *arena,
                                        const void **out, lk_error *err);
/* Whether there was nothing before it: it tells of a beginning. */
bool lk__said_begins(const lk__said *said);

/* From when on the log is whole; INT64_MAX when it has no events. */
LK_MUST_CHECK lk_status lk__log_begin(lk__store *store, int64_t *out, lk_error *err);

#endif
