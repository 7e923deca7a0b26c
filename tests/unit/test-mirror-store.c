/* Opening a store: what is made, and what is refused and left as it was. */
#include <fcntl.h>
#include <latchkey/mirror.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mirror-kit.h"
#include "mirror/mirror.h"
#include "mirror/schema.h"
#include "test.h"

static int setup(void **state)
{
    kit *k = malloc(sizeof(*k));

    kit_begin(k);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    kit_end(*state);
    free(*state);
    return 0;
}

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t len;

    assert_non_null(file);
    len = fread(out, 1, size, file);
    fclose(file);
    return len;
}

static void run(kit *k, const char *sql)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__store_run(k->mirror->store, sql, LK__NO_ARGS, NULL, NULL, &err), err);
}

static lk_status take_text(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    snprintf(ctx, 32, "%s", row->columns[0].text);
    return LK_OK;
}

static void assert_mode(const char *path, unsigned mode)
{
    struct stat info;

    if (stat(path, &info) != 0)
        fail_msg("%s is missing", path);
    assert_int_equal(info.st_mode & 07777, mode);
}

/* ---- What is made ---- */

static void test_files_are_private_whatever_the_umask(void **state)
{
    static const mode_t umasks[] = { 0, 022, 077, 0277, 0777 };
    char path[160];

    (void)state;
    for (size_t i = 0; i < N_ROWS(umasks); i++) {
        mode_t before;
        kit k;

        kit_begin(&k);
        before = umask(umasks[i]);
        kit_open(&k);
        run(&k, "UPDATE feed SET polled_at_ms = 1");
        (void)umask(before);
        assert_mode(k.path, 0600);
        snprintf(path, sizeof(path), "%s-wal", k.path);
        assert_mode(path, 0600);
        snprintf(path, sizeof(path), "%s-shm", k.path);
        assert_mode(path, 0600);
        kit_end(&k);
    }
}

static void test_missing_folders_are_made_private(void **state)
{
    kit *k = *state;
    lk_auto(lk_mirror) mirror = NULL;
    lk_error err = LK_ERROR_INIT;
    char store[160];
    char path[160];

    snprintf(store, sizeof(store), "sqlite:%s/state//latchkey/mirror.db", k->folder);
    assert_ok(lk_mirror_open(store, &mirror, &err), err);
    lk_mirror_freep(&mirror);
    snprintf(path, sizeof(path), "%s/state/latchkey/mirror.db", k->folder);
    assert_mode(path, 0600);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/state/latchkey", k->folder);
    assert_mode(path, 0700);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof(path), "%s/state", k->folder);
    assert_mode(path, 0700);
    assert_int_equal(rmdir(path), 0);
}

static void test_settings_hold(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    char mode[32] = "";

    kit_open(k);
    assert_ok(
        lk__store_run(k->mirror->store, "PRAGMA journal_mode", LK__NO_ARGS, take_text, mode, &err),
        err);
    assert_string_equal(mode, "wal");
    assert_int_equal(kit_number(k, "PRAGMA synchronous"), 2); /* FULL */
    assert_int_equal(kit_number(k, "PRAGMA page_size"), 8192);
    assert_int_equal(kit_number(k, "PRAGMA application_id"), LK__SCHEMA_APPLICATION_ID);
    assert_int_equal(kit_number(k, "PRAGMA user_version"), LK__SCHEMA_VERSION);
}

static void test_content_is_there_after_opening_again(void **state)
{
    kit *k = *state;
    kit_event event;

    kit_open(k);
    kit_make(&event, "event_1", "user.created", 1, "{}");
    assert_true(kit_apply(k, &event));
    kit_open(k);
    assert_false(kit_apply(k, &event));
}

static void test_empty_file_becomes_a_store(void **state)
{
    kit *k = *state;

    write_file(k->path, "", 0);
    kit_open(k);
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM feed"), 1);
}

static void test_memory_store_has_no_file(void **state)
{
    lk_auto(lk_mirror) mirror = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_mirror_open("sqlite::memory:", &mirror, &err), err);
    assert_int_not_equal(access(":memory:", F_OK), 0);
}

/* ---- What is refused ---- */

static void test_other_stores_are_refused_by_name(void **state)
{
    static const struct {
        const char *store;
        const char *says;
    } rows[] = {
        { NULL, "no store was named" },
        { "", "no store was named" },
        { "sqlite:", "names no file" },
        { "postgresql:", "unknown kind" },
        { "mysql://u:password@h/x", "store \"mysql\" is of an unknown kind" },
        { "/var/lib/latchkey.db", "sqlite:PATH" },
        { "SQLITE:x", "unknown kind" },
    };
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        assert_fails(lk_mirror_open(rows[i].store, &mirror, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, rows[i].says);
    }
    assert_null(mirror);
}

/* The file must be refused with these words, and must be the same afterwards. */
static void assert_refused(kit *k, const char *says)
{
    static char before[1 << 17];
    static char after[1 << 17];
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;
    size_t len = read_file(k->path, before, sizeof(before));
    char path[160];

    assert_fails(lk_mirror_open(k->store, &mirror, &err), LK_ERR_STORE, err);
    assert_contains(err.message, k->path);
    assert_contains(err.message, says);
    assert_null(mirror);
    assert_int_equal(read_file(k->path, after, sizeof(after)), len);
    assert_memory_equal(before, after, len);
    snprintf(path, sizeof(path), "%s-wal", k->path);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void test_file_that_is_no_database_is_left_alone(void **state)
{
    kit *k = *state;
    char text[5000];

    memset(text, 'x', sizeof(text));
    write_file(k->path, text, sizeof(text));
    assert_refused(k, "not a database");
    write_file(k->path, "hello", 5);
    assert_refused(k, "not a database");
}

static void test_half_a_store_is_refused(void **state)
{
    kit *k = *state;

    kit_open(k);
    lk_mirror_freep(&k->mirror);
    assert_int_equal(truncate(k->path, 8192), 0);
    assert_refused(k, "damaged");
}

/* Whoever offers to begin anew must not do so where a store is only held up. */
static void test_damage_has_a_word_of_its_own(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;
    char text[5000];

    memset(text, 'x', sizeof(text));
    write_file(k->path, text, sizeof(text));
    assert_fails(lk_mirror_open(k->store, &mirror, &err), LK_ERR_STORE, err);
    assert_string_equal(err.reason, "damaged");
    assert_fails(lk_mirror_open("sqlite:/proc/nowhere/mirror.db", &mirror, &err), LK_ERR_STORE,
                 err);
    assert_string_equal(err.reason, "");
}

/* Changes the header of a store that is closed; see the file format of SQLite, 1.3. */
static void patch(kit *k, long offset, uint32_t value)
{
    const unsigned char bytes[4] = { (unsigned char)(value >> 24), (unsigned char)(value >> 16),
                                     (unsigned char)(value >> 8), (unsigned char)value };
    FILE *file;

    kit_open(k);
    lk_mirror_freep(&k->mirror);
    file = fopen(k->path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, 4, file), 4);
    assert_int_equal(fclose(file), 0);
}

static void test_newer_schema_is_left_alone(void **state)
{
    kit *k = *state;
    char says[64];

    snprintf(says, sizeof(says), "newer version of Latchkey (schema %d",
             (int)LK__SCHEMA_VERSION + 1);
    patch(k, 60, (uint32_t)LK__SCHEMA_VERSION + 1);
    assert_refused(k, says);
}

static void test_database_of_another_program_is_left_alone(void **state)
{
    kit *k = *state;

    patch(k, 68, 0x12345678); /* another application id */
    assert_refused(k, "another program");
}

static void test_database_without_an_owner_is_left_alone(void **state)
{
    kit *k = *state;

    patch(k, 68, 0); /* tables, but nobody's */
    assert_refused(k, "another program");
}

static void test_places_where_no_store_can_be_are_named(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;
    char store[160];

    snprintf(store, sizeof(store), "sqlite:%s", k->folder);
    assert_fails(lk_mirror_open(store, &mirror, &err), LK_ERR_STORE, err);
    assert_contains(err.message, "Is a directory");
    write_file(k->path, "", 0);
    snprintf(store, sizeof(store), "sqlite:%s/below/a.db", k->path);
    assert_fails(lk_mirror_open(store, &mirror, &err), LK_ERR_STORE, err);
    assert_contains(err.message, "Not a directory");
    assert_fails(lk_mirror_open("sqlite:/proc/no-such-folder/a.db", &mirror, &err), LK_ERR_STORE,
                 err);
    assert_contains(err.message, "/proc/no-such-folder");
    assert_fails(lk_mirror_open("sqlite:/dev/null", &mirror, &err), LK_ERR_STORE, err);
    assert_contains(err.message, "no ordinary file");
    assert_null(mirror);
}

/* Runs in a process without root's rights, which no permission would stop. */
static int refuse_as_nobody(const char *store, const char *says)
{
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;
    lk_status status;

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 2;
    status = lk_mirror_open(store, &mirror, &err);
    if (status == LK_ERR_STORE && strstr(err.message, says) != NULL &&
        strstr(err.message, "Permission denied") != NULL)
        return 0;
    fprintf(stderr, "%s: \"%s\"\n", lk_status_name(status), err.message);
    return 1;
}

static void assert_refused_to_nobody(const char *store, const char *says)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(refuse_as_nobody(store, says));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_missing_rights_are_named(void **state)
{
    kit *k = *state;
    char store[160];

    kit_open(k);
    lk_mirror_freep(&k->mirror);
    assert_int_equal(chmod(k->folder, 0555), 0);
    assert_int_equal(chmod(k->path, 0444), 0);
    assert_refused_to_nobody(k->store, "cannot write to the store");
    assert_int_equal(chmod(k->path, 0666), 0);
    assert_refused_to_nobody(k->store, "cannot write to the directory of the store");
    snprintf(store, sizeof(store), "sqlite:%s/new.db", k->folder);
    assert_refused_to_nobody(store, "cannot create the store");
    snprintf(store, sizeof(store), "sqlite:%s/new/new.db", k->folder);
    assert_refused_to_nobody(store, "cannot create the directory");
    assert_int_equal(chmod(k->folder, 0700), 0);
}

/* ---- Several at once ---- */

static void test_reader_goes_on_while_a_writer_works(void **state)
{
    kit *k = *state;
    lk__auto_transaction transaction = { 0 };
    lk_auto(lk_mirror) reader = NULL;
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    kit_event event;

    kit_open(k);
    kit_make(&event, "event_1", "user.created", 1, "{}");
    kit_apply(k, &event);
    assert_ok(lk__transaction_begin(&transaction, k->mirror->store, LK__WRITE, &err), err);
    run(k, "DELETE FROM event");
    /* Opening writes nothing either. */
    assert_ok(lk_mirror_open(k->store, &reader, &err), err);
    assert_ok(lk_mirror_list_events(reader, NULL, &page, &err), err);
    assert_int_equal(page->count, 1);
}

/* ---- Statements ---- */

static lk_status refuse_row(void *ctx, const lk__row *row, lk_error *err)
{
    (void)ctx;
    (void)row;
    return lk__fail(err, LK_ERR_CANCELLED, "enough");
}

static void test_statement_can_be_used_after_any_failure(void **state)
{
    static const char list[] = "SELECT name FROM feed";
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;

    kit_open(k);
    assert_fails(lk__store_run(k->mirror->store, list, LK__NO_ARGS, refuse_row, NULL, &err),
                 LK_ERR_CANCELLED, err);
    memset(&err, 0, sizeof(err));
    assert_fails(lk__store_run(k->mirror->store, "SELECT nonsense", LK__NO_ARGS, NULL, NULL, &err),
                 LK_ERR_STORE, err);
    memset(&err, 0, sizeof(err));
    assert_fails(lk__store_run(k->mirror->store, "INSERT INTO feed VALUES ('events','',0,0,0)",
                               LK__NO_ARGS, NULL, NULL, &err),
                 LK_ERR_STORE, err);
    memset(&err, 0, sizeof(err));
    assert_ok(lk__store_run(k->mirror->store, list, LK__NO_ARGS, NULL, NULL, &err), err);
}

static void test_more_statements_than_are_kept(void **state)
{
    kit *k = *state;
    char sql[64];

    kit_open(k);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 100; i++) {
            snprintf(sql, sizeof(sql), "SELECT %d", i);
            assert_int_equal(kit_number(k, sql), i);
        }
    }
}

static void test_arguments_go_by_number(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    char text[32] = "";

    kit_open(k);
    assert_ok(lk__store_run(k->mirror->store, "SELECT $2 || $1 || $2",
                            LK__ARGS(lk__value_text("a"), lk__value_text("b")), take_text, text,
                            &err),
              err);
    assert_string_equal(text, "bab");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_private_whatever_the_umask),
        TEST(test_missing_folders_are_made_private),
        TEST(test_settings_hold),
        TEST(test_content_is_there_after_opening_again),
        TEST(test_empty_file_becomes_a_store),
        TEST(test_memory_store_has_no_file),
        TEST(test_other_stores_are_refused_by_name),
        TEST(test_file_that_is_no_database_is_left_alone),
        TEST(test_half_a_store_is_refused),
        TEST(test_damage_has_a_word_of_its_own),
        TEST(test_newer_schema_is_left_alone),
        TEST(test_database_of_another_program_is_left_alone),
        TEST(test_database_without_an_owner_is_left_alone),
        TEST(test_places_where_no_store_can_be_are_named),
        TEST(test_missing_rights_are_named),
        TEST(test_reader_goes_on_while_a_writer_works),
        TEST(test_statement_can_be_used_after_any_failure),
        TEST(test_more_statements_than_are_kept),
        TEST(test_arguments_go_by_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
