/* latchkey directory users: the live users of the customers' directories, sorted by id. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 500

static const char *const titles[] = { "ID", "NAME", "E-MAIL", "STATE", "ROLE", "GROUPS" };

static void print_user(const lk_directory_user *user, bool as_json, print_table *table)
{
    char groups[24];
    char *name CLEANUP(free_textp) = record_user_name(user);

    if (as_json) {
        record_print_user(stdout, user);
        putchar('\n');
        return;
    }
    snprintf(groups, sizeof(groups), "%zu", user->n_groups);
    const char *const cells[] = { user->id, name, user->email, user->state, user->role, groups };
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
        lk_auto(lk_directory_user_page) page = NULL;
        int limit = left < 0 || left > PAGE ? PAGE : (int)left;
        TRY(lk_mirror_list_users(
            mirror,
            LK_MIRROR_QUERY(.after = after, .limit = limit,
                            .organization_id = arguments_text(given, "organization"),
                            .directory_id = arguments_text(given, "directory")),
            &page, err));
        for (size_t i = 0; i < page->count; i++)
            print_user(page->items[i], as_json, &table);
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

const app_command command_directory_users = {
    .name = "directory users",
    .help = "Print the users of the directories, sorted by id",
    .examples = "  latchkey directory users --organization org_01J…\n"
                "  latchkey directory users --json | jq -r .email\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
