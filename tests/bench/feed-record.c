/* See feed-record.h. */
#include "feed-record.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench-kit.h"
#include "mirror/apply.h"
#include "mirror/types.h"

enum { MAX_STATEMENTS = 32 };

/* ---- Recording ---- */

typedef struct recording_store {
    lk__store base;
    recording *page;
    int64_t n_events;
} recording_store;

static lk__value copy_value(const lk__value *value)
{
    lk__value copy = *value;

    if (value->kind == LK__VALUE_TEXT) {
        char *text = malloc(value->len + 1);

        if (text == NULL)
            bench_die("limit", "out of memory");
        memcpy(text, value->text, value->len);
        text[value->len] = '\0';
        copy.text = text;
    }
    return copy;
}

static void record(recording_store *self, const char *sql, const lk__value *args, size_t n_args)
{
    recording *page = self->page;
    recorded_run *run;

    page->runs = realloc(page->runs, (page->n_runs + 1) * sizeof(*page->runs));
    if (page->runs == NULL)
        bench_die("limit", "out of memory");
    run = &page->runs[page->n_runs++];
    *run = (recorded_run){ .sql = sql, .n_args = n_args, .args = calloc(24, sizeof(lk__value)) };
    for (size_t i = 0; i < n_args; i++)
        run->args[i] = copy_value(&args[i]);
}

/* What asks is answered with 0: nothing was forgotten. */
static lk_status record_run(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                            lk__row_fn *on_row, void *ctx, lk_error *err)
{
    const lk__value none = lk__value_number(0);

    record((recording_store *)store, sql, args, n_args);
    return on_row == NULL ? LK_OK
                          : on_row(ctx, &(const lk__row){ .columns = &none, .n_columns = 1 }, err);
}

static lk_status record_add(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                            int64_t *sequence, lk_error *err)
{
    recording_store *self = (recording_store *)store;

    (void)err;
    record(self, sql, args, n_args);
    *sequence = ++self->n_events;
    return LK_OK;
}

static const lk__store_driver recording_driver = { .run = record_run, .add = record_add };

void recorder_record(lk_client *client, recording *pages, size_t n_pages)
{
    recording_store store = { .base = { .driver = &recording_driver } };
    lk_error err = LK_ERROR_INIT;
    char after[256] = "";

    for (size_t i = 0; i < n_pages; i++) {
        lk_auto(lk_event_page) page = NULL;

        if (lk_events_list(client,
                           LK_EVENT_LIST_OPTIONS(.types = lk__event_types,
                                                 .n_types = lk__n_event_types,
                                                 .after = after[0] != '\0' ? after : NULL),
                           &page, &err) != LK_OK)
            bench_die("limit", err.message);
        store.page = &pages[i];
        for (size_t e = 0; e < page->count; e++) {
            lk__applied applied;

            if (lk__apply_event(&store.base, page->items[e], lk__system_now_ms(NULL), &applied,
                                &err) != LK_OK)
                bench_die("limit", err.message);
        }
        strncpy(after, page->after != NULL ? page->after : "", sizeof(after) - 1);
    }
}

void recording_clear(recording *self)
{
    for (size_t i = 0; i < self->n_runs; i++) {
        for (size_t a = 0; a < self->runs[i].n_args; a++)
            free((char *)self->runs[i].args[a].text);
        free(self->runs[i].args);
    }
    free(self->runs);
}

/* ---- Replaying ---- */

struct recorder {
    struct {
        const char *sql;
        sqlite3_stmt *handle;
        int places[24];
    } known[MAX_STATEMENTS];
    size_t n_known;
};

recorder *recorder_new(void)
{
    recorder *self = calloc(1, sizeof(*self));

    if (self == NULL)
        bench_die("limit", "out of memory");
    return self;
}

void recorder_free(recorder *self)
{
    for (size_t i = 0; i < self->n_known; i++)
        sqlite3_finalize(self->known[i].handle);
    free(self);
}

static size_t find(recorder *self, sqlite3 *db, const char *sql)
{
    size_t i = 0;

    while (i < self->n_known && self->known[i].sql != sql)
        i++;
    if (i < self->n_known)
        return i;
    if (i == MAX_STATEMENTS ||
        sqlite3_prepare_v2(db, sql, -1, &self->known[i].handle, NULL) != SQLITE_OK)
        bench_die(sql, sqlite3_errmsg(db));
    self->known[i].sql = sql;
    for (int n = 1; n <= sqlite3_bind_parameter_count(self->known[i].handle); n++)
        self->known[i].places[atoi(sqlite3_bind_parameter_name(self->known[i].handle, n) + 1) - 1] =
            n;
    self->n_known++;
    return i;
}

static void run_one(recorder *self, sqlite3 *db, const char *sql, const lk__value *args,
                    size_t n_args)
{
    size_t s = find(self, db, sql);
    sqlite3_stmt *handle = self->known[s].handle;

    for (size_t i = 0; i < n_args; i++) {
        int place = self->known[s].places[i];

        if (args[i].kind == LK__VALUE_TEXT)
            sqlite3_bind_text(handle, place, args[i].text, (int)args[i].len, SQLITE_STATIC);
        else if (args[i].kind == LK__VALUE_NUMBER)
            sqlite3_bind_int64(handle, place, args[i].number);
        else
            sqlite3_bind_null(handle, place);
    }
    while (sqlite3_step(handle) == SQLITE_ROW)
        ;
    if (sqlite3_reset(handle) != SQLITE_OK)
        bench_die(sql, sqlite3_errmsg(db));
}

void recorder_replay(recorder *self, sqlite3 *db, const recording *page)
{
    static const char begin[] = "BEGIN IMMEDIATE";
    static const char commit[] = "COMMIT";

    run_one(self, db, begin, NULL, 0);
    for (size_t i = 0; i < page->n_runs; i++)
        run_one(self, db, page->runs[i].sql, page->runs[i].args, page->runs[i].n_args);
    run_one(self, db, commit, NULL, 0);
}
