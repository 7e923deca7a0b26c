/* Pages of the event log; see latchkey/mirror.h. Keyset anchors and filters in SQL, so a page costs
 * the same at the end of a million events as at the beginning. */
#include "mirror/list-events.h"

#include <stdlib.h>

#include "base/text.h"
#include "mirror/mirror.h"
#include "mirror/search-events.h"
#include "mirror/sql.h"

static lk_status select_events(lk__store *store, const lk_mirror_event_query *query, int limit,
                               const lk__event_place *after, lk__event_rows *rows, lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    bool is_of_object = !lk__text_empty(query->object_id);
    lk__patterns patterns;

    lk__select_add(&select, is_of_object ? LK__SQL_EVENTS_OF_OBJECT : LK__SQL_EVENTS);
    LK_TRY(lk__event_filters_add(&select, query, true, &patterns, err));
    if (after != NULL)
        lk__event_place_add(&select, query->order, true, after);
    lk__select_add(&select, lk__event_order_sql(query));
    lk__select_add_value(&select, " LIMIT ", lk__value_number(limit));
    return lk__select_run(&select, store, lk__event_rows_take, rows, err);
}

lk_status lk__list_events(lk__store *store, const lk_mirror_event_query *query, int limit,
                          lk__event_rows *rows, lk_error *err)
{
    lk__event_place place = { .sequence = query->after_sequence };
    bool has_place = query->after != NULL || query->after_sequence != 0;
    const lk__event_place *after = has_place ? &place : NULL;

    if (query->after != NULL)
        LK_TRY(lk__event_place_find(store, query->after, &place, err));
    return lk__is_search(query) ? lk__search_events(store, query, limit, after, rows, err)
                                : select_events(store, query, limit, after, rows, err);
}

lk_status lk_mirror_list_events(lk_mirror *mirror, const lk_mirror_event_query *query,
                                lk_mirror_event_page **out, lk_error *err)
{
    LK_CLEANUP(lk_mirror_event_page_freep) lk_mirror_event_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    lk_mirror_event_query known;
    lk__event_rows rows;
    int limit = 0;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), query);
    LK_TRY(lk__event_query_check(&known, err));
    LK_TRY(lk__check_limit(known.limit, &limit, err));
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__event_rows_begin(&rows, lk__answer_arena(page), 2 * (size_t)limit, err));
    /* It keeps the place and the page in one view. */
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(lk__list_events(mirror->store, &known, limit, &rows, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    page->items = rows.items;
    page->count = rows.count;
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

/* ---- One by its id ---- */

lk_status lk_mirror_get_event(lk_mirror *mirror, const char *id, lk_mirror_event_page **out,
                              lk_error *err)
{
    LK_CLEANUP(lk_mirror_event_page_freep) lk_mirror_event_page *page = NULL;
    lk__event_rows rows;

    lk__error_clear(err);
    if (lk__text_empty(id))
        return lk__fail(err, LK_ERR_INVALID, "the id of the event is missing");
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__event_rows_begin(&rows, lk__answer_arena(page), 1, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_EVENTS " AND e.id = $1",
                         LK__ARGS(lk__value_text(id)), lk__event_rows_take, &rows, err));
    if (rows.count == 0)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror knows no event \"%.64s\"", id);
    page->items = rows.items;
    page->count = rows.count;
    *out = lk__steal(page);
    return LK_OK;
}
