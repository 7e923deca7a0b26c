/* SELECTs with a varying WHERE; see select.h. */
#include "mirror/select.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

void lk__select_add(lk__select *select, const char *fragment)
{
    if (select->status == LK_OK)
        select->status = lk__buf_text(&select->sql, fragment, NULL);
}

void lk__select_add_value(lk__select *select, const char *fragment, lk__value value)
{
    lk__select_add(select, fragment);
    if (select->status != LK_OK)
        return;
    assert(select->n_args < LK__MAX_ARGS);
    select->args[select->n_args++] = value;
    select->status = lk__buf_printf(&select->sql, NULL, "$%zu", select->n_args);
}

void lk__select_add_text_if(lk__select *select, const char *fragment, const char *text)
{
    if (text != NULL)
        lk__select_add_value(select, fragment, lk__value_text(text));
}

lk_status lk__select_run(lk__select *select, lk__store *store, lk__row_fn *on_row, void *ctx,
                         lk_error *err)
{
    if (select->status != LK_OK)
        return lk__no_memory(err); /* fixed fragments stay below the limit */
    return lk__store_run(store, select->sql.data, select->args, select->n_args, on_row, ctx, err);
}

void lk__select_clear(lk__select *select)
{
    lk__buf_clear(&select->sql);
}

static lk_status make_pattern(const char *text, bool is_folded, char *out, lk_error *err)
{
    size_t len = strlen(text);
    char *at = out;

    if (len > LK__MAX_SOUGHT)
        return lk__fail(err, LK_ERR_INVALID, "text to search for is limited to %d bytes, not %zu",
                        (int)LK__MAX_SOUGHT, len);
    *at++ = '%';
    for (; *text != '\0'; text++) {
        if (*text == '%' || *text == '_' || *text == '\\')
            *at++ = '\\';
        *at++ = (char)(is_folded && *text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    }
    *at++ = '%';
    *at = '\0';
    return LK_OK;
}

lk_status lk__pattern_anywhere(const char *text, char *out, lk_error *err)
{
    return make_pattern(text, true, out, err);
}

lk_status lk__pattern_exact(const char *text, char *out, lk_error *err)
{
    return make_pattern(text, false, out, err);
}
