/* Several processes with a consumer of one name: one at a time, none too late; and the record that
 * an application keeps itself. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "consumer-kit.h"
#include "mirror/mirror.h"
#include "test.h"

enum { LEASE_MS = 10000 };

/* ---- Turns ---- */

static void test_one_is_handed_events_and_the_other_stands_by(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer) second = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);

    consumer_kit_add(test, "abcd");
    assert_int_equal(consumer_kit_step(test, first).n_handled, 1);
    lk_consumer_result result = consumer_kit_step(test, second);
    assert_true(result.standing_by && result.caught_up);
    assert_int_equal(result.n_handled, 0);
    assert_in_range(lk_consumer_wait_ms(second), 1, LEASE_MS);
    test->clock.now_ms += LEASE_MS - 1; /* the first one renews it in time */
    assert_int_equal(consumer_kit_step(test, first).n_handled, 1);
    test->clock.now_ms += LEASE_MS - 1;
    assert_true(consumer_kit_step(test, second).standing_by);
    assert_string_equal(test->notes, "a|b|");
}

static void test_another_takes_over_when_the_lease_is_over(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer) second = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    int64_t fence;

    consumer_kit_add(test, "abcd");
    (void)consumer_kit_step(test, first);
    fence = test->fence;
    test->clock.now_ms += LEASE_MS;
    assert_int_equal(consumer_kit_step(test, second).n_handled, 1);
    assert_true(test->fence > fence);
    assert_true(consumer_kit_step(test, first).standing_by);
    consumer_kit_expect(test, second, "a|b|c|d|");
}

static void test_who_leaves_makes_way_at_once(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer) second = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);

    consumer_kit_add(test, "ab");
    (void)consumer_kit_step(test, first);
    lk_consumer_freep(&first);
    test->clock.now_ms += 1;
    consumer_kit_expect(test, second, "a|b|");
}

static lk_consumer *rival;

/* The handler took so long that another process has taken over, and is done with the event. */
static void overtake(consumer_kit *test)
{
    lk_consumer *other = rival;

    test->within = NULL;
    test->clock.now_ms += LEASE_MS;
    assert_int_equal(consumer_kit_step(test, other).n_handled, 1);
}

static void test_late_one_moves_nothing(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 3, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer) second = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer_state_page) page = NULL;

    consumer_kit_add(test, "abc");
    rival = second;
    test->within = overtake;
    lk_consumer_result late = consumer_kit_step(test, first);
    assert_true(late.moved);
    assert_int_equal(late.n_handled, 0);
    assert_int_equal(consumer_kit_state(test, &page)->position, consumer_kit_sequence(test, 'a'));
    assert_true(consumer_kit_step(test, first).standing_by);
    consumer_kit_expect(test, second, "a|abc|b|c|");
}

/* The same although the place is where the late one left it: the fence alone tells. */
static void fail_and_leave(consumer_kit *test)
{
    lk_consumer *other = rival;
    lk_error err = LK_ERROR_INIT;

    test->within = NULL;
    test->clock.now_ms += LEASE_MS;
    test->refuses = "a";
    assert_int_equal(lk_consumer_step(other, NULL, &err), LK_ERR_PROTOCOL);
    test->refuses = NULL;
}

static void test_late_one_is_told_by_the_fence_alone(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 3, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer) second = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer_state_page) page = NULL;

    consumer_kit_add(test, "abc");
    rival = second;
    test->within = fail_and_leave;
    assert_true(consumer_kit_step(test, first).moved);
    assert_int_equal(consumer_kit_state(test, &page)->position, 0);
    assert_int_equal(page->items[0]->n_failures, 1); /* of the second's, and not forgotten */
    consumer_kit_expect(test, second, "a!abc|a|b|c|");
}

static void hold(consumer_kit *test)
{
    lk_error err = LK_ERROR_INIT;
    bool held = false;

    test->clock.now_ms += LEASE_MS - 1;
    assert_ok(lk_consumer_hold(test->consumer, &held, &err), err);
    assert_true(held);
    test->clock.now_ms += LEASE_MS - 1;
    assert_true(consumer_kit_step(test, rival).standing_by);
}

static void test_long_handler_may_hold_the_turn(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) second = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 3, .lease_ms = LEASE_MS);

    consumer_kit_add(test, "abc");
    rival = second;
    test->within = hold;
    assert_int_equal(consumer_kit_step(test, first).n_handled, 3);
}

static void overtake_and_ask(consumer_kit *test)
{
    lk_error err = LK_ERROR_INIT;
    bool held = true;

    overtake(test);
    assert_ok(lk_consumer_hold(test->consumer, &held, &err), err);
    assert_false(held);
}

static void test_hold_tells_who_was_overtaken(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) second = CONSUMER(test, .batch = 1, .lease_ms = LEASE_MS);
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 3, .lease_ms = LEASE_MS);
    lk_error err = LK_ERROR_INIT;

    consumer_kit_add(test, "abc");
    rival = second;
    test->within = overtake_and_ask;
    assert_true(consumer_kit_step(test, first).moved);
    consumer_kit_expect(test, second, "a|abc|b|c|");
    assert_fails(lk_consumer_hold(first, NULL, &err), LK_ERR_INVALID, err);
}

/* ---- The application's own record ---- */

static int64_t own_record; /* stands for a row in its own database */
static int64_t own_fence;

static lk_status resume(void *ctx, int64_t fence, int64_t *sequence, lk_error *err)
{
    (void)ctx;
    (void)err;
    own_fence = fence;
    *sequence = own_record;
    return LK_OK;
}

static void test_own_record_counts_for_more_than_the_stores(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) first = NULL;
    lk_auto(lk_consumer) second = NULL;

    own_record = 0;
    first = CONSUMER(test, .batch = 2, .resume = resume);
    consumer_kit_add(test, "abcdef");
    (void)consumer_kit_step(test, first);
    assert_int_equal(own_fence, test->fence);
    /* It had committed c and d, and died before the store heard of it. */
    own_record = consumer_kit_sequence(test, 'd');
    lk_consumer_freep(&first);
    test->clock.now_ms += 1;
    second = CONSUMER(test, .batch = 2, .resume = resume);
    consumer_kit_expect(test, second, "ab|ef|");
    lk_consumer_freep(&second);
    /* Its database was restored from a backup. */
    own_record = consumer_kit_sequence(test, 'e');
    test->clock.now_ms += 1;
    second = CONSUMER(test, .batch = 2, .resume = resume);
    consumer_kit_expect(test, second, "F|");
}

static lk_status refuse_to_resume(void *ctx, int64_t fence, int64_t *sequence, lk_error *err)
{
    (void)fence;
    (void)err;
    *sequence = -1;
    return *(bool *)ctx ? LK_OK : LK_ERR_STORE;
}

static void test_nothing_is_handed_over_without_the_own_record(void **state)
{
    consumer_kit *test = *state;
    bool is_nonsense = false;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .resume = refuse_to_resume, .ctx = &is_nonsense);
    lk_error err = LK_ERROR_INIT;

    consumer_kit_add(test, "a");
    assert_int_equal(lk_consumer_step(consumer, NULL, &err), LK_ERR_STORE);
    assert_int_equal(lk_consumer_wait_ms(consumer), 1000);
    is_nonsense = true;
    assert_fails(lk_consumer_step(consumer, NULL, &err), LK_ERR_INVALID, err);
    assert_string_equal(test->notes, "");
}

/* ---- Running, and removing ---- */

typedef struct crowd {
    kit *k;
    atomic_int n_handled; /* by both */
    atomic_int n_replays;
    atomic_int inside; /* handlers that run right now */
    atomic_int most_inside;
} crowd;

enum { N_EVENTS = 120 };

static lk_status count(void *ctx, const lk_consumer_batch *batch, size_t *n_done, lk_error *err)
{
    crowd *c = ctx;
    int inside = atomic_fetch_add(&c->inside, 1) + 1;

    (void)n_done;
    (void)err;
    if (inside > c->most_inside)
        c->most_inside = inside;
    lk__system_sleep_ms(NULL, 1);
    for (size_t i = 0; i < batch->count; i++)
        atomic_fetch_add(batch->items[i].is_replay ? &c->n_replays : &c->n_handled, 1);
    atomic_fetch_sub(&c->inside, 1);
    return LK_OK;
}

typedef struct runner {
    lk_mirror *mirror;
    lk_consumer *consumer;
    pthread_t thread;
    lk_status status;
} runner;

static void complain(void *ctx, const lk_error *err)
{
    (void)ctx;
    fprintf(stderr, "%s\n", err->message);
}

static void *run(void *ctx)
{
    runner *self = ctx;

    self->status = lk_consumer_run(self->consumer, complain, NULL, NULL);
    return NULL;
}

static void start(runner *self, crowd *c)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_open(c->k->store, &self->mirror, &err), err);
    assert_ok(
        lk_consumer_new(LK_CONSUMER_OPTIONS(.name = "test", .mirror = self->mirror, .handle = count,
                                            .ctx = c, .batch = 7, .lease_ms = LEASE_MS),
                        &self->consumer, &err),
        err);
    assert_int_equal(pthread_create(&self->thread, NULL, run, self), 0);
}

static void stop(runner *self)
{
    lk_consumer_stop(self->consumer);
    pthread_join(self->thread, NULL);
    assert_int_equal(self->status, LK_OK);
    lk_consumer_free(self->consumer);
    lk_mirror_free(self->mirror);
}

static void apply(crowd *c, int from, int to)
{
    for (int i = from; i < to; i++) {
        kit_event event;
        char id[32];

        snprintf(id, sizeof(id), "event_%d", i);
        kit_make(&event, id, "user.created", i + 1, "{\"id\":\"user_1\"}");
        assert_true(kit_apply(c->k, &event));
    }
}

static void wait_until(const crowd *c, int n)
{
    for (int64_t until_ms = lk__steady_now_ms() + 60000;
         c->n_handled < n && lk__steady_now_ms() < until_ms;)
        lk__system_sleep_ms(NULL, 5);
    assert_int_equal(c->n_handled, n);
}

/* Real clock, real waits: news wake it, the second one takes over from the first, each once. */
static void test_two_run_side_by_side(void **state)
{
    consumer_kit *test = *state;
    crowd c = { .k = &test->k };
    runner first = { 0 };
    runner second = { 0 };

    start(&first, &c);
    apply(&c, 0, N_EVENTS / 3);
    start(&second, &c);
    apply(&c, N_EVENTS / 3, N_EVENTS / 2);
    wait_until(&c, N_EVENTS / 2);
    stop(&first);
    apply(&c, N_EVENTS / 2, N_EVENTS);
    wait_until(&c, N_EVENTS);
    stop(&second);
    assert_int_equal(c.n_replays, 0);
    assert_int_equal(c.most_inside, 1);
}

static void test_removed_name_is_gone(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 1);
    lk_auto(lk_consumer) again = NULL;
    lk_error err = LK_ERROR_INIT;

    consumer_kit_add(test, "ab");
    (void)consumer_kit_step(test, consumer);
    assert_fails(lk_mirror_remove_consumer(test->k.mirror, "tset", &err), LK_ERR_NOT_FOUND, err);
    assert_ok(lk_mirror_remove_consumer(test->k.mirror, "test", &err), err);
    assert_fails(lk_mirror_remove_consumer(test->k.mirror, "test", &err), LK_ERR_NOT_FOUND, err);
    assert_fails(lk_consumer_step(consumer, NULL, &err), LK_ERR_NOT_FOUND, err);
    lk_consumer_freep(&consumer);
    test->clock.now_ms += 1;
    again = CONSUMER(test, .batch = 1); /* new: nothing of before is known */
    consumer_kit_expect(test, again, "a|a|b|");
}

static void test_impossible_options_are_refused(void **state)
{
    consumer_kit *test = *state;
    char long_name[202];
    lk_mirror *mirror = test->k.mirror;
    lk_consumer *consumer = NULL;
    lk_error err = LK_ERROR_INIT;

    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    const lk_consumer_options *rows[] = {
        NULL,
        LK_CONSUMER_OPTIONS(.name = "a", .handle = consumer_kit_handle),
        LK_CONSUMER_OPTIONS(.name = "a", .mirror = mirror),
        LK_CONSUMER_OPTIONS(.mirror = mirror, .handle = consumer_kit_handle),
        LK_CONSUMER_OPTIONS(.name = "", .mirror = mirror, .handle = consumer_kit_handle),
        LK_CONSUMER_OPTIONS(.name = "a\nb", .mirror = mirror, .handle = consumer_kit_handle),
        LK_CONSUMER_OPTIONS(.name = "a\xff", .mirror = mirror, .handle = consumer_kit_handle),
        LK_CONSUMER_OPTIONS(.name = long_name, .mirror = mirror, .handle = consumer_kit_handle),
        LK_CONSUMER_OPTIONS(.name = "a", .mirror = mirror, .handle = consumer_kit_handle,
                            .batch = 1001),
        LK_CONSUMER_OPTIONS(.name = "a", .mirror = mirror, .handle = consumer_kit_handle,
                            .batch = -1),
        LK_CONSUMER_OPTIONS(.name = "a", .mirror = mirror, .handle = consumer_kit_handle,
                            .lease_ms = 99),
        LK_CONSUMER_OPTIONS(.name = "a", .mirror = mirror, .handle = consumer_kit_handle,
                            .lease_ms = 300001),
        LK_CONSUMER_OPTIONS(.name = "a", .mirror = mirror, .handle = consumer_kit_handle,
                            .n_types = 1),
        LK_CONSUMER_OPTIONS(.name = "a", .mirror = mirror, .handle = consumer_kit_handle,
                            .start = { .from = LK_FROM_TIME }),
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        assert_fails(lk_consumer_new(rows[i], &consumer, &err), LK_ERR_INVALID, err);
        assert_null(consumer);
    }
    assert_fails(lk_mirror_list_consumers(mirror, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_remove_consumer(NULL, "a", &err), LK_ERR_INVALID, err);
    long_name[200] = '\0';
    assert_ok(lk_consumer_new(LK_CONSUMER_OPTIONS(.name = long_name, .mirror = mirror,
                                                  .handle = consumer_kit_handle),
                              &consumer, &err),
              err);
    lk_consumer_free(consumer);
    lk_consumer_free(NULL);
}

/* A store of the version before has no consumers, and learns of them when it is opened. */
static void test_older_store_learns_of_consumers(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = NULL;

    consumer_kit_add(test, "ab");
    kit_go_back(&test->k, 4);
    kit_open(&test->k);
    consumer = CONSUMER(test, .batch = 2);
    consumer_kit_expect(test, consumer, "ab|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONSUMER_TEST(test_one_is_handed_events_and_the_other_stands_by),
        CONSUMER_TEST(test_another_takes_over_when_the_lease_is_over),
        CONSUMER_TEST(test_who_leaves_makes_way_at_once),
        CONSUMER_TEST(test_late_one_moves_nothing),
        CONSUMER_TEST(test_late_one_is_told_by_the_fence_alone),
        CONSUMER_TEST(test_long_handler_may_hold_the_turn),
        CONSUMER_TEST(test_hold_tells_who_was_overtaken),
        CONSUMER_TEST(test_own_record_counts_for_more_than_the_stores),
        CONSUMER_TEST(test_nothing_is_handed_over_without_the_own_record),
        CONSUMER_TEST(test_two_run_side_by_side),
        CONSUMER_TEST(test_removed_name_is_gone),
        CONSUMER_TEST(test_impossible_options_are_refused),
        CONSUMER_TEST(test_older_store_learns_of_consumers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
