/* Joins the two halves; see revocation.h. */
#include "revocation.h"

#include "fail.h"

lk_status revocation_ask(void *ctx, const lk_session *session, bool *out, lk_error *err)
{
    sharing *shared = ctx;
    pool *readers = shared->readers;
    lk_mirror *mirror = NULL;

    TRY(pool_take(readers, &mirror, err));
    lk_status status =
        lk_mirror_is_revoked(mirror, session->session_id, session->user->id,
                             session->organization_id, session->issued_at_ms, out, err);
    pool_give(readers, mirror);
    if (status == LK_OK && *out)
        atomic_fetch_add(&shared->n_revoked, 1);
    return status;
}
