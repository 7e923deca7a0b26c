/* The differences that walks found; see latchkey/reconcile.h. */
#include <latchkey/reconcile.h>
#include <string.h>

#include "base/text.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"
#include "mirror/walk.h"

typedef struct collecting {
    lk__arena *arena;
    lk_drift *items; /* NULL: counting */
    size_t count;
    char *last; /* the organization of the last row; NULL before the first */
} collecting;

static int64_t *counter_of(lk_drift *drift, int what)
{
    int64_t *const counters[LK__N_DIFFERENCES] = {
        [LK__DIRECTORIES_ADDED] = &drift->directories_added,
        [LK__DIRECTORIES_CHANGED] = &drift->directories_changed,
        [LK__DIRECTORIES_DELETED] = &drift->directories_deleted,
        [LK__GROUPS_ADDED] = &drift->groups_added,
        [LK__GROUPS_CHANGED] = &drift->groups_changed,
        [LK__GROUPS_DELETED] = &drift->groups_deleted,
        [LK__USERS_ADDED] = &drift->users_added,
        [LK__USERS_CHANGED] = &drift->users_changed,
        [LK__USERS_DELETED] = &drift->users_deleted,
        [LK__MEMBERSHIPS_ADDED] = &drift->memberships_added,
        [LK__MEMBERSHIPS_REMOVED] = &drift->memberships_removed,
    };

    return counters[what];
}

/* Rows come by organization. Twice: to count, and to fill. */
static lk_status take_row(void *ctx, const lk__row *row, lk_error *err)
{
    collecting *c = ctx;
    const char *organization_id = row->columns[0].text;
    int what = lk__difference_find(row->columns[1].text);

    if (c->last == NULL || strcmp(c->last, organization_id) != 0) {
        c->last = lk__arena_text(c->arena, organization_id);
        if (c->last == NULL)
            return lk__no_memory(err);
        if (c->items != NULL && c->last[0] != '\0')
            c->items[c->count].organization_id = c->last;
        c->count++;
    }
    if (c->items != NULL && what >= 0)
        *counter_of(&c->items[c->count - 1], what) = row->columns[2].number;
    return LK_OK;
}

static lk_status collect(lk_mirror *mirror, int64_t walk, collecting *c, lk_error *err)
{
    return lk__store_run(mirror->store, LK__SQL_DRIFT, LK__ARGS(lk__value_number(walk)), take_row,
                         c, err);
}

lk_status lk_mirror_list_drift(lk_mirror *mirror, int64_t walk, lk_drift_page **out, lk_error *err)
{
    LK_CLEANUP(lk_drift_page_freep) lk_drift_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    collecting counted = { 0 };
    collecting filled = { 0 };

    lk__error_clear(err);
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    counted.arena = filled.arena = lk__answer_arena(page);
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(collect(mirror, walk, &counted, err));
    filled.items = lk__arena_array(filled.arena, counted.count + 1, sizeof(*filled.items));
    if (filled.items == NULL)
        return lk__no_memory(err);
    LK_TRY(collect(mirror, walk, &filled, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    page->items = filled.items;
    page->count = filled.count;
    *out = lk__steal(page);
    return LK_OK;
}

void lk_drift_page_free(lk_drift_page *page)
{
    lk__answer_free(page);
}

void lk_drift_page_freep(lk_drift_page **page)
{
    lk_drift_page_free(*page);
    *page = NULL;
}
