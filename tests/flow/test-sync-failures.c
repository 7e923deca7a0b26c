/* What goes wrong on the way to WorkOS or to the disk changes nothing; and when to try again. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "fake-wire.h"
#include "mirror/mirror.h"
#include "sync-bench.h"
#include "test.h"

/* ---- Failures ---- */

static const struct {
    fake_exchange exchange;
    lk_status status;
    int64_t min_wait_ms;
    int64_t max_wait_ms;
} failures[] = {
    { { "GET /events", .failure = LK_ERR_NETWORK }, LK_ERR_NETWORK, 500, 1000 },
    { { "GET /events", .status = 500, .body = "{\"message\":\"oops\"}" }, LK_ERR_API, 500, 1000 },
    { { "GET /events", .status = 401, .body = "{\"message\":\"Unauthorized\"}" },
      LK_ERR_API,
      500,
      1000 },
    /* A server under load says 0: never at once. */
    { { "GET /events", .status = 429, .header = "Retry-After: 0", .body = "\"Ratelimited\"" },
      LK_ERR_RATE_LIMITED,
      1000,
      1000 },
    { { "GET /events", .status = 429, .body = "\"Ratelimited\"" },
      LK_ERR_RATE_LIMITED,
      1000,
      1000 },
    { { "GET /events", .status = 429, .header = "Retry-After: 17", .body = "\"Ratelimited\"" },
      LK_ERR_RATE_LIMITED,
      17000,
      17000 },
    { { "GET /events", .status = 200, .body = "<html><body>Welcome</body></html>" },
      LK_ERR_PROTOCOL,
      500,
      1000 },
    /* Half a body: nothing of it may be applied. */
    { { "GET /events", .status = 200,
        .body = "{\"data\":[{\"id\":\"event_1\",\"event\":\"dsync.user.created\",\"created_at\":"
                "\"2026-03-02T11:00:00Z\",\"data\":{\"id\":\"u\",\"directory_id\":\"d\"}},{\"id" },
      LK_ERR_PROTOCOL,
      500,
      1000 },
    { { "GET /events", .status = 200, .body = "" }, LK_ERR_PROTOCOL, 500, 1000 },
    { { "GET /events", .status = 200, .body = "{}" }, LK_ERR_PROTOCOL, 500, 1000 },
    { { "GET /events", .status = 200, .body = "{\"data\":{}}" }, LK_ERR_PROTOCOL, 500, 1000 },
};

static void test_failure_leaves_the_mirror_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS(failures); i++) {
        fake_wire wire = { .script = &failures[i].exchange,
                           .n_script = 1,
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
        lk_error err = LK_ERROR_INIT;
        void *made = NULL;
        bench *b;
        char *before;
        char *after;

        bench_setup(&made);
        b = made;
        bench_fill(b, 3, SECOND);
        bench_catch_up(b);
        before = kit_dump(b->k.mirror);
        bench_use(b, fake_wire_use(&wire));
        assert_fails(lk_sync_step(b->sync, NULL, &err), failures[i].status, err);
        assert_in_range(lk_sync_wait_ms(b->sync), failures[i].min_wait_ms, failures[i].max_wait_ms);
        after = kit_dump(b->k.mirror);
        assert_string_equal(before, after);
        assert_string_equal(bench_status(b).cursor, "event_000002");
        fake_wire_finished(&wire);
        free(before);
        free(after);
        bench_teardown(&made);
    }
}

static void test_back_off_grows_and_ends_with_success(void **state)
{
    static const int64_t longest_ms[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    static const fake_exchange cut = { "GET /events", .failure = LK_ERR_NETWORK };
    fake_exchange script[N_ROWS(longest_ms) + 2];
    fake_wire wire = { .script = script,
                       .n_script = N_ROWS(script),
                       .mutex = PTHREAD_MUTEX_INITIALIZER };
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(script); i++)
        script[i] = cut;
    script[N_ROWS(longest_ms)] =
        (fake_exchange){ "GET /events", .status = 200, .body = "{\"data\":[]}" };
    bench_use(b, fake_wire_use(&wire));
    for (size_t i = 0; i < N_ROWS(longest_ms); i++) {
        assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_NETWORK, err);
        assert_in_range(lk_sync_wait_ms(b->sync), longest_ms[i] / 2, longest_ms[i]);
        b->clock.now_ms += lk_sync_wait_ms(b->sync);
        assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    }
    bench_step(b);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_NETWORK, err);
    assert_in_range(lk_sync_wait_ms(b->sync), 500, 1000);
    fake_wire_finished(&wire);
}

static void test_failure_in_the_middle_goes_on_where_it_was(void **state)
{
    static const char page_1[] =
        "{\"data\":[{\"id\":\"event_1\",\"event\":\"user.created\",\"created_at\":"
        "\"2026-03-02T11:00:00Z\",\"data\":{}}],\"list_metadata\":{\"after\":\"event_1\"}}";
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .status = 200, .body = page_1 },
        { "GET /events", .query_has = "after=event_1", .failure = LK_ERR_NETWORK },
        { "GET /events", .query_has = "after=event_1", .status = 200, .body = "{\"data\":[]}" });

    bench_use(b, fake_wire_use(&wire));
    assert_false(bench_step(b).caught_up);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_NETWORK, err);
    assert_true(bench_step(b).caught_up);
    fake_wire_finished(&wire);
}

static void test_full_disk_changes_nothing_and_says_so(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    char *before;
    char *after;

    b->feed.page = 100;
    bench_fill(b, 600, SECOND);
    bench_step(b);
    before = kit_dump(b->k.mirror);
    kit_fill_disk(&b->k);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_STORE, err);
    assert_contains(err.message, kit_is_postgres() ? "/kit" : b->k.path);
    assert_contains(err.message, "no space is left");
    after = kit_dump(b->k.mirror);
    assert_string_equal(before, after);
    free(before);
    free(after);
    kit_empty_disk(&b->k);
    assert_int_equal(bench_catch_up(b), 500);
}

/* ---- Waiting ---- */

static void test_waking_ends_the_interval_but_not_a_rate_limit(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .status = 200, .body = "{\"data\":[]}" },
        { "GET /events", .status = 200, .body = "{\"data\":[]}" },
        { "GET /events", .status = 429, .header = "Retry-After: 9", .body = "\"Ratelimited\"" });

    bench_use(b, fake_wire_use(&wire));
    assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    bench_step(b);
    assert_int_equal(lk_sync_wait_ms(b->sync), 5 * SECOND);
    lk_sync_wake(b->sync);
    assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    bench_step(b); /* which is what was asked for */
    assert_int_equal(lk_sync_wait_ms(b->sync), 5 * SECOND);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_RATE_LIMITED, err);
    lk_sync_wake(b->sync);
    assert_int_equal(lk_sync_wait_ms(b->sync), 9 * SECOND);
    fake_wire_finished(&wire);
}

static void test_clock_that_is_set_back_does_not_lengthen_the_wait(void **state)
{
    bench *b = *state;

    bench_fill(b, 1, SECOND);
    bench_catch_up(b);
    b->clock.now_ms -= DAYS_30;
    assert_int_equal(lk_sync_wait_ms(b->sync), 5 * SECOND);
}

static void stop_sync(void *ctx)
{
    lk_sync_stop(((bench *)ctx)->sync);
}

static void wake_sync(void *ctx)
{
    lk_sync_wake(((bench *)ctx)->sync);
}

static void count_error(void *ctx, const lk_error *err)
{
    assert_int_equal(err->status, LK_ERR_NETWORK);
    ++*(int *)ctx;
}

static void test_run_reports_failures_goes_on_and_stops(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    int n_errors = 0;
    fake_wire wire = FAKE_WIRE(
        /* Woken while the request is on its way: the next one follows at once, not in 5 s. */
        { "GET /events", .failure = LK_ERR_NETWORK, .during = wake_sync, .during_ctx = b },
        { "GET /events", .status = 200, .body = "{\"data\":[]}", .during = wake_sync,
          .during_ctx = b },
        { "GET /events", .status = 200, .body = "{\"data\":[]}", .during = stop_sync,
          .during_ctx = b });

    bench_use(b, fake_wire_use(&wire));
    assert_ok(lk_sync_run(b->sync, count_error, &n_errors, &err), err);
    assert_int_equal(n_errors, 1);
    fake_wire_finished(&wire);
}

static void test_stop_before_run_is_remembered(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    fake_wire wire = FAKE_WIRE_SILENT;

    bench_use(b, fake_wire_use(&wire));
    lk_sync_stop(b->sync);
    assert_ok(lk_sync_run(b->sync, NULL, NULL, &err), err);
    fake_wire_finished(&wire);
}

static void test_impossible_options_are_named(void **state)
{
    static const char *const none[] = { "" };
    bench *b = *state;
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_error err = LK_ERROR_INIT;
    lk_auto(lk_client) keyless = NULL;
    lk_sync *sync = NULL;

    bench_use(b, fake_wire_use(&wire));
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1"), &keyless, &err), err);
    const lk_sync_options rows[] = {
        { .size = sizeof(rows[0]), .mirror = b->k.mirror },
        { .size = sizeof(rows[0]), .client = b->client },
        { .size = sizeof(rows[0]), .client = keyless, .mirror = b->k.mirror },
        { .size = sizeof(rows[0]), .client = b->client, .mirror = b->k.mirror, .interval_ms = -1 },
        { .size = sizeof(rows[0]), .client = b->client, .mirror = b->k.mirror, .types = none },
        { .size = sizeof(rows[0]),
          .client = b->client,
          .mirror = b->k.mirror,
          .types = none,
          .n_types = 1 },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++)
        assert_fails(lk_sync_new(&rows[i], &sync, &err), LK_ERR_INVALID, err);
    assert_null(sync);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failure_leaves_the_mirror_as_it_was),
        BENCH_TEST(test_back_off_grows_and_ends_with_success),
        BENCH_TEST(test_failure_in_the_middle_goes_on_where_it_was),
        BENCH_TEST(test_full_disk_changes_nothing_and_says_so),
        BENCH_TEST(test_waking_ends_the_interval_but_not_a_rate_limit),
        BENCH_TEST(test_clock_that_is_set_back_does_not_lengthen_the_wait),
        BENCH_TEST(test_run_reports_failures_goes_on_and_stops),
        BENCH_TEST(test_stop_before_run_is_remembered),
        BENCH_TEST(test_impossible_options_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
