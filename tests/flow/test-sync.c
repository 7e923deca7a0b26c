/* The feed into the mirror: pages, lost cursors, two at once. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "fake-wire.h"
#include "mirror/apply.h"
#include "mirror/mirror.h"
#include "sync-bench.h"
#include "test.h"

/* ---- Pages ---- */

static void test_first_poll_asks_for_thirty_days(void **state)
{
    bench *b = *state;
    fake_wire wire =
        FAKE_WIRE({ "GET /events", .query_has = "range_start=2026-01-31T12%3A00%3A00.000Z",
                    .status = 200, .body = "{\"data\":[],\"list_metadata\":{\"after\":null}}" });

    bench_use(b, fake_wire_use(&wire));
    assert_true(bench_step(b).caught_up);
    assert_contains(wire.last_url, "order=asc");
    assert_contains(wire.last_url, "dsync.group.user_added");
    assert_contains(wire.last_url, "limit=100");
    assert_lacks(wire.last_url, "after=");
    assert_int_equal(lk_sync_wait_ms(b->sync), 5 * SECOND);
    assert_int_equal(bench_status(b).last_poll_at_ms, NOON);
    assert_string_equal(bench_status(b).cursor, "");
    fake_wire_finished(&wire);
}

static void test_pages_are_walked_to_the_end(void **state)
{
    bench *b = *state;

    b->feed.page = 10;
    bench_fill(b, 25, MINUTE);
    assert_int_equal(bench_step(b).n_applied, 10);
    assert_int_equal(b->feed.first_start_ms, NOON - DAYS_30);
    assert_string_equal(bench_status(b).cursor, "event_000009");
    assert_in_range(b->feed.n_requests, 2, 3); /* the next page, if not two, came meanwhile */
    assert_int_equal(bench_catch_up(b), 15);
    assert_string_equal(b->feed.last_after, "event_000019");
    assert_int_equal(b->feed.n_requests, 3); /* behind the last one there is none */
    assert_int_equal(bench_status(b).n_users, 25);
    assert_string_equal(bench_status(b).cursor, "event_000024");
    assert_int_equal(bench_status(b).cursor_at_ms, NOON);
    assert_int_equal(bench_status(b).newest_event_at_ms, NOON);
}

static void test_equal_times_are_ordered_by_id(void **state)
{
    bench *b = *state;

    b->feed.page = 2;
    bench_fill(b, 3, 0);
    bench_step(b);
    assert_string_equal(bench_status(b).cursor, "event_000001");
    bench_step(b);
    assert_string_equal(bench_status(b).cursor, "event_000002");
}

static void test_second_catch_up_changes_nothing(void **state)
{
    bench *b = *state;
    char *before;
    char *after;

    bench_fill(b, 25, 10 * SECOND);
    assert_int_equal(bench_catch_up(b), 25);
    before = kit_dump(b->k.mirror);
    assert_int_equal(bench_catch_up(b), 0);
    after = kit_dump(b->k.mirror);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_short_pages_and_unreadable_entries_are_walked_over(void **state)
{
    bench *b = *state;
    fake_wire wire = FAKE_WIRE(
        /* Nothing readable, but there is more. */
        { "GET /events", .status = 200,
          .body = "{\"data\":[7,{\"id\":\"x\"},{\"id\":\"event_1\",\"event\":\"user.created\","
                  "\"created_at\":\"never\"}],\"list_metadata\":{\"after\":\"event_1\"}}" },
        { "GET /events", .query_has = "after=event_1", .status = 200,
          .body = "{\"data\":[{\"id\":\"event_2\",\"event\":\"new.type\",\"created_at\":"
                  "\"2026-03-02 11:00:00.5\"}],\"list_metadata\":{\"after\":\"event_2\"}}" },
        /* No list_metadata at all. */
        { "GET /events", .query_has = "after=event_2", .status = 200, .body = "{\"data\":[]}" });

    bench_use(b, fake_wire_use(&wire));
    assert_false(bench_step(b).caught_up);
    assert_string_equal(bench_status(b).cursor, "");
    assert_int_equal(bench_catch_up(b), 1);
    assert_string_equal(bench_status(b).cursor, "event_2");
    assert_int_equal(bench_status(b).cursor_at_ms, NOON - 60 * MINUTE + 500);
    fake_wire_finished(&wire);
}

static void test_walk_ends_when_the_next_page_is_the_same(void **state)
{
    static const char page[] =
        "{\"data\":[{\"id\":\"event_1\",\"event\":\"user.created\",\"created_at\":"
        "\"2026-03-02T11:00:00Z\",\"data\":{}}],\"list_metadata\":{\"after\":\"event_1\"}}";
    bench *b = *state;
    fake_wire wire = FAKE_WIRE({ "GET /events", .status = 200, .body = page },
                               { "GET /events", .status = 200, .body = page });

    bench_use(b, fake_wire_use(&wire));
    assert_int_equal(bench_catch_up(b), 1);
    fake_wire_finished(&wire);
}

static void test_parked_events_do_not_stop_the_feed(void **state)
{
    bench *b = *state;
    lk_sync_result result;

    bench_fill(b, 3, SECOND);
    kit_make(&b->events[1], "event_000001", "dsync.user.created", NOON - SECOND, "{\"id\":7}");
    result = bench_step(b);
    assert_int_equal(result.n_fetched, 3);
    assert_int_equal(result.n_applied, 3);
    assert_int_equal(result.n_parked, 1);
    assert_int_equal(bench_status(b).n_users, 2);
    assert_int_equal(bench_status(b).n_parked, 1);
    assert_string_equal(bench_status(b).cursor, "event_000002");
}

/* Bytes that nobody may believe are told of like fields that are missing. */
static void test_events_with_unsafe_contents_are_parked(void **state)
{
    bench *b = *state;
    char deep[201] = "";
    lk_error err = LK_ERROR_INIT;
    int64_t n_applied = 0;

    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    bench_fill(b, 5, SECOND);
    kit_make(&b->events[1], "event_000001", "dsync.user.created", NOON - 3 * SECOND,
             "{\"id\":\"user_1\",\"directory_id\":\"d\",\"first_name\":\"a\\u0000b\"}");
    kit_make(&b->events[2], "event_000002", "dsync.user.created", NOON - 2 * SECOND,
             "{\"id\":\"user_2\",\"directory_id\":\"d\",\"custom_attributes\":%s}", deep);
    kit_make(&b->events[3], "event_000003", "never.heard.of", NOON - SECOND, "\"\\ud800\"");
    assert_int_equal(bench_catch_up(b), 5);
    assert_int_equal(bench_status(b).n_users, 2);
    assert_int_equal(bench_status(b).n_parked, 2); /* nothing was to be applied of the third */
    assert_string_equal(bench_status(b).cursor, "event_000004");
    assert_int_equal(kit_number(&b->k, "SELECT COUNT(*) FROM parked WHERE reason LIKE '%u0000%'"),
                     1);
    assert_int_equal(
        kit_number(&b->k, "SELECT COUNT(*) FROM parked WHERE reason LIKE '%64 levels%'"), 1);
    assert_ok(lk_mirror_retry_parked(b->k.mirror, &n_applied, &err), err);
    assert_int_equal(n_applied, 0);
    assert_int_equal(bench_status(b).n_parked, 2);
}

static void test_entries_without_an_event_are_told(void **state)
{
    bench *b = *state;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .status = 200,
          .body =
              "{\"data\":[{\"id\":\"event_1\"},{\"id\":\"event_2\",\"event\":\"a\",\"created_at\":"
              "\"2026-03-02T11:00:00Z\",\"data\":{}},7],\"list_metadata\":{\"after\":null}}" });
    lk_sync_result result;

    bench_use(b, fake_wire_use(&wire));
    result = bench_step(b);
    assert_int_equal(result.n_fetched, 1);
    assert_int_equal(result.n_skipped, 2);
    assert_string_equal(bench_status(b).cursor, "event_2");
    fake_wire_finished(&wire);
}

static void test_emulator_events_are_logged(void **state)
{
    bench *b = *state;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .status = 200,
          .body = "{\"object\":\"list\",\"data\":["
                  "{\"object\":\"event\",\"id\":\"evt_1\",\"event\":\"directory_user.created\","
                  "\"data\":{\"object\":\"directory_user\",\"id\":\"directory_user_1\"},"
                  "\"created_at\":\"2026-03-02T11:00:00.000Z\",\"environment_id\":\"env_1\"},"
                  "{\"object\":\"event\",\"id\":\"evt_2\",\"event\":"
                  "\"authentication.magicauth_succeeded\",\"data\":{\"user_id\":\"user_1\","
                  "\"email\":\"a@b.example\",\"method\":\"MagicAuth\",\"ip_address\":null},"
                  "\"created_at\":\"2026-03-02T11:00:01.000Z\"}],"
                  "\"list_metadata\":{\"before\":null,\"after\":null}}" });

    bench_use(b, fake_wire_use(&wire));
    assert_int_equal(bench_catch_up(b), 2);
    assert_int_equal(bench_status(b).n_parked, 0);
    assert_string_equal(bench_status(b).cursor, "evt_2");
    fake_wire_finished(&wire);
}

/* ---- Cursors that WorkOS does not know ---- */

static void test_lost_cursor_is_found_again_by_time(void **state)
{
    bench *b = *state;

    b->feed.page = 10;
    bench_fill(b, 25, 10 * SECOND);
    bench_catch_up(b);
    /* WorkOS forgot all but the last five, and has two new ones. */
    b->feed.events = b->events + 20;
    b->feed.n_events = 5;
    kit_make(&b->events[23], "event_new_1", "dsync.user.created", NOON + SECOND,
             "{\"id\":\"user_new_1\",\"directory_id\":\"directory_1\"}");
    kit_make(&b->events[24], "event_new_2", "dsync.user.created", NOON + 2 * SECOND,
             "{\"id\":\"user_new_2\",\"directory_id\":\"directory_1\"}");
    assert_int_equal(bench_catch_up(b), 2);
    assert_true(b->feed.was_ranged);
    assert_int_equal(b->feed.last_start_ms, NOON - MINUTE);
    assert_int_equal(bench_status(b).n_events, 27);
    assert_string_equal(bench_status(b).cursor, "event_new_2");
}

static void test_cursor_past_retention_begins_at_the_oldest_kept(void **state)
{
    bench *b = *state;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .query_has = "after=", .status = 404, .body = "{\"message\":\"no\"}" },
        { "GET /events", .query_has = "range_start=2026-03-02T11%3A59%3A00", .status = 422,
          .body = "{\"message\":\"range too old\"}" },
        { "GET /events", .query_has = "range_start=2026-03-12T12%3A00%3A00", .status = 200,
          .body = "{\"data\":[],\"list_metadata\":{}}" });

    bench_fill(b, 3, 2 * MINUTE);
    bench_catch_up(b);
    b->clock.now_ms = NOON + 40 * (DAYS_30 / 30);
    bench_use(b, fake_wire_use(&wire));
    assert_true(bench_step(b).caught_up);
    fake_wire_finished(&wire);
}

static void test_refusal_of_everything_is_an_error(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .query_has = "after=", .status = 422, .body = "{\"message\":\"no\"}" },
        { "GET /events", .query_has = "range_start=", .status = 422,
          .body = "{\"message\":\"unknown type\",\"code\":\"bad_type\"}" },
        /* The next step tries as if nothing had been. */
        { "GET /events", .query_has = "after=", .status = 200, .body = "{\"data\":[]}" });

    bench_fill(b, 3, 2 * MINUTE);
    bench_catch_up(b);
    bench_use(b, fake_wire_use(&wire));
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_API, err);
    assert_int_equal(err.http_status, 422);
    assert_string_equal(err.reason, "bad_type");
    assert_true(bench_step(b).caught_up);
    fake_wire_finished(&wire);
}

static void test_restart_from_the_beginning_doubles_nothing(void **state)
{
    bench *b = *state;

    b->feed.page = 10;
    bench_fill(b, 25, 10 * SECOND);
    bench_catch_up(b);
    b->feed.restarts = true;
    b->feed.ignores_range = true;
    b->feed.n_events = 12; /* the events after that are gone, and with them the cursor */
    assert_int_equal(bench_catch_up(b), 0);
    assert_int_equal(bench_status(b).n_events, 25);
    assert_string_equal(bench_status(b).cursor, "event_000024");
}

/* ---- Reading ahead ---- */

/* Ends once somebody else can read the page that came before, or fails the test. */
static void await_page(void *ctx)
{
    bench *b = ctx;
    lk_auto(lk_mirror) mirror = NULL;
    lk_mirror_status now = { .size = sizeof(now) };
    lk_error err = LK_ERROR_INIT;
    bool news;

    assert_ok(lk_mirror_open(b->k.store, &mirror, &err), err);
    for (int waits = 0; waits < 60 && now.newest_event_at_ms == 0; waits++) {
        assert_ok(lk_mirror_wait(mirror, SECOND, &news, &err), err);
        assert_ok(lk_mirror_get_status(mirror, &now, &err), err);
    }
    assert_int_not_equal(now.newest_event_at_ms, 0);
}

static void test_page_is_written_while_the_next_is_on_its_way(void **state)
{
    static const char page[] =
        "{\"data\":[{\"id\":\"event_1\",\"event\":\"user.created\",\"created_at\":"
        "\"2026-03-02T11:00:00Z\",\"data\":{}}],\"list_metadata\":{\"after\":\"event_1\"}}";
    bench *b = *state;
    fake_wire wire = FAKE_WIRE({ "GET /events", .status = 200, .body = page },
                               { "GET /events", .query_has = "after=event_1", .status = 200,
                                 .body = "{\"data\":[],\"list_metadata\":{\"after\":null}}",
                                 .during = await_page, .during_ctx = b });

    bench_use(b, fake_wire_use(&wire));
    assert_int_equal(bench_step(b).n_applied, 1);
    assert_true(bench_step(b).caught_up);
    fake_wire_finished(&wire);
}

/* ---- Two at once ---- */

/* Another process takes a page while ours is on its way. */
static void move_cursor(void *ctx)
{
    bench *b = ctx;
    lk_auto(lk_mirror) mirror = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_open(b->k.store, &mirror, &err), err);
    assert_ok(lk__store_run(mirror->store,
                            "UPDATE feed SET cursor = 'event_other', cursor_at_ms = 1", LK__NO_ARGS,
                            NULL, NULL, &err),
              err);
}

static void test_page_is_dropped_when_somebody_was_faster(void **state)
{
    static const char page[] =
        "{\"data\":[{\"id\":\"event_1\",\"event\":\"user.created\",\"created_at\":"
        "\"2026-03-02T11:00:00Z\",\"data\":{}}],\"list_metadata\":{\"after\":null}}";
    bench *b = *state;
    lk_sync_result result;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .status = 200, .body = page, .during = move_cursor, .during_ctx = b },
        /* Anew from the cursor that the other one left. */
        { "GET /events", .query_has = "range_start=1970-", .status = 200, .body = page });

    bench_use(b, fake_wire_use(&wire));
    result = bench_step(b);
    assert_int_equal(result.n_applied, 0);
    assert_false(result.caught_up);
    assert_int_equal(bench_status(b).n_events, 0);
    assert_string_equal(bench_status(b).cursor, "event_other");
    assert_int_equal(bench_catch_up(b), 1);
    assert_string_equal(bench_status(b).cursor, "event_1");
    fake_wire_finished(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_first_poll_asks_for_thirty_days),
        BENCH_TEST(test_pages_are_walked_to_the_end),
        BENCH_TEST(test_equal_times_are_ordered_by_id),
        BENCH_TEST(test_second_catch_up_changes_nothing),
        BENCH_TEST(test_short_pages_and_unreadable_entries_are_walked_over),
        BENCH_TEST(test_walk_ends_when_the_next_page_is_the_same),
        BENCH_TEST(test_parked_events_do_not_stop_the_feed),
        BENCH_TEST(test_events_with_unsafe_contents_are_parked),
        BENCH_TEST(test_entries_without_an_event_are_told),
        BENCH_TEST(test_emulator_events_are_logged),
        BENCH_TEST(test_lost_cursor_is_found_again_by_time),
        BENCH_TEST(test_cursor_past_retention_begins_at_the_oldest_kept),
        BENCH_TEST(test_refusal_of_everything_is_an_error),
        BENCH_TEST(test_restart_from_the_beginning_doubles_nothing),
        BENCH_TEST(test_page_is_written_while_the_next_is_on_its_way),
        BENCH_TEST(test_page_is_dropped_when_somebody_was_faster),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
