/* See postgres-statement.h. */
#include "mirror/postgres-statement.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lk__statement *lk__statements_find(lk__statements *self, const char *sql, bool *is_ready)
{
    lk__statement *found = &self->slots[0];

    *is_ready = false;
    for (size_t i = 0; i < LK__N_STATEMENTS && !*is_ready; i++) {
        lk__statement *s = &self->slots[i];

        *is_ready = s->sql != NULL && strcmp(s->sql, sql) == 0;
        if (*is_ready || s->used_at < found->used_at)
            found = s;
    }
    found->used_at = ++self->n_uses;
    return found;
}

void lk__statements_name(const lk__statements *self, const lk__statement *s,
                         char out[LK__STATEMENT_NAME])
{
    snprintf(out, LK__STATEMENT_NAME, "lk%d", (int)(s - self->slots));
}

void lk__statements_clear(lk__statements *self)
{
    for (size_t i = 0; i < LK__N_STATEMENTS; i++)
        free(self->slots[i].sql);
    *self = (lk__statements){ 0 };
}

lk_status lk__arguments_encode(const lk__value *args, size_t n, lk__arguments *out, lk_error *err)
{
    assert(n <= LK__MAX_ARGS);
    out->n = (int)n;
    for (size_t i = 0; i < n; i++) {
        if (args[i].len > INT32_MAX / 2)
            return lk__fail(err, LK_ERR_INVALID, "a text of %zu bytes cannot be stored",
                            args[i].len);
        out->formats[i] = args[i].kind == LK__VALUE_TEXT;
        out->lengths[i] = (int)args[i].len;
        out->values[i] = args[i].text;
        if (args[i].kind != LK__VALUE_NUMBER)
            continue;
        snprintf(out->numbers[i], sizeof(out->numbers[i]), "%lld", (long long)args[i].number);
        out->values[i] = out->numbers[i];
    }
    return LK_OK;
}
