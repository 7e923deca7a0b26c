/* Event types in the log that nobody has asked for; see latchkey/mirror.h. */
#include <stdbool.h>
#include <string.h>

#include "mirror/mirror.h"
#include "mirror/sql.h"
#include "mirror/types.h"

enum { MAX_TYPES = 200 }; /* as in LK__SQL_EVENT_TYPES */

typedef struct collecting {
    lk__arena *arena;
    lk_type_count *items;
    size_t count;
} collecting;

static bool is_asked_for(const char *type)
{
    for (size_t i = 0; i < lk__n_event_types; i++)
        if (strcmp(type, lk__event_types[i]) == 0)
            return true;
    return false;
}

static lk_status take_type(void *ctx, const lk__row *row, lk_error *err)
{
    collecting *c = ctx;

    if (is_asked_for(row->columns[0].text))
        return LK_OK;
    if (!lk__take_text(c->arena, &row->columns[0], &c->items[c->count].type))
        return lk__no_memory(err);
    c->count++;
    return LK_OK;
}

static lk_status collect(lk_mirror *mirror, collecting *c, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };

    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_EVENT_TYPES, LK__NO_ARGS, take_type, c, err));
    for (size_t i = 0; i < c->count; i++)
        LK_TRY(lk__store_run(mirror->store, LK__SQL_COUNT_TYPE,
                             LK__ARGS(lk__value_text(c->items[i].type)), lk__take_number,
                             &c->items[i].n_events, err));
    return lk__transaction_commit(&transaction, err);
}

lk_status lk_mirror_list_other_types(lk_mirror *mirror, lk_type_count_page **out, lk_error *err)
{
    LK_CLEANUP(lk_type_count_page_freep) lk_type_count_page *page = NULL;
    collecting c = { 0 };

    lk__error_clear(err);
    if (mirror == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_list_other_types() was given NULL");
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    c.items = lk__arena_array(c.arena, MAX_TYPES, sizeof(*c.items));
    if (c.items == NULL)
        return lk__no_memory(err);
    LK_TRY(collect(mirror, &c, err));
    page->items = c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

void lk_type_count_page_free(lk_type_count_page *page)
{
    lk__answer_free(page);
}

void lk_type_count_page_freep(lk_type_count_page **page)
{
    lk_type_count_page_free(*page);
    *page = NULL;
}
