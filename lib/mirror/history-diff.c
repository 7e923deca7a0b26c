/* What differs between two times; see latchkey/history.h. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "mirror/forget.h"
#include "mirror/history-at.h"
#include "mirror/history-change.h"
#include "mirror/history-state.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

enum { BATCH = 100 };

static lk_status describe(lk_record_kind kind, const void *record, lk__arena *arena,
                          lk_difference *out, lk_error *err)
{
    const lk_directory *directory = record;
    const lk_directory_group *group = record;
    const lk_directory_user *user = record;
    const char *parts[2];

    switch (kind) {
    case LK_RECORD_DIRECTORY:
        out->organization_id = directory->organization_id;
        out->directory_id = directory->id;
        out->name = directory->name;
        return LK_OK;
    case LK_RECORD_GROUP:
        out->organization_id = group->organization_id;
        out->directory_id = group->directory_id;
        out->name = group->name;
        return LK_OK;
    case LK_RECORD_USER:
        break;
    }
    out->organization_id = user->organization_id;
    out->directory_id = user->directory_id;
    parts[0] = lk__text_empty(user->first_name) ? NULL : user->first_name;
    parts[1] = lk__text_empty(user->last_name) ? NULL : user->last_name;
    out->name = parts[0] != NULL ? parts[0] : parts[1];
    if (out->name == NULL)
        out->name = user->email;
    if (parts[0] == NULL || parts[1] == NULL)
        return LK_OK;
    lk__auto_buf name = LK__BUF(64 << 10);
    LK_TRY(lk__buf_printf(&name, err, "%s %s", parts[0], parts[1]));
    out->name = lk__arena_bytes(arena, name.data, name.len);
    return out->name != NULL ? LK_OK : lk__no_memory(err);
}

/* *out is NULL when nothing differs, or it is of no interest. */
static lk_status compare(lk__store *store, const lk_difference_query *query, const char *id,
                         lk__arena *arena, lk_difference **out, lk_error *err)
{
    const lk__scope scope = { query->organization_id, query->directory_id };
    lk_record_kind kind = query->kind;
    lk__changes changes = { 0 };
    const void *before = NULL;
    const void *after = NULL;
    lk_difference *difference;

    *out = NULL;
    LK_TRY(lk__state_record(store, kind, id, query->from_ms, false, arena, &before, err));
    LK_TRY(lk__state_record(store, kind, id, query->to_ms, false, arena, &after, err));
    if ((before == NULL || !lk__scope_holds(&scope, kind, before)) &&
        (after == NULL || !lk__scope_holds(&scope, kind, after)))
        return LK_OK;
    LK_TRY(lk__changes_between(&changes, kind, before, after, arena, err));
    if (before != NULL && after != NULL && changes.count == 0)
        return LK_OK;
    difference = lk__arena_alloc(arena, sizeof(*difference));
    if (difference == NULL)
        return lk__no_memory(err);
    *difference = (lk_difference){ .kind = before == NULL  ? LK_DIFFERENCE_ADDED
                                           : after == NULL ? LK_DIFFERENCE_REMOVED
                                                           : LK_DIFFERENCE_CHANGED,
                                   .id = id,
                                   .changes = changes.items,
                                   .n_changes = changes.count };
    LK_TRY(describe(kind, after != NULL ? after : before, arena, difference, err));
    *out = difference;
    return LK_OK;
}

/* Compared in an arena of its own first: most are the same. */
static lk_status compare_one(lk__store *store, const lk_difference_query *query, const char *id,
                             lk__arena *arena, lk_difference **out, lk_error *err)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *scratch = lk__arena_new();

    if (scratch == NULL)
        return lk__no_memory(err);
    LK_TRY(compare(store, query, id, scratch, out, err));
    return *out != NULL ? compare(store, query, id, arena, out, err) : LK_OK;
}

static lk_status select_differences(lk__store *store, const lk_difference_query *query, int limit,
                                    lk__arena *arena, lk_difference **items, size_t *count,
                                    lk_error *err)
{
    const char *const *ids = NULL;
    const char *after = query->after;
    size_t n_ids = BATCH;
    size_t n = 0;

    while (n < (size_t)limit && n_ids == BATCH) {
        LK_TRY(lk__history_ids(store, query->kind, after, query->from_ms, BATCH, arena, &ids,
                               &n_ids, err));
        for (size_t i = 0; i < n_ids && n < (size_t)limit; i++) {
            after = ids[i];
            LK_TRY(compare_one(store, query, ids[i], arena, &items[n], err));
            n += items[n] != NULL;
        }
    }
    *count = n;
    return LK_OK;
}

static lk_status check(lk_difference_query *query, lk_error *err)
{
    if (query->kind != LK_RECORD_DIRECTORY && query->kind != LK_RECORD_GROUP &&
        query->kind != LK_RECORD_USER)
        return lk__fail(err, LK_ERR_INVALID, "unknown kind of record %d", (int)query->kind);
    if (query->to_ms == 0)
        query->to_ms = INT64_MAX;
    if (query->from_ms < 1 || query->to_ms <= query->from_ms)
        return lk__fail(err, LK_ERR_INVALID, "differences are between a time and a later one");
    return LK_OK;
}

lk_status lk_mirror_list_differences(lk_mirror *mirror, const lk_difference_query *query,
                                     lk_difference_page **out, lk_error *err)
{
    LK_CLEANUP(lk_difference_page_freep) lk_difference_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    lk_difference_query known;
    lk_difference **items;
    int limit = 0;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), query);
    LK_TRY(check(&known, err));
    LK_TRY(lk__check_limit(known.limit, &limit, err));
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    lk__arena *arena = lk__answer_arena(page);
    items = lk__arena_array(arena, (size_t)limit, sizeof(*items));
    if (items == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(lk__kept_check(mirror->store, known.from_ms, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_LOG_BEGIN, LK__NO_ARGS, lk__take_number,
                         &page->log_from_ms, err));
    LK_TRY(select_differences(mirror->store, &known, limit, arena, items, &page->count, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    page->items = (const lk_difference *const *)items;
    *out = lk__steal(page);
    return LK_OK;
}

void lk_difference_page_free(lk_difference_page *page)
{
    lk__answer_free(page);
}

void lk_difference_page_freep(lk_difference_page **page)
{
    lk_difference_page_free(*page);
    *page = NULL;
}
