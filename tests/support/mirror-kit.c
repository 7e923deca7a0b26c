/* See mirror-kit.h. */
#include "mirror-kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "mirror/mirror.h"
#include "postgres-kit.h"
#include "test.h"

bool kit_is_postgres(void)
{
    const char *name = getenv("LK_TEST_STORE");

    return name != NULL && strcmp(name, "postgresql") == 0;
}

void kit_begin(kit *k)
{
    const char *tmp = getenv("TMPDIR");

    memset(k, 0, sizeof(*k));
    if (kit_is_postgres()) {
        postgres_make_database(k->store);
        return;
    }
    snprintf(k->folder, sizeof(k->folder), "%.30s/lk-mirror-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(k->folder) == NULL) {
        perror(k->folder);
        abort();
    }
    snprintf(k->path, sizeof(k->path), "%s/mirror.db", k->folder);
    snprintf(k->store, sizeof(k->store), "sqlite:%s", k->path);
}

void kit_begin_scratch(kit *k)
{
    memset(k, 0, sizeof(*k));
    snprintf(k->store, sizeof(k->store), "sqlite::memory:");
    if (kit_is_postgres())
        postgres_make_database(k->store);
    kit_open(k);
}

void kit_clear(kit *k)
{
    static const char *const statements[] = {
        "DELETE FROM event",
        "DELETE FROM event_body",
        "DELETE FROM event_object",
        "DELETE FROM event_block",
        "DELETE FROM parked",
        "DELETE FROM directory",
        "DELETE FROM directory_user",
        "DELETE FROM directory_group",
        "DELETE FROM membership",
        "DELETE FROM revocation",
        "DELETE FROM lease",
        "DELETE FROM web_session",
        "DELETE FROM walk",
        "DELETE FROM walk_directory",
        "DELETE FROM walk_seen",
        "DELETE FROM drift",
        "DELETE FROM consumer",
        "DELETE FROM gap",
        "UPDATE feed SET cursor = '', cursor_at_ms = 0, polled_at_ms = 0, settled_at_ms = 0",
        "UPDATE feed SET kept_from_ms = 0",
    };

    for (size_t i = 0; i < N_ROWS(statements); i++)
        kit_run(k, statements[i]);
}

void kit_run(kit *k, const char *sql)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__store_run(k->mirror->store, sql, LK__NO_ARGS, NULL, NULL, &err), err);
}

int64_t kit_number(kit *k, const char *sql)
{
    lk_error err = LK_ERROR_INIT;
    int64_t found = INT64_MIN;

    assert_ok(lk__store_run(k->mirror->store, sql, LK__NO_ARGS, lk__take_number, &found, &err),
              err);
    assert_true(found != INT64_MIN);
    return found;
}

static void set_version(kit *k, int version)
{
    char sql[64];

    snprintf(sql, sizeof(sql),
             kit_is_postgres() ? "UPDATE schema_version SET version = %d"
                               : "PRAGMA user_version=%d",
             version);
    kit_run(k, sql);
}

/* What the step to version 7 added to the registers. */
static void drop_former(kit *k)
{
    static const char *const columns[] = {
        "directory former_deleted",
        "directory former_version_ms",
        "directory former_version_id",
        "directory former_killed_ms",
        "directory former_killed_id",
        "directory former_organization_id",
        "directory former_name",
        "directory former_type",
        "directory former_state",
        "directory former_created_at_ms",
        "directory former_updated_at_ms",
        "directory_user former_deleted",
        "directory_user former_version_ms",
        "directory_user former_version_id",
        "directory_user former_killed_ms",
        "directory_user former_killed_id",
        "directory_user former_json",
        "directory_group former_deleted",
        "directory_group former_version_ms",
        "directory_group former_version_id",
        "directory_group former_killed_ms",
        "directory_group former_killed_id",
        "directory_group former_json",
        "membership former_deleted",
        "membership former_version_ms",
        "membership former_version_id",
    };

    for (size_t i = 0; i < N_ROWS(columns); i++) {
        int len = (int)strcspn(columns[i], " ");
        char sql[128];

        snprintf(sql, sizeof(sql), "ALTER TABLE %.*s DROP COLUMN %s", len, columns[i],
                 columns[i] + len + 1);
        kit_run(k, sql);
    }
}

/* The smallest number of pages that SQLite takes is the present one. A trigger fails as a server
 * does whose disk is full: PostgreSQL, appendix A, 53100. */
void kit_fill_disk(kit *k)
{
    if (!kit_is_postgres()) {
        kit_run(k, "PRAGMA max_page_count=1");
        return;
    }
    kit_run(k, "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
               " $$BEGIN RAISE disk_full; END$$");
    kit_run(k, "CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION fail()");
}

void kit_empty_disk(kit *k)
{
    kit_run(k, kit_is_postgres() ? "DROP FUNCTION fail CASCADE" : "PRAGMA max_page_count=100000");
}

void kit_go_back(kit *k, int version)
{
    /* What the step to this version made. */
    static const struct {
        int version;
        const char *undo;
    } steps[] = {
        { 7, "DROP TABLE gap" },
        { 7, "ALTER TABLE feed DROP COLUMN kept_from_ms" },
        { 6, "DROP TABLE event_block" },
        { 6, "DROP TABLE event_object" },
        { 6, "ALTER TABLE lease DROP COLUMN holder" },
        { 6, "ALTER TABLE feed DROP COLUMN reader" },
        { 5, "DROP TABLE consumer" },
        { 4, "DROP TABLE drift" },
        { 4, "DROP TABLE walk_seen" },
        { 4, "DROP TABLE walk_directory" },
        { 4, "DROP TABLE walk" },
        { 3, "DROP TABLE web_session" },
        { 3, "DROP TABLE lease" },
        { 2, "DROP TABLE revocation" },
    };

    for (size_t i = 0; i < N_ROWS(steps); i++)
        if (steps[i].version > version)
            kit_run(k, steps[i].undo);
    if (version < 7)
        drop_former(k);
    set_version(k, version);
}

void kit_open(kit *k)
{
    lk_error err = LK_ERROR_INIT;

    lk_mirror_free(k->mirror);
    k->mirror = NULL;
    assert_ok(lk_mirror_open(k->store, &k->mirror, &err), err);
}

void kit_end(kit *k)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

    lk_mirror_free(k->mirror);
    if (kit_is_postgres())
        postgres_drop_database(k->store);
    if (k->folder[0] == '\0')
        return;
    for (size_t i = 0; i < N_ROWS(suffixes); i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s%s", k->path, suffixes[i]);
        (void)unlink(path); /* most do not exist */
    }
    assert_int_equal(rmdir(k->folder), 0);
}

int kit_set_up(void **state)
{
    kit *k = malloc(sizeof(*k));

    if (k == NULL)
        return -1;
    kit_begin(k);
    kit_open(k);
    *state = k;
    return 0;
}

int kit_tear_down(void **state)
{
    kit_end(*state);
    free(*state);
    return 0;
}

void kit_make(kit_event *out, const char *id, const char *type, int64_t at_ms, const char *data,
              ...)
{
    char written[3072];
    char time[LK__TIME_SIZE];
    va_list args;
    int len;

    va_start(args, data);
    len = vsnprintf(written, sizeof(written), data, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof(written));
    lk__time_format(at_ms, time);
    snprintf(out->id, sizeof(out->id), "%s", id);
    len = snprintf(out->json, sizeof(out->json),
                   "{\"object\":\"event\",\"id\":\"%s\",\"event\":\"%s\",\"data\":%s,"
                   "\"created_at\":\"%s\"}",
                   id, type, written, time);
    assert_true(len >= 0 && (size_t)len < sizeof(out->json));
    out->event = (lk_event){ .id = out->id,
                             .type = type,
                             .created_at_ms = at_ms,
                             .json = out->json,
                             .json_len = (size_t)len };
}

bool kit_apply(kit *k, const kit_event *event)
{
    lk_error err = LK_ERROR_INIT;
    bool added = false;

    assert_ok(lk_mirror_apply_event(k->mirror, &event->event, &added, &err), err);
    return added;
}

/* ---- Dump ---- */

static lk_status take_dump(void *ctx, const lk__row *row, lk_error *err)
{
    FILE *out = ctx;

    (void)err;
    for (size_t i = 0; i < row->n_columns; i++) {
        const lk__value *column = &row->columns[i];

        if (column->kind == LK__VALUE_NUMBER)
            fprintf(out, "%" PRId64 "|", column->number);
        else
            fprintf(out, "%s|", column->kind == LK__VALUE_NULL ? "-" : column->text);
    }
    fputc('\n', out);
    return LK_OK;
}

static void dump_live(lk_mirror *mirror, FILE *out)
{
    lk_auto(lk_directory_user_page) users = NULL;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_list_users(mirror, LK_MIRROR_QUERY(.limit = 1000), &users, &err), err);
    assert_ok(lk_mirror_list_groups(mirror, LK_MIRROR_QUERY(.limit = 1000), &groups, &err), err);
    for (size_t i = 0; i < users->count; i++) {
        fprintf(out, "live user %s in", users->items[i]->id);
        for (size_t j = 0; j < users->items[i]->n_groups; j++)
            fprintf(out, " %s", users->items[i]->groups[j]);
        fputc('\n', out);
    }
    for (size_t i = 0; i < groups->count; i++) {
        fprintf(out, "live group %s with", groups->items[i]->id);
        for (size_t j = 0; j < groups->items[i]->n_members; j++)
            fprintf(out, " %s", groups->items[i]->members[j]);
        fputc('\n', out);
    }
}

static void dump_rows(lk_mirror *mirror, FILE *out)
{
    static const char *const queries[] = {
        "SELECT * FROM directory ORDER BY id",
        "SELECT * FROM directory_user ORDER BY id",
        "SELECT * FROM directory_group ORDER BY id",
        "SELECT * FROM membership ORDER BY group_id, user_id",
        "SELECT * FROM revocation ORDER BY session_id, user_id, organization_id",
        "SELECT e.id, e.type, e.created_at_ms, e.organization_id, e.directory_id, e.subject, "
        "b.json,"
        " p.reason FROM event e JOIN event_body b ON b.sequence = e.sequence"
        " LEFT JOIN parked p ON p.sequence = e.sequence ORDER BY e.id",
    };
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(queries); i++)
        assert_ok(lk__store_run(mirror->store, queries[i], LK__NO_ARGS, take_dump, out, &err), err);
}

static char *dump(lk_mirror *mirror, bool with_live)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    dump_rows(mirror, out);
    if (with_live)
        dump_live(mirror, out);
    fclose(out);
    return text;
}

char *kit_dump(lk_mirror *mirror)
{
    return dump(mirror, true);
}

char *kit_dump_rows(lk_mirror *mirror)
{
    return dump(mirror, false);
}
