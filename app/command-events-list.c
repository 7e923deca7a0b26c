/* latchkey events list: what the mirror has learned, oldest first. */
#include "command.h"
#include "config.h"
#include "event-row.h"
#include "fail.h"
#include "walk.h"

static lk_status print_page(walk *self, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;

    TRY(lk_mirror_list_events(
        self->mirror,
        LK_MIRROR_EVENT_QUERY(.order = LK_OLDEST_FIRST, .after = self->after, .limit = self->limit,
                              .type = arguments_text(self->given, "type"),
                              .organization_id = arguments_text(self->given, "organization"),
                              .directory_id = arguments_text(self->given, "directory")),
        &page, err));
    for (size_t i = 0; i < page->count; i++)
        event_row_print(page->items[i], self->as_json, self->table);
    return walk_note(self, page->count, page->count > 0 ? page->items[page->count - 1]->id : NULL,
                     err);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    print_table table = event_row_table();

    return finish(walk_pages(given, &table, print_page, &err), &err);
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
