/* The feed into the mirror: pages, lost cursors, late events, and failures that change nothing. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "fake-clock.h"
#include "fake-feed.h"
#include "fake-random.h"
#include "fake-wire.h"
#include "mirror-kit.h"
#include "mirror/mirror.h"
#include "test.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

#define DAYS_30 (INT64_C(30) * 24 * 60 * MINUTE)

typedef struct bench {
    kit k;
    fake_clock clock;
    fake_random random;
    fake_feed feed;
    lk_client *client;
    lk_sync *sync;
    kit_event *events;
} bench;

static void use_transport(bench *b, lk_transport transport)
{
    lk_error err = LK_ERROR_INIT;

    lk_sync_free(b->sync);
    lk_client_free(b->client);
    b->sync = NULL;
    b->client = NULL;
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                              .max_retries = -1, .transport = transport,
                                              .clock = fake_clock_use(&b->clock),
                                              .random = fake_random_use(&b->random)),
                            &b->client, &err),
              err);
    assert_ok(
        lk_sync_new(LK_SYNC_OPTIONS(.client = b->client, .mirror = b->k.mirror), &b->sync, &err),
        err);
}

static int setup(void **state)
{
    bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->clock.now_ms = NOON;
    kit_begin(&b->k);
    kit_open(&b->k);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;

    lk_sync_free(b->sync);
    lk_client_free(b->client);
    kit_end(&b->k);
    free(b->events);
    free(b);
    return 0;
}

/* n users, created gap_ms apart; the last one at NOON. */
static void fill_feed(bench *b, size_t n, int64_t gap_ms)
{
    b->events = calloc(n, sizeof(*b->events));
    assert_non_null(b->events);
    for (size_t i = 0; i < n; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06zu", i);
        kit_make(&b->events[i], id, "dsync.user.created", NOON - (int64_t)(n - 1 - i) * gap_ms,
                 "{\"id\":\"user_%zu\",\"directory_id\":\"directory_1\"}", i);
    }
    b->feed =
        (fake_feed){ .events = b->events, .n_events = n, .clock = &b->clock, .page = b->feed.page };
    use_transport(b, fake_feed_use(&b->feed));
}

static lk_sync_result step(bench *b)
{
    lk_sync_result result = { 0 };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_sync_step(b->sync, &result, &err), err);
    return result;
}

/* Steps until caught up; returns how many events were new. */
static size_t catch_up(bench *b)
{
    size_t n_applied = 0;

    for (int i = 0; i < 1000; i++) {
        lk_sync_result result = step(b);

        n_applied += result.n_applied;
        if (result.caught_up)
            return n_applied;
        assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    }
    fail_msg("not caught up after 1000 steps");
    return 0;
}

static lk_mirror_status status_of(bench *b)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_status(b->k.mirror, &status, &err), err);
    return status;
}

/* ---- Pages ---- */

static void test_first_poll_asks_for_thirty_days(void **state)
{
    bench *b = *state;
    fake_wire wire =
        FAKE_WIRE({ "GET /events", .query_has = "range_start=2026-01-31T12%3A00%3A00.000Z",
                    .status = 200, .body = "{\"data\":[],\"list_metadata\":{\"after\":null}}" });

    use_transport(b, fake_wire_use(&wire));
    assert_true(step(b).caught_up);
    assert_contains(wire.last_url, "order=asc");
    assert_contains(wire.last_url, "dsync.group.user_added");
    assert_contains(wire.last_url, "limit=100");
    assert_lacks(wire.last_url, "after=");
    assert_int_equal(lk_sync_wait_ms(b->sync), 5 * SECOND);
    assert_int_equal(status_of(b).last_poll_at_ms, NOON);
    assert_string_equal(status_of(b).cursor, "");
    fake_wire_finished(&wire);
}

static void test_pages_are_walked_to_the_end(void **state)
{
    bench *b = *state;

    b->feed.page = 10;
    fill_feed(b, 25, MINUTE);
    assert_int_equal(step(b).n_applied, 10);
    assert_true(b->feed.was_ranged);
    assert_int_equal(b->feed.last_start_ms, NOON - DAYS_30);
    assert_string_equal(status_of(b).cursor, "event_000009");
    assert_int_equal(step(b).n_applied, 10);
    assert_string_equal(b->feed.last_after, "event_000009");
    assert_true(step(b).caught_up);
    assert_int_equal(status_of(b).n_users, 25);
    assert_string_equal(status_of(b).cursor, "event_000024");
    assert_int_equal(status_of(b).cursor_at_ms, NOON);
    assert_int_equal(status_of(b).newest_event_at_ms, NOON);
}

static void test_second_catch_up_changes_nothing(void **state)
{
    bench *b = *state;
    char *before;
    char *after;

    fill_feed(b, 25, 10 * SECOND);
    assert_int_equal(catch_up(b), 25);
    before = kit_dump(b->k.mirror);
    assert_int_equal(catch_up(b), 0);
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

    use_transport(b, fake_wire_use(&wire));
    assert_false(step(b).caught_up);
    assert_string_equal(status_of(b).cursor, "");
    assert_int_equal(step(b).n_applied, 1);
    assert_true(step(b).caught_up);
    assert_string_equal(status_of(b).cursor, "event_2");
    assert_int_equal(status_of(b).cursor_at_ms, NOON - 60 * MINUTE + 500);
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

    use_transport(b, fake_wire_use(&wire));
    assert_int_equal(catch_up(b), 1);
    fake_wire_finished(&wire);
}

static void test_parked_events_do_not_stop_the_feed(void **state)
{
    bench *b = *state;
    lk_sync_result result;

    fill_feed(b, 3, SECOND);
    kit_make(&b->events[1], "event_000001", "dsync.user.created", NOON - SECOND, "{\"id\":7}");
    result = step(b);
    assert_int_equal(result.n_fetched, 3);
    assert_int_equal(result.n_applied, 3);
    assert_int_equal(result.n_parked, 1);
    assert_int_equal(status_of(b).n_users, 2);
    assert_int_equal(status_of(b).n_parked, 1);
    assert_string_equal(status_of(b).cursor, "event_000002");
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

    use_transport(b, fake_wire_use(&wire));
    assert_int_equal(catch_up(b), 2);
    assert_int_equal(status_of(b).n_parked, 0);
    assert_string_equal(status_of(b).cursor, "evt_2");
    fake_wire_finished(&wire);
}

/* ---- Cursors that WorkOS does not know ---- */

static void test_lost_cursor_is_found_again_by_time(void **state)
{
    bench *b = *state;

    b->feed.page = 10;
    fill_feed(b, 25, 10 * SECOND);
    catch_up(b);
    /* WorkOS forgot all but the last five, and has two new ones. */
    b->feed.events = b->events + 20;
    b->feed.n_events = 5;
    kit_make(&b->events[23], "event_new_1", "dsync.user.created", NOON + SECOND,
             "{\"id\":\"user_new_1\",\"directory_id\":\"directory_1\"}");
    kit_make(&b->events[24], "event_new_2", "dsync.user.created", NOON + 2 * SECOND,
             "{\"id\":\"user_new_2\",\"directory_id\":\"directory_1\"}");
    assert_int_equal(catch_up(b), 2);
    assert_true(b->feed.was_ranged);
    assert_int_equal(b->feed.last_start_ms, NOON - MINUTE);
    assert_int_equal(status_of(b).n_events, 27);
    assert_string_equal(status_of(b).cursor, "event_new_2");
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

    fill_feed(b, 3, 2 * MINUTE);
    catch_up(b);
    b->clock.now_ms = NOON + 40 * (DAYS_30 / 30);
    use_transport(b, fake_wire_use(&wire));
    assert_true(step(b).caught_up);
    fake_wire_finished(&wire);
}

static void test_refusal_of_everything_is_an_error(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .query_has = "after=", .status = 422, .body = "{\"message\":\"no\"}" },
        { "GET /events", .query_has = "range_start=", .status = 422,
          .body = "{\"message\":\"unknown type\",\"code\":\"bad_type\"}" });

    fill_feed(b, 3, 2 * MINUTE);
    catch_up(b);
    use_transport(b, fake_wire_use(&wire));
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_API, err);
    assert_int_equal(err.http_status, 422);
    assert_string_equal(err.reason, "bad_type");
    fake_wire_finished(&wire);
}

static void test_restart_from_the_beginning_doubles_nothing(void **state)
{
    bench *b = *state;

    b->feed.page = 10;
    fill_feed(b, 25, 10 * SECOND);
    catch_up(b);
    b->feed.restarts = true;
    b->feed.ignores_range = true;
    b->feed.n_events = 12; /* the events after that are gone, and with them the cursor */
    assert_int_equal(catch_up(b), 0);
    assert_int_equal(status_of(b).n_events, 25);
    assert_string_equal(status_of(b).cursor, "event_000024");
}

/* ---- Late events ---- */

static void test_event_that_was_held_back_is_not_missed(void **state)
{
    int64_t visible_at_ms[10] = { 0 };
    bench *b = *state;

    fill_feed(b, 10, 5 * SECOND);
    b->feed.visible_at_ms = visible_at_ms;
    visible_at_ms[6] = NOON + 4 * SECOND; /* created 15 s before the newest one */
    assert_int_equal(catch_up(b), 9);
    b->clock.now_ms = NOON + 5 * SECOND;
    assert_int_equal(catch_up(b), 1);
    assert_int_equal(status_of(b).n_events, 10);
    assert_string_equal(status_of(b).cursor, "event_000009");
}

static void test_late_event_is_seen_by_a_new_process(void **state)
{
    int64_t visible_at_ms[10] = { 0 };
    bench *b = *state;

    fill_feed(b, 10, 5 * SECOND);
    b->feed.visible_at_ms = visible_at_ms;
    visible_at_ms[2] = NOON + 20 * SECOND; /* created 35 s before the newest one */
    assert_int_equal(catch_up(b), 9);
    b->clock.now_ms = NOON + 50 * SECOND;
    use_transport(b, fake_feed_use(&b->feed));
    assert_int_equal(catch_up(b), 1);
}

static void test_no_more_than_the_hold_back_is_read_again(void **state)
{
    bench *b = *state;

    fill_feed(b, 500, 5 * SECOND);
    catch_up(b);
    b->feed.n_served = 0;
    catch_up(b);
    /* Twelve lie within a minute of the newest one, itself included. */
    assert_in_range(b->feed.n_served, 1, 12);
    assert_string_equal(b->feed.last_after, "event_000487");
}

static void test_quiet_feed_is_read_from_its_end(void **state)
{
    bench *b = *state;

    fill_feed(b, 500, 10); /* a burst: all within five seconds */
    catch_up(b);
    b->clock.now_ms += 2 * MINUTE;
    catch_up(b); /* this one sees that nothing came late */
    b->feed.n_served = 0;
    b->feed.n_requests = 0;
    catch_up(b);
    assert_int_equal(b->feed.n_served, 0);
    assert_int_equal(b->feed.n_requests, 1);
    assert_string_equal(b->feed.last_after, "event_000499");
}

static void test_webhook_moves_no_cursor(void **state)
{
    bench *b = *state;

    fill_feed(b, 10, 5 * SECOND);
    kit_apply(&b->k, &b->events[9]); /* before the feed gets there */
    assert_string_equal(status_of(b).cursor, "");
    assert_int_equal(catch_up(b), 9);
    assert_string_equal(status_of(b).cursor, "event_000009");
}

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

        setup(&made);
        b = made;
        fill_feed(b, 3, SECOND);
        catch_up(b);
        before = kit_dump(b->k.mirror);
        use_transport(b, fake_wire_use(&wire));
        assert_fails(lk_sync_step(b->sync, NULL, &err), failures[i].status, err);
        assert_in_range(lk_sync_wait_ms(b->sync), failures[i].min_wait_ms, failures[i].max_wait_ms);
        after = kit_dump(b->k.mirror);
        assert_string_equal(before, after);
        assert_string_equal(status_of(b).cursor, "event_000002");
        fake_wire_finished(&wire);
        free(before);
        free(after);
        teardown(&made);
    }
}

static void test_back_off_grows_and_ends_with_success(void **state)
{
    static const int64_t longest_ms[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    static const fake_exchange cut = { "GET /events", .failure = LK_ERR_NETWORK };
    fake_exchange script[N_ROWS(longest_ms)];
    fake_wire wire = { .script = script,
                       .n_script = N_ROWS(script),
                       .mutex = PTHREAD_MUTEX_INITIALIZER };
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(script); i++)
        script[i] = cut;
    use_transport(b, fake_wire_use(&wire));
    for (size_t i = 0; i < N_ROWS(longest_ms); i++) {
        assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_NETWORK, err);
        assert_in_range(lk_sync_wait_ms(b->sync), longest_ms[i] / 2, longest_ms[i]);
        b->clock.now_ms += lk_sync_wait_ms(b->sync);
        assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    }
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

    use_transport(b, fake_wire_use(&wire));
    assert_false(step(b).caught_up);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_NETWORK, err);
    assert_true(step(b).caught_up);
    fake_wire_finished(&wire);
}

static void test_full_disk_changes_nothing_and_says_so(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    char *before;
    char *after;

    b->feed.page = 100;
    fill_feed(b, 600, SECOND);
    step(b);
    before = kit_dump(b->k.mirror);
    /* The smallest number that SQLite takes is the present size. */
    assert_ok(
        lk__store_run(b->k.mirror->store, "PRAGMA max_page_count=1", LK__NO_ARGS, NULL, NULL, &err),
        err);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_STORE, err);
    assert_contains(err.message, b->k.path);
    assert_contains(err.message, "no space is left");
    after = kit_dump(b->k.mirror);
    assert_string_equal(before, after);
    free(before);
    free(after);
    assert_ok(lk__store_run(b->k.mirror->store, "PRAGMA max_page_count=100000", LK__NO_ARGS, NULL,
                            NULL, &err),
              err);
    assert_int_equal(catch_up(b), 500);
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
        { "GET /events", .status = 200, .body = page });

    use_transport(b, fake_wire_use(&wire));
    result = step(b);
    assert_int_equal(result.n_applied, 0);
    assert_false(result.caught_up);
    assert_int_equal(status_of(b).n_events, 0);
    assert_string_equal(status_of(b).cursor, "event_other");
    assert_int_equal(catch_up(b), 1);
    assert_string_equal(status_of(b).cursor, "event_1");
    fake_wire_finished(&wire);
}

/* ---- Waiting ---- */

static void test_waking_ends_the_interval_but_not_a_rate_limit(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    fake_wire wire = FAKE_WIRE(
        { "GET /events", .status = 200, .body = "{\"data\":[]}" },
        { "GET /events", .status = 429, .header = "Retry-After: 9", .body = "\"Ratelimited\"" });

    use_transport(b, fake_wire_use(&wire));
    assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    step(b);
    assert_int_equal(lk_sync_wait_ms(b->sync), 5 * SECOND);
    lk_sync_wake(b->sync);
    assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_RATE_LIMITED, err);
    lk_sync_wake(b->sync);
    assert_int_equal(lk_sync_wait_ms(b->sync), 9 * SECOND);
    fake_wire_finished(&wire);
}

static void test_clock_that_is_set_back_does_not_lengthen_the_wait(void **state)
{
    bench *b = *state;

    fill_feed(b, 1, SECOND);
    catch_up(b);
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

    use_transport(b, fake_wire_use(&wire));
    assert_ok(lk_sync_run(b->sync, count_error, &n_errors, &err), err);
    assert_int_equal(n_errors, 1);
    fake_wire_finished(&wire);
}

static void test_stop_before_run_is_remembered(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    fake_wire wire = FAKE_WIRE_SILENT;

    use_transport(b, fake_wire_use(&wire));
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

    use_transport(b, fake_wire_use(&wire));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_poll_asks_for_thirty_days),
        TEST(test_pages_are_walked_to_the_end),
        TEST(test_second_catch_up_changes_nothing),
        TEST(test_short_pages_and_unreadable_entries_are_walked_over),
        TEST(test_walk_ends_when_the_next_page_is_the_same),
        TEST(test_parked_events_do_not_stop_the_feed),
        TEST(test_emulator_events_are_logged),
        TEST(test_lost_cursor_is_found_again_by_time),
        TEST(test_cursor_past_retention_begins_at_the_oldest_kept),
        TEST(test_refusal_of_everything_is_an_error),
        TEST(test_restart_from_the_beginning_doubles_nothing),
        TEST(test_event_that_was_held_back_is_not_missed),
        TEST(test_late_event_is_seen_by_a_new_process),
        TEST(test_no_more_than_the_hold_back_is_read_again),
        TEST(test_quiet_feed_is_read_from_its_end),
        TEST(test_webhook_moves_no_cursor),
        cmocka_unit_test(test_failure_leaves_the_mirror_as_it_was),
        TEST(test_back_off_grows_and_ends_with_success),
        TEST(test_failure_in_the_middle_goes_on_where_it_was),
        TEST(test_full_disk_changes_nothing_and_says_so),
        TEST(test_page_is_dropped_when_somebody_was_faster),
        TEST(test_waking_ends_the_interval_but_not_a_rate_limit),
        TEST(test_clock_that_is_set_back_does_not_lengthen_the_wait),
        TEST(test_run_reports_failures_goes_on_and_stops),
        TEST(test_stop_before_run_is_remembered),
        TEST(test_impossible_options_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
