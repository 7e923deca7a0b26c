/* PostgreSQL behind the seam of store.h: the same SQL, so little more than a connection.
 *
 * Everything lives in a schema of its own, "latchkey". A reading transaction is one snapshot; a
 * writing one takes a lock that all writers share, and reads committed rows from then on, so
 * sequences grow in the order of commits. Whoever stops in the middle of a transaction (stopped,
 * cut off) is rolled back by the server after a while and finds out when it comes back. A lost
 * connection is made anew at the next call outside of a transaction. Results are read whole: the
 * mirror asks for pages.
 *
 * What a writing transaction does without wanting rows is sent and not waited for: its failure is
 * told by a later call, at the latest by the commit. So a page costs a few round trips, not a
 * thousand. */
#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "mirror/postgres-cause.h"
#include "mirror/postgres-room.h"
#include "mirror/postgres-schema.h"
#include "mirror/postgres-socket.h"
#include "mirror/postgres-statement.h"
#include "mirror/store.h"

enum {
    MAX_PENDING = 512, /* statements sent and not answered yet */
    ANSWER_MS = 120 * 1000,
    IDLE_MS = 5000,       /* of a transaction that does not go on: limit_idle() may say less */
    MIN_VERSION = 100000, /* identity columns */
    SHOWN_SIZE = 128,
    /* Types of columns: their numbers never change (pg_type.dat). */
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23
};

/* A statement whose answer is still to come. */
typedef struct pending {
    lk__row_fn *on_row; /* NULL: none is wanted */
    void *ctx;
} pending;

typedef struct postgres_store {
    lk__store base;
    PGconn *db;             /* NULL: lost */
    char *url;              /* secret: it may hold a password */
    char shown[SHOWN_SIZE]; /* host and database */
    bool is_in_transaction;
    bool is_writing; /* a writing one */
    bool is_piped;
    pending pending[MAX_PENDING];
    size_t n_pending;
    bool is_listening;
    int64_t idle_ms;
    lk__statements statements;
} postgres_store;

/* ---- Errors ---- */

static const char lost[] = "the connection was lost";

/* The first line of what libpq says, as far as it fits. */
static lk_status fail_connection(const postgres_store *self, const char *what, lk_error *err)
{
    const char *why = PQerrorMessage(self->db);

    return lk__fail(err, LK_ERR_STORE, "store %s: %s (%.*s)", self->shown, what,
                    (int)strcspn(why, "\n"), why);
}

static lk_status fail_open(const postgres_store *self, const char *cause, lk_error *err)
{
    return lk__fail(err, LK_ERR_STORE, "store %s %s", self->shown, cause);
}

/* What the server says of rows (DETAIL) is left out: it quotes them. */
static lk_status fail_result(const postgres_store *self, const PGresult *result, lk_error *err)
{
    const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (why == NULL)
        return fail_connection(self, lost, err);
    return lk__fail(err, LK_ERR_STORE, "store %s: %s (%.60s)", self->shown,
                    lk__postgres_cause(PQresultErrorField(result, PG_DIAG_SQLSTATE)), why);
}

/* ---- Connection ---- */

static void drop_connection(postgres_store *self)
{
    PQfinish(self->db);
    self->db = NULL;
    self->is_in_transaction = self->is_writing = self->is_piped = self->is_listening = false;
    self->n_pending = 0;
    lk__statements_clear(&self->statements);
}

/* A server that died or hung does not hold us for ever. */
static lk_status await(postgres_store *self, lk_error *err)
{
    int64_t until_ms = lk__steady_now_ms() + ANSWER_MS;
    int unsent = 1;

    while (unsent != 0 || PQisBusy(self->db)) {
        if (unsent != 0)
            unsent = PQflush(self->db);
        if (unsent == 0 && !PQisBusy(self->db))
            break;
        if (lk__postgres_wait_socket(PQsocket(self->db), unsent > 0, until_ms) == 0) {
            drop_connection(self);
            return lk__fail(err, LK_ERR_STORE, "store %s did not answer for %d s", self->shown,
                            ANSWER_MS / 1000);
        }
        if (!PQconsumeInput(self->db))
            return fail_connection(self, lost, err);
    }
    return LK_OK;
}

static void result_clear(PGresult **result)
{
    PQclear(*result);
}

/* Reads all results of what was sent and keeps the first failure, else the last one. */
static lk_status receive(postgres_store *self, int sent, PGresult **out, lk_error *err)
{
    LK_CLEANUP(result_clear) PGresult *kept = NULL;
    bool is_bad = false;

    if (!sent)
        return fail_connection(self, lost, err);
    for (;;) {
        PGresult *next;

        LK_TRY(await(self, err));
        next = PQgetResult(self->db);
        if (next == NULL)
            break;
        if (is_bad) {
            PQclear(next);
            continue;
        }
        PQclear(kept);
        kept = next;
        is_bad =
            PQresultStatus(kept) != PGRES_COMMAND_OK && PQresultStatus(kept) != PGRES_TUPLES_OK;
    }
    if (kept == NULL || is_bad)
        return fail_result(self, kept, err);
    *out = lk__steal(kept);
    return LK_OK;
}

static lk_status execute(postgres_store *self, const char *sql, lk_error *err)
{
    LK_CLEANUP(result_clear) PGresult *result = NULL;

    return receive(self, PQsendQuery(self->db, sql), &result, err);
}

static void ignore_notice(void *ctx, const char *message)
{
    (void)ctx;
    (void)message;
}

/* Host and database for messages, from what libpq made of the URL and its environment. */
static void note_shown(postgres_store *self)
{
    const char *host = PQhost(self->db);
    const char *name = PQdb(self->db);

    snprintf(self->shown, sizeof(self->shown), "postgresql://%.60s/%.40s", host != NULL ? host : "",
             name != NULL ? name : "");
}

static lk_status set_idle(postgres_store *self, lk_error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "SET idle_in_transaction_session_timeout = %lld",
             (long long)self->idle_ms);
    return execute(self, sql, err);
}

static lk_status connect_anew(postgres_store *self, lk_error *err)
{
    /* What the URL says comes later and wins, but for the encoding. */
    static const char *const names[] = {
        "connect_timeout",  "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "fallback_application_name",
        "dbname",           "client_encoding",  NULL
    };
    const char *const values[] = { "10",       "10",      "5",    "3", "20000",
                                   "latchkey", self->url, "UTF8", NULL };
    const char *encoding;

    drop_connection(self);
    self->db = PQconnectdbParams(names, values, 1);
    if (self->db == NULL)
        return lk__no_memory(err);
    note_shown(self);
    if (PQstatus(self->db) != CONNECTION_OK)
        return fail_connection(self, "cannot connect", err);
    PQsetNoticeProcessor(self->db, ignore_notice, NULL);
    if (PQsetnonblocking(self->db, 1) != 0)
        return fail_connection(self, "cannot connect", err);
    if (PQserverVersion(self->db) < MIN_VERSION)
        return fail_open(self, "is older than PostgreSQL 10", err);
    encoding = PQparameterStatus(self->db, "server_encoding");
    if (!lk__text_equal(encoding, "UTF8"))
        return fail_open(self, "does not keep UTF-8: create it with ENCODING 'UTF8'", err);
    LK_TRY(execute(self, LK__POSTGRES_SESSION, err));
    return set_idle(self, err);
}

/* Takes in what came of itself, a farewell perhaps, and notices when the server has hung up. */
static bool is_alive(postgres_store *self)
{
    while (self->db != NULL && PQstatus(self->db) == CONNECTION_OK) {
        if (lk__postgres_wait_socket(PQsocket(self->db), false, 0) <= 0)
            return true;
        if (!PQconsumeInput(self->db))
            return false;
    }
    return false;
}

/* Before each statement. */
static lk_status ensure_connection(postgres_store *self, lk_error *err)
{
    if (self->is_in_transaction)
        return LK_OK;
    return is_alive(self) ? LK_OK : connect_anew(self, err);
}

/* ---- Statements ---- */

/* Makes room in the slot, and prepares. Types are the server's to find: the columns tell. */
static lk_status prepare(postgres_store *self, lk__statement *s, const char *sql, lk_error *err)
{
    LK_CLEANUP(result_clear) PGresult *result = NULL;
    LK_CLEANUP(lk__freep) char *copy = strdup(sql);
    char name[LK__STATEMENT_NAME];

    if (copy == NULL)
        return lk__no_memory(err);
    lk__statements_name(&self->statements, s, name);
    if (s->sql != NULL) {
        char forget[32];

        free(s->sql);
        s->sql = NULL;
        snprintf(forget, sizeof(forget), "DEALLOCATE %s", name);
        LK_TRY(execute(self, forget, err));
    }
    LK_TRY(receive(self, PQsendPrepare(self->db, name, sql, 0, NULL), &result, err));
    s->sql = lk__steal(copy);
    return LK_OK;
}

static int send_statement(postgres_store *self, const lk__statement *s, const lk__arguments *args)
{
    char name[LK__STATEMENT_NAME];

    lk__statements_name(&self->statements, s, name);
    return PQsendQueryPrepared(self->db, name, args->n, args->values, args->lengths, args->formats,
                               0);
}

static lk__value read_column(const PGresult *result, int row, int column)
{
    const char *text = PQgetvalue(result, row, column);

    if (PQgetisnull(result, row, column))
        return (lk__value){ .kind = LK__VALUE_NULL };
    switch (PQftype(result, column)) {
    case TYPE_INT8:
    case TYPE_INT4:
    case TYPE_INT2:
        return lk__value_number(strtoll(text, NULL, 10));
    default:
        return lk__value_bytes(text, (size_t)PQgetlength(result, row, column));
    }
}

static lk_status give_rows(const PGresult *result, lk__row_fn *on_row, void *ctx, lk_error *err)
{
    lk__value columns[LK__MAX_COLUMNS];
    int n_columns = PQnfields(result);

    assert(n_columns <= LK__MAX_COLUMNS);
    for (int row = 0; on_row != NULL && row < PQntuples(result); row++) {
        for (int i = 0; i < n_columns; i++)
            columns[i] = read_column(result, row, i);
        LK_TRY(on_row(ctx, &(const lk__row){ .columns = columns, .n_columns = (size_t)n_columns },
                      err));
    }
    return LK_OK;
}

/* ---- Sent and not waited for ---- */

static lk_status next_result(postgres_store *self, PGresult **out, lk_error *err)
{
    LK_TRY(await(self, err));
    *out = PQgetResult(self->db);
    return LK_OK;
}

static lk_status take_answer(postgres_store *self, const pending *p, lk_error *err)
{
    LK_CLEANUP(result_clear) PGresult *result = NULL;
    LK_CLEANUP(result_clear) PGresult *end = NULL;

    LK_TRY(next_result(self, &result, err));
    LK_TRY(next_result(self, &end, err)); /* a NULL behind each */
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        return fail_result(self, result, err);
    return give_rows(result, p->on_row, p->ctx, err);
}

/* All answers that are due; the first failure is told. */
static lk_status settle(postgres_store *self, lk_error *err)
{
    LK_CLEANUP(result_clear) PGresult *sync = NULL;
    size_t n = self->n_pending;
    lk_status status = LK_OK;

    if (!self->is_piped)
        return LK_OK;
    self->n_pending = 0;
    if (!PQpipelineSync(self->db))
        return fail_connection(self, lost, err);
    for (size_t i = 0; i < n; i++) {
        lk_status one = take_answer(self, &self->pending[i], status == LK_OK ? err : NULL);

        status = status == LK_OK ? one : status;
        if (self->db == NULL || PQstatus(self->db) != CONNECTION_OK)
            return status;
    }
    LK_TRY(next_result(self, &sync, status == LK_OK ? err : NULL));
    if (!PQexitPipelineMode(self->db) && status == LK_OK)
        return fail_connection(self, lost, err);
    self->is_piped = false;
    return status;
}

static lk_status send_later(postgres_store *self, const lk__statement *s, const lk__arguments *args,
                            pending answer, lk_error *err)
{
    if (self->n_pending == MAX_PENDING)
        LK_TRY(settle(self, err));
    if (!self->is_piped && !PQenterPipelineMode(self->db))
        return fail_connection(self, lost, err);
    self->is_piped = true;
    if (!send_statement(self, s, args))
        return fail_connection(self, lost, err);
    self->pending[self->n_pending++] = answer;
    return LK_OK;
}

/* ---- Running ---- */

static lk_status run_now(postgres_store *self, const lk__statement *s, const lk__arguments *args,
                         lk__row_fn *on_row, void *ctx, lk_error *err)
{
    LK_CLEANUP(result_clear) PGresult *result = NULL;

    LK_TRY(settle(self, err));
    LK_TRY(receive(self, send_statement(self, s, args), &result, err));
    return give_rows(result, on_row, ctx, err);
}

static lk_status run_prepared(postgres_store *self, const char *sql, const lk__value *args,
                              size_t n_args, pending answer, bool may_wait, lk_error *err)
{
    lk__arguments encoded;
    bool is_ready = false;
    lk__statement *s;

    LK_TRY(lk__arguments_encode(args, n_args, &encoded, err));
    LK_TRY(ensure_connection(self, err));
    s = lk__statements_find(&self->statements, sql, &is_ready);
    if (!is_ready) {
        LK_TRY(settle(self, err));
        LK_TRY(prepare(self, s, sql, err));
    }
    if (self->is_writing && may_wait)
        return send_later(self, s, &encoded, answer, err);
    return run_now(self, s, &encoded, answer.on_row, answer.ctx, err);
}

static lk_status postgres_run(lk__store *store, const char *sql, const lk__value *args,
                              size_t n_args, lk__row_fn *on_row, void *ctx, lk_error *err)
{
    return run_prepared((postgres_store *)store, sql, args, n_args,
                        (pending){ .on_row = on_row, .ctx = ctx }, on_row == NULL, err);
}

static lk_status postgres_add(lk__store *store, const char *sql, const lk__value *args,
                              size_t n_args, int64_t *sequence, lk_error *err)
{
    char text[512];

    assert(strlen(sql) < sizeof(text) - 32);
    snprintf(text, sizeof(text), "%s RETURNING sequence", sql);
    return run_prepared((postgres_store *)store, text, args, n_args,
                        (pending){ .on_row = lk__take_number, .ctx = sequence }, true, err);
}

static lk_status postgres_settle(lk__store *store, lk_error *err)
{
    return settle((postgres_store *)store, err);
}

/* ---- Transactions ---- */

static lk_status postgres_begin(lk__store *store, lk__access access, lk_error *err)
{
    postgres_store *self = (postgres_store *)store;
    lk_status status;

    LK_TRY(ensure_connection(self, err));
    self->is_in_transaction = true;
    status = execute(self,
                     access == LK__WRITE ? "BEGIN READ WRITE; " LK__POSTGRES_LOCK
                                         : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                     err);
    self->is_writing = status == LK_OK && access == LK__WRITE;
    if (status != LK_OK)
        store->driver->rollback(store);
    return status;
}

static lk_status postgres_commit(lk__store *store, lk_error *err)
{
    postgres_store *self = (postgres_store *)store;
    LK_CLEANUP(result_clear) PGresult *result = NULL;

    if (self->db == NULL)
        return fail_open(self, "was lost before the transaction could be committed", err);
    LK_TRY(settle(self, err));
    LK_TRY(receive(self, PQsendQuery(self->db, "COMMIT"), &result, err));
    self->is_in_transaction = self->is_writing = false;
    /* "COMMIT" in a transaction that has failed rolls back, and succeeds. */
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return fail_open(self, "did not commit: the transaction has failed before", err);
    return LK_OK;
}

static void postgres_rollback(lk__store *store)
{
    postgres_store *self = (postgres_store *)store;
    lk_error ignored = LK_ERROR_INIT;

    memset(self->pending, 0, sizeof(self->pending)); /* whoever waited for rows may be gone */
    (void)settle(self, &ignored);                    /* what it did is undone in any case */
    if (self->db != NULL && execute(self, "ROLLBACK", &ignored) != LK_OK)
        drop_connection(self); /* which ends the transaction, too */
    self->is_in_transaction = self->is_writing = false;
}

static lk_status postgres_limit_idle(lk__store *store, int64_t ms, lk_error *err)
{
    postgres_store *self = (postgres_store *)store;

    if (ms >= self->idle_ms)
        return LK_OK;
    self->idle_ms = ms;
    LK_TRY(ensure_connection(self, err));
    return set_idle(self, err);
}

/* ---- News ---- */

static lk_status postgres_announce(lk__store *store, lk_error *err)
{
    return postgres_run(store, "NOTIFY latchkey", LK__NO_ARGS, NULL, NULL, err);
}

static bool take_news(postgres_store *self)
{
    bool any = false;
    PGnotify *notice;

    while ((notice = PQnotifies(self->db)) != NULL) {
        PQfreemem(notice);
        any = true;
    }
    return any;
}

/* After a new connection something may have been missed: that counts as news. */
static lk_status postgres_wait(lk__store *store, int64_t ms, bool *news, lk_error *err)
{
    postgres_store *self = (postgres_store *)store;
    int64_t until_ms = lk__steady_now_ms() + ms;

    LK_TRY(ensure_connection(self, err));
    if (!self->is_listening) {
        LK_TRY(execute(self, "LISTEN latchkey", err));
        self->is_listening = true;
        *news = true;
        return LK_OK;
    }
    for (*news = take_news(self); !*news; *news = take_news(self)) {
        if (lk__postgres_wait_socket(PQsocket(self->db), false, until_ms) <= 0)
            return LK_OK;
        if (!PQconsumeInput(self->db))
            return fail_connection(self, lost, err);
    }
    return LK_OK;
}

static void postgres_free(lk__store *store)
{
    postgres_store *self = (postgres_store *)store;

    drop_connection(self);
    lk__free_secretp(&self->url);
    free(self);
}

static const lk__store_driver postgres_driver = {
    .run = postgres_run,
    .add = postgres_add,
    .settle = postgres_settle,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .limit_idle = postgres_limit_idle,
    .announce = postgres_announce,
    .wait = postgres_wait,
    .compact = lk__postgres_compact,
    .size = lk__postgres_size,
    .free = postgres_free,
};

/* ---- Opening ---- */

/* A password that is not escaped ends up, in part, in what follows it. */
static bool is_clear(const PQconninfoOption *option)
{
    bool is_place = strcmp(option->keyword, "host") == 0 || strcmp(option->keyword, "dbname") == 0;
    bool is_port = strcmp(option->keyword, "port") == 0;

    if (option->val == NULL)
        return true;
    if (is_port)
        return strspn(option->val, "0123456789,") == strlen(option->val);
    return !is_place || strchr(option->val, '@') == NULL;
}

/* What libpq says of a URL that it cannot read may quote the password. */
static lk_status check_url(const char *url, lk_error *err)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool is_read = options != NULL;

    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        is_read = is_read && is_clear(o);
    PQconninfoFree(options);
    if (is_read)
        return LK_OK;
    return lk__fail(err, LK_ERR_INVALID,
                    "the store's URL cannot be read: use postgresql://USER@HOST:PORT/DATABASE, and "
                    "escape what is special in a password: %%40 for @");
}

lk_status lk__postgres_open(const char *url, lk__store **out, lk_error *err)
{
    LK_CLEANUP(lk__store_freep) lk__store *store = NULL;
    postgres_store *self;

    LK_TRY(check_url(url, err));
    self = calloc(1, sizeof(*self));
    if (self == NULL)
        return lk__no_memory(err);
    self->base.driver = &postgres_driver;
    self->idle_ms = IDLE_MS;
    store = &self->base;
    self->url = strdup(url);
    if (self->url == NULL)
        return lk__no_memory(err);
    LK_TRY(connect_anew(self, err));
    LK_TRY(lk__postgres_migrate(store, self->shown, err));
    *out = lk__steal(store);
    return LK_OK;
}
