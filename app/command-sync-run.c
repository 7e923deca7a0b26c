/* latchkey sync run: brings the mirror up to date, once or for as long as it runs. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "follow.h"
#include "print.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#define LEASE_MS 10000 /* of several processes on one store, one polls */

typedef struct progress {
    bool reconciling; /* the last step went through the state API */
    bool as_json;
    bool on_terminal; /* stderr is one: show what is going on */
    size_t n_fetched, n_applied, n_parked;
} progress;

static void show_progress(const progress *so_far)
{
    if (!so_far->on_terminal)
        return;
    if (so_far->reconciling)
        fputs("\rComparing with WorkOS' directories first ", stderr);
    else
        fprintf(stderr, "\r\033[K%zu events read, %zu new ", so_far->n_fetched, so_far->n_applied);
}

static void add(progress *so_far, const lk_sync_result *result)
{
    so_far->n_fetched += result->n_fetched;
    so_far->n_applied += result->n_applied;
    so_far->n_parked += result->n_parked;
    so_far->reconciling = result->reconciling;
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
        printf("{\"fetched\":%zu,\"applied\":%zu,\"parked\":%zu,\"cursor\":", so_far->n_fetched,
               so_far->n_applied, so_far->n_parked);
        print_json_text(stdout, now.cursor[0] != '\0' ? now.cursor : NULL);
        printf(",\"events\":%" PRId64 ",\"users\":%" PRId64 ",\"groups\":%" PRId64
               ",\"directories\":%" PRId64 "}\n",
               now.n_events, now.n_users, now.n_groups, now.n_directories);
        return LK_OK;
    }
    printf("Up to date: %zu new events, %zu set aside. The mirror holds %" PRId64
           " users and %" PRId64 " groups in %" PRId64 " directories",
           so_far->n_applied, so_far->n_parked, now.n_users, now.n_groups, now.n_directories);
    if (now.newest_event_at_ms != 0)
        printf(", as of %s", newest);
    puts(".");
    return LK_OK;
}

static lk_status run_once(lk_sync *sync, lk_mirror *mirror, progress *so_far, lk_error *err)
{
    lk_sync_result result = { .caught_up = false };

    while (!result.caught_up) {
        TRY(lk_sync_step(sync, &result, err));
        add(so_far, &result);
        show_progress(so_far);
    }
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
    show_progress(so_far);
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

static lk_status synchronise(const app_arguments *given, lk_error *err)
{
    progress so_far = { .as_json = arguments_has(given, "json"),
                        .on_terminal = isatty(STDERR_FILENO) == 1 };
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_sync) sync = NULL;

    TRY(config_client(given, CONFIG_NEEDS_KEY, (lk_log){ 0 }, &client, err));
    TRY(config_mirror(given, &mirror, err));
    bool once = arguments_has(given, "once");
    TRY(lk_sync_new(
        LK_SYNC_OPTIONS(.client = client, .mirror = mirror, .lease_ms = once ? 0 : LEASE_MS), &sync,
        err));
    if (once)
        return run_once(sync, mirror, &so_far, err);
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
    OPTION_STORE,        { .name = "once", .help = "Apply everything there is now, then end" },
    OPTION_JSON,         OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE, OPTION_BASE_URL,
};

const app_command command_sync_run = {
    .name = "sync run",
    .help = "Bring the mirror up to date with WorkOS, and keep it so",
    .details = "Without --once it follows until SIGINT or SIGTERM. Each page of events commits\n"
               "together with the place reached: it may be stopped or killed at any time.\n" //
    DETAILS_SECRETS,
    .examples = "  latchkey sync run --once --store sqlite:mirror.db\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
