/* Leases: a thing that must be done once, done by one process at a time. A row is alive until its
 * end; with a result it is an answer, without one it is held. A dead row may be taken over by
 * anybody, under a higher fence, and whoever comes with a lower one comes too late. */
#include <string.h>

#include "base/text.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

enum {
    MAX_NAME = 255,
    MAX_RESULT = 1 << 18,
    MAX_TIME_MS = 5 * 60 * 1000, /* of a lease and of a memory */
    /* Rows that nobody finished stay a while, for a late holder may still renew an untaken one. */
    FORGET_AFTER_MS = MAX_TIME_MS
};

static lk_status check(const lk_mirror *mirror, const char *name, int64_t now_ms, int64_t for_ms,
                       lk_error *err)
{
    if (mirror == NULL || lk__text_empty(name) || strlen(name) > MAX_NAME)
        return lk__fail(err, LK_ERR_INVALID, "a lease needs a mirror, and a name of 1 to %d bytes",
                        (int)MAX_NAME);
    if (now_ms < 1 || now_ms > INT64_MAX - MAX_TIME_MS || for_ms < 1 || for_ms > MAX_TIME_MS)
        return lk__fail(err, LK_ERR_INVALID, "a lease is for 1 to %d ms: %lld are not possible",
                        (int)MAX_TIME_MS, (long long)for_ms);
    return LK_OK;
}

/* What a look found. */
typedef struct sight {
    bool is_alive;
    char *result; /* secret; NULL: held */
} sight;

static void sight_clear(sight *seen)
{
    lk_free_secret(seen->result);
}

static lk_status take_sight(void *ctx, const lk__row *row, lk_error *err)
{
    sight *seen = ctx;
    const lk__value *result = &row->columns[0];

    seen->is_alive = true;
    if (result->kind != LK__VALUE_TEXT)
        return LK_OK;
    seen->result = strdup(result->text);
    return seen->result != NULL ? LK_OK : lk__no_memory(err);
}

static lk_status look(lk__store *store, const char *name, int64_t now_ms, sight *out, lk_error *err)
{
    return lk__store_run(store, LK__SQL_LEASE,
                         LK__ARGS(lk__value_text(name), lk__value_number(now_ms),
                                  lk__value_number(now_ms + MAX_TIME_MS)),
                         take_sight, out, err);
}

static lk_status take_fence(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(int64_t *)ctx = row->columns[0].number;
    return LK_OK;
}

static lk_status take_over(lk__store *store, const char *name, int64_t now_ms, int64_t ttl_ms,
                           int64_t *fence, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };

    LK_TRY(lk__transaction_begin(&transaction, store, LK__WRITE, err));
    LK_TRY(lk__store_run(store, LK__SQL_FORGET_LEASES,
                         LK__ARGS(lk__value_number(now_ms - FORGET_AFTER_MS)), NULL, NULL, err));
    LK_TRY(lk__store_run(store, LK__SQL_TAKE_LEASE,
                         LK__ARGS(lk__value_text(name), lk__value_number(now_ms),
                                  lk__value_number(now_ms + ttl_ms),
                                  lk__value_number(now_ms + MAX_TIME_MS)),
                         take_fence, fence, err));
    return lk__transaction_commit(&transaction, err);
}

lk_status lk_mirror_acquire_lease(lk_mirror *mirror, const char *name, int64_t now_ms,
                                  int64_t ttl_ms, int64_t *fence, char **result, lk_error *err)
{
    LK_CLEANUP(sight_clear) sight seen = { 0 };
    int64_t taken = 0;

    lk__error_clear(err);
    if (fence == NULL || result == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_acquire_lease() was given NULL");
    LK_TRY(check(mirror, name, now_ms, ttl_ms, err));
    /* Those who wait ask often, and reading keeps nobody from writing. */
    LK_TRY(look(mirror->store, name, now_ms, &seen, err));
    if (!seen.is_alive)
        LK_TRY(take_over(mirror->store, name, now_ms, ttl_ms, &taken, err));
    *fence = taken;
    *result = lk__steal(seen.result);
    return LK_OK;
}

lk_status lk_mirror_renew_lease(lk_mirror *mirror, const char *name, int64_t fence, int64_t now_ms,
                                int64_t ttl_ms, bool *held, lk_error *err)
{
    int64_t kept = 0;

    lk__error_clear(err);
    if (held == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_renew_lease() was given NULL");
    LK_TRY(check(mirror, name, now_ms, ttl_ms, err));
    LK_TRY(lk__store_run(
        mirror->store, LK__SQL_RENEW_LEASE,
        LK__ARGS(lk__value_text(name), lk__value_number(fence), lk__value_number(now_ms + ttl_ms)),
        take_fence, &kept, err));
    *held = kept != 0;
    return LK_OK;
}

lk_status lk_mirror_finish_lease(lk_mirror *mirror, const char *name, int64_t fence, int64_t now_ms,
                                 int64_t keep_ms, const char *result, bool *held, lk_error *err)
{
    int64_t finished = 0;

    lk__error_clear(err);
    if (held == NULL || result == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_finish_lease() was given NULL");
    LK_TRY(check(mirror, name, now_ms, keep_ms, err));
    if (strlen(result) > MAX_RESULT)
        return lk__fail(err, LK_ERR_INVALID, "a result of %zu bytes: %d are allowed",
                        strlen(result), (int)MAX_RESULT);
    LK_TRY(lk__store_run(mirror->store, LK__SQL_FINISH_LEASE,
                         LK__ARGS(lk__value_text(name), lk__value_number(fence),
                                  lk__value_number(now_ms + keep_ms), lk__value_text(result)),
                         take_fence, &finished, err));
    *held = finished != 0;
    return LK_OK;
}
