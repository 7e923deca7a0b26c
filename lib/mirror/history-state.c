/* See history-state.h. */
#include "mirror/history-state.h"

#include <string.h>

#include "base/text.h"
#include "mirror/directory-rows.h"
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
    const char *killer;
} kinds[] = {
    [LK_RECORD_DIRECTORY] = { LK__SQL_DIRECTORY_REGISTER, 7, sizeof(lk_directory),
                              lk__take_directory, LK__SQL_NEWEST_OF(DIRECTORY_WRITERS),
                              LK__SQL_NEWEST_OF("('dsync.deleted')") },
    [LK_RECORD_GROUP] = { LK__SQL_GROUP_REGISTER, 8, sizeof(lk_directory_group), lk__take_group,
                          LK__SQL_NEWEST_OF(GROUP_WRITERS),
                          LK__SQL_NEWEST_OF("('dsync.group.deleted')") },
    [LK_RECORD_USER] = { LK__SQL_USER_REGISTER, 13, sizeof(lk_directory_user), lk__take_user,
                         LK__SQL_NEWEST_OF(USER_WRITERS),
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

static bool take_stamp(lk__arena *arena, const lk__value *columns, lk__stamp *out)
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
    if (!take_stamp(t->arena, &own[1], &t->state->version) ||
        !take_stamp(t->arena, &own[3], &t->state->killed) ||
        !take_stamp(t->arena, &own[6], &t->former.version) ||
        !take_stamp(t->arena, &own[8], &t->former.killed))
        return lk__no_memory(err);
    return take_former(t, *(const char *const *)record, &own[10], err);
}

/* ---- The log ---- */

/* What one event says of the object. */
typedef struct said {
    lk__arena *arena;
    bool is_known;
    lk__stamp version;
    lk__record record;
} said;

static lk_status take_event(void *ctx, const lk__row *row, lk_error *err)
{
    said *s = ctx;
    const lk__value *columns = row->columns;
    const char *type = NULL;
    const char *json = NULL;

    if (!lk__take_text(s->arena, &columns[0], &s->version.id) ||
        !lk__take_text(s->arena, &columns[1], &type) ||
        !lk__take_text(s->arena, &columns[3], &json))
        return lk__no_memory(err);
    if (json == NULL)
        return lk__fail(err, LK_ERR_STORE, "the mirror lost the body of event %.64s",
                        s->version.id);
    s->version.ms = columns[2].number;
    s->is_known = true;
    return lk__record_read(&(const lk_event){ .id = s->version.id,
                                              .type = type,
                                              .created_at_ms = s->version.ms,
                                              .json = json,
                                              .json_len = columns[3].len },
                           s->arena, &s->record, err);
}

/* The raw record as it stands in the event, as the register has it. */
static lk_status keep_json(lk__arena *arena, const lk__slice *json, const char **out, lk_error *err)
{
    if (json->data == NULL)
        return LK_OK;
    *out = lk__arena_bytes(arena, json->data, json->len);
    return *out != NULL ? LK_OK : lk__no_memory(err);
}

static lk_status record_of(lk_record_kind kind, const lk__record *r, lk__arena *arena,
                           const void **out, lk_error *err)
{
    lk_directory_user *user;
    lk_directory_group *group;

    switch (kind) {
    case LK_RECORD_DIRECTORY:
        *out = r->directory;
        return LK_OK;
    case LK_RECORD_GROUP:
        group = lk__arena_alloc(arena, sizeof(*group));
        if (group == NULL)
            return lk__no_memory(err);
        if (r->group != NULL)
            *group = *r->group;
        *out = r->group != NULL ? group : NULL;
        return keep_json(arena, &r->group_json, &group->json, err);
    case LK_RECORD_USER:
        user = lk__arena_alloc(arena, sizeof(*user));
        if (user == NULL)
            return lk__no_memory(err);
        if (r->user != NULL)
            *user = *r->user;
        *out = r->user != NULL ? user : NULL;
        return keep_json(arena, &r->user_json, &user->json, err);
    }
    return LK_OK;
}

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
    return record_of(kind, &record, arena, out, err);
}

static lk_status read_writer(lk__store *store, lk_record_kind kind, const char *id, int64_t at_ms,
                             lk__arena *arena, lk__state *state, lk_error *err)
{
    said s = { .arena = arena };

    state->is_known = false;
    LK_TRY(lk__store_run(store, kinds[kind].writer,
                         LK__ARGS(lk__value_text(id), lk__value_number(at_ms)), take_event, &s,
                         err));
    if (!s.is_known)
        return LK_OK;
    LK_TRY(record_of(kind, &s.record, arena, &state->record, err));
    state->is_known = state->record != NULL;
    state->version = s.version;
    /* A removal from a group deletes nothing, and is no writer. */
    state->is_deleted = s.record.is_deletion;
    return LK_OK;
}

static lk_status read_killer(lk__store *store, lk_record_kind kind, const char *id, int64_t at_ms,
                             lk__arena *arena, lk__stamp *out, lk_error *err)
{
    said s = { .arena = arena };

    LK_TRY(lk__store_run(store, kinds[kind].killer,
                         LK__ARGS(lk__value_text(id), lk__value_number(at_ms)), take_event, &s,
                         err));
    *out = s.is_known ? s.version : (lk__stamp){ 0 };
    return LK_OK;
}

/* Whether what is forgotten counts, and not what the log says; found is NULL when that is nothing.
 */
static bool counts_instead(const lk__stamp *former, int64_t at_ms, const lk__stamp *found)
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
        if (counts_instead(&t.former.killed, at_ms, state.killed.id != NULL ? &state.killed : NULL))
            state.killed = t.former.killed;
    }
    if (state.is_known && state.version.ms > at_ms) {
        LK_TRY(read_writer(store, kind, id, at_ms, arena, &state, err));
        if (counts_instead(&t.former.version, at_ms, state.is_known ? &state.version : NULL)) {
            t.former.killed = state.killed;
            state = t.former;
        }
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

/* A missing owner never died. */
static lk_status outlives(lk__store *store, const lk__stamp *version, const char *directory_id,
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
    return outlives(store, &state->version, directory_of(kind, state->record), at_ms, arena, out,
                    err);
}

/* ---- Memberships ---- */

typedef struct membership {
    lk__arena *arena;
    bool is_known;
    bool is_deleted;
    lk__stamp version;
    const char *directory_id;
    bool was_deleted; /* by a forgotten event, of this version */
    lk__stamp former;
} membership;

static lk_status take_membership(void *ctx, const lk__row *row, lk_error *err)
{
    membership *m = ctx;

    m->is_known = true;
    m->is_deleted = row->columns[0].number != 0;
    m->was_deleted = row->columns[4].number != 0;
    if (!take_stamp(m->arena, &row->columns[1], &m->version) ||
        !lk__take_text(m->arena, &row->columns[3], &m->directory_id) ||
        !take_stamp(m->arena, &row->columns[5], &m->former))
        return lk__no_memory(err);
    return LK_OK;
}

static lk_status read_membership(lk__store *store, const char *group_id, const char *user_id,
                                 int64_t at_ms, membership *m, lk_error *err)
{
    said s = { .arena = m->arena };

    LK_TRY(lk__store_run(store, LK__SQL_MEMBERSHIP_REGISTER,
                         LK__ARGS(lk__value_text(group_id), lk__value_text(user_id)),
                         take_membership, m, err));
    if (!m->is_known || m->version.ms <= at_ms)
        return LK_OK;
    LK_TRY(lk__store_run(
        store, LK__SQL_NEWEST_OF_BOTH,
        LK__ARGS(lk__value_text(user_id), lk__value_number(at_ms), lk__value_text(group_id)),
        take_event, &s, err));
    m->is_known = s.is_known && s.record.group != NULL;
    if (counts_instead(&m->former, at_ms, m->is_known ? &s.version : NULL)) {
        m->is_known = true;
        m->is_deleted = m->was_deleted;
        m->version = m->former;
        return LK_OK; /* in the directory that it is in now */
    }
    m->is_deleted = s.record.is_deletion;
    m->version = s.version;
    m->directory_id = m->is_known ? s.record.group->directory_id : NULL;
    return LK_OK;
}

/* One end is known to be alive: this looks at the membership and at the other end. */
static lk_status is_member(lk__store *store, const char *group_id, const char *user_id,
                           lk_record_kind known_kind, const lk__state *known, int64_t at_ms,
                           lk__arena *arena, bool *out, lk_error *err)
{
    lk_record_kind other_kind = known_kind == LK_RECORD_USER ? LK_RECORD_GROUP : LK_RECORD_USER;
    membership m = { .arena = arena };
    lk__state other = { 0 };

    *out = false;
    LK_TRY(read_membership(store, group_id, user_id, at_ms, &m, err));
    if (!m.is_known || m.is_deleted || lk__stamp_is_older(&m.version, &known->killed))
        return LK_OK;
    LK_TRY(lk__state_read(store, other_kind, other_kind == LK_RECORD_USER ? user_id : group_id,
                          at_ms, arena, &other, err));
    if (lk__stamp_is_older(&m.version, &other.killed))
        return LK_OK;
    LK_TRY(lk__state_is_alive(store, other_kind, &other, at_ms, arena, out, err));
    if (!*out)
        return LK_OK;
    return outlives(store, &m.version, m.directory_id, at_ms, arena, out, err);
}

/* Of all memberships that ever were, those that were alive. */
static lk_status fill(lk__store *store, lk_record_kind kind, const char *id, const lk__state *state,
                      int64_t at_ms, lk__arena *arena, lk__ids *ids, lk_error *err)
{
    bool is_user = kind == LK_RECORD_USER;
    size_t n = 0;

    ids->arena = arena;
    LK_TRY(lk__store_run(store, is_user ? LK__SQL_ALL_GROUPS_OF_USER : LK__SQL_ALL_MEMBERS_OF_GROUP,
                         LK__ARGS(lk__value_text(id)), lk__take_id, ids, err));
    for (size_t i = 0; i < ids->count; i++) {
        const char *other = ids->items[i];
        bool is_alive = false;

        LK_TRY(is_member(store, is_user ? other : id, is_user ? id : other, kind, state, at_ms,
                         arena, &is_alive, err));
        if (is_alive)
            ids->items[n++] = other;
    }
    ids->count = n;
    return LK_OK;
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
        LK_TRY(fill(store, kind, id, state, at_ms, arena, &ids, err));
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
