/* Follows the Events API, page by page; see latchkey/mirror.h. Before that, where it is needed, it
 * walks through the state API: reconcile.c.
 *
 * It goes page by page: page-walk.h. Where the answers take long and there are many pages left, the
 * walk goes on through windows side by side: window-walk.h. */
#include <stdlib.h>

#include "api/client.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "mirror/duty.h"
#include "mirror/feed.h"
#include "mirror/forget.h"
#include "mirror/mirror.h"
#include "mirror/pace.h"
#include "mirror/page-walk.h"
#include "mirror/reconcile.h"
#include "mirror/signal.h"
#include "mirror/types.h"
#include "mirror/walk.h"
#include "mirror/window-walk.h"

enum {
    DEFAULT_INTERVAL_MS = 5000,
    DEFAULT_WINDOWS = 10,
    /* When windows are worth it: an answer takes so long, and so many pages seem to be left. The
     * first pages tell. */
    SLOW_MS = 20,
    MANY_PAGES = 20,
    FIRST_PAGES = 2,
    MAX_KEEP_DAYS = 36500,
    FORGET_STEPS = 4, /* at each poll */
    FORGET_EVERY_MS = 60 * 60 * 1000
};

#define DAY_MS (INT64_C(24) * 3600 * 1000)

typedef struct walk {
    bool is_open;
    lk__page_walk pages;
    lk__window_walk *windows; /* NULL: page by page */
} walk;

struct lk_sync {
    lk_client *client;
    lk_mirror *mirror;
    lk__arena *arena; /* of the types */
    const char *const *types;
    size_t n_types;
    int interval_ms;
    walk walk;
    size_t n_windows;       /* 1: never; set to it once WorkOS is seen not to know ranges */
    int64_t windowed_to_ms; /* the end of the last ones that were read to their end */
    lk__duty duty;
    bool may_reconcile;
    lk_reconcile *reconcile; /* under way; NULL: none */
    int64_t keep_ms;         /* 0: all events are kept */
    lk__forgetting forgetting;
    int64_t forget_at_ms; /* again, once it is done */
    lk__pace pace;
    lk__signal *signal; /* a pointer, for lk_sync_wait_ms() is const */
};

/* ---- The walk ---- */

static void leave_windows(walk *w)
{
    if (w->windows != NULL)
        lk__window_walk_clear(w->windows);
    free(w->windows);
    w->windows = NULL;
}

static void walk_close(walk *w)
{
    leave_windows(w);
    lk__page_walk_clear(&w->pages);
    *w = (walk){ 0 };
}

static lk_status walk_open(lk_sync *sync, const lk__feed *feed, lk_error *err)
{
    walk w = { .is_open = true,
               .pages = {
                   .client = sync->client, .types = sync->types, .n_types = sync->n_types } };

    LK_TRY(lk__page_walk_open(&w.pages, sync->mirror->store, feed, err));
    sync->walk = w;
    return LK_OK;
}

/* ---- Reconciling ---- */

/* The state API tells what no event does: what is older than all events, in a new mirror, or what
 * happened while the feed was away for longer than WorkOS keeps events. */
static lk_status needs_reconciling(const lk_sync *sync, const lk__feed *feed, bool *out,
                                   lk_error *err)
{
    lk__walk last = { 0 };
    int64_t complete_at_ms;

    LK_TRY(lk__walk_read_last(sync->mirror->store, &last, err));
    complete_at_ms =
        feed->settled_at_ms > last.started_at_ms ? feed->settled_at_ms : last.started_at_ms;
    *out = last.id == 0 || complete_at_ms < lk__oldest_kept(sync->client);
    return LK_OK;
}

static lk_status begin_reconciling(lk_sync *sync, const lk__feed *feed, lk_error *err)
{
    bool is_needed = false;

    if (!sync->may_reconcile || sync->reconcile != NULL)
        return LK_OK;
    LK_TRY(needs_reconciling(sync, feed, &is_needed, err));
    if (!is_needed)
        return LK_OK;
    return lk_reconcile_new(LK_RECONCILE_OPTIONS(.client = sync->client, .mirror = sync->mirror),
                            &sync->reconcile, err);
}

/* Where the state API is refused (the key has no right to it, or there is none) the events alone
 * must do. */
static lk_status go_on_reconciling(lk_sync *sync, lk_sync_result *result, lk_error *err)
{
    lk_reconcile_progress progress = { .size = sizeof(progress) };
    lk_error problem = LK_ERROR_INIT;
    bool goes_on = false;
    lk_status status;

    lk__reconcile_set_fence(sync->reconcile, sync->duty.fence);
    status = lk_reconcile_step(sync->reconcile, &goes_on, &problem);
    if (status != LK_OK && (lk__fetch_was_refused(&problem) || problem.http_status == 403)) {
        sync->may_reconcile = false;
        goes_on = false;
    } else if (status != LK_OK) {
        *err = problem;
        return status;
    }
    /* For people only: the page is committed, whether this can be read or not. */
    if (lk_reconcile_get_progress(sync->reconcile, &progress, &problem) == LK_OK) {
        result->n_seen = progress.n_seen;
        result->n_expected = progress.n_expected;
    }
    if (!goes_on)
        lk_reconcile_freep(&sync->reconcile);
    return LK_OK;
}

/* ---- Windows ---- */

/* The newest event that WorkOS holds back no more. */
static int64_t settled_end(const lk_sync *sync)
{
    return (lk__server_now_ms(sync->client) - 2 * LK__HOLD_BACK_MS) / 1000 * 1000;
}

/* Where many events came at once, the pages behind the anchor hold next to no time. What windows
 * have been through is read again page by page, or they would be begun without end. */
static bool needs_windows(const lk_sync *sync)
{
    const lk__page_walk *w = &sync->walk.pages;
    int64_t reached_ms = lk__page_walk_reached_ms(w);

    if (sync->n_windows < 2 || w->is_at_end || w->n_read < FIRST_PAGES || w->took_ms < SLOW_MS ||
        w->first_ms == 0 || reached_ms < sync->windowed_to_ms)
        return false;
    return (settled_end(sync) - reached_ms) / lk__page_walk_span_ms(w) >= MANY_PAGES;
}

/* Without memory for them it goes on page by page. */
static void open_windows(lk_sync *sync)
{
    const lk__page_walk *pages = &sync->walk.pages;
    lk__window_walk *windows = calloc(1, sizeof(*windows));

    sync->walk.windows = windows;
    if (windows == NULL)
        return;
    windows->client = sync->client;
    windows->types = sync->types;
    windows->n_types = sync->n_types;
    windows->width = sync->n_windows;
    lk__windows_begin(&windows->windows, pages->written_to_ms / 1000 * 1000, settled_end(sync),
                      lk__page_walk_span_ms(pages) * 10);
}

static lk_status step_windows(lk_sync *sync, const lk__feed *feed, lk_sync_result *result,
                              lk_error *err)
{
    lk__window_state state = LK__WINDOWS_GO_ON;
    lk_status status = lk__window_walk_step(sync->walk.windows, sync->mirror->store, feed,
                                            sync->duty.fence, result, &state, err);

    if (state == LK__WINDOWS_IGNORED)
        sync->n_windows = 1;
    if (state == LK__WINDOWS_DONE)
        sync->windowed_to_ms = sync->walk.windows->windows.end_ms;
    if (state != LK__WINDOWS_GO_ON) /* page by page from the cursor, with its overlap */
        walk_close(&sync->walk);
    return status;
}

/* ---- Forgetting ---- */

/* A little, so that the poll behind it is not late. */
static lk_status forget_some(lk_sync *sync, lk_error *err)
{
    int64_t now_ms = lk__now_ms(sync->client);
    int64_t n = 0;

    if (sync->keep_ms == 0 || (sync->forgetting.is_done && now_ms < sync->forget_at_ms))
        return LK_OK;
    if (sync->forgetting.is_done || sync->forgetting.before_ms == 0)
        sync->forgetting = (lk__forgetting){ .before_ms = now_ms - sync->keep_ms };
    sync->forgetting.fence = sync->duty.fence;
    for (int i = 0; i < FORGET_STEPS && !sync->forgetting.is_done; i++)
        LK_TRY(lk__forget_step(sync->mirror->store, &sync->forgetting, &n, err));
    sync->forget_at_ms = now_ms + FORGET_EVERY_MS;
    return LK_OK;
}

/* ---- One step ---- */

/* Windows begin where what this walk has written ends: not at the cursor, which may be farther. */
static lk_status step_pages(lk_sync *sync, const lk__feed *feed, lk_sync_result *result,
                            lk_error *err)
{
    lk__page_walk *pages = &sync->walk.pages;
    lk__page_state state = LK__PAGES_LOST;
    bool widens;

    LK_TRY(lk__page_walk_read(pages, feed, err));
    widens = needs_windows(sync);
    LK_TRY(lk__page_walk_write(pages, sync->mirror->store, feed, sync->duty.fence, !widens, result,
                               &state, err));
    result->caught_up = state == LK__PAGES_DONE;
    if (state != LK__PAGES_GO_ON) /* lost: look again where the feed stands */
        walk_close(&sync->walk);
    else if (widens)
        open_windows(sync);
    return LK_OK;
}

static lk_status step(lk_sync *sync, lk_sync_result *result, lk_error *err)
{
    lk__auto_feed feed = { 0 };
    bool is_ours = false;

    LK_TRY(lk__duty_take(&sync->duty, sync->mirror, lk__now_ms(sync->client), &is_ours, err));
    if (!is_ours) { /* whoever polls tells the store */
        walk_close(&sync->walk);
        lk_reconcile_freep(&sync->reconcile);
        result->standing_by = result->caught_up = true;
        return LK_OK;
    }
    if (lk__page_walk_is_stale(&sync->walk.pages))
        walk_close(&sync->walk);
    if (!sync->walk.is_open)
        LK_TRY(forget_some(sync, err));
    LK_TRY(lk__feed_read(sync->mirror->store, &feed, err));
    if (!sync->walk.is_open)
        LK_TRY(begin_reconciling(sync, &feed, err));
    if (sync->reconcile != NULL) {
        result->reconciling = true;
        return go_on_reconciling(sync, result, err);
    }
    if (!sync->walk.is_open)
        LK_TRY(walk_open(sync, &feed, err));
    return sync->walk.windows != NULL ? step_windows(sync, &feed, result, err)
                                      : step_pages(sync, &feed, result, err);
}

/* What was read ahead does not outlive a failure. */
static lk_status finish_step(lk_sync *sync, lk_status status)
{
    if (status == LK_OK)
        return LK_OK;
    lk__page_walk_drop(&sync->walk.pages);
    if (status == LK_ERR_API)
        walk_close(&sync->walk);
    return status;
}

/* ---- When to step ---- */

static void plan_after_failure(lk_sync *sync, const lk_error *problem)
{
    uint8_t chance = 255;

    /* Without randomness the wait is merely the longest. */
    if (sync->client->random.fill(sync->client->random.ctx, &chance, 1) != LK_OK)
        chance = 255;
    lk__pace_failed(&sync->pace, problem, lk__now_ms(sync->client), chance);
    if (sync->pace.must_wait) /* nobody else may ask meanwhile either */
        lk__duty_hold(&sync->duty, sync->mirror, lk__now_ms(sync->client), sync->pace.wait_ms);
    else if (sync->pace.n_failures > 1) /* another one may be luckier */
        lk__duty_leave(&sync->duty, sync->mirror, lk__now_ms(sync->client));
}

/* ---- Public ---- */

static lk_status copy_types(lk_sync *sync, const lk_sync_options *options, lk_error *err)
{
    const char **types;

    if (options->types == NULL) {
        sync->types = lk__event_types;
        sync->n_types = lk__n_event_types;
        return LK_OK;
    }
    types = lk__arena_array(sync->arena, options->n_types, sizeof(*types));
    if (types == NULL)
        return lk__no_memory(err);
    for (size_t i = 0; i < options->n_types; i++) {
        types[i] = lk__arena_text(sync->arena, options->types[i]);
        if (types[i] == NULL)
            return lk__no_memory(err);
    }
    sync->types = types;
    sync->n_types = options->n_types;
    return LK_OK;
}

static lk_status check_options(const lk_sync_options *options, lk_error *err)
{
    if (options->client == NULL || options->mirror == NULL)
        return lk__fail(err, LK_ERR_INVALID, "a sync needs a client and a mirror");
    if (!options->client->has_api_key)
        return lk__fail(err, LK_ERR_INVALID, "a sync needs a client with an API key");
    if (options->interval_ms < 0)
        return lk__fail(err, LK_ERR_INVALID, "interval_ms must not be negative: %d",
                        options->interval_ms);
    if (options->lease_ms != 0 && (options->lease_ms < 100 || options->lease_ms > 300000))
        return lk__fail(err, LK_ERR_INVALID, "lease_ms is %d; 0, or 100 to 300000 are possible",
                        options->lease_ms);
    if (options->n_windows < 0 || options->n_windows > LK__MAX_SIDE_BY_SIDE)
        return lk__fail(err, LK_ERR_INVALID, "n_windows is %d; 0 to %d are possible",
                        options->n_windows, (int)LK__MAX_SIDE_BY_SIDE);
    if (options->keep_days < 0 || options->keep_days > MAX_KEEP_DAYS)
        return lk__fail(err, LK_ERR_INVALID, "keep_days is %d; 0 to %d are possible",
                        options->keep_days, (int)MAX_KEEP_DAYS);
    if (options->types != NULL && options->n_types == 0)
        return lk__fail(err, LK_ERR_INVALID, "types is empty: NULL asks for all");
    for (size_t i = 0; options->types != NULL && i < options->n_types; i++)
        if (lk__text_empty(options->types[i]))
            return lk__fail(err, LK_ERR_INVALID, "types[%zu] is empty", i);
    return LK_OK;
}

lk_status lk_sync_new(const lk_sync_options *options, lk_sync **out, lk_error *err)
{
    LK_CLEANUP(lk_sync_freep) lk_sync *sync = NULL;
    lk_sync_options known;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), options);
    LK_TRY(check_options(&known, err));
    sync = calloc(1, sizeof(*sync));
    if (sync == NULL)
        return lk__no_memory(err);
    sync->client = known.client;
    sync->mirror = known.mirror;
    sync->duty = (lk__duty){ .name = "feed", .lease_ms = known.lease_ms };
    sync->may_reconcile = !known.no_reconcile;
    sync->keep_ms = known.keep_days * DAY_MS;
    sync->n_windows = known.n_windows == 0 ? DEFAULT_WINDOWS : (size_t)known.n_windows;
    sync->interval_ms = known.interval_ms == 0 ? DEFAULT_INTERVAL_MS : known.interval_ms;
    sync->arena = lk__arena_new();
    sync->signal = lk__signal_new();
    if (sync->arena == NULL || sync->signal == NULL)
        return lk__no_memory(err);
    LK_TRY(copy_types(sync, &known, err));
    lk__store_expect_writes(sync->mirror->store);
    *out = lk__steal(sync);
    return LK_OK;
}

lk_status lk_sync_step(lk_sync *sync, lk_sync_result *result, lk_error *err)
{
    lk_error problem = LK_ERROR_INIT;
    lk_sync_result done = { 0 };
    lk_status status;

    lk__error_clear(err);
    (void)lk__signal_take_wake(sync->signal); /* this step is what it asked for */
    status = finish_step(sync, step(sync, &done, &problem));
    if (status != LK_OK) {
        plan_after_failure(sync, &problem);
        if (err != NULL)
            *err = problem;
        return status;
    }
    lk__pace_done(&sync->pace, lk__now_ms(sync->client), done.caught_up ? sync->interval_ms : 0);
    if (result != NULL)
        *result = done;
    return LK_OK;
}

int64_t lk_sync_wait_ms(const lk_sync *sync)
{
    int64_t ms = lk__pace_left(&sync->pace, lk__now_ms(sync->client));

    return ms > 0 && !sync->pace.must_wait && lk__signal_is_awake(sync->signal) ? 0 : ms;
}

lk_status lk_sync_run(lk_sync *sync, void (*on_error)(void *ctx, const lk_error *err), void *ctx,
                      lk_error *err)
{
    lk__error_clear(err);
    while (!lk__signal_take_stop(sync->signal)) {
        int64_t ms = lk_sync_wait_ms(sync);
        lk_error problem = LK_ERROR_INIT;

        if (ms > 0) {
            lk__signal_wait(sync->signal, ms, !sync->pace.must_wait);
            sync->pace.wait_ms = 0; /* waited for, whatever the wall clock says */
            continue;
        }
        if (lk_sync_step(sync, NULL, &problem) != LK_OK && on_error != NULL)
            on_error(ctx, &problem);
    }
    return LK_OK;
}

void lk_sync_stop(lk_sync *sync)
{
    lk__signal_stop(sync->signal);
}

void lk_sync_wake(lk_sync *sync)
{
    lk__signal_wake(sync->signal);
}

void lk_sync_free(lk_sync *sync)
{
    if (sync == NULL)
        return;
    if (sync->client != NULL)
        lk__duty_leave(&sync->duty, sync->mirror, lk__now_ms(sync->client));
    walk_close(&sync->walk);
    lk_reconcile_free(sync->reconcile);
    lk__signal_free(sync->signal);
    lk__arena_free(sync->arena);
    free(sync);
}

void lk_sync_freep(lk_sync **sync)
{
    lk_sync_free(*sync);
    *sync = NULL;
}
