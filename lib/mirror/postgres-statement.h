/* Prepared statements by their text, and arguments as PostgreSQL's protocol has them. */
#ifndef LK_MIRROR_POSTGRES_STATEMENT_H
#define LK_MIRROR_POSTGRES_STATEMENT_H

#include "mirror/store.h"

enum { LK__N_STATEMENTS = 48, LK__STATEMENT_NAME = 16 };

typedef struct lk__statement {
    char *sql; /* NULL: unused */
    uint64_t used_at;
} lk__statement;

/* Those that a connection has prepared; clear it with lk__statements_clear(). */
typedef struct lk__statements {
    lk__statement slots[LK__N_STATEMENTS];
    uint64_t n_uses;
} lk__statements;

/* The statement, or (*is_ready false) the place that it may take: unused, or used least recently.
 */
lk__statement *lk__statements_find(lk__statements *self, const char *sql, bool *is_ready);
void lk__statements_name(const lk__statements *self, const lk__statement *s,
                         char out[LK__STATEMENT_NAME]);
void lk__statements_clear(lk__statements *self);

/* Numbers travel as text, text as its bytes, which need no NUL. */
typedef struct lk__arguments {
    char numbers[LK__MAX_ARGS][24];
    const char *values[LK__MAX_ARGS];
    int lengths[LK__MAX_ARGS];
    int formats[LK__MAX_ARGS];
    int n;
} lk__arguments;

/* Borrows the texts. LK_ERR_INVALID for one that the protocol cannot carry. */
LK_MUST_CHECK lk_status lk__arguments_encode(const lk__value *args, size_t n, lk__arguments *out,
                                             lk_error *err);

#endif
