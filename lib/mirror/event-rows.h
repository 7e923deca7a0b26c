/* Events out of rows, into an arena. */
#ifndef LK_MIRROR_EVENT_ROWS_H
#define LK_MIRROR_EVENT_ROWS_H

#include "base/arena.h"
#include "mirror/event-query.h"

typedef struct lk__event_rows {
    lk__arena *arena;
    const lk_mirror_event **items; /* room for capacity */
    size_t count;
    size_t capacity;
} lk__event_rows;

LK_MUST_CHECK lk_status lk__event_rows_begin(lk__event_rows *rows, lk__arena *arena,
                                             size_t capacity, lk_error *err);
/* An lk__row_fn for LK__EVENT_COLUMNS; ctx is an lk__event_rows. */
LK_MUST_CHECK lk_status lk__event_rows_take(void *ctx, const lk__row *row, lk_error *err);
/* Puts them in this order and keeps the first n. */
void lk__event_rows_keep(lk__event_rows *rows, lk_event_order order, size_t n);
/* Where the last of them stands. */
lk__event_place lk__event_rows_end(const lk__event_rows *rows);

#endif
