/* latchkey directory groups: the live groups of the customers' directories, sorted by id. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 500

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
        lk_auto(lk_directory_group_page) page = NULL;
        int limit = left < 0 || left > PAGE ? PAGE : (int)left;
        TRY(lk_mirror_list_groups(
            mirror,
            LK_MIRROR_QUERY(.after = after, .limit = limit,
                            .organization_id = arguments_text(given, "organization"),
                            .directory_id = arguments_text(given, "directory")),
            &page, err));
        for (size_t i = 0; i < page->count; i++)
            print_group(page->items[i], as_json, &table);
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
    OPTION_STORE, OPTION_JSON, OPTION_AFTER, OPTION_LIMIT, OPTION_ORGANIZATION, OPTION_DIRECTORY,
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
