/* SQLite behind the seam of store.h.
 *
 * Opening looks before it writes: another program's database, a newer version's or something that
 * is no database at all is refused and left as it was. Then: write-ahead log, so that readers go on
 * while a writer works; synchronous=FULL, so that what was committed survives a power cut.
 *
 * A file may be removed, renamed or replaced while it is open. SQLite would go on with the old one,
 * which nobody else sees any more: that is told once, and what lies there then is opened. */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "mirror/schema.h"
#include "mirror/store-file.h"
#include "mirror/store.h"

enum {
    N_STATEMENTS = 32, /* prepared ones kept */
    BUSY_MS = 5000,    /* how long to wait for another writer */
    RETRY_MS = 20,
    LOOK_MS = 100 /* how often to look for news */
};

typedef struct statement {
    char *sql;          /* NULL: unused */
    const char *source; /* what it was copied from, which may be gone */
    sqlite3_stmt *handle;
    int places[LK__MAX_ARGS]; /* of $1, $2, …: SQLite counts them by first appearance */
    uint64_t used_at;
    bool is_running;
} statement;

typedef struct sqlite_store {
    lk__store base;
    sqlite3 *db;
    char *path;
    uint64_t n_uses;
    int64_t news_seen; /* SQLite's data_version at the last look; 0: none */
    int n_running;     /* of the statements */
    bool writes_much;
    bool is_lost; /* its file is not where it was; db may be NULL */
    statement statements[N_STATEMENTS];
} sqlite_store;

/* ---- Errors ---- */

static const struct {
    int code;
    const char *cause;
} causes[] = {
    { SQLITE_BUSY, "another program keeps it locked" },
    { SQLITE_LOCKED, "another connection keeps it locked" },
    { SQLITE_FULL, "no space is left" },
    { SQLITE_READONLY, "it may not be written" },
    { SQLITE_NOTADB, "it is not a database" },
    { SQLITE_CORRUPT, "it is damaged" },
    { SQLITE_CANTOPEN, "it or its log cannot be opened" },
    { SQLITE_IOERR, "reading or writing failed" },
};

static const char *cause_of(int code)
{
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
        if (causes[i].code == code)
            return causes[i].cause;
    return "the database refused";
}

static lk_status fail_sqlite(const sqlite_store *self, lk_error *err)
{
    int code = sqlite3_errcode(self->db) & 0xff;
    int system_error = sqlite3_system_errno(self->db);
    bool is_system = (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && system_error != 0;
    char shown[LK__SHOWN_PATH_SIZE];

    if (code == SQLITE_NOMEM)
        return lk__no_memory(err);
    /* The one cause that waiting does not cure, nor more room: people begin anew. */
    if (err != NULL && err->status == LK_OK && (code == SQLITE_CORRUPT || code == SQLITE_NOTADB))
        snprintf(err->reason, sizeof(err->reason), "damaged");
    lk__store_file_shown(self->path, shown);
    return lk__fail(err, LK_ERR_STORE, "store %s: %s (%.60s)", shown, cause_of(code),
                    is_system ? strerror(system_error) : sqlite3_errmsg(self->db));
}

static lk_status reopen(sqlite_store *self, lk_error *err);

static lk_status fail_open(const sqlite_store *self, const char *cause, lk_error *err)
{
    char shown[LK__SHOWN_PATH_SIZE];

    lk__store_file_shown(self->path, shown);
    return lk__fail(err, LK_ERR_STORE, "store %s %s", shown, cause);
}

/* ---- Statements ---- */

static void statement_clear(statement *s)
{
    sqlite3_finalize(s->handle);
    free(s->sql);
    *s = (statement){ 0 };
}

static statement *statement_slot(sqlite_store *self)
{
    statement *oldest = NULL;

    for (size_t i = 0; i < N_STATEMENTS; i++) {
        statement *s = &self->statements[i];

        if (!s->is_running && (oldest == NULL || s->used_at < oldest->used_at))
            oldest = s;
    }
    assert(oldest != NULL); /* statements nest a few levels at most */
    statement_clear(oldest);
    return oldest;
}

static lk_status statement_prepare(sqlite_store *self, const char *sql, statement **out,
                                   lk_error *err)
{
    statement *s = statement_slot(self);

    s->sql = strdup(sql);
    s->source = sql;
    if (s->sql == NULL)
        return lk__no_memory(err);
    if (sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL) !=
        SQLITE_OK) {
        statement_clear(s);
        return fail_sqlite(self, err);
    }
    for (int i = 0; i < LK__MAX_ARGS; i++) {
        char name[16];

        snprintf(name, sizeof(name), "$%d", i + 1);
        s->places[i] = sqlite3_bind_parameter_index(s->handle, name);
    }
    *out = s;
    return LK_OK;
}

static bool is_of(const statement *s, const char *sql)
{
    return s->sql != NULL && !s->is_running && strcmp(s->sql, sql) == 0;
}

/* Most texts are constants: what stood at the same address is looked at first. */
static lk_status statement_find(sqlite_store *self, const char *sql, statement **out, lk_error *err)
{
    *out = NULL;
    for (size_t i = 0; i < N_STATEMENTS && *out == NULL; i++)
        if (self->statements[i].source == sql && is_of(&self->statements[i], sql))
            *out = &self->statements[i];
    for (size_t i = 0; i < N_STATEMENTS && *out == NULL; i++)
        if (is_of(&self->statements[i], sql))
            *out = &self->statements[i];
    return *out != NULL ? LK_OK : statement_prepare(self, sql, out, err);
}

static int bind_value(const statement *s, size_t i, const lk__value *value)
{
    int place = s->places[i];

    assert(place != 0);
    switch (value->kind) {
    case LK__VALUE_NULL:
        return sqlite3_bind_null(s->handle, place);
    case LK__VALUE_NUMBER:
        return sqlite3_bind_int64(s->handle, place, value->number);
    case LK__VALUE_TEXT:
        break;
    }
    return sqlite3_bind_text64(s->handle, place, value->text, value->len, SQLITE_STATIC,
                               SQLITE_UTF8);
}

static lk__value read_column(sqlite3_stmt *handle, int i)
{
    switch (sqlite3_column_type(handle, i)) {
    case SQLITE_NULL:
        return (lk__value){ .kind = LK__VALUE_NULL };
    case SQLITE_INTEGER:
        return lk__value_number(sqlite3_column_int64(handle, i));
    default:
        break;
    }
    const char *text = (const char *)sqlite3_column_text(handle, i);

    return lk__value_bytes(text, (size_t)sqlite3_column_bytes(handle, i));
}

static lk_status give_row(sqlite_store *self, sqlite3_stmt *handle, lk__row_fn *on_row, void *ctx,
                          lk_error *err)
{
    lk__value columns[LK__MAX_COLUMNS];
    int n_columns = sqlite3_column_count(handle);

    if (on_row == NULL)
        return LK_OK;
    assert(n_columns <= LK__MAX_COLUMNS);
    for (int i = 0; i < n_columns; i++) {
        columns[i] = read_column(handle, i);
        if (columns[i].kind == LK__VALUE_NULL && sqlite3_errcode(self->db) == SQLITE_NOMEM)
            return lk__no_memory(err);
    }
    return on_row(ctx, &(const lk__row){ .columns = columns, .n_columns = (size_t)n_columns }, err);
}

static lk_status statement_run(sqlite_store *self, statement *s, const lk__value *args,
                               size_t n_args, lk__row_fn *on_row, void *ctx, lk_error *err)
{
    int code;

    for (size_t i = 0; i < n_args; i++)
        if (bind_value(s, i, &args[i]) != SQLITE_OK)
            return fail_sqlite(self, err);
    while ((code = sqlite3_step(s->handle)) == SQLITE_ROW)
        LK_TRY(give_row(self, s->handle, on_row, ctx, err));
    return code == SQLITE_DONE ? LK_OK : fail_sqlite(self, err);
}

static lk_status run(sqlite_store *self, const char *sql, const lk__value *args, size_t n_args,
                     lk__row_fn *on_row, void *ctx, lk_error *err)
{
    statement *s = NULL;
    lk_status status;

    assert(n_args <= LK__MAX_ARGS);
    LK_TRY(statement_find(self, sql, &s, err));
    s->is_running = true;
    s->used_at = ++self->n_uses;
    self->n_running++;
    status = statement_run(self, s, args, n_args, on_row, ctx, err);
    self->n_running--;
    (void)sqlite3_reset(s->handle); /* repeats what the step reported */
    (void)sqlite3_clear_bindings(s->handle);
    s->is_running = false;
    return status;
}

static bool has_moved(const sqlite_store *self)
{
    int moved = 0;

    (void)sqlite3_file_control(self->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved); /* in memory */
    return moved != 0;
}

/* Before anything begins: what is under way ends where it began. */
static lk_status find_file(sqlite_store *self, lk_error *err)
{
    if (self->is_lost)
        return reopen(self, err);
    if (self->n_running > 0 || sqlite3_get_autocommit(self->db) == 0 || !has_moved(self))
        return LK_OK;
    self->is_lost = true;
    return fail_open(self, "was removed or replaced while it was open", err);
}

static lk_status sqlite_run(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                            lk__row_fn *on_row, void *ctx, lk_error *err)
{
    sqlite_store *self = (sqlite_store *)store;

    LK_TRY(find_file(self, err));
    return run(self, sql, args, n_args, on_row, ctx, err);
}

/* RETURNING would gather what it tells in a table of its own, which costs as much as the row. */
static lk_status sqlite_add(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                            int64_t *sequence, lk_error *err)
{
    sqlite3 *db;

    LK_TRY(sqlite_run(store, sql, args, n_args, NULL, NULL, err));
    db = ((sqlite_store *)store)->db;
    if (sqlite3_changes(db) > 0)
        *sequence = sqlite3_last_insert_rowid(db);
    return LK_OK;
}

static lk_status execute(sqlite_store *self, const char *sql, lk_error *err)
{
    return sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LK_OK
                                                                      : fail_sqlite(self, err);
}

/* ---- Transactions ---- */

static lk_status sqlite_begin(lk__store *store, lk__access access, lk_error *err)
{
    return sqlite_run(store, access == LK__WRITE ? "BEGIN IMMEDIATE" : "BEGIN", LK__NO_ARGS, NULL,
                      NULL, err);
}

static lk_status sqlite_commit(lk__store *store, lk_error *err)
{
    return sqlite_run(store, "COMMIT", LK__NO_ARGS, NULL, NULL, err);
}

static void sqlite_rollback(lk__store *store)
{
    sqlite_store *self = (sqlite_store *)store;
    lk_error ignored = LK_ERROR_INIT;

    /* A full disk ends the transaction by itself; closing the connection ends any other. */
    if (sqlite3_get_autocommit(self->db) == 0)
        (void)sqlite_run(store, "ROLLBACK", LK__NO_ARGS, NULL, NULL, &ignored);
}

/* Without the cache pages would go to the disk and back within one transaction. SQLite notes what
 * each statement overwrites, in case it fails halfway: unless it is told to do so in memory, in a
 * file, twice as much as it writes to the log. And the longer the log, the more of what it holds
 * was written again before it is copied: up to 32 MB. */
static void keep_pages(sqlite_store *self)
{
    (void)sqlite3_exec(self->db,
                       "PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;"
                       "PRAGMA wal_autocheckpoint=4000",
                       NULL, NULL, NULL);
}

static void sqlite_expect_writes(lk__store *store)
{
    sqlite_store *self = (sqlite_store *)store;

    self->writes_much = true;
    if (!self->is_lost)
        keep_pages(self);
}

/* ---- News ---- */

static lk_status read_number(sqlite_store *self, const char *sql, int64_t *out, lk_error *err)
{
    *out = 0;
    return sqlite_run(&self->base, sql, LK__NO_ARGS, lk__take_number, out, err);
}

/* "PRAGMA data_version": another value once another connection has changed the database. */
static lk_status sqlite_wait(lk__store *store, int64_t ms, bool *news, lk_error *err)
{
    sqlite_store *self = (sqlite_store *)store;
    int64_t until_ms = lk__steady_now_ms() + ms;
    int64_t now = 0;

    for (;;) {
        int64_t left_ms = until_ms - lk__steady_now_ms();

        LK_TRY(read_number(self, "PRAGMA data_version", &now, err));
        *news = now != self->news_seen;
        if (*news || left_ms <= 0)
            break;
        sqlite3_sleep(left_ms < LOOK_MS ? (int)left_ms : LOOK_MS);
    }
    self->news_seen = now;
    return LK_OK;
}

/* ---- Room on the disk ---- */

/* The new file goes through the log: that is written back and emptied, unless somebody reads. */
static lk_status sqlite_compact(lk__store *store, lk_error *err)
{
    sqlite_store *self = (sqlite_store *)store;
    lk_status status;

    LK_TRY(find_file(self, err));
    /* All of it would be in memory once more. */
    (void)sqlite3_exec(self->db, "PRAGMA temp_store=FILE", NULL, NULL, NULL);
    status = execute(self, "VACUUM", err);
    if (self->writes_much)
        keep_pages(self);
    if (status != LK_OK)
        return status;
    (void)sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return LK_OK;
}

static lk_status sqlite_size(lk__store *store, int64_t *n_bytes, lk_error *err)
{
    sqlite_store *self = (sqlite_store *)store;
    int64_t n_pages = 0;
    int64_t page_size = 0;

    LK_TRY(read_number(self, "PRAGMA page_count", &n_pages, err));
    LK_TRY(read_number(self, "PRAGMA page_size", &page_size, err));
    *n_bytes = n_pages * page_size + lk__store_file_log_size(self->path);
    return LK_OK;
}

static void close_db(sqlite_store *self)
{
    for (size_t i = 0; i < N_STATEMENTS; i++)
        statement_clear(&self->statements[i]);
    (void)sqlite3_close(self->db); /* all statements are gone: nothing keeps it open */
    self->db = NULL;
}

static void sqlite_free(lk__store *store)
{
    sqlite_store *self = (sqlite_store *)store;

    close_db(self);
    free(self->path);
    free(self);
}

static const lk__store_driver sqlite_driver = {
    .run = sqlite_run,
    .add = sqlite_add,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .expect_writes = sqlite_expect_writes,
    .wait = sqlite_wait,
    .compact = sqlite_compact,
    .size = sqlite_size,
    .free = sqlite_free,
};

/* ---- Opening ---- */

/* In a transaction, since another process may be making the store right now. Reads only. *version
 * is 0 for an empty database. */
static lk_status check_owner(sqlite_store *self, int64_t *version, lk_error *err)
{
    int64_t application = 0;
    int64_t n_tables = 0;
    char shown[LK__SHOWN_PATH_SIZE];

    LK_TRY(read_number(self, "PRAGMA application_id", &application, err));
    LK_TRY(read_number(self, "PRAGMA user_version", version, err));
    LK_TRY(read_number(self, "SELECT COUNT(*) FROM sqlite_master", &n_tables, err));
    if (application == 0 && *version == 0 && n_tables == 0)
        return LK_OK;
    if (application != LK__SCHEMA_APPLICATION_ID || *version < 1)
        return fail_open(self, "is a database of another program: name another file", err);
    lk__store_file_shown(self->path, shown);
    return lk__schema_check(shown, *version, err);
}

static lk_status look(sqlite_store *self, int64_t *version, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };

    LK_TRY(lk__transaction_begin(&transaction, &self->base, LK__READ, err));
    LK_TRY(check_owner(self, version, err));
    return lk__transaction_commit(&transaction, err);
}

/* SQLite does not wait for other connections here as it does elsewhere. */
static lk_status use_log(sqlite_store *self, lk_error *err)
{
    int code = SQLITE_BUSY;

    for (int waited_ms = 0; waited_ms < BUSY_MS; waited_ms += RETRY_MS) {
        code = sqlite3_exec(self->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY)
            break;
        sqlite3_sleep(RETRY_MS);
    }
    return code == SQLITE_OK ? LK_OK : fail_sqlite(self, err);
}

static lk_status migrate(sqlite_store *self, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    int64_t version = 0;
    char stamp[96];

    LK_TRY(lk__transaction_begin(&transaction, &self->base, LK__WRITE, err));
    /* Again, now that nobody else can write: another process may have been faster. */
    LK_TRY(check_owner(self, &version, err));
    for (int64_t i = version; i < LK__SCHEMA_VERSION; i++)
        LK_TRY(execute(self, lk__schema_steps[i], err));
    LK_TRY(lk__schema_fill(&self->base, version, err));
    snprintf(stamp, sizeof(stamp), "PRAGMA application_id=%d; PRAGMA user_version=%lld",
             LK__SCHEMA_APPLICATION_ID, (long long)LK__SCHEMA_VERSION);
    LK_TRY(execute(self, stamp, err));
    return lk__transaction_commit(&transaction, err);
}

static lk_status prepare(sqlite_store *self, lk_error *err)
{
    int64_t version = 0;

    sqlite3_busy_timeout(self->db, BUSY_MS);
    sqlite3_db_config(self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    LK_TRY(look(self, &version, err));
    if (sqlite3_db_readonly(self->db, "main") == 1)
        return fail_open(self, "may not be written", err);
    LK_TRY(execute(self,
                   "PRAGMA page_size=8192; PRAGMA synchronous=FULL; PRAGMA cache_size=-2048;"
                   "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON",
                   err));
    LK_TRY(use_log(self, err));
    if (self->writes_much)
        keep_pages(self);
    return version == LK__SCHEMA_VERSION ? LK_OK : migrate(self, err);
}

static lk_status open_db(sqlite_store *self, lk_error *err)
{
    bool in_memory = strcmp(self->path, ":memory:") == 0;

    if (!in_memory)
        LK_TRY(lk__store_file_prepare(self->path, err));
    /* Never SQLITE_OPEN_CREATE for a file: it exists by now, with the right mode. */
    if (sqlite3_open_v2(self->path, &self->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                            (in_memory ? SQLITE_OPEN_CREATE : 0),
                        NULL) != SQLITE_OK)
        return self->db == NULL ? lk__no_memory(err) : fail_sqlite(self, err);
    return prepare(self, err);
}

/* Nothing runs on the old one. SQLite knows that it has moved, and leaves the log of the new one,
 * which has the same name, alone. */
static lk_status reopen(sqlite_store *self, lk_error *err)
{
    lk_status status;

    close_db(self);
    self->news_seen = 0;
    self->is_lost = false;
    status = open_db(self, err);
    self->is_lost = status != LK_OK;
    return status;
}

lk_status lk__sqlite_open(const char *path, lk__store **out, lk_error *err)
{
    LK_CLEANUP(lk__store_freep) lk__store *store = NULL;
    sqlite_store *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return lk__no_memory(err);
    self->base.driver = &sqlite_driver;
    store = &self->base;
    self->path = strdup(path);
    if (self->path == NULL)
        return lk__no_memory(err);
    LK_TRY(open_db(self, err));
    *out = lk__steal(store);
    return LK_OK;
}
