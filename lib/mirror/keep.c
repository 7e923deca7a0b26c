/* How much is kept: forgetting, compacting, the size; see latchkey/mirror.h. */
#include "base/clock.h"
#include "mirror/feed.h"
#include "mirror/forget.h"
#include "mirror/mirror.h"

enum { MAX_PAUSE_MS = 50 };

/* Whoever waits to write gets a turn: as long as the step took. */
static void pause_after(int64_t began_ms)
{
    int64_t took_ms = lk__steady_now_ms() - began_ms;

    lk__system_sleep_ms(NULL, took_ms < MAX_PAUSE_MS ? took_ms + 1 : MAX_PAUSE_MS);
}

lk_status lk_mirror_forget_events(lk_mirror *mirror, int64_t before_ms,
                                  bool (*on_progress)(void *ctx, int64_t n_forgotten), void *ctx,
                                  int64_t *n_forgotten, lk_error *err)
{
    int64_t last_ms = lk__system_now_ms(NULL) - LK__HOLD_BACK_MS;
    lk__forgetting forgetting = { .before_ms = before_ms < last_ms ? before_ms : last_ms };
    int64_t n = 0;

    lk__error_clear(err);
    if (mirror == NULL || before_ms <= 0)
        return lk__fail(err, LK_ERR_INVALID,
                        "events are forgotten that were created before a time: not before 1970");
    while (!forgetting.is_done) {
        int64_t began_ms = lk__steady_now_ms();

        LK_TRY(lk__forget_step(mirror->store, &forgetting, &n, err));
        if (on_progress != NULL && !on_progress(ctx, n))
            break;
        if (!forgetting.is_done)
            pause_after(began_ms);
    }
    if (n_forgotten != NULL)
        *n_forgotten = n;
    return LK_OK;
}

lk_status lk_mirror_compact(lk_mirror *mirror, lk_error *err)
{
    lk__error_clear(err);
    if (mirror == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_compact() was given NULL");
    return lk__store_compact(mirror->store, err);
}

lk_status lk_mirror_get_size(lk_mirror *mirror, int64_t *n_bytes, lk_error *err)
{
    lk__error_clear(err);
    if (mirror == NULL || n_bytes == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_get_size() was given NULL");
    return lk__store_size(mirror->store, n_bytes, err);
}
