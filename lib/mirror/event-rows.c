/* See event-rows.h. */
#include "mirror/event-rows.h"

#include <assert.h>
#include <string.h>

#include "mirror/mirror.h"

lk_status lk__event_rows_begin(lk__event_rows *rows, lk__arena *arena, size_t capacity,
                               lk_error *err)
{
    *rows = (lk__event_rows){ .arena = arena, .capacity = capacity };
    rows->items = lk__arena_array(arena, capacity, sizeof(const lk_mirror_event *));
    return rows->items != NULL ? LK_OK : lk__no_memory(err);
}

lk_status lk__event_rows_take(void *ctx, const lk__row *row, lk_error *err)
{
    lk__event_rows *rows = ctx;
    const lk__value *columns = row->columns;
    lk_mirror_event *event = lk__arena_alloc(rows->arena, sizeof(*event));

    if (event == NULL)
        return lk__no_memory(err);
    event->sequence = columns[0].number;
    event->created_at_ms = columns[3].number;
    event->json_len = columns[7].len;
    if (!lk__take_text(rows->arena, &columns[1], &event->id) ||
        !lk__take_text(rows->arena, &columns[2], &event->type) ||
        !lk__take_text(rows->arena, &columns[4], &event->organization_id) ||
        !lk__take_text(rows->arena, &columns[5], &event->directory_id) ||
        !lk__take_text(rows->arena, &columns[6], &event->subject) ||
        !lk__take_text(rows->arena, &columns[7], &event->json))
        return lk__no_memory(err);
    if (event->json == NULL)
        return lk__fail(err, LK_ERR_STORE, "the mirror lost the body of event %.64s", event->id);
    assert(rows->count < rows->capacity);
    rows->items[rows->count++] = event;
    return LK_OK;
}

static lk__event_place place_of(const lk_mirror_event *event)
{
    return (lk__event_place){ .sequence = event->sequence,
                              .created_at_ms = event->created_at_ms,
                              .id = event->id };
}

/* By insertion: they come in a few runs that are in order. */
void lk__event_rows_keep(lk__event_rows *rows, lk_event_order order, size_t n)
{
    for (size_t i = 1; i < rows->count; i++) {
        const lk_mirror_event *event = rows->items[i];
        lk__event_place place = place_of(event);
        size_t to = i;

        for (; to > 0; to--) {
            lk__event_place before = place_of(rows->items[to - 1]);

            if (lk__event_place_compare(order, &before, &place) <= 0)
                break;
            rows->items[to] = rows->items[to - 1];
        }
        rows->items[to] = event;
    }
    if (rows->count > n)
        rows->count = n;
}

lk__event_place lk__event_rows_end(const lk__event_rows *rows)
{
    return place_of(rows->items[rows->count - 1]);
}
