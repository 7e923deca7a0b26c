/* Lists as of a time. */
#ifndef LK_MIRROR_HISTORY_AT_H
#define LK_MIRROR_HISTORY_AT_H

#include "base/arena.h"
#include "mirror/select.h"

#include <latchkey/history.h>

/* What a list is limited to; texts may be NULL. */
typedef struct lk__scope {
    const char *organization_id;
    const char *directory_id;
} lk__scope;

bool lk__scope_holds(const lk__scope *scope, lk_record_kind kind, const void *record);

/* Ids of all that ever were, sorted, after this one. changed_after_ms: of those alone that may have
 * another state, or other memberships, than then; -1: of all. *count is below limit at the end. */
LK_MUST_CHECK lk_status lk__history_ids(lk__store *store, lk_record_kind kind, const char *after,
                                        int64_t changed_after_ms, int limit, lk__arena *arena,
                                        const char *const **out, size_t *count, lk_error *err);
/* Inside a transaction of the caller's. items: room for limit. */
LK_MUST_CHECK lk_status lk__history_select(lk__store *store, lk_record_kind kind,
                                           const lk_mirror_query *query, int limit,
                                           lk__arena *arena, void **items, size_t *count,
                                           lk_error *err);

#endif
