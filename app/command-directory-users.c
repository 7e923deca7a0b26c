/* latchkey directory users: the live users of the customers' directories, sorted by id. */
#include "as-of.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "records.h"
#include "walk.h"

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

static lk_status print_page(walk *self, lk_error *err)
{
    lk_auto(lk_directory_user_page) page = NULL;

    TRY(lk_mirror_list_users(
        self->mirror,
        LK_MIRROR_QUERY(.at_ms = self->at_ms, .after = self->after, .limit = self->limit,
                        .organization_id = arguments_text(self->given, "organization"),
                        .directory_id = arguments_text(self->given, "directory")),
        &page, err));
    for (size_t i = 0; i < page->count; i++)
        print_user(page->items[i], self->as_json, self->table);
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

const app_command command_directory_users = {
    .name = "directory users",
    .help = "Print the users of the directories, sorted by id",
    .examples = "  latchkey directory users --organization org_01J…\n"
                "  latchkey directory users --json | jq -r .email\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
