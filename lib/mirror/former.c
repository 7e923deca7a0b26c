/* See former.h. It follows apply.c: what writes a register there is noted beside it here. */
#include "mirror/former.h"

#include "mirror/sql.h"

static lk_status note_kill(lk__store *store, const char *sql, const char *id, bool is_deletion,
                           const lk__version *v, lk_error *err)
{
    if (!is_deletion)
        return LK_OK;
    return lk__store_run(store, sql, LK__ARGS(lk__value_text(id), v->ms, v->id), NULL, NULL, err);
}

static lk_status note_directory(lk__store *store, const lk__record *r, const lk__version *v,
                                lk_error *err)
{
    const lk_directory *d = r->directory;

    LK_TRY(lk__store_run(
        store, LK__SQL_FORMER_DIRECTORY,
        LK__ARGS(lk__value_text(d->id), v->ms, v->id, lk__value_number(r->is_deletion),
                 lk__value_text(d->organization_id), lk__value_text(d->name),
                 lk__value_text(d->type), lk__value_text(d->state),
                 lk__value_number(d->created_at_ms), lk__value_number(d->updated_at_ms)),
        NULL, NULL, err));
    return note_kill(store, LK__SQL_FORMER_KILL("directory"), d->id, r->is_deletion, v, err);
}

static lk_status note_record(lk__store *store, const char *sql, const char *id,
                             const lk__slice *json, bool is_deleted, const lk__version *v,
                             lk_error *err)
{
    return lk__store_run(store, sql,
                         LK__ARGS(lk__value_text(id), v->ms, v->id, lk__value_number(is_deleted),
                                  lk__value_bytes(json->data, json->len)),
                         NULL, NULL, err);
}

static lk_status note_membership(lk__store *store, const lk__record *r, const lk__version *v,
                                 lk_error *err)
{
    if (!r->is_deletion) {
        LK_TRY(note_record(store, LK__SQL_FORMER_USER, r->user->id, &r->user_json, false, v, err));
        LK_TRY(
            note_record(store, LK__SQL_FORMER_GROUP, r->group->id, &r->group_json, false, v, err));
    }
    return lk__store_run(store, LK__SQL_FORMER_MEMBERSHIP,
                         LK__ARGS(lk__value_text(r->group->id), lk__value_text(r->user->id), v->ms,
                                  v->id, lk__value_number(r->is_deletion)),
                         NULL, NULL, err);
}

lk_status lk__former_note(lk__store *store, const lk__record *r, const lk__version *v,
                          lk_error *err)
{
    if (r->parked != NULL) /* it changed nothing */
        return LK_OK;
    switch (r->kind) {
    case LK__EFFECT_DIRECTORY:
        return note_directory(store, r, v, err);
    case LK__EFFECT_USER:
        LK_TRY(note_record(store, LK__SQL_FORMER_USER, r->user->id, &r->user_json, r->is_deletion,
                           v, err));
        return note_kill(store, LK__SQL_FORMER_KILL("directory_user"), r->user->id, r->is_deletion,
                         v, err);
    case LK__EFFECT_GROUP:
        LK_TRY(note_record(store, LK__SQL_FORMER_GROUP, r->group->id, &r->group_json,
                           r->is_deletion, v, err));
        return note_kill(store, LK__SQL_FORMER_KILL("directory_group"), r->group->id,
                         r->is_deletion, v, err);
    case LK__EFFECT_MEMBERSHIP:
        return note_membership(store, r, v, err);
    case LK__EFFECT_NONE:
    case LK__EFFECT_SESSION_END:
    case LK__EFFECT_PERSON_END:
    case LK__EFFECT_SEAT_END:
    case LK__EFFECT_SEAT_CHANGE:
        break;
    }
    return LK_OK;
}
