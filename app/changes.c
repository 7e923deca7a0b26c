/* See changes.h. */
#include "changes.h"

#include "print.h"

#include <string.h>

static bool is_membership(const lk_change *change)
{
    return strcmp(change->field, "group") == 0 || strcmp(change->field, "user") == 0;
}

char *change_text(const lk_change *change)
{
    const char *before = change->before != NULL ? change->before : "-";
    const char *after = change->after != NULL ? change->after : "-";
    char *text = NULL;
    int len;

    if (is_membership(change))
        len = asprintf(&text, "%c %s %s", change->before == NULL ? '+' : '-', change->field,
                       change->before == NULL ? after : before);
    else
        len = asprintf(&text, "%s: %s > %s", change->field, before, after);
    return len < 0 ? NULL : text;
}

void changes_print_json(FILE *out, const lk_change *changes, size_t n_changes)
{
    fputc('[', out);
    for (size_t i = 0; i < n_changes; i++) {
        bool first = true;

        fputs(i > 0 ? ",{" : "{", out);
        print_json_field(out, &first, "field", changes[i].field);
        print_json_field(out, &first, "before", changes[i].before);
        print_json_field(out, &first, "after", changes[i].after);
        fputc('}', out);
    }
    fputc(']', out);
}
