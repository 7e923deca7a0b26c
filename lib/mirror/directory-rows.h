/* Directories, users and groups out of rows, into an arena. */
#ifndef LK_MIRROR_DIRECTORY_ROWS_H
#define LK_MIRROR_DIRECTORY_ROWS_H

#include "base/arena.h"
#include "mirror/store.h"

#include <latchkey/history.h>

/* Fills an lk_directory, lk_directory_user or lk_directory_group from the columns of
 * LK__SQL_DIRECTORIES and so on; memberships are left out. */
typedef lk_status lk__take_record(lk__arena *arena, const lk__value *columns, void *item,
                                  lk_error *err);
LK_MUST_CHECK lk_status lk__take_directory(lk__arena *arena, const lk__value *columns, void *item,
                                           lk_error *err);
LK_MUST_CHECK lk_status lk__take_user(lk__arena *arena, const lk__value *columns, void *item,
                                      lk_error *err);
LK_MUST_CHECK lk_status lk__take_group(lk__arena *arena, const lk__value *columns, void *item,
                                       lk_error *err);

/* Where an lk_directory, lk_directory_user or lk_directory_group says when it was deleted. */
int64_t *lk__deleted_at(lk_record_kind kind, void *item);

int64_t lk__record_created_at(lk_record_kind kind, const void *item);

/* The first column of each row. */
typedef struct lk__ids {
    lk__arena *arena;
    const char **items;
    size_t count;
    size_t capacity;
} lk__ids;

/* An lk__row_fn; ctx is an lk__ids. */
LK_MUST_CHECK lk_status lk__take_id(void *ctx, const lk__row *row, lk_error *err);

#endif
