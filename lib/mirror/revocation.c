/* Three ways to end a session early, one table: session.revoked names the session; user.deleted,
 * and organization_membership.deleted or its update to inactive, end what was issued to the person,
 * or to the person in this organization, up to then: somebody who was let in again later gets newer
 * tokens. */
#include "mirror/revocation.h"

#include "base/text.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

/* "" stands for "any": NULL is equal to nothing in a key. */
static lk__value key_of(const char *text)
{
    return lk__value_text(text != NULL ? text : "");
}

lk_status lk__revocation_put(lk__store *store, const lk__record *record, int64_t at_ms,
                             lk_error *err)
{
    const lk__ended *ended = record->ended;

    return lk__store_run(store, LK__SQL_REVOKE,
                         LK__ARGS(key_of(ended->session_id), key_of(ended->user_id),
                                  key_of(ended->organization_id), lk__value_number(at_ms)),
                         NULL, NULL, err);
}

static lk_status take_hit(void *ctx, const lk__row *row, lk_error *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return LK_OK;
}

lk_status lk_mirror_is_revoked(lk_mirror *mirror, const char *session_id, const char *user_id,
                               const char *organization_id, int64_t issued_at_ms, bool *out,
                               lk_error *err)
{
    bool is_revoked = false;

    lk__error_clear(err);
    if (mirror == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_is_revoked() was given NULL");
    LK_TRY(lk__store_run(mirror->store, LK__SQL_IS_REVOKED,
                         LK__ARGS(key_of(session_id), key_of(user_id), key_of(organization_id),
                                  lk__value_number(issued_at_ms)),
                         take_hit, &is_revoked, err));
    *out = is_revoked;
    return LK_OK;
}
