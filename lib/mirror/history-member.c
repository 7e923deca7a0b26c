/* See history-member.h. */
#include "mirror/history-member.h"

#include "mirror/history-log.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

typedef struct membership {
    lk__arena *arena;
    bool is_known;
    bool is_deleted;
    lk__stamp version;
    const char *directory_id;
    bool was_deleted; /* by a forgotten event, of this version */
    lk__stamp former;
    bool ends_first; /* its end is the first that the log says of it */
} membership;

static lk_status take_membership(void *ctx, const lk__row *row, lk_error *err)
{
    membership *m = ctx;

    m->is_known = true;
    m->is_deleted = row->columns[0].number != 0;
    m->was_deleted = row->columns[4].number != 0;
    if (!lk__take_stamp(m->arena, &row->columns[1], &m->version) ||
        !lk__take_text(m->arena, &row->columns[3], &m->directory_id) ||
        !lk__take_stamp(m->arena, &row->columns[5], &m->former))
        return lk__no_memory(err);
    return LK_OK;
}

static lk_status read_membership(lk__store *store, const char *group_id, const char *user_id,
                                 int64_t at_ms, membership *m, lk_error *err)
{
    lk__said s;

    LK_TRY(lk__store_run(store, LK__SQL_MEMBERSHIP_REGISTER,
                         LK__ARGS(lk__value_text(group_id), lk__value_text(user_id)),
                         take_membership, m, err));
    if (!m->is_known || m->version.ms <= at_ms)
        return LK_OK;
    LK_TRY(lk__said_read(
        store, LK__SQL_NEWEST_OF_BOTH,
        LK__ARGS(lk__value_text(user_id), lk__value_number(at_ms), lk__value_text(group_id)),
        m->arena, &s, err));
    m->is_known = s.is_known && s.record.group != NULL;
    if (lk__stamp_counts_instead(&m->former, at_ms, m->is_known ? &s.version : NULL)) {
        m->is_known = true;
        m->is_deleted = m->was_deleted;
        m->version = m->former;
        return LK_OK; /* in the directory that it is in now */
    }
    if (!s.is_known) {
        LK_TRY(lk__said_read(
            store, LK__SQL_NEXT_OF_BOTH,
            LK__ARGS(lk__value_text(user_id), lk__value_number(at_ms), lk__value_text(group_id)),
            m->arena, &s, err));
        m->ends_first = s.is_known && s.record.group != NULL && s.record.is_deletion;
        m->is_known = m->ends_first;
        s.version = (lk__stamp){ .id = "" }; /* older than all that the log says */
        s.record.is_deletion = false;
    }
    m->is_deleted = s.record.is_deletion;
    m->version = s.version;
    m->directory_id = m->is_known ? s.record.group->directory_id : NULL;
    return LK_OK;
}

/* A membership whose end comes first was there before the log, if both of its ends were. */
static lk_status was_before(lk__store *store, const membership *m, lk_record_kind known_kind,
                            const lk__state *known, lk_record_kind other_kind,
                            const lk__state *other, bool *out, lk_error *err)
{
    int64_t begin_ms = 0;
    int64_t first;
    int64_t second;

    *out = true;
    if (!m->ends_first)
        return LK_OK;
    LK_TRY(lk__log_begin(store, &begin_ms, err));
    first = lk__record_created_at(known_kind, known->record);
    second = lk__record_created_at(other_kind, other->record);
    *out = first != 0 && first < begin_ms && second != 0 && second < begin_ms;
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
    if (*out)
        LK_TRY(was_before(store, &m, known_kind, known, other_kind, &other, out, err));
    if (!*out)
        return LK_OK;
    return lk__state_outlives(store, &m.version, m.directory_id, at_ms, arena, out, err);
}

lk_status lk__members_read(lk__store *store, lk_record_kind kind, const char *id,
                           const lk__state *state, int64_t at_ms, lk__arena *arena, lk__ids *ids,
                           lk_error *err)
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
