/* latchkey directory groups: the live groups of the customers' directories, sorted by id. */
#include "as-of.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "records.h"
#include "walk.h"

static const char *const titles[] = { "ID", "NAME", "MEMBERS", "DIRECTORY" };

static void print_group(const lk_directory_group *group, bool as_json, print_table *table)
{
    char members[24];

    if (as_json) {
        record_print_group(stdout, group);
        putchar('\n');
        return;
    }
    snprintf(members, sizeof(members), "%zu", group->n_members);
    const char *const cells[] = { group->id, group->name, members, group->directory_id };
    print_table_row(table, cells);
}

static lk_status print_page(walk *self, lk_error *err)
{
    lk_auto(lk_directory_group_page) page = NULL;

    TRY(lk_mirror_list_groups(
        self->mirror,
        LK_MIRROR_QUERY(.at_ms = self->at_ms, .after = self->after, .limit = self->limit,
                        .organization_id = arguments_text(self->given, "organization"),
                        .directory_id = arguments_text(self->given, "directory")),
        &page, err));
    for (size_t i = 0; i < page->count; i++)
        print_group(page->items[i], self->as_json, self->table);
    return walk_note(self, page->count, page->count > 0 ? page->items[page->count - 1]->id : NULL,
                     err);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    print_table table = { .titles = titles, .n_columns = N_ITEMS(titles) };

    return finish(walk_pages(given, &table, print_page, &err), &err);
}

static const app_option options[] = {
    OPTION_STORE, OPTION_JSON,         OPTION_AFTER,     OPTION_LIMIT,
    OPTION_AT,    OPTION_ORGANIZATION, OPTION_DIRECTORY,
};

const app_command command_directory_groups = {
    .name = "directory groups",
    .help = "Print the groups of the directories, sorted by id",
    .examples = "  latchkey directory groups --organization org_01J…\n"
                "  latchkey directory groups --json | jq -r .name\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
