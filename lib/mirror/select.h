/* Puts a SELECT together from fixed fragments and numbered arguments. */
#ifndef LK_MIRROR_SELECT_H
#define LK_MIRROR_SELECT_H

#include "base/buf.h"
#include "mirror/store.h"

/* The first failure is kept and stops the rest: it shows in lk__select_run(). */
typedef struct lk__select {
    lk__buf sql;
    lk__value args[LK__MAX_ARGS];
    size_t n_args;
    lk_status status;
} lk__select;

#define LK__SELECT              \
    {                           \
        .sql = LK__BUF(8 << 10) \
    }
#define lk__auto_select LK_CLEANUP(lk__select_clear) lk__select

void lk__select_add(lk__select *select, const char *fragment);
/* Adds the fragment, then a placeholder for the value. */
void lk__select_add_value(lk__select *select, const char *fragment, lk__value value);
/* The same when text is set. */
void lk__select_add_text_if(lk__select *select, const char *fragment, const char *text);
LK_MUST_CHECK lk_status lk__select_run(lk__select *select, lk__store *store, lk__row_fn *on_row,
                                       void *ctx, lk_error *err);
void lk__select_clear(lk__select *select);

/* ---- Patterns for LIKE … ESCAPE '\\' ---- */

enum { LK__MAX_SOUGHT = 256, LK__PATTERN_SIZE = 2 * LK__MAX_SOUGHT + 5 };

/* Finds the text anywhere in what is in lower case. out: LK__PATTERN_SIZE bytes. */
LK_MUST_CHECK lk_status lk__pattern_anywhere(const char *text, char *out, lk_error *err);
/* The same in its own letters. */
LK_MUST_CHECK lk_status lk__pattern_exact(const char *text, char *out, lk_error *err);

#endif
