/* Who belonged to whom at a time. */
#ifndef LK_MIRROR_HISTORY_MEMBER_H
#define LK_MIRROR_HISTORY_MEMBER_H

#include "mirror/directory-rows.h"
#include "mirror/history-state.h"

/* The ids of a user's groups, or of a group's users: of all memberships that ever were, those that
 * were alive. state: the user's or group's own, then. */
LK_MUST_CHECK lk_status lk__members_read(lk__store *store, lk_record_kind kind, const char *id,
                                         const lk__state *state, int64_t at_ms, lk__arena *arena,
                                         lk__ids *ids, lk_error *err);

#endif
