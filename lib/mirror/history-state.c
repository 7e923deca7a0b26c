/* See history-state.h. */
#include "mirror/history-state.h"

#include <string.h>

#include "base/text.h"
#include "mirror/directory-rows.h"
#include "mirror/history-log.h"
#include "mirror/history-member.h"
#include "mirror/mirror.h"
#include "mirror/record.h"
#include "mirror/sql.h"

#define USER_WRITERS                                                     \
    "('dsync.user.created', 'dsync.user.updated', 'dsync.user.deleted'," \
    " 'dsync.group.user_added')"
#define GROUP_WRITERS                                                       \
    "('dsync.group.created', 'dsync.group.updated', 'dsync.group.deleted'," \
    " 'dsync.group.user_added')"
#define DIRECTORY_WRITERS "('dsync.activated', 'dsync.deactivated', 'dsync.deleted')"

/* How the three kinds differ. */
static const struct {
    const char *register_sql;
    size_t n_columns; /* of the record, in front of the register's own */
    size_t size;
    lk__take_record *take;
    const char *writer;
    const char *next_writer;
    const char *killer;
} kinds[] = {
    [LK_RECORD_DIRECTORY] = { LK__SQL_DIRECTORY_REGISTER, 7, sizeof(lk_directory),
                              lk__take_directory, LK__SQL_NEWEST_OF(DIRECTORY_WRITERS),
                              LK__SQL_NEXT_OF(DIRECTORY_WRITERS),
                              LK__SQL_NEWEST_OF("('dsync.deleted')") },
    [LK_RECORD_GROUP] = { LK__SQL_GROUP_REGISTER, 8, sizeof(lk_directory_group), lk__take_group,
                          LK__SQL_NEWEST_OF(GROUP_WRITERS), LK__SQL_NEXT_OF(GROUP_WRITERS),
                          LK__SQL_NEWEST_OF("('dsync.group.deleted')") },
    [LK_RECORD_USER] = { LK__SQL_USER_REGISTER, 13, sizeof(lk_directory_user), lk__take_user,
                         LK__SQL_NEWEST_OF(USER_WRITERS), LK__SQL_NEXT_OF(USER_WRITERS),
                         LK__SQL_NEWEST_OF("('dsync.user.deleted')") },
};

bool lk__stamp_is_older(const lk__stamp *a, const lk__stamp *b)
{
    if (b->id == NULL)
        return false;
    if (a->ms != b->ms)
        return a->ms < b->ms;
    return strcmp(a->id, b->id) < 0;
}

/* ---- Registers ---- */

typedef struct taking {
    lk_record_kind kind;
    lk__arena *arena;
    lk__state *state;
    lk__state former; /* what forgotten events said */
} taking;

bool lk__take_stamp(lk__arena *arena, const lk__value *columns, lk__stamp *out)
{
    out->ms = columns[0].number;
    return lk__take_text(arena, &columns[1], &out->id);
}

static lk_status read_former_object(lk_record_kind kind, const lk__value *json, lk__arena *arena,
                                    const void **out, lk_error *err);

/* columns: behind those of LK__REGISTER_END. */
static lk_status take_former(taking *t, const char *id, const lk__value *columns, lk_error *err)
{
    lk_directory *directory;

    if (t->former.version.id == NULL)
        return LK_OK;
    t->former.is_known = true;
    if (t->kind != LK_RECORD_DIRECTORY)
        return read_former_object(t->kind, &columns[0], t->arena, &t->former.record, err);
    directory = lk__arena_alloc(t->arena, sizeof(*directory));
    if (directory == NULL)
        return lk__no_memory(err);
    directory->id = id;
    directory->created_at_ms = columns[4].number;
    directory->updated_at_ms = columns[5].number;
    t->former.record = directory;
    if (!lk__take_text(t->arena, &columns[0], &directory->organization_id) ||
        !lk__take_text(t->arena, &columns[1], &directory->name) ||
        !lk__take_text(t->arena, &columns[2], &directory->type) ||
        !lk__take_text(t->arena, &columns[3], &directory->state))
        return lk__no_memory(err);
    return LK_OK;
}

static lk_status take_register(void *ctx, const lk__row *row, lk_error *err)
{
    taking *t = ctx;
    const lk__value *own = row->columns + kinds[t->kind].n_columns;
    void *record = lk__arena_alloc(t->arena, kinds[t->kind].size);

    if (record == NULL)
        return lk__no_memory(err);
    LK_TRY(kinds[t->kind].take(t->arena, row->columns, record, err));
    *t->state = (lk__state){ .is_known = true, .is_deleted = own[0].number != 0, .record = record };
    t->former.is_deleted = own[5].number != 0;
    if (!lk__take_stamp(t->arena, &own[1], &t->state->version) ||
        !lk__take_stamp(t->arena, &own[3], &t->state->killed) ||
        !lk__take_stamp(t->arena, &own[6], &t->former.version) ||
        !lk__take_stamp(t->arena, &own[8], &t->former.killed))
        return lk__no_memory(err);
    return take_former(t, *(const char *const *)record, &own[10], err);
}

/* ---- The log ---- */

/* What a register kept of one that is gone: bytes that were read before. */
static lk_status read_former_object(lk_record_kind kind, const lk__value *json, lk__arena *arena,
                                    const void **out, lk_error *err)
{
    lk__effect_kind effect = kind == LK_RECORD_USER ? LK__EFFECT_USER : LK__EFFECT_GROUP;
    const char *text = NULL;
    lk__record record = { 0 };

    if (!lk__take_text(arena, json, &text))
        return lk__no_memory(err);
    LK_TRY(
        lk__record_read_object(effect, text != NULL ? text : "", json->len, arena, &record, err));
    return lk__said_record(kind, &record, arena, out, err);
}

static lk_status read_writer(lk__store *store, lk_record_kind kind, const char *id, int64_t at_ms,
                             lk__arena *arena, lk__state *state, lk_error *err)
{
    lk__said s;

    state->is_known = false;
    LK_TRY(lk__said_read(store, kinds[kind].writer,
                         LK__ARGS(lk__value_text(id), lk__value_number(at_ms)), arena, &s, err));
    if (!s.is_known)
        return LK_OK;
    LK_TRY(lk__said_record(kind, &s.record, arena, &state->record, err));
    state->is_known = state->record != NULL;
    state->version = s.version;
    /* A removal from a group deletes nothing, and is no writer. */
    state->is_deleted = s.record.is_deletion;
    return LK_OK;
}

/* What the log first names as changed or gone was there before it, from its created_at on. */
static lk_status read_before(lk__store *store, lk_record_kind kind, const char *id, int64_t at_ms,
                             lk__arena *arena, lk__state *state, lk_error *err)
{
    lk__said s;
    const void *record = NULL;
    int64_t begin_ms = 0;
    int64_t created_at_ms;

    LK_TRY(lk__log_begin(store, &begin_ms, err));
    if (at_ms < begin_ms)
        return LK_OK;
    LK_TRY(lk__said_read(store, kinds[kind].next_writer,
                         LK__ARGS(lk__value_text(id), lk__value_number(at_ms)), arena, &s, err));
    if (!s.is_known || s.record.parked != NULL || lk__said_begins(&s))
        return LK_OK;
    LK_TRY(lk__said_before(kind, &s, arena, &record, err));
    created_at_ms = lk__record_created_at(kind, record);
    if (created_at_ms == 0 || created_at_ms > at_ms)
        return LK_OK;
    *state = (lk__state){ .is_known = true,
                          .version = { .ms = created_at_ms, .id = "" },
                          .killed = state->killed,
                          .record = record };
    return LK_OK;
}

static lk_status read_killer(lk__store *store, lk_record_kind kind, const char *id, int64_t at_ms,
                             lk__arena *arena, lk__stamp *out, lk_error *err)
{
    lk__said s;

    LK_TRY(lk__said_read(store, kinds[kind].killer,
                         LK__ARGS(lk__value_text(id), lk__value_number(at_ms)), arena, &s, err));
    *out = s.is_known ? s.version : (lk__stamp){ 0 };
    return LK_OK;
}

bool lk__stamp_counts_instead(const lk__stamp *former, int64_t at_ms, const lk__stamp *found)
{
    if (former->id == NULL || former->ms > at_ms)
        return false;
    return found == NULL || lk__stamp_is_older(found, former);
}

lk_status lk__state_read(lk__store *store, lk_record_kind kind, const char *id, int64_t at_ms,
                         lk__arena *arena, lk__state *out, lk_error *err)
{
    lk__state state = { 0 };
    taking t = { .kind = kind, .arena = arena, .state = &state };

    LK_TRY(lk__store_run(store, kinds[kind].register_sql, LK__ARGS(lk__value_text(id)),
                         take_register, &t, err));
    if (state.is_known && state.killed.id != NULL && state.killed.ms > at_ms) {
        LK_TRY(read_killer(store, kind, id, at_ms, arena, &state.killed, err));
        if (lk__stamp_counts_instead(&t.former.killed, at_ms,
                                     state.killed.id != NULL ? &state.killed : NULL))
            state.killed = t.former.killed;
    }
    if (state.is_known && state.version.ms > at_ms) {
        LK_TRY(read_writer(store, kind, id, at_ms, arena, &state, err));
        if (lk__stamp_counts_instead(&t.former.version, at_ms,
                                     state.is_known ? &state.version : NULL)) {
            t.former.killed = state.killed;
            state = t.former;
        }
        if (!state.is_known)
            LK_TRY(read_before(store, kind, id, at_ms, arena, &state, err));
    }
    *out = state;
    return LK_OK;
}

/* ---- What is alive ---- */

static const char *directory_of(lk_record_kind kind, const void *record)
{
    switch (kind) {
    case LK_RECORD_DIRECTORY:
        break;
    case LK_RECORD_GROUP:
        return ((const lk_directory_group *)record)->directory_id;
    case LK_RECORD_USER:
        return ((const lk_directory_user *)record)->directory_id;
    }
    return NULL;
}

lk_status lk__state_outlives(lk__store *store, const lk__stamp *version, const char *directory_id,
                             int64_t at_ms, lk__arena *arena, bool *out, lk_error *err)
{
    lk__state directory = { 0 };

    if (directory_id != NULL)
        LK_TRY(lk__state_read(store, LK_RECORD_DIRECTORY, directory_id, at_ms, arena, &directory,
                              err));
    *out = !lk__stamp_is_older(version, &directory.killed);
    return LK_OK;
}

lk_status lk__state_is_alive(lk__store *store, lk_record_kind kind, const lk__state *state,
                             int64_t at_ms, lk__arena *arena, bool *out, lk_error *err)
{
    *out = state->is_known && !state->is_deleted;
    if (!*out || kind == LK_RECORD_DIRECTORY)
        return LK_OK;
    return lk__state_outlives(store, &state->version, directory_of(kind, state->record), at_ms,
                              arena, out, err);
}

static lk_status with_memberships(lk__store *store, lk_record_kind kind, const char *id,
                                  const lk__state *state, int64_t at_ms, lk__arena *arena,
                                  void **out, lk_error *err)
{
    void *copy = lk__arena_alloc(arena, kinds[kind].size);
    lk__ids ids = { .arena = arena };

    if (copy == NULL)
        return lk__no_memory(err);
    memcpy(copy, state->record, kinds[kind].size);
    if (kind != LK_RECORD_DIRECTORY)
        LK_TRY(lk__members_read(store, kind, id, state, at_ms, arena, &ids, err));
    if (kind == LK_RECORD_USER) {
        ((lk_directory_user *)copy)->groups = ids.items;
        ((lk_directory_user *)copy)->n_groups = ids.count;
    }
    if (kind == LK_RECORD_GROUP) {
        ((lk_directory_group *)copy)->members = ids.items;
        ((lk_directory_group *)copy)->n_members = ids.count;
    }
    *out = copy;
    return LK_OK;
}

/* Of one that is not alive: whoever spoke last of it has deleted it, or its directory ended. */
static lk_status read_deletion(lk__store *store, lk_record_kind kind, const lk__state *state,
                               int64_t at_ms, lk__arena *arena, int64_t *out, lk_error *err)
{
    lk__state directory = { .killed = state->version };

    if (!state->is_deleted)
        LK_TRY(lk__state_read(store, LK_RECORD_DIRECTORY, directory_of(kind, state->record), at_ms,
                              arena, &directory, err));
    *out = directory.killed.ms;
    return LK_OK;
}

lk_status lk__state_record(lk__store *store, lk_record_kind kind, const char *id, int64_t at_ms,
                           bool with_deleted, lk__arena *arena, const void **out, lk_error *err)
{
    lk__state state = { 0 };
    bool is_alive = false;
    void *record = NULL;

    LK_TRY(lk__state_read(store, kind, id, at_ms, arena, &state, err));
    LK_TRY(lk__state_is_alive(store, kind, &state, at_ms, arena, &is_alive, err));
    *out = NULL;
    if (!is_alive && !(with_deleted && state.is_known))
        return LK_OK;
    LK_TRY(with_memberships(store, kind, id, &state, at_ms, arena, &record, err));
    if (!is_alive)
        LK_TRY(read_deletion(store, kind, &state, at_ms, arena, lk__deleted_at(kind, record), err));
    *out = record;
    return LK_OK;
}
