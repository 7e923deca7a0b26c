/* latchkey directory diff: what is different in the directories between two times. */
#include "as-of.h"
#include "changes.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 200 };

static const char *const titles[] = { "", "KIND", "ID", "NAME", "CHANGE" };
static const char *const kind_names[] = {
    [LK_RECORD_DIRECTORY] = "directory", [LK_RECORD_GROUP] = "group", [LK_RECORD_USER] = "user"
};
static const char *const differences[] = { [LK_DIFFERENCE_ADDED] = "added",
                                           [LK_DIFFERENCE_REMOVED] = "removed",
                                           [LK_DIFFERENCE_CHANGED] = "changed" };
static const char *const marks[] = {
    [LK_DIFFERENCE_ADDED] = "+", [LK_DIFFERENCE_REMOVED] = "-", [LK_DIFFERENCE_CHANGED] = "~"
};

static void print_as_json(const char *kind, const lk_difference *difference)
{
    bool first = true;

    putchar('{');
    print_json_field(stdout, &first, "difference", differences[difference->kind]);
    print_json_field(stdout, &first, "kind", kind);
    print_json_field(stdout, &first, "id", difference->id);
    print_json_field(stdout, &first, "name", difference->name);
    print_json_field(stdout, &first, "directory_id", difference->directory_id);
    print_json_field(stdout, &first, "organization_id", difference->organization_id);
    print_json_name(stdout, &first, "changes");
    changes_print_json(stdout, difference->changes, difference->n_changes);
    puts("}");
}

/* A row for each change; of what came or went, for its memberships only. */
static void print_rows(const char *kind, const lk_difference *difference, print_table *table)
{
    bool is_changed = difference->kind == LK_DIFFERENCE_CHANGED;
    const char *cells[] = { marks[difference->kind], kind, difference->id,
                            difference->name != NULL ? difference->name : "", "" };

    if (!is_changed)
        print_table_row(table, cells);
    for (size_t i = 0; i < difference->n_changes; i++) {
        const lk_change *change = &difference->changes[i];
        char *text CLEANUP(free_textp) = change_text(change);

        if (!is_changed && strcmp(change->field, "group") != 0)
            continue;
        cells[0] = "~";
        cells[4] = text;
        print_table_row(table, cells);
    }
}

static lk_status print_kind(lk_mirror *mirror, lk_difference_query *query, bool as_json,
                            print_table *table, lk_error *err)
{
    char *after CLEANUP(free_textp) = NULL;
    size_t count = PAGE;

    while (count == PAGE) {
        lk_auto(lk_difference_page) page = NULL;

        query->after = after;
        TRY(lk_mirror_list_differences(mirror, query, &page, err));
        count = page->count;
        for (size_t i = 0; i < count; i++) {
            if (as_json)
                print_as_json(kind_names[query->kind], page->items[i]);
            else
                print_rows(kind_names[query->kind], page->items[i], table);
        }
        if (!as_json)
            print_table_flush(table, stdout);
        free(after);
        after = count > 0 ? strdup(page->items[count - 1]->id) : NULL;
        if (count > 0 && after == NULL)
            return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    }
    return LK_OK;
}

static lk_status print_all(const app_arguments *given, lk_error *err)
{
    lk_difference_query query = { .size = sizeof(query), .limit = PAGE };
    print_table table = { .titles = titles, .n_columns = N_ITEMS(titles) };
    lk_auto(lk_mirror) mirror = NULL;

    query.organization_id = arguments_text(given, "organization");
    query.directory_id = arguments_text(given, "directory");
    TRY(as_of(given, "from", &query.from_ms, err));
    TRY(as_of(given, "to", &query.to_ms, err));
    if (query.to_ms != 0 && query.to_ms <= query.from_ms)
        return failed(err, LK_ERR_INVALID, "--from %.40s is not before --to %.40s",
                      arguments_text(given, "from"), arguments_text(given, "to"));
    TRY(config_mirror(given, &mirror, err));
    TRY(as_of_check(mirror, query.from_ms, err));
    for (query.kind = LK_RECORD_DIRECTORY; query.kind <= LK_RECORD_USER; query.kind++)
        TRY(print_kind(mirror, &query, arguments_has(given, "json"), &table, err));
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(print_all(given, &err), &err);
}

static const app_option options[] = {
    OPTION_STORE,
    OPTION_JSON,
    { .name = "from",
      .value = "TIME",
      .help = "The earlier time: 2026-03-02T08:00:00Z, 2026-03-02, or 2h for two hours ago",
      .is_required = true },
    { .name = "to", .value = "TIME", .help = "The later time (default: now)" },
    OPTION_ORGANIZATION,
    OPTION_DIRECTORY,
};

const app_command command_directory_diff = {
    .name = "directory diff",
    .help = "Print what is different in the directories between two times",
    .details = "+ came, - went, ~ changed. Asks the event log of the mirror, and nobody else.\n",
    .examples = "  latchkey directory diff --from 2h\n"
                "  latchkey directory diff --from 2026-03-01 --to 2026-03-02 --json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
