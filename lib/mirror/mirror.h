/* What a mirror holds, and what its reading functions share. */
#ifndef LK_MIRROR_MIRROR_H
#define LK_MIRROR_MIRROR_H

#include "base/arena.h"
#include "mirror/store.h"

#include <latchkey/mirror.h>

struct lk_mirror {
    lk__store *store;
};

/* Copies an options struct, whose first member is its size as the caller's compiler knew it; what
 * that compiler did not know is 0. NULL gives zeroes. */
void lk__copy_options(void *to, size_t size, const void *from);

/* 0 gives the default of 100. LK_ERR_INVALID outside 1-1000. */
LK_MUST_CHECK lk_status lk__check_limit(int limit, int *out, lk_error *err);

/* An answer owns an arena, and lives in it: lk__answer_free() takes what lk__answer_new() gave.
 * NULL without memory. */
void *lk__answer_new(size_t size);
lk__arena *lk__answer_arena(void *answer);
void lk__answer_free(const void *answer);

/* Columns into an arena: false without memory. NULL stays NULL. */
bool lk__take_text(lk__arena *arena, const lk__value *column, const char **out);

#endif
