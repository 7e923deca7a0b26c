/* latchkey sync status: where the mirror stands. Asks nobody. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "mirror-notes.h"
#include "print.h"

#include <inttypes.h>
#include <latchkey/reconcile.h>

#define DAY_MS         (INT64_C(24) * 3600 * 1000)
#define RETENTION_DAYS 30
#define PAGE           200

/* -1: never. */
static int64_t age_seconds(int64_t unix_ms)
{
    int64_t age_ms = clock_wall_ms() - unix_ms;

    if (unix_ms == 0)
        return -1;
    return age_ms > 0 ? age_ms / 1000 : 0;
}

static void print_as_json(const lk_mirror_status *now)
{
    bool first = true;

    putchar('{');
    print_json_field(stdout, &first, "cursor", now->cursor[0] != '\0' ? now->cursor : NULL);
    print_json_name(stdout, &first, "cursor_at");
    print_json_time(stdout, now->cursor_at_ms);
    print_json_name(stdout, &first, "newest_event_at");
    print_json_time(stdout, now->newest_event_at_ms);
    print_json_name(stdout, &first, "last_poll_at");
    print_json_time(stdout, now->last_poll_at_ms);
    print_json_name(stdout, &first, "settled_at");
    print_json_time(stdout, now->settled_at_ms);
    print_json_name(stdout, &first, "reconciled_at");
    print_json_time(stdout, now->reconciled_at_ms);
    printf(",\"reconciliation_held\":%s", now->reconciled_held ? "true" : "false");
    printf(",\"events\":%" PRId64 ",\"users\":%" PRId64 ",\"groups\":%" PRId64
           ",\"directories\":%" PRId64 ",\"parked\":%" PRId64,
           now->n_events, now->n_users, now->n_groups, now->n_directories, now->n_parked);
    printf(",\"newest_event_age_seconds\":%" PRId64 ",\"last_poll_age_seconds\":%" PRId64
           ",\"cursor_age_seconds\":%" PRId64 ",\"retention_seconds\":%" PRId64,
           age_seconds(now->newest_event_at_ms), age_seconds(now->last_poll_at_ms),
           age_seconds(now->settled_at_ms), RETENTION_DAYS * DAY_MS / 1000);
    print_json_field(stdout, &first, "poller", now->poller[0] != '\0' ? now->poller : NULL);
    print_json_name(stdout, &first, "poller_until");
    print_json_time(stdout, now->poller_until_ms);
}

static void print_when(const char *what, int64_t unix_ms)
{
    char when[TIME_SIZE];

    print_time(when, unix_ms);
    printf("%-14s %s", what, unix_ms != 0 ? when : "never");
    if (unix_ms != 0) {
        fputs(", ", stdout);
        print_age(stdout, clock_wall_ms() - unix_ms);
        fputs(" ago", stdout);
    }
    putchar('\n');
}

/* WorkOS keeps events for 30 days: what is away for longer must be reconciled. */
static void print_gap(const lk_mirror_status *now)
{
    print_when("Complete to", now->settled_at_ms);
    if (now->settled_at_ms != 0)
        printf("%-14s %" PRId64 " of the %d days that WorkOS keeps events\n", "Behind by",
               age_seconds(now->settled_at_ms) * 1000 / DAY_MS, RETENTION_DAYS);
    print_when("Reconciled", now->reconciled_at_ms);
    if (now->reconciled_held)
        puts("               without deletions: they were too many. See sync reconcile --force");
}

static void print_poller(const lk_mirror_status *now)
{
    char until[TIME_SIZE];

    print_time(until, now->poller_until_ms);
    printf("%-14s ", "Polled by");
    print_text(stdout, now->poller[0] != '\0' ? now->poller : "nobody under a lease");
    if (now->poller[0] != '\0')
        printf(now->poller_until_ms > clock_wall_ms() ? ", until %s or longer" : ", until %s",
               until);
    putchar('\n');
}

/* ---- What the last reconciliation found ---- */

static int64_t count_differences(const lk_drift *drift)
{
    return drift->directories_added + drift->directories_changed + drift->directories_deleted +
           drift->groups_added + drift->groups_changed + drift->groups_deleted +
           drift->users_added + drift->users_changed + drift->users_deleted +
           drift->memberships_added + drift->memberships_removed;
}

static lk_status print_drift(lk_mirror *mirror, const lk_mirror_status *now, bool as_json,
                             lk_error *err)
{
    lk_auto(lk_drift_page) page = NULL;
    int64_t n = 0;

    if (now->reconciled_walk == 0) {
        fputs(as_json ? ",\"drift\":null" : "", stdout);
        return LK_OK;
    }
    TRY(lk_mirror_list_drift(mirror, now->reconciled_walk, &page, err));
    for (size_t i = 0; i < page->count; i++)
        n += count_differences(&page->items[i]);
    if (as_json) {
        printf(",\"drift\":{\"differences\":%" PRId64 ",\"organizations\":%zu}", n, page->count);
        return LK_OK;
    }
    printf("%-14s ", "Drift");
    print_count(stdout, n, "difference in ", "differences in ");
    print_count(stdout, (int64_t)page->count, "organization", "organizations");
    puts(", at the last reconciliation");
    return LK_OK;
}

/* ---- What was set aside ---- */

static const char *const titles[] = { "TIME", "ID", "EVENT", "REASON" };

static void print_parked_event(const lk_parked_event *event, bool as_json, print_table *table)
{
    char when[TIME_SIZE];
    bool first = true;

    print_time(when, event->created_at_ms);
    if (!as_json) {
        const char *const cells[] = { when, event->id, event->type, event->reason };

        print_table_row(table, cells);
        return;
    }
    putchar('{');
    print_json_field(stdout, &first, "id", event->id);
    print_json_field(stdout, &first, "event", event->type);
    print_json_field(stdout, &first, "created_at", when);
    print_json_field(stdout, &first, "reason", event->reason);
    puts("}");
}

static lk_status list_parked(lk_mirror *mirror, bool as_json, lk_error *err)
{
    print_table table = { .titles = titles, .n_columns = N_ITEMS(titles) };
    int64_t after = 0;

    for (size_t count = PAGE; count == PAGE;) {
        lk_auto(lk_parked_page) page = NULL;

        TRY(lk_mirror_list_parked(mirror, after, PAGE, &page, err));
        count = page->count;
        for (size_t i = 0; i < count; i++)
            print_parked_event(page->items[i], as_json, &table);
        if (count > 0)
            after = page->items[count - 1]->sequence;
        if (!as_json)
            print_table_flush(&table, stdout);
    }
    return LK_OK;
}

static lk_status show(const app_arguments *given, lk_error *err)
{
    lk_mirror_status now = { .size = sizeof(now) };
    lk_auto(lk_mirror) mirror = NULL;

    TRY(config_mirror(given, &mirror, err));
    if (arguments_has(given, "parked"))
        return list_parked(mirror, arguments_has(given, "json"), err);
    TRY(lk_mirror_get_status(mirror, &now, err));
    if (arguments_has(given, "json")) {
        print_as_json(&now);
        TRY(print_drift(mirror, &now, true, err));
        TRY(mirror_notes_kept(mirror, now.kept_from_ms, true, err));
        TRY(mirror_notes_types(mirror, true, err));
        TRY(mirror_notes_consumers(mirror, now.kept_from_ms, true, err));
        puts("}");
        return LK_OK;
    }
    print_when("Last poll", now.last_poll_at_ms);
    print_poller(&now);
    print_when("Newest event", now.newest_event_at_ms);
    print_gap(&now);
    TRY(print_drift(mirror, &now, false, err));
    printf("%-14s ", "Cursor");
    print_text(stdout, now.cursor[0] != '\0' ? now.cursor : "at the beginning");
    printf("\n%-14s %" PRId64 "\n%-14s %" PRId64 "\n", "Events", now.n_events, "Users",
           now.n_users);
    printf("%-14s %" PRId64 "\n%-14s %" PRId64 "\n", "Groups", now.n_groups, "Directories",
           now.n_directories);
    printf("%-14s %" PRId64 "%s\n", "Set aside", now.n_parked,
           now.n_parked > 0 ? ": sync status --parked tells why" : "");
    TRY(mirror_notes_kept(mirror, now.kept_from_ms, false, err));
    TRY(mirror_notes_types(mirror, false, err));
    return mirror_notes_consumers(mirror, now.kept_from_ms, false, err);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(show(given, &err), &err);
}

static const app_option options[] = {
    OPTION_STORE,
    OPTION_JSON,
    { .name = "parked", .help = "List the events that were set aside, and why" },
};

const app_command command_sync_status = {
    .name = "sync status",
    .help = "Show how far the mirror is",
    .details =
        "Asks the mirror, and nobody else. Complete to: all that happened until then is here.\n"
        "Polled by: who follows the events, where several share a store. Drift: what the last\n"
        "comparison with WorkOS found. Set aside: events that could not be applied. Gaps are\n"
        "times whose events WorkOS no longer had when the mirror came back. What is older than\n"
        "--keep-days is kept for as long as a consumer has yet to see it.\n",
    .examples = "  latchkey sync status --json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
