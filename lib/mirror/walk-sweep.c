/* The end of a walk; see walk-sweep.h. Directories go last: once they are dead, what hangs on them
 * is no longer live and would not be counted. */
#include "mirror/walk-sweep.h"

#include <string.h>

#include "base/text.h"
#include "mirror/forget.h"
#include "mirror/sql.h"

#define BATCH "500"

typedef struct kind {
    const char *unseen;
    const char *some;
    const char *count;
    const char *bury;
    const char *kill;
    lk__difference deleted;
} kind;

#define SOME(query) query " ORDER BY r.id LIMIT " BATCH

static const kind kinds[] = {
    { LK__SQL_UNSEEN_USERS, SOME(LK__SQL_UNSEEN_USERS), LK__SQL_COUNT(LK__SQL_UNSEEN_USERS),
      LK__SQL_BURY("directory_user", LK__FORMER_RECORD("directory_user", "$4")), LK__SQL_KILL_USER,
      LK__USERS_DELETED },
    { LK__SQL_UNSEEN_GROUPS, SOME(LK__SQL_UNSEEN_GROUPS), LK__SQL_COUNT(LK__SQL_UNSEEN_GROUPS),
      LK__SQL_BURY("directory_group", LK__FORMER_RECORD("directory_group", "$4")),
      LK__SQL_KILL_GROUP, LK__GROUPS_DELETED },
    { LK__SQL_UNSEEN_DIRECTORIES, SOME(LK__SQL_UNSEEN_DIRECTORIES), NULL,
      LK__SQL_BURY("directory", LK__FORMER_DIRECTORY("$4")), LK__SQL_KILL_DIRECTORY,
      LK__DIRECTORIES_DELETED },
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* A list of directories with gaps says nothing of those that it lacks. */
static lk_status run_unseen(lk__store *store, const lk__walk *walk, const char *sql,
                            lk__row_fn *on_row, void *ctx, lk_error *err)
{
    const lk__version version = lk__walk_version(walk, 0);

    return lk__store_run(store, sql,
                         LK__ARGS(lk__value_number(walk->id), version.ms, version.id,
                                  lk__value_text(walk->has_gaps ? "0" : "1")),
                         on_row, ctx, err);
}

static lk_status take_number(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(int64_t *)ctx += row->columns[0].number;
    return LK_OK;
}

lk_status lk__walk_count_doomed(lk__store *store, const lk__walk *walk, int64_t *n_doomed,
                                int64_t *n_live, lk_error *err)
{
    *n_doomed = 0;
    *n_live = 0;
    for (int i = 0; i < N_KINDS; i++)
        if (kinds[i].count != NULL)
            LK_TRY(run_unseen(store, walk, kinds[i].count, take_number, n_doomed, err));
    return lk__store_run(store, LK__SQL_LIVE_RECORDS, LK__NO_ARGS, take_number, n_live, err);
}

typedef struct sweeping {
    lk__store *store;
    const lk__walk *walk;
    lk__version version;
    const kind *kind;
    bool buries;
    size_t n;
} sweeping;

static lk_status take_unseen(void *ctx, const lk__row *row, lk_error *err)
{
    sweeping *s = ctx;
    const char *id = row->columns[0].text;

    s->n++;
    LK_TRY(lk__walk_add_drift(s->store, s->walk, row->columns[1].text, s->kind->deleted, 1, err));
    if (!s->buries)
        return LK_OK;
    LK_TRY(lk__store_run(
        s->store, s->kind->bury,
        LK__ARGS(lk__value_text(id), s->version.ms, s->version.id, s->version.kept_from), NULL,
        NULL, err));
    return lk__put_deletion(s->store, s->kind->kill, id, true, &s->version, err);
}

lk_status lk__walk_sweep(lk__store *store, const lk__walk *walk, size_t *n, lk_error *err)
{
    sweeping s = { .store = store, .walk = walk, .buries = true };
    int64_t kept_from_ms = 0;

    LK_TRY(lk__kept_from(store, &kept_from_ms, err));
    s.version = lk__walk_version(walk, kept_from_ms);
    for (int i = 0; i < N_KINDS && s.n == 0; i++) {
        s.kind = &kinds[i];
        LK_TRY(run_unseen(store, walk, kinds[i].some, take_unseen, &s, err));
    }
    *n = s.n;
    return LK_OK;
}

lk_status lk__walk_count_drift(lk__store *store, const lk__walk *walk, lk_error *err)
{
    sweeping s = { .store = store, .walk = walk };

    for (int i = 0; i < N_KINDS; i++) {
        s.kind = &kinds[i];
        LK_TRY(run_unseen(store, walk, kinds[i].unseen, take_unseen, &s, err));
    }
    return LK_OK;
}

lk_status lk__walk_forget(lk__store *store, const lk__walk *walk, lk_error *err)
{
    LK_TRY(lk__store_run(store, LK__SQL_FORGET_SEEN, LK__ARGS(lk__value_number(walk->id)), NULL,
                         NULL, err));
    return lk__store_run(store, LK__SQL_FORGET_DIRECTORIES, LK__ARGS(lk__value_number(walk->id)),
                         NULL, NULL, err);
}
