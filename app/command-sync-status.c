/* latchkey sync status: where the mirror stands. Asks nobody. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "mirror-notes.h"
#include "print.h"

#include <inttypes.h>

#define DAY_MS         (INT64_C(24) * 3600 * 1000)
#define RETENTION_DAYS 30

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
}

static void print_when(const char *what, int64_t unix_ms)
{
    char when[TIME_SIZE];

    print_time(when, unix_ms);
    printf("%-14s %s\n", what, unix_ms != 0 ? when : "never");
}

/* WorkOS keeps events for 30 days: what is away for longer must be reconciled. */
static void print_gap(const lk_mirror_status *now)
{
    int64_t days = (clock_wall_ms() - now->settled_at_ms) / DAY_MS;

    print_when("Complete to", now->settled_at_ms);
    if (now->settled_at_ms != 0 && days > 0)
        printf("%-14s %" PRId64 " of the %d days that WorkOS keeps events\n", "Behind by", days,
               RETENTION_DAYS);
    print_when("Reconciled", now->reconciled_at_ms);
    if (now->reconciled_held)
        puts("               without deletions: they were too many. See sync reconcile --force");
}

static lk_status show(const app_arguments *given, lk_error *err)
{
    lk_mirror_status now = { .size = sizeof(now) };
    lk_auto(lk_mirror) mirror = NULL;

    TRY(config_mirror(given, &mirror, err));
    TRY(lk_mirror_get_status(mirror, &now, err));
    if (arguments_has(given, "json")) {
        print_as_json(&now);
        TRY(mirror_notes_types(mirror, true, err));
        TRY(mirror_notes_consumers(mirror, true, err));
        puts("}");
        return LK_OK;
    }
    print_when("Last poll", now.last_poll_at_ms);
    print_when("Newest event", now.newest_event_at_ms);
    print_gap(&now);
    printf("%-14s ", "Cursor");
    print_text(stdout, now.cursor[0] != '\0' ? now.cursor : "at the beginning");
    printf("\n%-14s %" PRId64 "\n%-14s %" PRId64 "\n", "Events", now.n_events, "Users",
           now.n_users);
    printf("%-14s %" PRId64 "\n%-14s %" PRId64 "\n", "Groups", now.n_groups, "Directories",
           now.n_directories);
    printf("%-14s %" PRId64 "\n", "Set aside", now.n_parked);
    TRY(mirror_notes_types(mirror, false, err));
    return mirror_notes_consumers(mirror, false, err);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(show(given, &err), &err);
}

static const app_option options[] = { OPTION_STORE, OPTION_JSON };

const app_command command_sync_status = {
    .name = "sync status",
    .help = "Show how far the mirror is",
    .examples = "  latchkey sync status --json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
