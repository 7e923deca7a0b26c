/* See history-at.h. Rows of registers stay when what they tell of is deleted, so they name all that
 * there ever was. */
#include "mirror/history-at.h"

#include <string.h>

#include "base/text.h"
#include "mirror/directory-rows.h"
#include "mirror/forget.h"
#include "mirror/history-state.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

enum { BATCH = 100 };

static const struct {
    const char *all;
    const char *changed; /* with the time behind it, and once more behind each next one */
} kinds[] = {
    [LK_RECORD_DIRECTORY] = { LK__SQL_ALL_DIRECTORIES, LK__SQL_CHANGED },
    [LK_RECORD_GROUP] = { LK__SQL_ALL_GROUPS, LK__SQL_CHANGED_MEMBER },
    [LK_RECORD_USER] = { LK__SQL_ALL_USERS, LK__SQL_CHANGED_USER },
};

static bool matches(const char *wanted, const char *found)
{
    return wanted == NULL || lk__text_equal(wanted, found);
}

bool lk__scope_holds(const lk__scope *scope, lk_record_kind kind, const void *record)
{
    const lk_directory *directory = record;
    const lk_directory_group *group = record;
    const lk_directory_user *user = record;

    switch (kind) {
    case LK_RECORD_DIRECTORY:
        return matches(scope->organization_id, directory->organization_id) &&
               matches(scope->directory_id, directory->id);
    case LK_RECORD_GROUP:
        return matches(scope->organization_id, group->organization_id) &&
               matches(scope->directory_id, group->directory_id);
    case LK_RECORD_USER:
        return matches(scope->organization_id, user->organization_id) &&
               matches(scope->directory_id, user->directory_id);
    }
    return false;
}

lk_status lk__history_ids(lk__store *store, lk_record_kind kind, const char *after,
                          int64_t changed_after_ms, int limit, lk__arena *arena,
                          const char *const **out, size_t *count, lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    lk__ids ids = { .arena = arena };

    lk__select_add_value(&select, kinds[kind].all, lk__value_text(after != NULL ? after : ""));
    /* The time is $2 wherever it stands. */
    if (changed_after_ms >= 0) {
        lk__select_add_value(&select, " AND ", lk__value_number(changed_after_ms));
        lk__select_add(&select, kinds[kind].changed);
    }
    lk__select_add_value(&select, " ORDER BY r.id LIMIT ", lk__value_number(limit));
    LK_TRY(lk__select_run(&select, store, lk__take_id, &ids, err));
    *out = ids.items;
    *count = ids.count;
    return LK_OK;
}

/* Read twice: what is of no use does not stay in the answer's arena. */
static lk_status select_one(lk__store *store, lk_record_kind kind, const char *id,
                            const lk_mirror_query *query, lk__arena *arena, void **out,
                            lk_error *err)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *scratch = lk__arena_new();
    const lk__scope scope = { query->organization_id, query->directory_id };
    const void *record = NULL;

    if (scratch == NULL)
        return lk__no_memory(err);
    *out = NULL;
    LK_TRY(lk__state_record(store, kind, id, query->at_ms, query->with_deleted, scratch, &record,
                            err));
    if (record == NULL || !lk__scope_holds(&scope, kind, record))
        return LK_OK;
    LK_TRY(
        lk__state_record(store, kind, id, query->at_ms, query->with_deleted, arena, &record, err));
    *out = (void *)record;
    return LK_OK;
}

lk_status lk__history_select(lk__store *store, lk_record_kind kind, const lk_mirror_query *query,
                             int limit, lk__arena *arena, void **items, size_t *count,
                             lk_error *err)
{
    const char *const *ids = NULL;
    const char *after = query->after;
    size_t n_ids = BATCH;
    size_t n = 0;

    if (!lk__text_empty(query->text) || query->group_id != NULL || query->user_id != NULL ||
        query->at_ms < 0)
        return lk__fail(err, LK_ERR_INVALID,
                        "a list as of a time (not before 1970) cannot be filtered by text, "
                        "group_id or user_id");
    LK_TRY(lk__kept_check(store, query->at_ms, err));
    if (query->id != NULL) {
        LK_TRY(select_one(store, kind, query->id, query, arena, &items[0], err));
        *count = items[0] != NULL;
        return LK_OK;
    }
    while (n < (size_t)limit && n_ids == BATCH) {
        LK_TRY(lk__history_ids(store, kind, after, -1, BATCH, arena, &ids, &n_ids, err));
        for (size_t i = 0; i < n_ids && n < (size_t)limit; i++) {
            after = ids[i];
            LK_TRY(select_one(store, kind, ids[i], query, arena, &items[n], err));
            n += items[n] != NULL;
        }
    }
    *count = n;
    return LK_OK;
}

/* ---- One ---- */

/* answer is of answer_size bytes, and owns the arena. */
static lk_status get_at(lk_mirror *mirror, lk_record_kind kind, const char *id, int64_t at_ms,
                        void *answer, size_t answer_size, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    const void *record = NULL;

    if (answer == NULL)
        return lk__no_memory(err);
    if (lk__text_empty(id) || at_ms < 0)
        return lk__fail(err, LK_ERR_INVALID, "the id is missing, or the time is before 1970");
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    if (at_ms != 0)
        LK_TRY(lk__kept_check(mirror->store, at_ms, err));
    LK_TRY(lk__state_record(mirror->store, kind, id, at_ms != 0 ? at_ms : INT64_MAX, false,
                            lk__answer_arena(answer), &record, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    if (record == NULL)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror held no \"%.64s\" then", id);
    memcpy(answer, record, answer_size);
    return LK_OK;
}

lk_status lk_mirror_get_user_at(lk_mirror *mirror, const char *id, int64_t at_ms,
                                lk_directory_user **out, lk_error *err)
{
    LK_CLEANUP(lk_directory_user_freep) lk_directory_user *user = lk__answer_new(sizeof(*user));

    lk__error_clear(err);
    LK_TRY(get_at(mirror, LK_RECORD_USER, id, at_ms, user, sizeof(*user), err));
    *out = lk__steal(user);
    return LK_OK;
}

lk_status lk_mirror_get_group_at(lk_mirror *mirror, const char *id, int64_t at_ms,
                                 lk_directory_group **out, lk_error *err)
{
    LK_CLEANUP(lk_directory_group_freep)
    lk_directory_group *group = lk__answer_new(sizeof(*group));

    lk__error_clear(err);
    LK_TRY(get_at(mirror, LK_RECORD_GROUP, id, at_ms, group, sizeof(*group), err));
    *out = lk__steal(group);
    return LK_OK;
}

lk_status lk_mirror_get_directory_at(lk_mirror *mirror, const char *id, int64_t at_ms,
                                     lk_directory **out, lk_error *err)
{
    LK_CLEANUP(lk_directory_freep) lk_directory *directory = lk__answer_new(sizeof(*directory));

    lk__error_clear(err);
    LK_TRY(get_at(mirror, LK_RECORD_DIRECTORY, id, at_ms, directory, sizeof(*directory), err));
    *out = lk__steal(directory);
    return LK_OK;
}
