/* What WorkOS holds back is not missed, however long a mirror was away and whatever its clock says:
 * where a walk begins, how far it goes, and where the cursor may stand. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "mirror/apply.h"
#include "mirror/mirror.h"
#include "sync-bench.h"
#include "test.h"

static void test_event_that_was_held_back_is_not_missed(void **state)
{
    int64_t visible_at_ms[10] = { 0 };
    bench *b = *state;

    bench_fill(b, 10, 5 * SECOND);
    b->feed.visible_at_ms = visible_at_ms;
    visible_at_ms[6] = NOON + 4 * SECOND; /* created 15 s before the newest one */
    assert_int_equal(bench_catch_up(b), 9);
    b->clock.now_ms = NOON + 5 * SECOND;
    assert_int_equal(bench_catch_up(b), 1);
    assert_int_equal(bench_status(b).n_events, 10);
    assert_string_equal(bench_status(b).cursor, "event_000009");
}

static void test_late_event_is_seen_by_a_new_process(void **state)
{
    int64_t visible_at_ms[10] = { 0 };
    bench *b = *state;

    bench_fill(b, 10, 5 * SECOND);
    b->feed.visible_at_ms = visible_at_ms;
    visible_at_ms[2] = NOON + 20 * SECOND; /* created 35 s before the newest one */
    assert_int_equal(bench_catch_up(b), 9);
    b->clock.now_ms = NOON + 50 * SECOND;
    bench_use(b, fake_feed_use(&b->feed));
    assert_int_equal(bench_catch_up(b), 1);
}

static void test_no_more_than_the_hold_back_is_read_again(void **state)
{
    bench *b = *state;

    bench_fill(b, 500, 5 * SECOND);
    bench_catch_up(b);
    b->feed.n_served = 0;
    bench_catch_up(b);
    /* Twelve lie within a minute of the newest one, itself included. */
    assert_in_range(b->feed.n_served, 1, 12);
    assert_string_equal(b->feed.last_after, "event_000487");
}

static void test_quiet_feed_is_read_from_its_end(void **state)
{
    bench *b = *state;

    bench_fill(b, 500, 10); /* a burst: all within five seconds */
    bench_catch_up(b);
    b->clock.now_ms += 2 * MINUTE;
    bench_catch_up(b); /* this one sees that nothing came late */
    b->feed.n_served = 0;
    b->feed.n_requests = 0;
    bench_catch_up(b);
    assert_int_equal(b->feed.n_served, 0);
    assert_int_equal(b->feed.n_requests, 1);
    assert_string_equal(b->feed.last_after, "event_000499");
}

/* A webhook told the newest event long ago; the walk that would pass it died on the way. */
static void test_walk_that_did_not_end_settles_nothing(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    lk__applied applied;

    b->feed.page = 10;
    bench_fill(b, 25, MINUTE);
    assert_ok(lk__apply_event(b->k.mirror->store, &b->events[24].event, NOON, &applied, &err), err);
    b->clock.now_ms = NOON + 2 * MINUTE;
    bench_step(b);
    bench_use(b, fake_feed_use(&b->feed));
    assert_int_equal(bench_catch_up(b), 14);
}

/* The clock was an hour ahead and is set right; then a webhook tells the newest event before the
 * feed gets there. It was learned "long before" the last walk began, which did not see it. */
static void test_clock_set_back_lets_no_webhook_hide_events(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    lk__applied applied;

    bench_fill(b, 30, 5 * SECOND);
    b->feed.n_events = 10;
    b->clock.now_ms = NOON + 60 * MINUTE;
    assert_int_equal(bench_catch_up(b), 10);
    b->clock.now_ms = NOON + SECOND;
    b->feed.n_events = 30;
    assert_ok(
        lk__apply_event(b->k.mirror->store, &b->events[29].event, b->clock.now_ms, &applied, &err),
        err);
    assert_int_equal(bench_catch_up(b), 19);
}

/* By ours the newest event has been there for an hour; by WorkOS' it is a second old, and one
 * before it is still held back. */
static void test_clock_set_forward_hides_no_event(void **state)
{
    bench *b = *state;
    fake_clock theirs = { .now_ms = NOON };
    int64_t visible_at_ms[10];

    bench_fill(b, 10, SECOND);
    for (int i = 0; i < 10; i++)
        visible_at_ms[i] = i == 8 ? NOON + 90 * MINUTE : NOON;
    b->feed.visible_at_ms = visible_at_ms;
    b->feed.dated_by = &theirs;
    assert_int_equal(bench_catch_up(b), 9);
    b->clock.now_ms = NOON + 60 * MINUTE;
    theirs.now_ms = NOON + 2 * SECOND;
    assert_int_equal(bench_catch_up(b), 0);
    b->clock.now_ms = NOON + 90 * MINUTE;
    theirs.now_ms = NOON + 20 * SECOND;
    assert_int_equal(bench_catch_up(b), 1);
}

/* It stands still where an event is held back; that comes, and hours later the walk would go on
 * past it, and past the overlap of the next one. */
static void test_walk_that_stood_still_is_begun_anew(void **state)
{
    bench *b = *state;
    int64_t visible_at_ms[40];
    lk_error err = LK_ERROR_INIT;

    b->feed.page = 10;
    bench_fill(b, 40, SECOND);
    for (int i = 0; i < 40; i++)
        visible_at_ms[i] = b->events[i].event.created_at_ms;
    for (int i = 20; i < 40; i++) { /* tomorrow's */
        char id[32];

        snprintf(id, sizeof(id), "event_%06d", i);
        kit_make(&b->events[i], id, "dsync.user.created", NOON + DAYS_30 / 30 + i * SECOND,
                 "{\"id\":\"user_%d\",\"directory_id\":\"directory_1\"}", i);
    }
    visible_at_ms[3] = b->events[19].event.created_at_ms + SECOND;
    b->feed.visible_at_ms = visible_at_ms;
    b->clock.now_ms = b->events[19].event.created_at_ms;
    b->feed.n_events = 20;
    b->feed.fails_at = 2;
    assert_int_equal(bench_step(b).n_applied, 10);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_NETWORK, err);
    b->feed.n_events = 40;
    b->clock.now_ms = NOON + 2 * DAYS_30 / 30;
    assert_int_equal(bench_catch_up(b), 30);
}

/* From the feed: behind it there would be nothing more, for as long as it claims. */
static void test_event_from_the_future_does_not_end_the_feed(void **state)
{
    bench *b = *state;

    bench_fill(b, 20, 5 * SECOND);
    kit_make(&b->events[9], "event_999999", "dsync.user.created", INT64_C(253402214400000),
             "{\"id\":\"user_9\",\"directory_id\":\"directory_1\"}");
    b->feed.n_events = 10; /* the last of its page */
    assert_int_equal(bench_catch_up(b), 10);
    assert_string_equal(bench_status(b).cursor, "event_000008");
    b->events[9] = b->events[8]; /* it is not told again */
    b->feed.n_events = 20;
    b->clock.now_ms = NOON + 10 * MINUTE;
    assert_int_equal(bench_catch_up(b), 10);
    assert_string_equal(bench_status(b).cursor, "event_000019");
}

/* An earlier version went there. */
static void test_cursor_in_the_future_comes_back(void **state)
{
    bench *b = *state;

    bench_fill(b, 20, 5 * SECOND);
    b->feed.n_events = 10;
    assert_int_equal(bench_catch_up(b), 10);
    kit_run(&b->k, "UPDATE feed SET cursor = 'event_999999', cursor_at_ms = 253402214400000");
    assert_int_equal(bench_catch_up(b), 0);
    b->feed.n_events = 20;
    assert_int_equal(bench_catch_up(b), 10);
    assert_string_equal(bench_status(b).cursor, "event_000019");
}

static void test_webhook_moves_no_cursor(void **state)
{
    bench *b = *state;

    bench_fill(b, 10, 5 * SECOND);
    kit_apply(&b->k, &b->events[9]); /* before the feed gets there */
    assert_string_equal(bench_status(b).cursor, "");
    assert_int_equal(bench_catch_up(b), 9);
    assert_string_equal(bench_status(b).cursor, "event_000009");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_event_that_was_held_back_is_not_missed),
        BENCH_TEST(test_late_event_is_seen_by_a_new_process),
        BENCH_TEST(test_no_more_than_the_hold_back_is_read_again),
        BENCH_TEST(test_quiet_feed_is_read_from_its_end),
        BENCH_TEST(test_walk_that_did_not_end_settles_nothing),
        BENCH_TEST(test_clock_set_back_lets_no_webhook_hide_events),
        BENCH_TEST(test_clock_set_forward_hides_no_event),
        BENCH_TEST(test_walk_that_stood_still_is_begun_anew),
        BENCH_TEST(test_event_from_the_future_does_not_end_the_feed),
        BENCH_TEST(test_cursor_in_the_future_comes_back),
        BENCH_TEST(test_webhook_moves_no_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
