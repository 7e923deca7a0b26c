/* Page by page; see walk.h. */
#include "walk.h"

#include "as-of.h"
#include "config.h"
#include "fail.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 500

lk_status walk_note(walk *self, size_t count, const char *last_id, lk_error *err)
{
    char *copy = last_id != NULL ? strdup(last_id) : NULL;

    if (last_id != NULL && copy == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    free(self->last);
    self->last = copy;
    self->count = count;
    return LK_OK;
}

static lk_status go_on(walk *self, walk_page *page, lk_error *err)
{
    long left = arguments_number(self->given, "limit", -1);

    for (self->count = PAGE; self->count == PAGE && left != 0;) {
        self->limit = left < 0 || left > PAGE ? PAGE : (int)left;
        TRY(page(self, err));
        if (!self->as_json)
            print_table_flush(self->table, stdout);
        left = left < 0 ? left : left - (long)self->count;
        self->after = self->last;
    }
    return LK_OK;
}

lk_status walk_pages(const app_arguments *given, print_table *table, walk_page *page, lk_error *err)
{
    char *after CLEANUP(free_textp) = NULL;
    lk_auto(lk_mirror) mirror = NULL;

    int64_t at_ms = 0;

    TRY(as_of(given, "at", &at_ms, err));
    TRY(config_mirror(given, &mirror, err));
    TRY(as_of_check(mirror, at_ms, err));
    TRY(config_text(given, "after", NULL, &after, err));
    walk self = { .given = given,
                  .mirror = mirror,
                  .at_ms = at_ms,
                  .table = table,
                  .as_json = arguments_has(given, "json"),
                  .after = after };
    lk_status status = go_on(&self, page, err);
    free(self.last);
    return status;
}
