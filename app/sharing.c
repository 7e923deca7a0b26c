/* Joins the two halves; see sharing.h. */
#include "sharing.h"

#include "fail.h"

/* Hands a status on. One line for an outage, not one for each request in it. */
static lk_status told(sharing *self, lk_status status, const lk_error *err)
{
    bool fails = status != LK_OK;

    if (atomic_exchange(&self->is_failing, fails) == fails)
        return status;
    if (fails)
        journal_complain(self->log, NULL, err);
    else
        journal_tell(self->log, JOURNAL_INFO, "the store is well again");
    return status;
}

static lk_status take(sharing *self, lk_mirror **out, lk_error *err)
{
    lk_status status = pool_take(self->readers, out, err);

    return status == LK_OK ? LK_OK : told(self, status, err);
}

static lk_status give(sharing *self, lk_mirror *mirror, lk_status status, const lk_error *err)
{
    pool_give(self->readers, mirror);
    return told(self, status, err);
}

/* ---- Renewals ---- */

static lk_status acquire(void *ctx, const char *name, int64_t now_ms, int64_t ttl_ms,
                         int64_t *fence, char **result, lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(take(ctx, &mirror, err));
    lk_status status = lk_mirror_acquire_lease(mirror, name, now_ms, ttl_ms, fence, result, err);
    return give(ctx, mirror, status, err);
}

static lk_status renew(void *ctx, const char *name, int64_t fence, int64_t now_ms, int64_t ttl_ms,
                       bool *held, lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(take(ctx, &mirror, err));
    lk_status status = lk_mirror_renew_lease(mirror, name, fence, now_ms, ttl_ms, held, err);
    return give(ctx, mirror, status, err);
}

static lk_status finish_lease(void *ctx, const char *name, int64_t fence, int64_t now_ms,
                              int64_t keep_ms, const char *result, bool *held, lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(take(ctx, &mirror, err));
    lk_status status =
        lk_mirror_finish_lease(mirror, name, fence, now_ms, keep_ms, result, held, err);
    return give(ctx, mirror, status, err);
}

lk_refresh_lease sharing_lease(sharing *self)
{
    return (lk_refresh_lease){
        .acquire = acquire, .renew = renew, .finish = finish_lease, .ctx = self
    };
}

/* ---- Sessions ---- */

static lk_status get(void *ctx, const char *name, int64_t now_ms, char **record, lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(take(ctx, &mirror, err));
    lk_status status = lk_mirror_get_session(mirror, name, now_ms, record, err);
    return give(ctx, mirror, status, err);
}

static lk_status put(void *ctx, const char *name, const char *record, int64_t now_ms,
                     int64_t ends_at_ms, lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(take(ctx, &mirror, err));
    lk_status status = lk_mirror_put_session(mirror, name, record, now_ms, ends_at_ms, err);
    return give(ctx, mirror, status, err);
}

static lk_status replace(void *ctx, const char *name, const char *old, const char *record,
                         int64_t ends_at_ms, bool *replaced, lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(take(ctx, &mirror, err));
    lk_status status =
        lk_mirror_replace_session(mirror, name, old, record, ends_at_ms, replaced, err);
    return give(ctx, mirror, status, err);
}

static lk_status remove_session(void *ctx, const char *name, const char *record, bool *removed,
                                lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(take(ctx, &mirror, err));
    lk_status status = lk_mirror_remove_session(mirror, name, record, removed, err);
    return give(ctx, mirror, status, err);
}

lk_session_store sharing_sessions(sharing *self)
{
    return (lk_session_store){
        .get = get, .put = put, .replace = replace, .remove = remove_session, .ctx = self
    };
}
