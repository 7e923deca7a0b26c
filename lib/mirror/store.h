/* The seam to a database: run one statement, transactions, free. Everything else that the mirror
 * does is SQL that PostgreSQL would take as well: sql.h.
 *
 * Placeholders are $1, $2, …; a row is lent to the callback and is gone when it returns. */
#ifndef LK_MIRROR_STORE_H
#define LK_MIRROR_STORE_H

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>

typedef enum lk__value_kind { LK__VALUE_NULL = 0, LK__VALUE_NUMBER, LK__VALUE_TEXT } lk__value_kind;

/* An argument, or a column of a row. Text in a column is NUL-terminated. */
typedef struct lk__value {
    lk__value_kind kind;
    int64_t number;   /* 0 unless a number */
    const char *text; /* NULL unless text */
    size_t len;
} lk__value;

#define LK__MAX_ARGS    64
#define LK__MAX_COLUMNS 24

lk__value lk__value_number(int64_t number);
/* NULL gives SQL's NULL. */
lk__value lk__value_text(const char *text);
lk__value lk__value_bytes(const char *text, size_t len);

typedef struct lk__row {
    const lk__value *columns;
    size_t n_columns;
} lk__row;

/* A failure ends the statement and is handed on. */
typedef lk_status lk__row_fn(void *ctx, const lk__row *row, lk_error *err);

/* The first column into the int64_t that ctx points to. */
lk__row_fn lk__take_number;

typedef enum lk__access {
    LK__READ, /* one unchanging view of all tables */
    LK__WRITE /* alone among writers from the first moment */
} lk__access;

typedef struct lk__store lk__store;

typedef struct lk__store_driver {
    lk_status (*run)(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                     lk__row_fn *on_row, void *ctx, lk_error *err);
    lk_status (*add)(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                     int64_t *sequence, lk_error *err);
    lk_status (*settle)(lk__store *store, lk_error *err); /* NULL: nothing is put off */
    lk_status (*begin)(lk__store *store, lk__access access, lk_error *err);
    lk_status (*commit)(lk__store *store, lk_error *err);
    void (*rollback)(lk__store *store);
    void (*expect_writes)(lk__store *store); /* NULL: it makes no difference */
    /* NULL: there is nobody who could end a transaction. */
    lk_status (*limit_idle)(lk__store *store, int64_t ms, lk_error *err);
    /* NULL: wait() finds out by itself. */
    lk_status (*announce)(lk__store *store, lk_error *err);
    lk_status (*wait)(lk__store *store, int64_t ms, bool *news, lk_error *err);
    lk_status (*compact)(lk__store *store, lk_error *err);
    lk_status (*size)(lk__store *store, int64_t *n_bytes, lk_error *err);
    void (*free)(lk__store *store);
} lk__store_driver;

/* The first member of every driver's own struct. */
struct lk__store {
    const lk__store_driver *driver;
};

/* url: "sqlite:PATH", or "postgresql://…"; "sqlite::memory:" lives as long as the object.
 * LK_ERR_INVALID for another kind of store, LK_ERR_STORE as lk_mirror_open(). */
LK_MUST_CHECK lk_status lk__store_open(const char *url, lk__store **out, lk_error *err);
void lk__store_free(lk__store *store);
void lk__store_freep(lk__store **store);

/* on_row may be NULL: inside a writing transaction a failure may then be told by any later call, at
 * the latest by the commit. LK_ERR_STORE names file and cause. */
LK_MUST_CHECK lk_status lk__store_run(lk__store *store, const char *sql, const lk__value *args,
                                      size_t n_args, lk__row_fn *on_row, void *ctx, lk_error *err);
/* An INSERT … ON CONFLICT … DO NOTHING into a table that numbers its rows. *sequence becomes that
 * of the new row, as late as lk__store_settle(), which tells failures, too; where there was such a
 * row it stays as it is. For many that do not need each other's answers; args need not live so
 * long. */
LK_MUST_CHECK lk_status lk__store_add(lk__store *store, const char *sql, const lk__value *args,
                                      size_t n_args, int64_t *sequence, lk_error *err);
LK_MUST_CHECK lk_status lk__store_settle(lk__store *store, lk_error *err);
/* Wraps the arguments: lk__store_run(store, SQL, LK__ARGS(lk__value_text(id)), fn, ctx, err). */
#define LK__ARGS(...)                   \
    (const lk__value[]){ __VA_ARGS__ }, \
        sizeof((const lk__value[]){ __VA_ARGS__ }) / sizeof(lk__value)
#define LK__NO_ARGS NULL, 0

/* Rolled back at the end of its scope unless committed:
 *     lk__auto_transaction transaction = { 0 }; */
typedef struct lk__transaction {
    lk__store *store; /* NULL: none is open */
} lk__transaction;

#define lk__auto_transaction LK_CLEANUP(lk__transaction_end) lk__transaction

LK_MUST_CHECK lk_status lk__transaction_begin(lk__transaction *transaction, lk__store *store,
                                              lk__access access, lk_error *err);
LK_MUST_CHECK lk_status lk__transaction_commit(lk__transaction *transaction, lk_error *err);
void lk__transaction_end(lk__transaction *transaction);

/* This connection will write much, as a feed does: SQLite keeps 8 MB of pages for it. Others have
 * 2 MB, since a server holds dozens of them. */
void lk__store_expect_writes(lk__store *store);
/* How long a transaction of ours may stand still, be it that this process is stopped or cut off,
 * before the database ends it for the sake of other writers; 5 s unless this says less. SQLite has
 * no server that could do so: there the others wait. */
LK_MUST_CHECK lk_status lk__store_limit_idle(lk__store *store, int64_t ms, lk_error *err);

/* Outside of a transaction: see lk_mirror_compact(), and lk_mirror_get_size(). */
LK_MUST_CHECK lk_status lk__store_compact(lk__store *store, lk_error *err);
LK_MUST_CHECK lk_status lk__store_size(lk__store *store, int64_t *n_bytes, lk_error *err);

/* ---- News ---- */

/* Inside a writing transaction: those who wait hear of it once it is committed. */
LK_MUST_CHECK lk_status lk__store_announce(lk__store *store, lk_error *err);
/* Blocks until another connection, of this process or another, has announced something since the
 * last wait, or for ms. *news may also be true for nothing: look, and wait again. */
LK_MUST_CHECK lk_status lk__store_wait(lk__store *store, int64_t ms, bool *news, lk_error *err);

/* ---- Drivers ---- */

LK_MUST_CHECK lk_status lk__sqlite_open(const char *path, lk__store **out, lk_error *err);
/* LK_ERR_STORE names host and database, never the password. LK_ERR_INVALID: built without it. */
LK_MUST_CHECK lk_status lk__postgres_open(const char *url, lk__store **out, lk_error *err);

/* LK_ERR_STORE when the version is one that we do not know yet. shown names the store. */
LK_MUST_CHECK lk_status lk__schema_check(const char *shown, int64_t version, lk_error *err);
/* After the steps, in their transaction: what steps from this version on cannot do in SQL. */
LK_MUST_CHECK lk_status lk__schema_fill(lk__store *store, int64_t version, lk_error *err);

#endif
