/* A store on PostgreSQL: what is made, what is refused, and how long nobody waits for anybody. The
 * mirror's other tests run on it as well: LK_TEST_STORE=postgresql. */
#include <latchkey/mirror.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "mirror-kit.h"
#include "mirror/mirror.h"
#include "mirror/schema.h"
#include "test.h"

enum { SECOND_MS = 1000 };

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

static void add(kit *k, const char *id)
{
    kit_event event;

    kit_make(&event, id, "dsync.user.created", 1, "{\"id\":\"u\",\"directory_id\":\"d\"}");
    assert_true(kit_apply(k, &event));
}

static int64_t count(kit *k)
{
    return kit_number(k, "SELECT COUNT(*) FROM event");
}

/* ---- What is made ---- */

static void test_all_is_in_a_schema_of_its_own(void **state)
{
    kit *k = *state;

    kit_open(k);
    assert_true(kit_number(k, "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'latchkey'") > 8);
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"),
                     0);
    assert_int_equal(kit_number(k, "SELECT version FROM schema_version"), LK__SCHEMA_VERSION);
}

/* Lists and versions must be sorted alike by both stores and by strcmp(), whatever the locale. */
static void test_text_is_compared_by_its_bytes(void **state)
{
    kit *k = *state;

    kit_open(k);
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM information_schema.columns"
                                   " WHERE table_schema = 'latchkey' AND data_type = 'text'"
                                   " AND collation_name IS DISTINCT FROM 'C'"),
                     0);
    assert_true(kit_number(k, "SELECT COUNT(*) FROM information_schema.columns"
                              " WHERE table_schema = 'latchkey' AND collation_name = 'C'") > 20);
}

static void test_content_is_there_after_opening_again(void **state)
{
    kit *k = *state;

    kit_open(k);
    add(k, "event_1");
    kit_open(k);
    assert_int_equal(count(k), 1);
}

/* ---- What is refused ---- */

static void assert_refused(const char *url, lk_status status, const char *says)
{
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;

    assert_fails(lk_mirror_open(url, &mirror, &err), status, err);
    assert_contains(err.message, says);
    assert_lacks(err.message, "hunter");
    assert_null(mirror);
}

/* A password never shows, also where it is written so that libpq takes a part of it for a host. */
static void test_urls_that_lead_nowhere_are_named_without_the_password(void **state)
{
    static const struct {
        const char *url;
        lk_status status;
        const char *says;
    } rows[] = {
        { "postgresql://u:hunter2@127.0.0.1:1/shop", LK_ERR_STORE,
          "store postgresql://127.0.0.1/shop: cannot connect" },
        { "postgres://u:hunter2@127.0.0.1:1/shop", LK_ERR_STORE, "cannot connect" },
        { "postgresql://u:x@hunter2@127.0.0.1:1/shop", LK_ERR_INVALID, "%40" },
        { "postgresql://u:x@hunter2:hunter3@127.0.0.1:1/shop", LK_ERR_INVALID, "%40" },
        { "postgresql://u:x/hunter2@127.0.0.1:1/shop", LK_ERR_INVALID, "cannot be read" },
        { "postgresql://u:x?hunter2@127.0.0.1:1/shop", LK_ERR_STORE, "//127.0.0.1/shop:" },
        { "postgresql://u@127.0.0.1:hunter2/shop", LK_ERR_INVALID, "cannot be read" },
        { "postgresql://127.0.0.1/shop?hunter=2", LK_ERR_INVALID, "cannot be read" },
        { "postgresql://u:%ZZhunter@127.0.0.1/shop", LK_ERR_INVALID, "cannot be read" },
        { "postgresql:127.0.0.1/hunter", LK_ERR_INVALID, "unknown kind" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++)
        assert_refused(rows[i].url, rows[i].status, rows[i].says);
}

static void test_database_that_is_not_there_is_named(void **state)
{
    char url[POSTGRES_URL_SIZE];

    (void)state;
    postgres_start();
    postgres_url(url, NULL, "nowhere");
    assert_refused(url, LK_ERR_STORE, "/nowhere: cannot connect");
    postgres_url(url, "nobody", "postgres");
    assert_refused(url, LK_ERR_STORE, "role \"nobody\" does not exist");
}

static void test_newer_schema_is_left_alone(void **state)
{
    kit *k = *state;
    char says[64];

    kit_open(k);
    kit_run(k, "UPDATE schema_version SET version = version + 1");
    snprintf(says, sizeof(says), "newer version of Latchkey (schema %d",
             (int)LK__SCHEMA_VERSION + 1);
    assert_refused(k->store, LK_ERR_STORE, says);
    assert_int_equal(kit_number(k, "SELECT version FROM schema_version"), LK__SCHEMA_VERSION + 1);
}

static void test_schema_of_another_program_is_left_alone(void **state)
{
    kit *k = *state;

    kit_open(k);
    kit_run(k, "DROP TABLE schema_version");
    assert_refused(k->store, LK_ERR_STORE, "of another program");
    kit_run(k, "DROP SCHEMA latchkey CASCADE");
    kit_run(k, "CREATE SCHEMA latchkey");
    kit_run(k, "CREATE TABLE latchkey.customers (id BIGINT)");
    assert_refused(k->store, LK_ERR_STORE, "of another program");
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'latchkey'"),
                     1);
}

static void test_role_without_rights_is_told_so(void **state)
{
    kit *k = *state;
    char url[POSTGRES_URL_SIZE];
    const char *name = strstr(k->store, "@/") + 2;

    kit_open(k);
    kit_run(k, "DROP SCHEMA latchkey CASCADE");
    kit_run(k, "DO $$BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN END$$");
    kit_run(k, "CREATE TABLE public.mine (id BIGINT)");
    snprintf(url, sizeof(url), "postgresql://guest@/%s", name);
    assert_refused(url, LK_ERR_STORE, "this role may not do that");
    /* Half a schema would be worse than none. */
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM pg_namespace WHERE nspname = 'latchkey'"),
                     0);
}

/* As a standby is. */
static void test_database_that_may_not_be_written_is_told_so(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    kit_event event;

    kit_open(k);
    add(k, "event_1");
    kit_run(k, "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
               " $$BEGIN RAISE read_only_sql_transaction; END$$");
    kit_run(k, "CREATE TRIGGER fail BEFORE INSERT ON event EXECUTE FUNCTION fail()");
    kit_make(&event, "event_2", "user.created", 1, "{}");
    assert_fails(lk_mirror_apply_event(k->mirror, &event.event, NULL, &err), LK_ERR_STORE, err);
    assert_contains(err.message, "it may not be written");
    assert_int_equal(count(k), 1);
}

/* ---- Several at once ---- */

static void test_reader_goes_on_while_a_writer_works(void **state)
{
    kit *k = *state;
    lk__auto_transaction transaction = { 0 };
    lk_auto(lk_mirror) reader = NULL;
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    kit_open(k);
    add(k, "event_1");
    assert_ok(lk__transaction_begin(&transaction, k->mirror->store, LK__WRITE, &err), err);
    kit_run(k, "DELETE FROM event");
    /* Opening writes nothing either. */
    assert_ok(lk_mirror_open(k->store, &reader, &err), err);
    assert_ok(lk_mirror_list_events(reader, NULL, &page, &err), err);
    assert_int_equal(page->count, 1);
}

static void test_reading_transaction_is_one_view(void **state)
{
    kit *k = *state;
    kit other = { 0 };
    lk_error err = LK_ERROR_INIT;

    kit_open(k);
    other = *k;
    other.mirror = NULL;
    kit_open(&other);
    add(k, "event_1");
    {
        lk__auto_transaction transaction = { 0 };

        assert_ok(lk__transaction_begin(&transaction, other.mirror->store, LK__READ, &err), err);
        assert_int_equal(count(&other), 1);
        add(k, "event_2");
        assert_int_equal(count(&other), 1);
    }
    assert_int_equal(count(&other), 2);
    lk_mirror_free(other.mirror);
}

typedef struct writer {
    const char *store;
    lk_status status;
    lk_error err;
    int64_t ms;
} writer;

static void *write_one(void *ctx)
{
    writer *w = ctx;
    int64_t began_ms = lk__steady_now_ms();
    lk_auto(lk_mirror) mirror = NULL;
    kit_event event;

    kit_make(&event, "event_late", "user.created", 1, "{}");
    w->status = lk_mirror_open(w->store, &mirror, &w->err);
    if (w->status == LK_OK)
        w->status = lk_mirror_apply_event(mirror, &event.event, NULL, &w->err);
    w->ms = lk__steady_now_ms() - began_ms;
    return NULL;
}

/* As when its machine is stopped in the middle of a page: the server ends it, the next one goes on,
 * and what the first one does when it comes back has no effect. */
static void test_writer_that_stands_still_is_put_aside(void **state)
{
    kit *k = *state;
    writer w = { .store = k->store };
    pthread_t thread;
    lk_error err = LK_ERROR_INIT;

    kit_open(k);
    assert_ok(lk__store_limit_idle(k->mirror->store, SECOND_MS, &err), err);
    {
        lk__auto_transaction transaction = { 0 };

        assert_ok(lk__transaction_begin(&transaction, k->mirror->store, LK__WRITE, &err), err);
        kit_run(k, "UPDATE feed SET cursor = 'event_early'");
        assert_int_equal(pthread_create(&thread, NULL, write_one, &w), 0);
        pthread_join(thread, NULL);
        assert_ok(w.status, w.err);
        assert_true(w.ms >= SECOND_MS / 2);
        assert_fails(lk__transaction_commit(&transaction, &err), LK_ERR_STORE, err);
    }
    /* And the object is of use again, within the same limit. */
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM feed WHERE cursor = ''"), 1);
    assert_int_equal(count(k), 1);
    assert_ok(lk__store_limit_idle(k->mirror->store, 4 * SECOND_MS, &err), err);
    assert_int_equal(kit_number(k, "SELECT setting::bigint FROM pg_settings"
                                   " WHERE name = 'idle_in_transaction_session_timeout'"),
                     SECOND_MS);
}

/* ---- Statements and transactions that fail ---- */

static void test_commit_after_a_failure_is_one(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    lk_error ignored = LK_ERROR_INIT;

    kit_open(k);
    {
        lk__auto_transaction transaction = { 0 };

        assert_ok(lk__transaction_begin(&transaction, k->mirror->store, LK__WRITE, &err), err);
        kit_run(k, "UPDATE feed SET cursor = 'event_1'");
        assert_fails(
            lk__store_run(k->mirror->store, "SELECT nonsense", LK__NO_ARGS, NULL, NULL, &ignored),
            LK_ERR_STORE, ignored);
        assert_fails(lk__transaction_commit(&transaction, &err), LK_ERR_STORE, err);
        assert_contains(err.message, "did not commit");
    }
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM feed WHERE cursor = ''"), 1);
}

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
    assert_fails(lk__store_run(k->mirror->store, "INSERT INTO feed VALUES ('events','',0,0,0)",
                               LK__NO_ARGS, NULL, NULL, &err),
                 LK_ERR_STORE, err);
    assert_lacks(err.message, "(name)="); /* no content of rows */
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

static lk_status take_text(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    snprintf(ctx, 32, "%s", row->columns[0].text);
    return LK_OK;
}

static void test_arguments_go_by_number_and_length(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    char text[32] = "";

    kit_open(k);
    assert_ok(lk__store_run(k->mirror->store, "SELECT $2::text || $1::text || $2::text",
                            LK__ARGS(lk__value_text("a"), lk__value_bytes("bcd", 2)), take_text,
                            text, &err),
              err);
    assert_string_equal(text, "bcabc");
}

/* ---- The server goes away ---- */

static void test_lost_connection_is_made_anew(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;

    kit_open(k);
    add(k, "event_1");
    postgres_kill();
    assert_fails(lk__store_run(k->mirror->store, "SELECT 1", LK__NO_ARGS, NULL, NULL, &err),
                 LK_ERR_STORE, err);
    assert_contains(err.message, "cannot connect");
    postgres_restart();
    assert_int_equal(count(k), 1);
    add(k, "event_2");
    /* Restarted between two calls: nobody notices. */
    postgres_kill();
    postgres_restart();
    add(k, "event_3");
    assert_int_equal(count(k), 3);
}

static void test_transaction_that_loses_its_connection_leaves_nothing(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;

    kit_open(k);
    {
        lk__auto_transaction transaction = { 0 };

        assert_ok(lk__transaction_begin(&transaction, k->mirror->store, LK__WRITE, &err), err);
        kit_run(k, "UPDATE feed SET cursor = 'event_1'");
        postgres_kill();
        postgres_restart();
        /* Not on a new connection, where it would be alone and commit by itself. */
        assert_fails(lk__store_run(k->mirror->store, "UPDATE feed SET cursor_at_ms = 5",
                                   LK__NO_ARGS, NULL, NULL, &err),
                     LK_ERR_STORE, err);
        assert_fails(lk__transaction_commit(&transaction, &(lk_error)LK_ERROR_INIT), LK_ERR_STORE,
                     err);
    }
    assert_int_equal(
        kit_number(k, "SELECT COUNT(*) FROM feed WHERE cursor = '' AND cursor_at_ms = 0"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_is_in_a_schema_of_its_own),
        TEST(test_text_is_compared_by_its_bytes),
        TEST(test_content_is_there_after_opening_again),
        cmocka_unit_test(test_urls_that_lead_nowhere_are_named_without_the_password),
        cmocka_unit_test(test_database_that_is_not_there_is_named),
        TEST(test_newer_schema_is_left_alone),
        TEST(test_schema_of_another_program_is_left_alone),
        TEST(test_role_without_rights_is_told_so),
        TEST(test_database_that_may_not_be_written_is_told_so),
        TEST(test_reader_goes_on_while_a_writer_works),
        TEST(test_reading_transaction_is_one_view),
        TEST(test_writer_that_stands_still_is_put_aside),
        TEST(test_commit_after_a_failure_is_one),
        TEST(test_statement_can_be_used_after_any_failure),
        TEST(test_more_statements_than_are_kept),
        TEST(test_arguments_go_by_number_and_length),
        TEST(test_lost_connection_is_made_anew),
        TEST(test_transaction_that_loses_its_connection_leaves_nothing),
    };

    (void)setenv("LK_TEST_STORE", "postgresql", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
