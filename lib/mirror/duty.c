/* Whose turn it is to poll; see duty.h. */
#include "mirror/duty.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

enum {
    MAX_LEASE_MS = 5 * 60 * 1000, /* lease.c */
    MIN_IDLE_MS = 500             /* a busy machine is no frozen one */
};

/* For people who look: sync status. */
static lk_status sign(const lk__duty *duty, lk_mirror *mirror, lk_error *err)
{
    char host[64] = "";
    char holder[96];

    if (gethostname(host, sizeof(host) - 1) != 0)
        snprintf(host, sizeof(host), "a machine without a name");
    snprintf(holder, sizeof(holder), "%s, process %ld", host, (long)getpid());
    return lk__store_run(
        mirror->store, LK__SQL_SIGN_LEASE,
        LK__ARGS(lk__value_text(duty->name), lk__value_number(duty->fence), lk__value_text(holder)),
        NULL, NULL, err);
}

/* Whoever stops in the middle of a page holds the lock that all writers share: half a lease later
 * the next one must be able to take over. */
static lk_status acquire(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, lk_error *err)
{
    int64_t idle_ms = duty->lease_ms / 2;
    char *result = NULL;

    LK_TRY(lk__store_limit_idle(mirror->store, idle_ms > MIN_IDLE_MS ? idle_ms : MIN_IDLE_MS, err));
    LK_TRY(lk_mirror_acquire_lease(mirror, duty->name, now_ms, duty->lease_ms, &duty->fence,
                                   &result, err));
    duty->until_ms = now_ms + duty->lease_ms;
    lk_free_secret(result); /* nobody leaves one */
    return duty->fence != 0 ? sign(duty, mirror, err) : LK_OK;
}

lk_status lk__duty_renew(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, bool *held,
                         lk_error *err)
{
    bool is_held = false;

    LK_TRY(lk_mirror_renew_lease(mirror, duty->name, duty->fence, now_ms, duty->lease_ms, &is_held,
                                 err));
    if (is_held)
        duty->until_ms = now_ms + duty->lease_ms;
    else
        duty->fence = 0;
    *held = is_held;
    return LK_OK;
}

lk_status lk__duty_take(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, bool *held,
                        lk_error *err)
{
    int64_t left_ms = duty->until_ms - now_ms;

    *held = true;
    if (duty->lease_ms == 0)
        return LK_OK;
    if (duty->fence != 0 && left_ms > duty->lease_ms / 2 && left_ms <= duty->lease_ms)
        return LK_OK;
    if (duty->fence != 0)
        LK_TRY(lk__duty_renew(duty, mirror, now_ms, held, err));
    if (duty->fence == 0)
        LK_TRY(acquire(duty, mirror, now_ms, err));
    *held = duty->fence != 0;
    return LK_OK;
}

/* Where this fails the lease ends by itself a little later. */
static void end_in(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, int64_t ms)
{
    lk_error ignored = LK_ERROR_INIT;
    bool held = false;

    if (duty->fence != 0 &&
        lk_mirror_renew_lease(mirror, duty->name, duty->fence, now_ms, ms, &held, &ignored) ==
            LK_OK &&
        held)
        duty->until_ms = now_ms + ms;
}

void lk__duty_hold(lk__duty *duty, lk_mirror *mirror, int64_t now_ms, int64_t ms)
{
    ms += duty->lease_ms;
    end_in(duty, mirror, now_ms, ms < MAX_LEASE_MS ? ms : MAX_LEASE_MS);
}

void lk__duty_leave(lk__duty *duty, lk_mirror *mirror, int64_t now_ms)
{
    end_in(duty, mirror, now_ms, 1);
    duty->fence = 0;
}

static lk_status take_hit(void *ctx, const lk__row *row, lk_error *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return LK_OK;
}

lk_status lk__duty_holds_feed(lk__store *store, int64_t fence, bool *held, lk_error *err)
{
    *held = fence == 0;
    if (fence == 0)
        return LK_OK;
    return lk__store_run(store, LK__SQL_HOLDS_FEED, LK__ARGS(lk__value_number(fence)), take_hit,
                         held, err);
}
