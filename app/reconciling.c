/* A reconciliation on the command line; see reconciling.h. */
#include "reconciling.h"

#include "clock.h"
#include "config.h"
#include "fail.h"
#include "print.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_TROUBLES 6 /* in a row */
#define MAX_WAIT_S   60

/* ---- Opening ---- */

/* Ctrl-C ends it between two pages, see was_stopped(), and not in the middle of a line. */
static void take_signals(reconciling *self)
{
    sigemptyset(&self->ends);
    sigaddset(&self->ends, SIGINT);
    sigaddset(&self->ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &self->ends, NULL);
}

lk_status reconciling_open(const app_arguments *given, reconciling *out, lk_error *err)
{
    *out = (reconciling){ .as_json = arguments_has(given, "json"),
                          .options = { .size = sizeof(out->options) },
                          .progress = { .size = sizeof(out->progress) } };
    take_signals(out);
    TRY(config_client(given, CONFIG_NEEDS_KEY, (lk_log){ 0 }, &out->client, err));
    TRY(config_mirror(given, &out->mirror, err));
    out->options.client = out->client;
    out->options.mirror = out->mirror;
    return LK_OK;
}

void reconciling_close(reconciling *self)
{
    lk_mirror_free(self->mirror);
    lk_client_free(self->client);
}

/* ---- Steps ---- */

static bool is_short_trouble(const lk_error *err)
{
    return err->status == LK_ERR_NETWORK || err->status == LK_ERR_RATE_LIMITED ||
           (err->status == LK_ERR_API && err->http_status >= 500);
}

/* Waits for so long at most; true when somebody ended it. */
static bool was_stopped(const reconciling *self, int seconds)
{
    return sigtimedwait(&self->ends, NULL, &(const struct timespec){ .tv_sec = seconds }) > 0;
}

/* Waits after a failure that may pass; false when it is time to give up. */
static bool sit_out(reconciling *self, const lk_error *problem, int *n_troubles)
{
    int seconds = 1 << *n_troubles;

    if (!is_short_trouble(problem) || ++*n_troubles > MAX_TROUBLES)
        return false;
    if (seconds < problem->retry_after)
        seconds = problem->retry_after;
    self->is_stopped = was_stopped(self, seconds < MAX_WAIT_S ? seconds : MAX_WAIT_S);
    return true;
}

static bool goes_on(reconciling *self)
{
    self->is_stopped = self->is_stopped || was_stopped(self, 0);
    return !self->is_stopped;
}

static lk_status catch_up(reconciling *self, lk_error *err)
{
    lk_sync_result result = { .caught_up = false };
    lk_auto(lk_sync) sync = NULL;
    int n_troubles = 0;

    TRY(lk_sync_new(
        LK_SYNC_OPTIONS(.client = self->client, .mirror = self->mirror, .no_reconcile = true),
        &sync, err));
    while (!result.caught_up && goes_on(self)) {
        lk_error problem = LK_ERROR_INIT;

        if (lk_sync_step(sync, &result, &problem) == LK_OK) {
            n_troubles = 0;
        } else if (!sit_out(self, &problem, &n_troubles)) {
            *err = problem;
            return problem.status;
        }
    }
    return LK_OK;
}

typedef struct meter {
    bool on_terminal;
    int64_t began_ms;
    int64_t n_before; /* seen when this run began */
    bool has_begun;
} meter;

static void show_progress(meter *m, const lk_reconcile_progress *now)
{
    int64_t ms = clock_wall_ms() - m->began_ms;
    int64_t n_done = now->n_seen - m->n_before;
    int64_t n_left = now->n_expected - now->n_seen;

    if (!m->on_terminal)
        return;
    if (!m->has_begun) {
        m->has_begun = true;
        m->began_ms = clock_wall_ms();
        m->n_before = now->n_seen;
        ms = n_done = 0;
    }
    fprintf(stderr, "\r\033[K%" PRId64 " of %" PRId64 " directories, %" PRId64,
            now->n_directories_done, now->n_directories, now->n_seen);
    if (n_left > 0)
        fprintf(stderr, " of %" PRId64, now->n_expected);
    fputs(" users and groups", stderr);
    if (ms > 1000 && n_done > 0) {
        fprintf(stderr, ", %" PRId64 " a second", n_done * 1000 / ms);
        if (n_left > 0)
            fprintf(stderr, ", %" PRId64 " s left", n_left * ms / n_done / 1000);
    }
    fflush(stderr);
}

static lk_status walk(reconciling *self, lk_error *err)
{
    meter m = { .on_terminal = isatty(STDERR_FILENO) == 1 };
    lk_auto(lk_reconcile) walking = NULL;
    bool is_more = true;
    int n_troubles = 0;

    TRY(lk_reconcile_new(&self->options, &walking, err));
    while (is_more && goes_on(self)) {
        lk_error problem = LK_ERROR_INIT;

        TRY(lk_reconcile_get_progress(walking, &self->progress, err));
        show_progress(&m, &self->progress);
        if (lk_reconcile_step(walking, &is_more, &problem) == LK_OK) {
            n_troubles = 0;
        } else if (!sit_out(self, &problem, &n_troubles)) {
            if (m.on_terminal)
                fputc('\n', stderr);
            *err = problem;
            return problem.status;
        }
    }
    if (m.on_terminal)
        fputs("\r\033[K", stderr);
    return lk_reconcile_get_progress(walking, &self->progress, err);
}

/* ---- What came of it ---- */

static const char *const state_names[] = {
    [LK_RECONCILE_LISTING] = "listing",   [LK_RECONCILE_WALKING] = "walking",
    [LK_RECONCILE_SWEEPING] = "sweeping", [LK_RECONCILE_DONE] = "done",
    [LK_RECONCILE_HELD] = "held",         [LK_RECONCILE_LEFT] = "left",
};

typedef enum outcome { ADDED, CHANGED, DELETED, REMOVED } outcome;

typedef struct count {
    const char *name;
    const char *one, *many;
    outcome outcome;
    int64_t n;
} count;

enum { N_COUNTS = 11 };

static void counts_of(const lk_drift *d, count out[N_COUNTS])
{
    const count counts[N_COUNTS] = {
        { "directories_added", "directory", "directories", ADDED, d->directories_added },
        { "directories_changed", "directory", "directories", CHANGED, d->directories_changed },
        { "directories_deleted", "directory", "directories", DELETED, d->directories_deleted },
        { "groups_added", "group", "groups", ADDED, d->groups_added },
        { "groups_changed", "group", "groups", CHANGED, d->groups_changed },
        { "groups_deleted", "group", "groups", DELETED, d->groups_deleted },
        { "users_added", "user", "users", ADDED, d->users_added },
        { "users_changed", "user", "users", CHANGED, d->users_changed },
        { "users_deleted", "user", "users", DELETED, d->users_deleted },
        { "memberships_added", "membership", "memberships", ADDED, d->memberships_added },
        { "memberships_removed", "membership", "memberships", REMOVED, d->memberships_removed },
    };

    memcpy(out, counts, sizeof(counts));
}

static void print_as_json(const reconciling *self, const lk_drift_page *drift)
{
    const lk_reconcile_progress *now = &self->progress;
    count counts[N_COUNTS];

    printf("{\"walk\":%" PRId64 ",\"state\":\"%s\",\"dry_run\":%s,\"directories\":%" PRId64
           ",\"directories_failed\":%" PRId64 ",\"seen\":%" PRId64 ",\"to_delete\":%" PRId64
           ",\"organizations\":[",
           now->walk, state_names[now->state], self->options.dry_run ? "true" : "false",
           now->n_directories, now->n_directories_failed, now->n_seen, now->n_doomed);
    for (size_t i = 0; i < drift->count; i++) {
        fputs(i > 0 ? ",{\"organization_id\":" : "{\"organization_id\":", stdout);
        print_json_text(stdout, drift->items[i].organization_id);
        counts_of(&drift->items[i], counts);
        for (int c = 0; c < N_COUNTS; c++)
            printf(",\"%s\":%" PRId64, counts[c].name, counts[c].n);
        putchar('}');
    }
    puts("]}");
}

/* What nobody has done is told as what differs: all of it in a dry run, and what the brake has kept
 * from being deleted. */
static const char *words_for(const reconciling *self, outcome came)
{
    static const char *const done[] = { "added", "changed", "deleted", "removed" };
    static const char *const differs[] = { "missing here", "different", "gone from WorkOS",
                                           "gone from WorkOS" };
    bool is_kept = self->progress.state == LK_RECONCILE_HELD && came == DELETED;

    return self->options.dry_run || is_kept ? differs[came] : done[came];
}

static void print_drift(const reconciling *self, const lk_drift *drift)
{
    count counts[N_COUNTS];
    const char *between = ": ";

    print_text(stdout,
               drift->organization_id != NULL ? drift->organization_id : "without organization");
    counts_of(drift, counts);
    for (int c = 0; c < N_COUNTS; c++) {
        if (counts[c].n == 0)
            continue;
        fputs(between, stdout);
        print_count(stdout, counts[c].n, counts[c].one, counts[c].many);
        printf(" %s", words_for(self, counts[c].outcome));
        between = ", ";
    }
    putchar('\n');
}

static void print_for_people(const reconciling *self, const lk_drift_page *drift)
{
    const lk_reconcile_progress *now = &self->progress;
    bool is_held = now->state == LK_RECONCILE_HELD;

    for (size_t i = 0; i < drift->count; i++)
        print_drift(self, &drift->items[i]);
    fputs(self->options.dry_run ? "Compared, and changed nothing: "
          : is_held             ? "Reconciled, but for what is gone: "
                                : "Reconciled: ",
          stdout);
    print_count(stdout, now->n_seen, "user or group in ", "users and groups in ");
    print_count(stdout, now->n_directories, "directory.", "directories.");
    if (drift->count == 0)
        fputs(" No difference.", stdout);
    if (now->n_directories_failed > 0) {
        fputs(" WorkOS refused the lists of ", stdout);
        print_count(stdout, now->n_directories_failed, "directory: nothing was deleted in it.",
                    "directories: nothing was deleted in them.");
    }
    putchar('\n');
}

static lk_status report(const reconciling *self, lk_error *err)
{
    lk_auto(lk_drift_page) drift = NULL;

    TRY(lk_mirror_list_drift(self->mirror, self->progress.walk, &drift, err));
    if (self->as_json)
        print_as_json(self, drift);
    else
        print_for_people(self, drift);
    if (self->progress.state != LK_RECONCILE_HELD || self->options.dry_run)
        return LK_OK;
    return failed(err, LK_ERR_CANCELLED,
                  "nothing was deleted: %" PRId64
                  " users and groups are gone from WorkOS, more than "
                  "--max-delete allows; if that is right, run sync reconcile --force",
                  self->progress.n_doomed);
}

/* All that was done is kept. */
static lk_status tell_how_far(const reconciling *self, lk_error *err)
{
    const lk_reconcile_progress *now = &self->progress;

    if (now->n_seen == 0)
        return failed(err, LK_ERR_CANCELLED, "stopped; the next one goes on from here");
    return failed(err, LK_ERR_CANCELLED,
                  "stopped after %" PRId64 " of %" PRId64
                  " users and groups: within a day the next one goes on from here",
                  now->n_seen, now->n_expected);
}

lk_status reconciling_run(reconciling *self, lk_error *err)
{
    if (!self->options.dry_run)
        TRY(catch_up(self, err));
    TRY(walk(self, err));
    if (!self->options.dry_run)
        TRY(catch_up(self, err));
    return self->is_stopped ? tell_how_far(self, err) : report(self, err);
}
