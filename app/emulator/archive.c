/* Rows in SQLite. */
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define APPLICATION 0x4C6B456D /* "LkEm": whose file this is (PRAGMA application_id) */
#define VERSION     1          /* of the schema (PRAGMA user_version) */

typedef enum sentence { PUT, REMOVE, REMOVE_BEFORE, EACH, N_SENTENCES } sentence;

struct archive {
    sqlite3 *file;
    sqlite3_stmt *prepared[N_SENTENCES];
    char *path;
    bool is_changing; /* there are changes since the last commit */
    char complaint[EMULATOR_ERROR_SIZE];
};

static bool complain(archive *self, const char *why)
{
    snprintf(self->complaint, sizeof self->complaint, "the state %.200s %s", self->path, why);
    return false;
}

static bool complain_of_file(archive *self)
{
    AUTO_TEXT why = { 0 };
    text_print(&why, "cannot be used: %s", sqlite3_errmsg(self->file));
    return complain(self, why.bytes);
}

static bool run(archive *self, const char *sql)
{
    return sqlite3_exec(self->file, sql, NULL, NULL, NULL) == SQLITE_OK || complain_of_file(self);
}

/* The first column of the first row. False: it could not be asked for. */
static bool ask_number(archive *self, const char *sql, int64_t *out)
{
    sqlite3_stmt *question = NULL;
    bool is_known = sqlite3_prepare_v2(self->file, sql, -1, &question, NULL) == SQLITE_OK &&
                    sqlite3_step(question) == SQLITE_ROW;
    if (is_known)
        *out = sqlite3_column_int64(question, 0);
    else
        complain_of_file(self);
    sqlite3_finalize(question);
    return is_known;
}

/* A damaged page would otherwise show itself in the middle of somebody's test. */
static bool is_whole(archive *self)
{
    sqlite3_stmt *check = NULL;
    bool is_fine =
        sqlite3_prepare_v2(self->file, "PRAGMA quick_check(1)", -1, &check, NULL) == SQLITE_OK &&
        sqlite3_step(check) == SQLITE_ROW &&
        text_equal((const char *)sqlite3_column_text(check, 0), "ok");
    sqlite3_finalize(check);
    return is_fine || complain(self, "is damaged; remove it to begin anew, or bring back a copy");
}

/* The lock is taken here and held to the end. */
static bool lock(archive *self)
{
    int code = sqlite3_exec(self->file,
                            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                            "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE; COMMIT",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return true;
    if ((code & 0xFF) == SQLITE_BUSY)
        return complain(self, "is in use by another emulator; stop that one, or name another file");
    if ((code & 0xFF) == SQLITE_NOTADB)
        return complain(self, "is none: the file holds something else; name another one");
    if ((code & 0xFF) == SQLITE_CORRUPT)
        return complain(self, "is damaged; remove it to begin anew, or bring back a copy");
    return complain_of_file(self);
}

/* Whose it is, and of which version. */
static bool check_owner(archive *self, bool *out_is_new)
{
    int64_t application = 0, version = 0, n_tables = 0;
    AUTO_TEXT why = { 0 };
    if (!ask_number(self, "PRAGMA application_id", &application) ||
        !ask_number(self, "PRAGMA user_version", &version) ||
        !ask_number(self, "SELECT count(*) FROM sqlite_master", &n_tables))
        return false;
    *out_is_new = application == 0 && version == 0 && n_tables == 0;
    if (!*out_is_new && application != APPLICATION)
        return complain(self, "is a database of another program; name another file");
    if (version > VERSION) {
        text_print(&why, "was written by a newer latchkey: it has version %lld, this one knows %d",
                   (long long)version, VERSION);
        return complain(self, why.bytes);
    }
    return true;
}

/* Part of the first commit, so that a kill before it leaves a file that is still new. */
static bool make_schema(archive *self)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "BEGIN; CREATE TABLE record (number INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
             " id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id));"
             "PRAGMA application_id=%d; PRAGMA user_version=%d",
             APPLICATION, VERSION);
    self->is_changing = true;
    return run(self, sql);
}

static bool prepare(archive *self)
{
    static const char *const sentences[N_SENTENCES] = {
        [PUT] = ("INSERT INTO record (kind, id, body) VALUES (?1, ?2, ?3)"
                 " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"),
        [REMOVE] = "DELETE FROM record WHERE kind = ?1 AND id = ?2",
        [REMOVE_BEFORE] = "DELETE FROM record WHERE kind = ?1 AND id < ?2",
        [EACH] = "SELECT id, body FROM record WHERE kind = ?1 ORDER BY number",
    };
    for (int i = 0; i < N_SENTENCES; i++) {
        if (sqlite3_prepare_v2(self->file, sentences[i], -1, &self->prepared[i], NULL) != SQLITE_OK)
            return complain_of_file(self);
    }
    return true;
}

/* SQLite would give everybody the right to read; keys and passwords are in it. */
static bool make_file(archive *self)
{
    int descriptor = open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    AUTO_TEXT why = { 0 };
    if (descriptor >= 0) {
        close(descriptor);
        return true;
    }
    text_print(&why, "cannot be opened: %s", strerror(errno));
    return complain(self, why.bytes);
}

archive *archive_open(const char *path, bool *out_is_new, char error[EMULATOR_ERROR_SIZE])
{
    archive *self = memory_zeroed(sizeof *self);
    self->path = text_copy(path);
    bool is_open = make_file(self) &&
                   (sqlite3_open_v2(path, &self->file, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ||
                    complain_of_file(self));
    if (is_open && lock(self) && check_owner(self, out_is_new) && is_whole(self) &&
        (!*out_is_new || make_schema(self)) && prepare(self))
        return self;
    snprintf(error, EMULATOR_ERROR_SIZE, "%s", self->complaint);
    archive_close(self);
    return NULL;
}

void archive_close(archive *self)
{
    if (!self)
        return;
    for (int i = 0; i < N_SENTENCES; i++)
        sqlite3_finalize(self->prepared[i]);
    sqlite3_close(self->file);
    free(self->path);
    free(self);
}

static bool change(archive *self, sentence which, const char *kind, const char *id,
                   const char *body)
{
    sqlite3_stmt *sql = self->prepared[which];
    if (!self->is_changing && !run(self, "BEGIN"))
        return false;
    self->is_changing = true;
    bool is_done = sqlite3_bind_text(sql, 1, kind, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_bind_text(sql, 2, id, -1, SQLITE_STATIC) == SQLITE_OK &&
                   (!body || sqlite3_bind_text(sql, 3, body, -1, SQLITE_STATIC) == SQLITE_OK) &&
                   sqlite3_step(sql) == SQLITE_DONE;
    if (!is_done)
        complain_of_file(self);
    sqlite3_reset(sql);
    return is_done;
}

bool archive_put(archive *self, const char *kind, const char *id, const char *body)
{
    return change(self, PUT, kind, id, body);
}

bool archive_remove(archive *self, const char *kind, const char *id)
{
    return change(self, REMOVE, kind, id, NULL);
}

bool archive_remove_before(archive *self, const char *kind, const char *id)
{
    return change(self, REMOVE_BEFORE, kind, id, NULL);
}

bool archive_commit(archive *self)
{
    if (self->is_changing && !run(self, "COMMIT"))
        return false;
    self->is_changing = false;
    return true;
}

void archive_undo(archive *self)
{
    if (self->is_changing) /* a full disk may have ended it already: then there is none to undo */
        (void)sqlite3_exec(self->file, "ROLLBACK", NULL, NULL, NULL);
    self->is_changing = false;
}

bool archive_each(archive *self, const char *kind, archive_taker *take, void *context)
{
    sqlite3_stmt *sql = self->prepared[EACH];
    int code = sqlite3_bind_text(sql, 1, kind, -1, SQLITE_STATIC);
    bool goes_on = code == SQLITE_OK;
    while (goes_on && (code = sqlite3_step(sql)) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(sql, 0);
        const char *body = (const char *)sqlite3_column_text(sql, 1);
        goes_on = id && body && take(context, id, body);
        if (!goes_on)
            complain(self, "is damaged: a row of it cannot be read");
    }
    if (goes_on && code != SQLITE_DONE)
        goes_on = complain_of_file(self);
    sqlite3_reset(sql);
    return goes_on;
}

const char *archive_complaint(const archive *self)
{
    return self->complaint;
}
