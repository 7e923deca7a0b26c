/* Joins the two halves; see revocation.h. */
#include "revocation.h"

#include "fail.h"

lk_status revocation_ask(void *ctx, const lk_session *session, bool *out, lk_error *err)
{
    pool *readers = ctx;
    lk_mirror *mirror = NULL;

    TRY(pool_take(readers, &mirror, err));
    lk_status status =
        lk_mirror_is_revoked(mirror, session->session_id, session->user->id,
                             session->organization_id, session->issued_at_ms, out, err);
    pool_give(readers, mirror);
    return status;
}
