/* latchkey directory show: one user, group or directory, and what happened to it. */
#include "as-of.h"
#include "changes.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 200 };

static const char *const titles[] = { "TIME", "EVENT", "CHANGE" };

/* What there is under an id: at most one of them. */
typedef struct found {
    lk_directory_user *user;
    lk_directory_group *group;
    lk_directory *directory;
} found;

static void found_free(found *f)
{
    lk_directory_user_free(f->user);
    lk_directory_group_free(f->group);
    lk_directory_free(f->directory);
}

/* None of them is no failure: what is gone has a history. */
static lk_status find(lk_mirror *mirror, const char *id, int64_t at_ms, found *out, lk_error *err)
{
    lk_error missing = LK_ERROR_INIT;
    lk_status status = lk_mirror_get_user_at(mirror, id, at_ms, &out->user, &missing);

    if (status == LK_ERR_NOT_FOUND)
        status = lk_mirror_get_group_at(mirror, id, at_ms, &out->group, &missing);
    if (status == LK_ERR_NOT_FOUND)
        status = lk_mirror_get_directory_at(mirror, id, at_ms, &out->directory, &missing);
    if (status == LK_OK || status == LK_ERR_NOT_FOUND)
        return LK_OK;
    return failed(err, status, "%s", missing.message);
}

/* ---- As text ---- */

static void print_field(const char *name, const char *value)
{
    printf("%-14s ", name);
    print_text(stdout, value != NULL ? value : "-");
    putchar('\n');
}

static void print_ids(const char *name, const char *const *ids, size_t n_ids)
{
    if (n_ids == 0)
        print_field(name, NULL);
    for (size_t i = 0; i < n_ids; i++)
        print_field(i == 0 ? name : "", ids[i]);
}

static void print_user(const lk_directory_user *user)
{
    char *name CLEANUP(free_textp) = record_user_name(user);

    print_field("User", user->id);
    print_field("Name", name);
    print_field("E-mail", user->email);
    print_field("State", user->state);
    print_field("Role", user->role);
    print_field("Directory", user->directory_id);
    print_field("Organization", user->organization_id);
    print_ids("Groups", user->groups, user->n_groups);
}

static void print_group(const lk_directory_group *group)
{
    print_field("Group", group->id);
    print_field("Name", group->name);
    print_field("Directory", group->directory_id);
    print_field("Organization", group->organization_id);
    print_ids("Members", group->members, group->n_members);
}

static void print_record(const found *f, const char *id)
{
    if (f->user != NULL) {
        print_user(f->user);
    } else if (f->group != NULL) {
        print_group(f->group);
    } else if (f->directory != NULL) {
        print_field("Directory", f->directory->id);
        print_field("Name", f->directory->name);
        print_field("Type", f->directory->type);
        print_field("State", f->directory->state);
        print_field("Organization", f->directory->organization_id);
    } else {
        printf("%-14s ", "Not there");
        print_text(stdout, id);
        putchar('\n');
    }
    putchar('\n');
}

static void print_rows(const lk_history_entry *entry, print_table *table)
{
    char when[TIME_SIZE];
    const char *cells[] = { when, entry->type,
                            entry->is_end      ? "the end"
                            : entry->is_parked ? "set aside"
                                               : "" };

    print_time(when, entry->created_at_ms);
    if (entry->n_changes == 0)
        print_table_row(table, cells);
    for (size_t i = 0; i < entry->n_changes; i++) {
        char *text CLEANUP(free_textp) = change_text(&entry->changes[i]);

        cells[2] = text;
        print_table_row(table, cells);
        cells[0] = "";
        cells[1] = "";
    }
}

/* ---- As JSON ---- */

static void print_entry(const lk_history_entry *entry)
{
    bool first = true;

    putchar('{');
    print_json_field(stdout, &first, "event_id", entry->event_id);
    print_json_field(stdout, &first, "event", entry->type);
    print_json_name(stdout, &first, "created_at");
    print_json_time(stdout, entry->created_at_ms);
    print_json_name(stdout, &first, "learned_at");
    print_json_time(stdout, entry->learned_at_ms);
    print_json_field(stdout, &first, "subject", entry->subject);
    printf(",\"is_end\":%s,\"is_parked\":%s,\"changes\":", entry->is_end ? "true" : "false",
           entry->is_parked ? "true" : "false");
    changes_print_json(stdout, entry->changes, entry->n_changes);
    putchar('}');
}

static void print_record_json(const found *f, const char *id)
{
    bool first = true;

    putchar('{');
    print_json_field(stdout, &first, "id", id);
    print_json_field(stdout, &first, "kind",
                     f->user != NULL        ? "user"
                     : f->group != NULL     ? "group"
                     : f->directory != NULL ? "directory"
                                            : NULL);
    print_json_name(stdout, &first, "record");
    if (f->user != NULL)
        record_print_user(stdout, f->user);
    else if (f->group != NULL)
        record_print_group(stdout, f->group);
    else if (f->directory != NULL)
        record_print_directory(stdout, f->directory);
    else
        fputs("null", stdout);
    fputs(",\"history\":[", stdout);
}

/* ---- The history ---- */

typedef struct showing {
    const char *id;
    int64_t at_ms;
    bool as_json;
    print_table table;
    size_t n_shown;
    int64_t log_from_ms;
    int64_t reconciled_at_ms;
} showing;

/* *is_done: what follows is younger than what is asked for. */
static void show_page(showing *s, const lk_history_page *page, bool *is_done)
{
    for (size_t i = 0; i < page->count && !*is_done; i++) {
        const lk_history_entry *entry = page->items[i];

        *is_done = s->at_ms != 0 && entry->created_at_ms > s->at_ms;
        if (*is_done)
            break;
        if (s->as_json && s->n_shown > 0)
            putchar(',');
        if (s->as_json)
            print_entry(entry);
        else
            print_rows(entry, &s->table);
        s->n_shown++;
    }
    if (!s->as_json)
        print_table_flush(&s->table, stdout);
}

static void print_end(const showing *s)
{
    char when[TIME_SIZE];
    bool is_reconciled =
        s->reconciled_at_ms != 0 && (s->at_ms == 0 || s->reconciled_at_ms <= s->at_ms);
    bool first = false;

    if (s->as_json) {
        putchar(']');
        print_json_name(stdout, &first, "reconciled_at");
        print_json_time(stdout, is_reconciled ? s->reconciled_at_ms : 0);
        print_json_name(stdout, &first, "log_begins_at");
        print_json_time(stdout, s->log_from_ms);
        puts("}");
        return;
    }
    print_time(when, s->reconciled_at_ms);
    if (is_reconciled)
        printf("%s  reconciliation  changed since, as WorkOS listed it\n", when);
    print_time(when, s->log_from_ms);
    if (s->log_from_ms != 0)
        printf("\nThe log of events begins at %s: what was before is not known\n", when);
}

static lk_status show_history(lk_mirror *mirror, showing *s, const lk_history_page *first,
                              lk_error *err)
{
    lk_auto(lk_history_page) page = NULL;
    bool is_done = false;

    s->log_from_ms = first->log_from_ms;
    s->reconciled_at_ms = first->reconciled_at_ms;
    show_page(s, first, &is_done);
    for (size_t count = first->count; count == PAGE && !is_done; count = page->count) {
        const lk_history_page *last = page != NULL ? page : first;
        lk_history_page *next = NULL;

        TRY(lk_mirror_list_history(mirror, s->id, last->items[count - 1]->event_id, PAGE, &next,
                                   err));
        lk_history_page_free(page);
        page = next;
        show_page(s, page, &is_done);
    }
    return LK_OK;
}

static lk_status show(const app_arguments *given, lk_error *err)
{
    showing s = { .id = arguments_text(given, "id"),
                  .as_json = arguments_has(given, "json"),
                  .table = { .titles = titles, .n_columns = N_ITEMS(titles) } };
    found f CLEANUP(found_free) = { 0 };
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_history_page) page = NULL;

    TRY(as_of(given, "at", &s.at_ms, err));
    TRY(config_mirror(given, &mirror, err));
    TRY(lk_mirror_list_history(mirror, s.id, NULL, PAGE, &page, err));
    TRY(find(mirror, s.id, s.at_ms, &f, err));
    as_of_warn(s.at_ms, page->log_from_ms);
    if (s.as_json)
        print_record_json(&f, s.id);
    else
        print_record(&f, s.id);
    TRY(show_history(mirror, &s, page, err));
    print_end(&s);
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(show(given, &err), &err);
}

static const app_option options[] = {
    { .name = "id",
      .value = "ID",
      .help = "Of a directory user, a group or a directory",
      .is_operand = true,
      .is_required = true },
    OPTION_AT,
    OPTION_STORE,
    OPTION_JSON,
};

const app_command command_directory_show = {
    .name = "directory show",
    .help = "Print a user, group or directory, and what happened to it",
    .examples = "  latchkey directory show directory_user_01J…\n"
                "  latchkey directory show directory_group_01J… --at 2026-03-02\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
