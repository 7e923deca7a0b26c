/* Pages of the event log; see latchkey/mirror.h. Keyset anchors and filters in SQL, so a page costs
 * the same at the end of a million events as at the beginning. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mirror/mirror.h"
#include "mirror/select.h"
#include "mirror/sql.h"

enum { MAX_TYPES = 24 };

/* ---- Where a page begins ---- */

typedef struct place {
    bool is_known;
    int64_t sequence;
    int64_t created_at_ms;
} place;

static lk_status take_place(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(place *)ctx = (place){ .is_known = true,
                             .sequence = row->columns[0].number,
                             .created_at_ms = row->columns[1].number };
    return LK_OK;
}

static lk_status find_place(lk_mirror *mirror, const char *id, place *out, lk_error *err)
{
    LK_TRY(lk__store_run(mirror->store, LK__SQL_EVENT_PLACE, LK__ARGS(lk__value_text(id)),
                         take_place, out, err));
    if (!out->is_known)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror knows no event \"%.64s\"", id);
    return LK_OK;
}

static const struct {
    const char *by_time; /* NULL: by sequence */
    const char *by_sequence;
    const char *order;
} orders[] = {
    [LK_OLDEST_FIRST] = { .by_time = " AND (e.created_at_ms, e.id) > (",
                          .order = " ORDER BY e.created_at_ms, e.id" },
    [LK_NEWEST_FIRST] = { .by_time = " AND (e.created_at_ms, e.id) < (",
                          .order = " ORDER BY e.created_at_ms DESC, e.id DESC" },
    [LK_ARRIVAL] = { .by_sequence = " AND e.sequence > ", .order = " ORDER BY e.sequence" },
    [LK_LATEST_ARRIVAL] = { .by_sequence = " AND e.sequence < ",
                            .order = " ORDER BY e.sequence DESC" },
};

static void add_place(lk__select *select, const lk_mirror_event_query *query, const place *after)
{
    if (orders[query->order].by_sequence != NULL) {
        lk__select_add_value(select, orders[query->order].by_sequence,
                             lk__value_number(after->sequence));
        return;
    }
    lk__select_add_value(select, orders[query->order].by_time,
                         lk__value_number(after->created_at_ms));
    lk__select_add_value(select, ", ", lk__value_text(query->after));
    lk__select_add(select, ")");
}

/* ---- Filters ---- */

/* "dsync." and "dsync.*" mean all from "dsync." up to "dsync/", the next character.
 *
 * is_sorted: the list is read in the order of another index, so this one must not be taken: it
 * would read and sort a million rows for the first page. An expression is what keeps a planner
 * from it. */
static lk_status add_type(lk__select *select, const char *type, bool is_sorted, char *end,
                          size_t end_size, lk_error *err)
{
    size_t len = strlen(type);

    if (len > 0 && type[len - 1] == '*')
        len--;
    if (len == 0 && type[0] == '*')
        return LK_OK;
    if (len == 0 || type[len - 1] != '.') {
        lk__select_add_value(
            select, is_sorted ? " AND e.type || '' = " : " AND e.type = ", lk__value_text(type));
        return LK_OK;
    }
    if (len >= end_size)
        return lk__fail(err, LK_ERR_INVALID, "event type of %zu characters is too long", len);
    memcpy(end, type, len);
    end[len - 1] = '/';
    lk__select_add_value(select, is_sorted ? " AND e.type || '' >= " : " AND e.type >= ",
                         lk__value_bytes(type, len));
    lk__select_add_value(select, is_sorted ? " AND e.type || '' < " : " AND e.type < ",
                         lk__value_bytes(end, len));
    return LK_OK;
}

/* An exact type has its own index in the order of time; a family of them has not, and nothing but
 * the log itself is in the order of arrival. */
static bool sorts_by_another_index(const lk_mirror_event_query *query)
{
    size_t len = strlen(query->type);
    bool is_family = len > 0 && (query->type[len - 1] == '.' || query->type[len - 1] == '*');

    return is_family || orders[query->order].by_sequence != NULL;
}

/* Several types have no order in common, so no index for them is of use: see is_sorted above. */
static lk_status add_types(lk__select *select, const lk_mirror_event_query *query, lk_error *err)
{
    if (query->type != NULL || query->n_types > MAX_TYPES)
        return lk__fail(err, LK_ERR_INVALID,
                        "%zu event types are asked for%s: it is one type, or 1 to %d types",
                        query->n_types, query->type != NULL ? ", and type" : "", (int)MAX_TYPES);
    for (size_t i = 0; i < query->n_types; i++) {
        const char *type = query->types[i];
        size_t len = type != NULL ? strlen(type) : 0;

        if (len == 0)
            return lk__fail(err, LK_ERR_INVALID, "event type %zu is empty", i + 1);
        len -= type[len - 1] == '*';
        lk__select_add(select, i == 0 ? " AND (" : " OR ");
        if (len > 0 && type[len - 1] != '.') {
            lk__select_add_value(select, "e.type || '' = ", lk__value_text(type));
            continue;
        }
        lk__select_add_value(select, "substr(e.type, 1, ", lk__value_number((int64_t)len));
        lk__select_add_value(select, ") = ", lk__value_bytes(type, len));
    }
    lk__select_add(select, ")");
    return LK_OK;
}

/* What a query needs for as long as it is being run. */
typedef struct patterns {
    char type_end[128];
    char text[LK__PATTERN_SIZE];
    char object[LK__PATTERN_SIZE];
} patterns;

/* is_list: rows are wanted in order, not only their number. */
static lk_status add_filters(lk__select *select, const lk_mirror_event_query *query, bool is_list,
                             patterns *found_by, lk_error *err)
{
    if (query->type != NULL)
        LK_TRY(add_type(select, query->type, is_list && sorts_by_another_index(query),
                        found_by->type_end, sizeof(found_by->type_end), err));
    if (query->n_types > 0)
        LK_TRY(add_types(select, query, err));
    lk__select_add_text_if(select, " AND e.organization_id = ", query->organization_id);
    lk__select_add_text_if(select, " AND e.directory_id = ", query->directory_id);
    if (query->since_ms != 0)
        lk__select_add_value(select, " AND e.created_at_ms >= ", lk__value_number(query->since_ms));
    if (query->until_ms != 0)
        lk__select_add_value(select, " AND e.created_at_ms < ", lk__value_number(query->until_ms));
    if (!lk__text_empty(query->text)) {
        LK_TRY(lk__pattern_anywhere(query->text, found_by->text, err));
        lk__select_add_value(select, " AND (lower(e.subject) LIKE ",
                             lk__value_text(found_by->text));
        lk__select_add_value(select, " ESCAPE '\\' OR lower(e.id) LIKE ",
                             lk__value_text(found_by->text));
        lk__select_add(select, " ESCAPE '\\')");
    }
    if (!lk__text_empty(query->object_id)) {
        LK_TRY(lk__pattern_json_text(query->object_id, found_by->object, err));
        lk__select_add_value(select, " AND b.json LIKE ", lk__value_text(found_by->object));
        lk__select_add(select, " ESCAPE '\\'");
    }
    return LK_OK;
}

/* ---- Rows ---- */

typedef struct collecting {
    lk__arena *arena;
    const lk_mirror_event **items;
    size_t count;
} collecting;

static lk_status take_event(void *ctx, const lk__row *row, lk_error *err)
{
    collecting *c = ctx;
    const lk__value *columns = row->columns;
    lk_mirror_event *event = lk__arena_alloc(c->arena, sizeof(*event));

    if (event == NULL)
        return lk__no_memory(err);
    event->sequence = columns[0].number;
    event->created_at_ms = columns[3].number;
    event->json_len = columns[7].len;
    if (!lk__take_text(c->arena, &columns[1], &event->id) ||
        !lk__take_text(c->arena, &columns[2], &event->type) ||
        !lk__take_text(c->arena, &columns[4], &event->organization_id) ||
        !lk__take_text(c->arena, &columns[5], &event->directory_id) ||
        !lk__take_text(c->arena, &columns[6], &event->subject) ||
        !lk__take_text(c->arena, &columns[7], &event->json))
        return lk__no_memory(err);
    if (event->json == NULL)
        return lk__fail(err, LK_ERR_STORE, "the mirror lost the body of event %.64s", event->id);
    c->items[c->count++] = event;
    return LK_OK;
}

/* The transaction keeps the place and the page in one view. */
static lk_status select_events(lk_mirror *mirror, const lk_mirror_event_query *query, int limit,
                               collecting *into, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk__auto_select select = LK__SELECT;
    patterns found_by;
    place after = { .sequence = query->after_sequence };

    lk__select_add(&select, LK__SQL_EVENTS);
    LK_TRY(add_filters(&select, query, true, &found_by, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    if (query->after != NULL)
        LK_TRY(find_place(mirror, query->after, &after, err));
    if (query->after != NULL || query->after_sequence != 0)
        add_place(&select, query, &after);
    lk__select_add(&select, orders[query->order].order);
    lk__select_add_value(&select, " LIMIT ", lk__value_number(limit));
    LK_TRY(lk__select_run(&select, mirror->store, take_event, into, err));
    return lk__transaction_commit(&transaction, err);
}

lk_status lk_mirror_list_events(lk_mirror *mirror, const lk_mirror_event_query *query,
                                lk_mirror_event_page **out, lk_error *err)
{
    LK_CLEANUP(lk_mirror_event_page_freep) lk_mirror_event_page *page = NULL;
    lk_mirror_event_query known;
    collecting c = { 0 };
    int limit = 0;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), query);
    if ((size_t)known.order >= sizeof(orders) / sizeof(orders[0]))
        return lk__fail(err, LK_ERR_INVALID, "unknown order %d", (int)known.order);
    if (known.after_sequence != 0 &&
        (known.after != NULL || orders[known.order].by_sequence == NULL))
        return lk__fail(err, LK_ERR_INVALID,
                        "after_sequence needs an order of arrival, and excludes after");
    LK_TRY(lk__check_limit(known.limit, &limit, err));
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    c.items = lk__arena_array(c.arena, (size_t)limit, sizeof(const lk_mirror_event *));
    if (c.items == NULL)
        return lk__no_memory(err);
    LK_TRY(select_events(mirror, &known, limit, &c, err));
    page->items = c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

void lk_mirror_event_page_free(lk_mirror_event_page *page)
{
    lk__answer_free(page);
}

void lk_mirror_event_page_freep(lk_mirror_event_page **page)
{
    lk_mirror_event_page_free(*page);
    *page = NULL;
}

/* ---- Counting ---- */

static lk_status take_count(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(int64_t *)ctx = row->columns[0].number;
    return LK_OK;
}

lk_status lk_mirror_count_events(lk_mirror *mirror, const lk_mirror_event_query *query,
                                 int64_t *out, lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    lk_mirror_event_query known;
    patterns found_by;
    int64_t count = 0;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), query);
    lk__select_add(&select, lk__text_empty(known.object_id) ? LK__SQL_COUNT_EVENTS
                                                            : LK__SQL_COUNT_EVENTS_BY_BODY);
    LK_TRY(add_filters(&select, &known, false, &found_by, err));
    LK_TRY(lk__select_run(&select, mirror->store, take_count, &count, err));
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
    patterns found_by;

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
    lk__select_add(&select,
                   lk__text_empty(known.object_id) ? LK__SQL_SPANS_FROM : LK__SQL_SPANS_FROM_BODY);
    LK_TRY(add_filters(&select, &known, false, &found_by, err));
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

/* ---- One by its id ---- */

lk_status lk_mirror_get_event(lk_mirror *mirror, const char *id, lk_mirror_event_page **out,
                              lk_error *err)
{
    LK_CLEANUP(lk_mirror_event_page_freep) lk_mirror_event_page *page = NULL;
    collecting c = { 0 };

    lk__error_clear(err);
    if (lk__text_empty(id))
        return lk__fail(err, LK_ERR_INVALID, "the id of the event is missing");
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    c.items = lk__arena_array(c.arena, 1, sizeof(const lk_mirror_event *));
    if (c.items == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__store_run(mirror->store, LK__SQL_EVENTS " AND e.id = $1",
                         LK__ARGS(lk__value_text(id)), take_event, &c, err));
    if (c.count == 0)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror knows no event \"%.64s\"", id);
    page->items = c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}
