/* latchkey sync run: brings the mirror up to date, once or for as long as it runs. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "follow.h"
#include "mirror-notes.h"
#include "print.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#define LEASE_MS 10000 /* of several processes on one store, one polls */
#define DAY_MS   (INT64_C(24) * 3600 * 1000)

/* What a run of steps of one kind has done: from its first step on. */
typedef struct stretch {
    int64_t began_ms;           /* 0: not begun */
    int64_t from, now, to;      /* users and groups, or moments */
    int64_t n_before, n_so_far; /* what is counted */
} stretch;

typedef struct progress {
    bool as_json;
    bool on_terminal; /* stderr is one: show what is going on */
    size_t n_fetched, n_applied, n_parked, n_skipped;
    int64_t n_forgotten;
    stretch comparing, reading;
    int64_t shown_ms;
} progress;

/* ", 950 a second, 12 s left": as far as it can be told. */
static void show_rate(const stretch *s)
{
    int64_t ms = clock_wall_ms() - s->began_ms, n = s->n_so_far - s->n_before;
    double left_s = s->now > s->from
                        ? (double)(s->to - s->now) / (double)(s->now - s->from) * (double)ms / 1000
                        : 0;

    if (ms < 1000 || n <= 0)
        return;
    fprintf(stderr, ", %" PRId64 " a second", n * 1000 / ms);
    if (left_s >= 1 && left_s < 1e6)
        fprintf(stderr, ", %.0f s left", left_s);
}

/* Ten times a second is often enough. */
static void show_progress(progress *so_far, const lk_sync_result *result)
{
    int64_t now_ms = clock_wall_ms();

    if (!so_far->on_terminal || (now_ms - so_far->shown_ms < 100 && now_ms >= so_far->shown_ms))
        return;
    so_far->shown_ms = now_ms;
    fputs("\r\033[K", stderr);
    if (result->reconciling) {
        fprintf(stderr, "Comparing with WorkOS' directories first: %" PRId64, result->n_seen);
        if (result->n_expected > result->n_seen)
            fprintf(stderr, " of %" PRId64, result->n_expected);
        fputs(" users and groups", stderr);
        show_rate(&so_far->comparing);
    } else {
        fprintf(stderr, "%zu events read, %zu new", so_far->n_fetched, so_far->n_applied);
        show_rate(&so_far->reading);
    }
    fputc(' ', stderr);
    fflush(stderr);
}

static void go_on(stretch *s, int64_t now, int64_t to, int64_t n)
{
    if (s->began_ms == 0)
        *s = (stretch){ .began_ms = clock_wall_ms(), .from = now, .n_before = n };
    s->now = now;
    s->to = to;
    s->n_so_far = n;
}

static void add(progress *so_far, const lk_sync_result *result)
{
    so_far->n_fetched += result->n_fetched;
    so_far->n_applied += result->n_applied;
    so_far->n_parked += result->n_parked;
    so_far->n_skipped += result->n_skipped;
    if (result->reconciling)
        go_on(&so_far->comparing, result->n_seen, result->n_expected, result->n_seen);
    else
        go_on(&so_far->reading, result->reached_ms, clock_wall_ms(), (int64_t)so_far->n_fetched);
    if (result->caught_up) /* what comes later is no part of this */
        so_far->comparing = so_far->reading = (stretch){ 0 };
}

static lk_status print_summary(const progress *so_far, lk_mirror *mirror, lk_error *err)
{
    lk_mirror_status now = { .size = sizeof(now) };
    char newest[TIME_SIZE];

    if (so_far->on_terminal)
        fputs("\r\033[K", stderr);
    TRY(lk_mirror_get_status(mirror, &now, err));
    print_time(newest, now.newest_event_at_ms);
    if (so_far->as_json) {
        printf(
            "{\"fetched\":%zu,\"applied\":%zu,\"parked\":%zu,\"skipped\":%zu,\"forgotten\":%" PRId64
            ",\"cursor\":",
            so_far->n_fetched, so_far->n_applied, so_far->n_parked, so_far->n_skipped,
            so_far->n_forgotten);
        print_json_text(stdout, now.cursor[0] != '\0' ? now.cursor : NULL);
        printf(",\"events\":%" PRId64 ",\"users\":%" PRId64 ",\"groups\":%" PRId64
               ",\"directories\":%" PRId64,
               now.n_events, now.n_users, now.n_groups, now.n_directories);
        TRY(mirror_notes_types(mirror, true, err));
        puts("}");
        return LK_OK;
    }
    fputs("Up to date: ", stdout);
    print_count(stdout, (int64_t)so_far->n_applied, "new event", "new events");
    printf(", %zu set aside. The mirror holds ", so_far->n_parked);
    print_count(stdout, now.n_users, "user", "users");
    fputs(" and ", stdout);
    print_count(stdout, now.n_groups, "group", "groups");
    fputs(" in ", stdout);
    print_count(stdout, now.n_directories, "directory", "directories");
    if (now.newest_event_at_ms != 0)
        printf(", as of %s", newest);
    puts(".");
    if (so_far->n_skipped > 0) {
        printf("%-14s ", "Skipped");
        print_count(stdout, (int64_t)so_far->n_skipped, "entry", "entries");
        puts(" that no event can be read from: sync reconcile finds what they told");
    }
    if (so_far->n_forgotten > 0) {
        printf("%-14s ", "Forgotten");
        print_count(stdout, so_far->n_forgotten, "event, which was too old\n",
                    "events, which were too old\n");
    }
    return mirror_notes_types(mirror, false, err);
}

static bool show_forgotten(void *ctx, int64_t n_forgotten)
{
    progress *so_far = ctx;

    if (so_far->on_terminal)
        fprintf(stderr, "\r\033[K%" PRId64 " old events forgotten ", n_forgotten);
    return true;
}

/* All that is too old by now: a sync that goes on does it bit by bit. */
static lk_status forget(lk_mirror *mirror, int keep_days, progress *so_far, lk_error *err)
{
    int64_t before_ms = clock_wall_ms() - keep_days * DAY_MS;

    if (keep_days == 0)
        return LK_OK;
    return lk_mirror_forget_events(mirror, before_ms, show_forgotten, so_far, &so_far->n_forgotten,
                                   err);
}

static lk_status run_once(lk_sync *sync, lk_mirror *mirror, int keep_days, progress *so_far,
                          lk_error *err)
{
    lk_sync_result result = { .caught_up = false };

    while (!result.caught_up) {
        TRY(lk_sync_step(sync, &result, err));
        add(so_far, &result);
        show_progress(so_far, &result);
    }
    TRY(forget(mirror, keep_days, so_far, err));
    return print_summary(so_far, mirror, err);
}

static void report(void *ctx, const lk_sync_result *result, const lk_error *err)
{
    progress *so_far = ctx;

    if (err != NULL) {
        complain(err);
        return;
    }
    add(so_far, result);
    show_progress(so_far, result);
}

static void *stop_on_signal(void *ctx)
{
    sigset_t stopping;
    int signal = 0;

    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    sigwait(&stopping, &signal);
    follow_stop(ctx);
    return NULL;
}

static lk_status run_until_signal(lk_sync *sync, lk_mirror *mirror, progress *so_far, lk_error *err)
{
    sigset_t stopping;
    pthread_t watcher;
    follow feed;

    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stopping, NULL);
    follow_init(&feed, sync);
    feed.report = report;
    feed.ctx = so_far;
    if (pthread_create(&watcher, NULL, stop_on_signal, &feed) != 0) {
        follow_deinit(&feed);
        return failed(err, LK_ERR_NO_MEMORY, "cannot start a thread");
    }
    follow_run(&feed);
    pthread_join(watcher, NULL);
    follow_deinit(&feed);
    return print_summary(so_far, mirror, err);
}

/* What was set aside, once more: by hand, for one who has seen why in sync status --parked. */
static lk_status retry_parked(lk_mirror *mirror, lk_error *err)
{
    int64_t n_applied = 0;

    TRY(lk_mirror_retry_parked(mirror, &n_applied, err));
    fputs("latchkey: ", stderr);
    print_count(stderr, n_applied, "event that was set aside was applied\n",
                "events that were set aside were applied\n");
    return LK_OK;
}

static lk_status synchronise(const app_arguments *given, lk_error *err)
{
    progress so_far = { .as_json = arguments_has(given, "json"),
                        .on_terminal = isatty(STDERR_FILENO) == 1 };
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_sync) sync = NULL;

    TRY(config_client(given, CONFIG_NEEDS_KEY, (lk_log){ 0 }, &client, err));
    TRY(config_mirror(given, &mirror, err));
    if (arguments_has(given, "retry-parked"))
        TRY(retry_parked(mirror, err));
    bool once = arguments_has(given, "once");
    int keep_days = (int)arguments_number(given, "keep-days", 0);
    TRY(lk_sync_new(LK_SYNC_OPTIONS(.client = client, .mirror = mirror,
                                    .lease_ms = once ? 0 : LEASE_MS,
                                    .keep_days = once ? 0 : keep_days,
                                    .n_windows = arguments_has(given, "serial") ? 1 : 0),
                    &sync, err));
    if (once)
        return run_once(sync, mirror, keep_days, &so_far, err);
    return run_until_signal(sync, mirror, &so_far, err);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    lk_status status = synchronise(given, &err);

    if (status != LK_OK && isatty(STDERR_FILENO) == 1)
        fputs("\r\033[K", stderr);
    return finish(status, &err);
}

static const app_option options[] = {
    OPTION_STORE,
    { .name = "once", .help = "Apply everything there is now, then end" },
    { .name = "serial", .help = "One request after the other, also in a long catch-up" },
    OPTION_KEEP_DAYS,
    { .name = "retry-parked", .help = "First try the events again that were set aside" },
    OPTION_JSON,
    OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE,
    OPTION_BASE_URL,
};

const app_command command_sync_run = {
    .name = "sync run",
    .help = "Bring the mirror up to date with WorkOS, and keep it so",
    .details =
        "Without --once it follows until SIGINT or SIGTERM. Each page of events commits\n"
        "together with the place reached: it may be stopped or killed at any time. A long\n"
        "catch-up over slow answers sends up to ten requests at once, below WorkOS' limit.\n"
        "With --keep-days it forgets older events, but not those that were set aside or that\n"
        "a consumer has still to handle; what was before is then no longer known.\n" //
    DETAILS_SECRETS,
    .examples = "  latchkey sync run --once --store sqlite:mirror.db\n"
                "  latchkey sync run --store postgresql://latchkey@db.example.com/latchkey\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
