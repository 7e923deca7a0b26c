/* One page of the state API into the mirror. */
#ifndef LK_MIRROR_WALK_MERGE_H
#define LK_MIRROR_WALK_MERGE_H

#include "mirror/walk.h"

/* Inside a transaction. Each object is compared with its live row, counted, noted as seen and, but
 * in a dry walk, written with the walk's stamp; directories are added to the walk as well. *n_bad:
 * how many could not be read. */
LK_MUST_CHECK lk_status lk__walk_merge(lk__store *store, const lk__walk *walk, lk__object_kind kind,
                                       const lk__object_page *page, size_t *n_bad, lk_error *err);

#endif
