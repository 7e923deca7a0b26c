/* Walks in the database; see walk.h. */
#include "mirror/walk.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "mirror/feed.h"
#include "mirror/forget.h"
#include "mirror/sql.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const char *const state_names[] = {
    [LK_RECONCILE_LISTING] = "listing",   [LK_RECONCILE_WALKING] = "walking",
    [LK_RECONCILE_SWEEPING] = "sweeping", [LK_RECONCILE_DONE] = "done",
    [LK_RECONCILE_HELD] = "held",         [LK_RECONCILE_LEFT] = "left",
};

static const char *const phase_names[] = {
    [LK__WALK_GROUPS] = "groups",
    [LK__WALK_USERS] = "users",
    [LK__WALK_DONE] = "done",
    [LK__WALK_FAILED] = "failed",
};

static const char *const difference_names[LK__N_DIFFERENCES] = {
    [LK__DIRECTORIES_ADDED] = "directories_added",
    [LK__DIRECTORIES_CHANGED] = "directories_changed",
    [LK__DIRECTORIES_DELETED] = "directories_deleted",
    [LK__GROUPS_ADDED] = "groups_added",
    [LK__GROUPS_CHANGED] = "groups_changed",
    [LK__GROUPS_DELETED] = "groups_deleted",
    [LK__USERS_ADDED] = "users_added",
    [LK__USERS_CHANGED] = "users_changed",
    [LK__USERS_DELETED] = "users_deleted",
    [LK__MEMBERSHIPS_ADDED] = "memberships_added",
    [LK__MEMBERSHIPS_REMOVED] = "memberships_removed",
};

/* 0 for an unknown name: nobody but a stranger writes one. */
static int find_name(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (lk__text_equal(names[i], name))
            return (int)i;
    return 0;
}
#define FIND_NAME(names, name) find_name((names), sizeof(names) / sizeof((names)[0]), (name))

static lk__value flag(bool value)
{
    return lk__value_text(value ? "1" : "0");
}

static lk_status take_walk(void *ctx, const lk__row *row, lk_error *err)
{
    lk__walk *walk = ctx;
    const lk__value *columns = row->columns;

    (void)err;
    walk->id = columns[0].number;
    walk->is_dry = columns[1].number != 0;
    walk->state = (lk_reconcile_state)FIND_NAME(state_names, columns[2].text);
    walk->started_at_ms = columns[3].number;
    walk->finished_at_ms = columns[4].number;
    walk->stamp_ms = columns[5].number;
    snprintf(walk->stamp_id, sizeof(walk->stamp_id), "%s", columns[6].text);
    snprintf(walk->position, sizeof(walk->position), "%s", columns[7].text);
    walk->has_gaps = columns[8].number != 0;
    return LK_OK;
}

lk__version lk__walk_version(const lk__walk *walk, int64_t kept_from_ms)
{
    return (lk__version){ .ms = lk__value_number(walk->stamp_ms),
                          .id = lk__value_text(walk->stamp_id),
                          .kept_from = lk__value_number(kept_from_ms) };
}

bool lk__walk_is_stamp(const char *version_id)
{
    return version_id[0] == '~';
}

lk_status lk__walk_read(lk__store *store, int64_t id, lk__walk *out, lk_error *err)
{
    lk__walk found = { 0 };

    LK_TRY(
        lk__store_run(store, LK__SQL_WALK, LK__ARGS(lk__value_number(id)), take_walk, &found, err));
    if (found.id == 0)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror knows no reconciliation %lld",
                        (long long)id);
    *out = found;
    return LK_OK;
}

lk_status lk__walk_read_last(lk__store *store, lk__walk *out, lk_error *err)
{
    *out = (lk__walk){ 0 };
    return lk__store_run(store, LK__SQL_LAST_WALK, LK__NO_ARGS, take_walk, out, err);
}

/* ---- Beginning ---- */

/* Event ids are visible words, and "~" sorts behind all that begin otherwise: what a walk writes is
 * newer than any event of its millisecond, and older than a later walk's. */
static lk_status make_stamp(lk__store *store, int64_t now_ms, int64_t oldest_ms, lk__walk *walk,
                            lk_error *err)
{
    int64_t cursor_at_ms = 0;
    int64_t kept_from_ms = 0;

    LK_TRY(lk__store_run(store, LK__SQL_CURSOR_TIME, LK__NO_ARGS, lk__take_number, &cursor_at_ms,
                         err));
    LK_TRY(lk__store_run(store, LK__SQL_STAMP,
                         LK__ARGS(lk__value_number(cursor_at_ms),
                                  lk__value_number(cursor_at_ms - LK__HOLD_BACK_MS),
                                  lk__value_number(now_ms - LK__HOLD_BACK_MS)),
                         lk__take_number, &walk->stamp_ms, err));
    LK_TRY(lk__kept_from(store, &kept_from_ms, err)); /* before it nothing turns up either */
    if (walk->stamp_ms == 0)
        walk->stamp_ms = oldest_ms > kept_from_ms ? oldest_ms : kept_from_ms;
    snprintf(walk->stamp_id, sizeof(walk->stamp_id), "~%020lld", (long long)walk->id);
    return LK_OK;
}

static lk_status add_walk(lk__store *store, int64_t now_ms, int64_t oldest_ms, bool is_dry,
                          lk__walk *out, lk_error *err)
{
    lk__walk walk = { .is_dry = is_dry, .started_at_ms = now_ms };

    LK_TRY(lk__store_run(store, LK__SQL_NEXT_WALK_ID, LK__NO_ARGS, lk__take_number, &walk.id, err));
    LK_TRY(make_stamp(store, now_ms, oldest_ms, &walk, err));
    LK_TRY(lk__store_run(store, LK__SQL_LEAVE_WALKS,
                         LK__ARGS(lk__value_number(is_dry), lk__value_number(now_ms)), NULL, NULL,
                         err));
    LK_TRY(lk__store_run(store, LK__SQL_ADD_WALK,
                         LK__ARGS(lk__value_number(walk.id), lk__value_number(is_dry),
                                  lk__value_number(now_ms), lk__value_number(walk.stamp_ms),
                                  lk__value_text(walk.stamp_id)),
                         NULL, NULL, err));
    *out = walk;
    return LK_OK;
}

lk_status lk__walk_begin(lk__store *store, int64_t now_ms, int64_t oldest_ms, bool is_dry,
                         bool goes_on_held, lk__walk *out, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk__walk walk = { 0 };

    LK_TRY(lk__transaction_begin(&transaction, store, LK__WRITE, err));
    LK_TRY(lk__store_run(
        store, LK__SQL_OPEN_WALK,
        LK__ARGS(lk__value_number(is_dry), lk__value_number(now_ms - DAY_MS), flag(goes_on_held)),
        take_walk, &walk, err));
    if (walk.id == 0)
        LK_TRY(add_walk(store, now_ms, oldest_ms, is_dry, &walk, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    *out = walk;
    return LK_OK;
}

/* ---- Going on ---- */

static lk_status take_hit(void *ctx, const lk__row *row, lk_error *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return LK_OK;
}

lk_status lk__walk_move(lk__store *store, const lk__walk *walk, lk_reconcile_state state,
                        const char *position, bool has_gaps, int64_t now_ms, bool *moved,
                        lk_error *err)
{
    bool is_over = state == LK_RECONCILE_DONE || state == LK_RECONCILE_HELD;

    *moved = false;
    return lk__store_run(
        store, LK__SQL_MOVE_WALK,
        LK__ARGS(lk__value_number(walk->id), lk__value_text(state_names[walk->state]),
                 lk__value_text(walk->position), lk__value_text(state_names[state]),
                 lk__value_text(position), lk__value_number(is_over ? now_ms : 0), flag(has_gaps)),
        take_hit, moved, err);
}

lk_status lk__walk_add_directory(lk__store *store, const lk__walk *walk, const char *id,
                                 const char *organization_id, int64_t n_expected, lk_error *err)
{
    return lk__store_run(store, LK__SQL_ADD_WALK_DIRECTORY,
                         LK__ARGS(lk__value_number(walk->id), lk__value_text(id),
                                  lk__value_text(organization_id != NULL ? organization_id : ""),
                                  lk__value_number(n_expected)),
                         NULL, NULL, err);
}

static lk_status take_directory(void *ctx, const lk__row *row, lk_error *err)
{
    lk__walk_directory *directory = ctx;
    const lk__value *columns = row->columns;

    (void)err;
    snprintf(directory->id, sizeof(directory->id), "%s", columns[0].text);
    snprintf(directory->organization_id, sizeof(directory->organization_id), "%s", columns[1].text);
    directory->phase = (lk__walk_phase)FIND_NAME(phase_names, columns[2].text);
    snprintf(directory->position, sizeof(directory->position), "%s", columns[3].text);
    directory->asked_at_ms = columns[4].number;
    return LK_OK;
}

lk_status lk__walk_next_directory(lk__store *store, const lk__walk *walk, lk__walk_directory *out,
                                  lk_error *err)
{
    *out = (lk__walk_directory){ 0 };
    return lk__store_run(store, LK__SQL_NEXT_WALK_DIRECTORY, LK__ARGS(lk__value_number(walk->id)),
                         take_directory, out, err);
}

lk_status lk__walk_move_directory(lk__store *store, const lk__walk *walk,
                                  const lk__walk_directory *directory,
                                  const lk__walk_directory *next, size_t n_seen, bool has_gaps,
                                  bool *moved, lk_error *err)
{
    *moved = false;
    return lk__store_run(
        store, LK__SQL_MOVE_WALK_DIRECTORY,
        LK__ARGS(lk__value_number(walk->id), lk__value_text(directory->id),
                 lk__value_text(phase_names[directory->phase]), lk__value_text(directory->position),
                 lk__value_text(phase_names[next->phase]), lk__value_text(next->position),
                 lk__value_number(next->asked_at_ms), lk__value_number((int64_t)n_seen),
                 flag(has_gaps)),
        take_hit, moved, err);
}

/* ---- Differences ---- */

lk_status lk__walk_add_drift(lk__store *store, const lk__walk *walk, const char *organization_id,
                             lk__difference what, int64_t n, lk_error *err)
{
    if (n == 0)
        return LK_OK;
    return lk__store_run(store, LK__SQL_ADD_DRIFT,
                         LK__ARGS(lk__value_number(walk->id),
                                  lk__value_text(organization_id != NULL ? organization_id : ""),
                                  lk__value_text(difference_names[what]), lk__value_number(n)),
                         NULL, NULL, err);
}

int lk__difference_find(const char *name)
{
    for (int i = 0; i < LK__N_DIFFERENCES; i++)
        if (lk__text_equal(difference_names[i], name))
            return i;
    return -1;
}
