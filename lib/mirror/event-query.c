/* Filters and orders; see event-query.h. */
#include "mirror/event-query.h"

#include <string.h>

#include "base/text.h"
#include "mirror/sql.h"

enum { MAX_TYPES = 24 };

/* ---- Places ---- */

typedef struct finding {
    lk__event_place *place;
    bool is_known;
} finding;

static lk_status take_place(void *ctx, const lk__row *row, lk_error *err)
{
    finding *f = ctx;

    (void)err;
    f->is_known = true;
    f->place->sequence = row->columns[0].number;
    f->place->created_at_ms = row->columns[1].number;
    return LK_OK;
}

lk_status lk__event_place_find(lk__store *store, const char *id, lk__event_place *out,
                               lk_error *err)
{
    lk__event_place place = { .id = id };
    finding f = { .place = &place };

    LK_TRY(lk__store_run(store, LK__SQL_EVENT_PLACE, LK__ARGS(lk__value_text(id)), take_place, &f,
                         err));
    if (!f.is_known)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror knows no event \"%.64s\"", id);
    *out = place;
    return LK_OK;
}

static const struct {
    bool is_arrival;
    bool is_backward;
    const char *sql;
    const char *sql_of_object;
} orders[] = {
    [LK_OLDEST_FIRST] = { .sql = " ORDER BY e.created_at_ms, e.id",
                          .sql_of_object = " ORDER BY o.created_at_ms, e.id" },
    [LK_NEWEST_FIRST] = { .is_backward = true,
                          .sql = " ORDER BY e.created_at_ms DESC, e.id DESC",
                          .sql_of_object = " ORDER BY o.created_at_ms DESC, e.id DESC" },
    [LK_ARRIVAL] = { .is_arrival = true,
                     .sql = " ORDER BY e.sequence",
                     .sql_of_object = " ORDER BY o.sequence" },
    [LK_LATEST_ARRIVAL] = { .is_arrival = true,
                            .is_backward = true,
                            .sql = " ORDER BY e.sequence DESC",
                            .sql_of_object = " ORDER BY o.sequence DESC" },
};

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int lk__event_place_compare(lk_event_order order, const lk__event_place *a,
                            const lk__event_place *b)
{
    int result;

    if (orders[order].is_arrival)
        result = compare_numbers(a->sequence, b->sequence);
    else if (a->created_at_ms != b->created_at_ms)
        result = compare_numbers(a->created_at_ms, b->created_at_ms);
    else
        result = strcmp(a->id, b->id);
    return orders[order].is_backward ? -result : result;
}

void lk__event_place_add(lk__select *select, lk_event_order order, bool is_behind,
                         const lk__event_place *place)
{
    bool is_greater = orders[order].is_backward != is_behind;

    if (orders[order].is_arrival) {
        lk__select_add_value(select, is_greater ? " AND e.sequence > " : " AND e.sequence < ",
                             lk__value_number(place->sequence));
        return;
    }
    lk__select_add_value(select,
                         is_greater ? " AND (e.created_at_ms, e.id) > ("
                                    : " AND (e.created_at_ms, e.id) < (",
                         lk__value_number(place->created_at_ms));
    lk__select_add_value(select, ", ", lk__value_text(place->id));
    lk__select_add(select, ")");
}

const char *lk__event_order_sql(const lk_mirror_event_query *query)
{
    return lk__text_empty(query->object_id) ? orders[query->order].sql
                                            : orders[query->order].sql_of_object;
}

/* ---- Filters ---- */

lk_status lk__event_query_check(const lk_mirror_event_query *query, lk_error *err)
{
    if ((size_t)query->order >= sizeof(orders) / sizeof(orders[0]))
        return lk__fail(err, LK_ERR_INVALID, "unknown order %d", (int)query->order);
    if (query->after_sequence != 0 && (query->after != NULL || !orders[query->order].is_arrival))
        return lk__fail(err, LK_ERR_INVALID,
                        "after_sequence needs an order of arrival, and excludes after");
    return LK_OK;
}

size_t lk__type_prefix(const char *type)
{
    size_t len = strlen(type);

    if (len > 0 && type[len - 1] == '*')
        len--;
    return len > 0 && type[len - 1] == '.' ? len : 0;
}

/* "dsync." ends before "dsync/", the next character.
 *
 * is_sorted: the list is read in the order of another index, so this one must not be taken: it
 * would read and sort a million rows for the first page. An expression is what keeps a planner
 * from it. */
static lk_status add_type(lk__select *select, const char *type, bool is_sorted,
                          lk__patterns *patterns, lk_error *err)
{
    size_t len = lk__type_prefix(type);
    char *end = patterns->type_end;

    if (strcmp(type, "*") == 0)
        return LK_OK;
    if (len == 0) {
        lk__select_add_value(
            select, is_sorted ? " AND e.type || '' = " : " AND e.type = ", lk__value_text(type));
        return LK_OK;
    }
    if (len >= sizeof(patterns->type_end))
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

    return is_family || orders[query->order].is_arrival;
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

lk_status lk__event_filters_add(lk__select *select, const lk_mirror_event_query *query,
                                bool by_index, lk__patterns *patterns, lk_error *err)
{
    if (query->type != NULL)
        LK_TRY(add_type(select, query->type, by_index && sorts_by_another_index(query), patterns,
                        err));
    if (query->n_types > 0)
        LK_TRY(add_types(select, query, err));
    lk__select_add_text_if(select, " AND e.organization_id = ", query->organization_id);
    lk__select_add_text_if(select, " AND e.directory_id = ", query->directory_id);
    if (query->since_ms != 0)
        lk__select_add_value(select, " AND e.created_at_ms >= ", lk__value_number(query->since_ms));
    if (query->until_ms != 0)
        lk__select_add_value(select, " AND e.created_at_ms < ", lk__value_number(query->until_ms));
    if (!lk__text_empty(query->text)) {
        LK_TRY(lk__pattern_anywhere(query->text, patterns->text, err));
        lk__select_add_value(select, " AND (lower(e.subject) LIKE ",
                             lk__value_text(patterns->text));
        lk__select_add_value(select, " ESCAPE '\\' OR lower(e.id) LIKE ",
                             lk__value_text(patterns->text));
        lk__select_add(select, " ESCAPE '\\')");
    }
    if (!lk__text_empty(query->object_id))
        lk__select_add_value(select, " AND o.object_id = ", lk__value_text(query->object_id));
    return LK_OK;
}
