/* How two states of a record differ. */
#ifndef LK_MIRROR_HISTORY_CHANGE_H
#define LK_MIRROR_HISTORY_CHANGE_H

#include "base/arena.h"

#include <latchkey/history.h>

typedef struct lk__changes {
    lk_change *items; /* in the arena */
    size_t count;
    size_t capacity;
} lk__changes;

LK_MUST_CHECK lk_status lk__changes_add(lk__changes *changes, lk__arena *arena, const char *field,
                                        const char *before, const char *after, lk_error *err);
/* Both are of the kind, either may be NULL: there was none. Texts are borrowed from them. With the
 * groups of users, which are sorted; without the users of groups. */
LK_MUST_CHECK lk_status lk__changes_between(lk__changes *changes, lk_record_kind kind,
                                            const void *before, const void *after, lk__arena *arena,
                                            lk_error *err);

#endif
