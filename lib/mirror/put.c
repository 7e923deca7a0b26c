/* Records into their rows; see put.h. */
#include "mirror/put.h"

#include "mirror/sql.h"

lk_status lk__put_directory(lk__store *store, const lk_directory *d, bool deleted,
                            const lk__version *v, lk_error *err)
{
    return lk__store_run(store, LK__SQL_PUT_DIRECTORY,
                         LK__ARGS(lk__value_text(d->id), lk__value_text(d->organization_id),
                                  lk__value_text(d->name), lk__value_text(d->type),
                                  lk__value_text(d->state), lk__value_number(d->created_at_ms),
                                  lk__value_number(d->updated_at_ms), lk__value_number(deleted),
                                  v->ms, v->id, v->kept_from),
                         NULL, NULL, err);
}

lk_status lk__put_user(lk__store *store, const lk_directory_user *u, const lk__slice *json,
                       bool deleted, const lk__version *v, lk_error *err)
{
    return lk__store_run(
        store, LK__SQL_PUT_USER,
        LK__ARGS(lk__value_text(u->id), lk__value_text(u->directory_id),
                 lk__value_text(u->organization_id), lk__value_text(u->idp_id),
                 lk__value_text(u->email), lk__value_text(u->first_name),
                 lk__value_text(u->last_name), lk__value_text(u->state), lk__value_text(u->role),
                 lk__value_text(u->custom_attributes_json), lk__value_number(u->created_at_ms),
                 lk__value_number(u->updated_at_ms), lk__value_number(deleted), v->ms, v->id,
                 lk__value_bytes(json->data, json->len), v->kept_from),
        NULL, NULL, err);
}

lk_status lk__put_group(lk__store *store, const lk_directory_group *g, const lk__slice *json,
                        bool deleted, const lk__version *v, lk_error *err)
{
    return lk__store_run(store, LK__SQL_PUT_GROUP,
                         LK__ARGS(lk__value_text(g->id), lk__value_text(g->directory_id),
                                  lk__value_text(g->organization_id), lk__value_text(g->idp_id),
                                  lk__value_text(g->name), lk__value_number(g->created_at_ms),
                                  lk__value_number(g->updated_at_ms), lk__value_number(deleted),
                                  v->ms, v->id, lk__value_bytes(json->data, json->len),
                                  v->kept_from),
                         NULL, NULL, err);
}

lk_status lk__put_membership(lk__store *store, const char *group_id, const char *user_id,
                             const char *directory_id, bool deleted, const lk__version *v,
                             lk_error *err)
{
    return lk__store_run(store, LK__SQL_PUT_MEMBERSHIP,
                         LK__ARGS(lk__value_text(group_id), lk__value_text(user_id),
                                  lk__value_text(directory_id), lk__value_number(deleted), v->ms,
                                  v->id, v->kept_from),
                         NULL, NULL, err);
}

lk_status lk__put_deletion(lk__store *store, const char *sql, const char *id, bool deleted,
                           const lk__version *v, lk_error *err)
{
    if (!deleted)
        return LK_OK;
    return lk__store_run(store, sql, LK__ARGS(lk__value_text(id), v->ms, v->id, v->kept_from), NULL,
                         NULL, err);
}
