/* A page of any of WorkOS' lists: {"data":[…],"list_metadata":{"after":…}}. */
#ifndef LK_API_LIST_H
#define LK_API_LIST_H

#include "base/json.h"

/* Ids go into cursors and database keys: one visible word of at most 255 characters. */
bool lk__list_is_id(const char *text);

/* The entries as the array that they stand in, for lk__json_slices(); the rest as below. */
LK_MUST_CHECK lk_status lk__list_open(const lk__buf *body, lk__arena *arena, const char **data,
                                      size_t *data_len, const char **after, bool *is_cut,
                                      lk_error *err);
/* Visits the entries by their bytes, one at a time, so that an entry nobody can read does not take
 * the others with it. *after, in the arena: the id to go on from; NULL on the last page. *is_cut
 * (may be NULL): it does not say that it is the last page, nor how to go on. LK_ERR_PROTOCOL when
 * it is no list. */
LK_MUST_CHECK lk_status lk__list_read(const lk__buf *body, lk__json_visit *visit, void *ctx,
                                      lk__arena *arena, const char **after, bool *is_cut,
                                      lk_error *err);

#endif
