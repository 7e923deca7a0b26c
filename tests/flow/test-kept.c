/* What a sync keeps: events of some days, and the times whose events never came. */
#include <latchkey/consumer.h>
#include <stdio.h>

#include "sync-bench.h"
#include "test.h"

#define DAY (INT64_C(24) * 60 * MINUTE)

static void use_keeping(bench *b, lk_mirror *mirror, int keep_days, int lease_ms)
{
    lk_error err = LK_ERROR_INIT;

    lk_sync_free(b->sync);
    b->sync = NULL;
    assert_ok(lk_sync_new(LK_SYNC_OPTIONS(.client = b->client, .mirror = mirror, .n_windows = 1,
                                          .no_reconcile = true, .keep_days = keep_days,
                                          .lease_ms = lease_ms),
                          &b->sync, &err),
              err);
}

static void poll_later(bench *b, int64_t ms)
{
    b->clock.now_ms += ms;
    (void)bench_catch_up(b);
}

/* ---- Days ---- */

static void test_a_sync_forgets_by_itself(void **state)
{
    bench *b = *state;

    bench_fill(b, 3000, DAY / 100); /* thirty days */
    use_keeping(b, b->k.mirror, 7, 0);
    (void)bench_catch_up(b);
    for (int i = 0; i < 4; i++) /* a thousand at a poll */
        poll_later(b, 5 * SECOND);
    assert_int_equal(bench_status(b).n_events, 7 * 100 + 1);
    assert_int_equal(bench_status(b).n_users, 3000);
    assert_true(bench_status(b).kept_from_ms > NOON - 8 * DAY);
    /* What the feed reads again it still knows. */
    assert_int_equal(bench_catch_up(b), 0);
    poll_later(b, 2 * DAY);
    for (int i = 0; i < 3; i++)
        poll_later(b, 5 * SECOND);
    assert_int_equal(bench_status(b).n_events, 5 * 100);
}

/* Nothing new for a long time: the last minute stays, and is not read anew each time. */
static void test_a_quiet_feed_keeps_its_place(void **state)
{
    bench *b = *state;

    bench_fill(b, 300, SECOND);
    use_keeping(b, b->k.mirror, 1, 0);
    (void)bench_catch_up(b);
    for (int i = 0; i < 5; i++) {
        b->clock.now_ms += 10 * DAY;
        assert_int_equal(bench_catch_up(b), 0);
    }
    assert_true(bench_status(b).n_events >= 60 && bench_status(b).n_events <= 62);
}

static void test_without_days_all_is_kept(void **state)
{
    bench *b = *state;

    bench_fill(b, 100, DAY / 4);
    use_keeping(b, b->k.mirror, 0, 0);
    (void)bench_catch_up(b);
    poll_later(b, 100 * DAY);
    poll_later(b, DAY);
    assert_int_equal(bench_status(b).n_events, 100);
    assert_int_equal(bench_status(b).kept_from_ms, 0);
}

/* Of two syncs with a lease the one that polls forgets; one whose lease was taken over does not. */
static void test_who_has_no_turn_forgets_nothing(void **state)
{
    bench *b = *state;
    lk_auto(lk_mirror) other = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_sync_result result = { 0 };
    lk_sync *polling;

    bench_fill(b, 1000, DAY / 50);
    use_keeping(b, b->k.mirror, 0, 10000);
    (void)bench_catch_up(b);
    polling = b->sync;
    b->sync = NULL;
    assert_ok(lk_mirror_open(b->k.store, &other, &err), err);
    use_keeping(b, other, 1, 10000);
    b->clock.now_ms += SECOND;
    assert_ok(lk_sync_step(b->sync, &result, &err), err);
    assert_true(result.standing_by);
    assert_int_equal(bench_status(b).n_events, 1000);
    /* The near miss: its turn comes. */
    lk_sync_free(polling);
    b->clock.now_ms += SECOND;
    assert_ok(lk_sync_step(b->sync, &result, &err), err);
    assert_false(result.standing_by);
    assert_true(bench_status(b).n_events < 1000);
    lk_sync_freep(&b->sync);
}

static void test_impossible_days_are_refused(void **state)
{
    bench *b = *state;
    static const int days[] = { -1, 36501 };
    lk_error err = LK_ERROR_INIT;
    lk_sync *sync = NULL;

    bench_fill(b, 1, 1);
    for (size_t i = 0; i < N_ROWS(days); i++)
        assert_fails(lk_sync_new(LK_SYNC_OPTIONS(.client = b->client, .mirror = b->k.mirror,
                                                 .keep_days = days[i]),
                                 &sync, &err),
                     LK_ERR_INVALID, err);
}

/* ---- Gaps ---- */

static lk_gap_page *gaps_of(bench *b)
{
    lk_gap_page *page = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_list_gaps(b->k.mirror, &page, &err), err);
    return page;
}

/* Forty days later the feed holds only what it keeps: the last thirty. */
static void away_for_forty_days(bench *b)
{
    b->clock.now_ms = NOON + 40 * DAY;
    b->feed.events = b->events + 50;
    b->feed.n_events = 50;
}

/* A hundred events, of which the mirror knows the first half; the others came 5 days ago. */
static void know_half(bench *b)
{
    bench_fill(b, 100, SECOND);
    for (size_t i = 50; i < 100; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06zu", i);
        kit_make(&b->events[i], id, "dsync.user.created", NOON + 35 * DAY + (int64_t)i,
                 "{\"id\":\"user_%zu\",\"directory_id\":\"directory_1\"}", i);
    }
    b->feed.n_events = 50;
    assert_int_equal(bench_catch_up(b), 50);
}

static void test_a_time_that_never_came_is_noted(void **state)
{
    bench *b = *state;

    know_half(b);
    lk_gap_page *before = gaps_of(b);
    assert_int_equal(before->count, 0); /* a new mirror misses nothing */
    lk_gap_page_free(before);
    away_for_forty_days(b);
    assert_int_equal(bench_catch_up(b), 50);
    for (int i = 0; i < 2; i++) { /* once, and for good */
        lk_auto(lk_gap_page) page = gaps_of(b);

        assert_int_equal(page->count, 1);
        assert_int_equal(page->items[0].since_ms, NOON);
        assert_int_equal(page->items[0].until_ms, NOON + 10 * DAY);
        assert_int_equal(page->items[0].noted_at_ms, NOON + 40 * DAY);
        poll_later(b, MINUTE);
        kit_open(&b->k);
        bench_use(b, fake_feed_use(&b->feed));
    }
}

/* The server keeps events for longer than it says: nothing is missing. */
static void test_events_that_are_still_there_leave_no_gap(void **state)
{
    bench *b = *state;

    know_half(b);
    for (size_t i = 50; i < 100; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06zu", i);
        kit_make(&b->events[i], id, "dsync.user.created", NOON + 5 * DAY + (int64_t)i,
                 "{\"id\":\"user_%zu\",\"directory_id\":\"directory_1\"}", i);
    }
    b->clock.now_ms = NOON + 40 * DAY;
    b->feed.n_events = 100;
    assert_int_equal(bench_catch_up(b), 50);
    lk_auto(lk_gap_page) page = gaps_of(b);
    assert_int_equal(page->count, 0);
}

static void test_a_short_absence_leaves_no_gap(void **state)
{
    bench *b = *state;

    know_half(b);
    poll_later(b, 29 * DAY);
    poll_later(b, 29 * DAY); /* no event for 58 days, and none was missed */
    lk_auto(lk_gap_page) page = gaps_of(b);
    assert_int_equal(page->count, 0);
}

/* With the retention a gap goes, too: all that it is about is forgotten. */
static void test_a_gap_is_forgotten_with_its_time(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;

    know_half(b);
    away_for_forty_days(b);
    (void)bench_catch_up(b);
    assert_ok(lk_mirror_forget_events(b->k.mirror, NOON + 10 * DAY - 1, NULL, NULL, NULL, &err),
              err);
    lk_gap_page *page = gaps_of(b);
    assert_int_equal(page->count, 1);
    lk_gap_page_free(page);
    assert_ok(lk_mirror_forget_events(b->k.mirror, NOON + 10 * DAY, NULL, NULL, NULL, &err), err);
    page = gaps_of(b);
    assert_int_equal(page->count, 0);
    lk_gap_page_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_a_sync_forgets_by_itself),
        BENCH_TEST(test_a_quiet_feed_keeps_its_place),
        BENCH_TEST(test_without_days_all_is_kept),
        BENCH_TEST(test_who_has_no_turn_forgets_nothing),
        BENCH_TEST(test_impossible_days_are_refused),
        BENCH_TEST(test_a_time_that_never_came_is_noted),
        BENCH_TEST(test_events_that_are_still_there_leave_no_gap),
        BENCH_TEST(test_a_short_absence_leaves_no_gap),
        BENCH_TEST(test_a_gap_is_forgotten_with_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
