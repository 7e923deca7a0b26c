/* latchkey events list: what the mirror has learned, oldest first. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 500

static const char *const titles[] = { "WHEN", "TYPE", "WHAT", "ID" };

static void print_event(const lk_mirror_event *event, bool as_json, print_table *table)
{
    char when[TIME_SIZE];

    if (as_json) {
        print_json_raw(stdout, event->json, event->json_len);
        putchar('\n');
        return;
    }
    print_time(when, event->created_at_ms);
    const char *const cells[] = { when, event->type, event->subject, event->id };
    print_table_row(table, cells);
}

static lk_status list(const app_arguments *given, lk_error *err)
{
    print_table table = { .titles = titles, .n_columns = N_ITEMS(titles) };
    char *after CLEANUP(free_textp) = NULL;
    lk_auto(lk_mirror) mirror = NULL;
    long left = arguments_number(given, "limit", -1);
    bool as_json = arguments_has(given, "json");

    TRY(config_mirror(given, &mirror, err));
    TRY(config_text(given, "after", NULL, &after, err));
    for (size_t count = PAGE; count == PAGE && left != 0;) {
        lk_auto(lk_mirror_event_page) page = NULL;
        int limit = left < 0 || left > PAGE ? PAGE : (int)left;
        TRY(lk_mirror_list_events(
            mirror,
            LK_MIRROR_EVENT_QUERY(.order = LK_OLDEST_FIRST, .after = after, .limit = limit,
                                  .type = arguments_text(given, "type"),
                                  .organization_id = arguments_text(given, "organization"),
                                  .directory_id = arguments_text(given, "directory")),
            &page, err));
        for (size_t i = 0; i < page->count; i++)
            print_event(page->items[i], as_json, &table);
        if (!as_json)
            print_table_flush(&table, stdout);
        count = page->count;
        left = left < 0 ? left : left - (long)count;
        if (count == PAGE) {
            free(after);
            after = strdup(page->items[count - 1]->id);
            if (after == NULL)
                return failed(err, LK_ERR_NO_MEMORY, "out of memory");
        }
    }
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(list(given, &err), &err);
}

static const app_option options[] = {
    OPTION_STORE,
    OPTION_JSON,
    OPTION_AFTER,
    OPTION_LIMIT,
    { .name = "type", .value = "TYPE", .help = "Only of this type, or \"dsync.user.*\"" },
    OPTION_ORGANIZATION,
    OPTION_DIRECTORY,
};

const app_command command_events_list = {
    .name = "events list",
    .help = "Print the directory events in the mirror, oldest first",
    .details = "With --json each line is one event, as WorkOS sent it.\n",
    .examples = "  latchkey events list --type 'dsync.group.*'\n"
                "  latchkey events list --json --after event_01J… --limit 100\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
