/* How many events there are; see latchkey/mirror.h. */
#include <string.h>

#include "base/text.h"
#include "mirror/mirror.h"
#include "mirror/search-events.h"
#include "mirror/sql.h"

static bool is_open(const lk_mirror_event_query *query)
{
    return (query->type == NULL || strcmp(query->type, "*") == 0) && query->n_types == 0 &&
           query->organization_id == NULL && query->directory_id == NULL && query->since_ms == 0 &&
           query->until_ms == 0 && lk__text_empty(query->text) && lk__text_empty(query->object_id);
}

/* Blocks know how many they hold; the rest is short. */
static lk_status count_all(lk__store *store, int64_t *out, lk_error *err)
{
    int64_t n_sealed = 0;
    int64_t n_unsealed = 0;

    LK_TRY(
        lk__store_run(store, LK__SQL_SEALED_COUNT, LK__NO_ARGS, lk__take_number, &n_sealed, err));
    LK_TRY(lk__store_run(store, LK__SQL_COUNT_UNSEALED, LK__NO_ARGS, lk__take_number, &n_unsealed,
                         err));
    *out = n_sealed + n_unsealed;
    return LK_OK;
}

static lk_status count_rows(lk__store *store, const lk_mirror_event_query *query, int64_t *out,
                            lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    lk__patterns patterns;

    lk__select_add(&select, lk__text_empty(query->object_id) ? LK__SQL_COUNT_EVENTS
                                                             : LK__SQL_COUNT_EVENTS_OF_OBJECT);
    LK_TRY(lk__event_filters_add(&select, query, false, &patterns, err));
    return lk__select_run(&select, store, lk__take_number, out, err);
}

lk_status lk_mirror_count_events(lk_mirror *mirror, const lk_mirror_event_query *query,
                                 int64_t *out, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk_mirror_event_query known;
    int64_t count = 0;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), query);
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    if (is_open(&known))
        LK_TRY(count_all(mirror->store, &count, err));
    else if (lk__is_search(&known))
        LK_TRY(lk__search_count(mirror->store, &known, &count, err));
    else
        LK_TRY(count_rows(mirror->store, &known, &count, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    *out = count;
    return LK_OK;
}

/* ---- Counting by time ---- */

enum { MAX_SPANS = 1000 };

typedef struct counting {
    lk__arena *arena;
    int64_t since_ms;
    int64_t span_ms;
    lk_mirror_span *items;
    size_t count;
    size_t size;
} counting;

/* What is outgrown stays in the arena: at most as much again. */
static lk_status make_room(counting *c, lk_error *err)
{
    size_t size = c->size > 0 ? 2 * c->size : 64;
    lk_mirror_span *items = NULL;

    if (c->count < c->size)
        return LK_OK;
    items = lk__arena_array(c->arena, size, sizeof(*items));
    if (items == NULL)
        return lk__no_memory(err);
    if (c->count > 0)
        memcpy(items, c->items, c->count * sizeof(*items));
    c->items = items;
    c->size = size;
    return LK_OK;
}

static lk_status take_span(void *ctx, const lk__row *row, lk_error *err)
{
    counting *c = ctx;

    LK_TRY(make_room(c, err));
    lk_mirror_span *span = &c->items[c->count++];
    span->since_ms = c->since_ms + row->columns[0].number * c->span_ms;
    span->n_events = row->columns[2].number;
    if (!lk__take_text(c->arena, &row->columns[1], &span->type))
        return lk__no_memory(err);
    return LK_OK;
}

static lk_status check_spans(const lk_mirror_event_query *query, int64_t span_ms, lk_error *err)
{
    if (span_ms <= 0 || query->since_ms <= 0 || query->until_ms <= query->since_ms)
        return lk__fail(err, LK_ERR_INVALID,
                        "events are counted by time from since_ms to a later until_ms");
    int64_t n_spans = (query->until_ms - query->since_ms - 1) / span_ms + 1;
    if (n_spans > MAX_SPANS)
        return lk__fail(err, LK_ERR_INVALID, "%lld spans of time are too many: up to %d",
                        (long long)n_spans, MAX_SPANS);
    return LK_OK;
}

lk_status lk_mirror_count_by_time(lk_mirror *mirror, const lk_mirror_event_query *query,
                                  int64_t span_ms, lk_mirror_activity **out, lk_error *err)
{
    LK_CLEANUP(lk_mirror_activity_freep) lk_mirror_activity *activity = NULL;
    lk__auto_select select = LK__SELECT;
    lk_mirror_event_query known;
    lk__patterns patterns;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), query);
    LK_TRY(check_spans(&known, span_ms, err));
    activity = lk__answer_new(sizeof(*activity));
    if (activity == NULL)
        return lk__no_memory(err);
    counting c = { .arena = lk__answer_arena(activity),
                   .since_ms = known.since_ms,
                   .span_ms = span_ms };
    lk__select_add_value(&select, LK__SQL_SPANS_SINCE, lk__value_number(known.since_ms));
    lk__select_add_value(&select, LK__SQL_SPANS_OF, lk__value_number(span_ms));
    lk__select_add(&select, lk__text_empty(known.object_id) ? LK__SQL_SPANS_FROM
                                                            : LK__SQL_SPANS_FROM_OBJECT);
    LK_TRY(lk__event_filters_add(&select, &known, false, &patterns, err));
    lk__select_add(&select, LK__SQL_BY_SPAN);
    LK_TRY(lk__select_run(&select, mirror->store, take_span, &c, err));
    activity->items = c.items;
    activity->count = c.count;
    *out = lk__steal(activity);
    return LK_OK;
}

void lk_mirror_activity_free(lk_mirror_activity *activity)
{
    lk__answer_free(activity);
}

void lk_mirror_activity_freep(lk_mirror_activity **activity)
{
    lk_mirror_activity_free(*activity);
    *activity = NULL;
}
