/* A consumer: what it is handed, from where on, and what becomes of an event that it cannot handle.
 */
#include <stdio.h>

#include "consumer-kit.h"
#include "mirror/mirror.h"
#include "test.h"

/* ---- Handing over ---- */

static void test_each_is_handed_over_once_in_the_order_of_arrival(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 2);

    consumer_kit_expect(test, consumer, "");
    consumer_kit_add(test, "caedb"); /* created in another order */
    consumer_kit_expect(test, consumer, "ca|ed|b|");
    consumer_kit_expect(test, consumer, "");
    consumer_kit_add(test, "f");
    consumer_kit_expect(test, consumer, "f|");
    assert_int_equal(test->attempt, 1);
}

static void test_place_is_remembered_across_programs(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) first = CONSUMER(test, .batch = 2);
    lk_auto(lk_consumer) second = NULL;

    consumer_kit_add(test, "abcd");
    assert_int_equal(consumer_kit_step(test, first).n_handled, 2);
    lk_consumer_freep(&first);
    test->clock.now_ms += 1;
    kit_open(&test->k);
    second = CONSUMER(test, .start = { .from = LK_FROM_END }); /* it is no new name any more */
    consumer_kit_expect(test, second, "ab|cd|");
}

static void test_names_are_independent(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 5);
    lk_auto(lk_consumer) other = CONSUMER(test, .name = "other");

    consumer_kit_add(test, "ab");
    consumer_kit_expect(test, consumer, "ab|");
    consumer_kit_expect(test, other, "ab|");
}

static void test_new_name_begins_where_it_is_told(void **state)
{
    static const struct {
        lk_consumer_place start;
        const char *notes;
    } rows[] = {
        { { .from = LK_FROM_BEGINNING }, "cabe|" },
        { { .from = LK_FROM_END }, "e|" },
        { { .from = LK_FROM_EVENT, .event_id = "event_a" }, "abe|" },
        { { .from = LK_FROM_EVENT, .event_id = "event_c" }, "cabe|" },
        { { .from = LK_FROM_TIME, .time_ms = 3000 }, "cabe|" }, /* c was created last */
        { { .from = LK_FROM_TIME, .time_ms = 3001 }, "e|" },    /* none so far */
        { { .from = LK_FROM_TIME, .time_ms = 1 }, "cabe|" },
    };
    consumer_kit *test = *state;
    lk_consumer *consumers[N_ROWS(rows)];

    consumer_kit_add(test, "cab");
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char name[16];

        snprintf(name, sizeof(name), "c%zu", i);
        consumers[i] = CONSUMER(test, .name = name, .start = rows[i].start);
    }
    consumer_kit_add(test, "e");
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        consumer_kit_expect(test, consumers[i], rows[i].notes);
        lk_consumer_free(consumers[i]);
    }
}

static void test_start_at_an_unknown_event_subscribes_nobody(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer_state_page) page = NULL;
    lk_consumer *consumer = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_fails(
        lk_consumer_new(LK_CONSUMER_OPTIONS(.name = "test", .mirror = test->k.mirror,
                                            .handle = consumer_kit_handle,
                                            .start = { LK_FROM_EVENT, .event_id = "event_x" }),
                        &consumer, &err),
        LK_ERR_NOT_FOUND, err);
    assert_null(consumer);
    assert_ok(lk_mirror_list_consumers(test->k.mirror, &page, &err), err);
    assert_int_equal(page->count, 0);
}

static void test_filters_pass_over_what_is_not_wanted(void **state)
{
    static const char *const types[] = { "user.*", "dsync.deleted" };
    consumer_kit *test = *state;
    lk_auto(lk_consumer) one = CONSUMER(test, .organization_id = "org_b");
    lk_auto(lk_consumer) users = CONSUMER(test, .name = "users", .types = types, .n_types = 2);
    lk_auto(lk_consumer) none = CONSUMER(test, .name = "none", .types = types + 1, .n_types = 1);
    lk_auto(lk_consumer_state_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    consumer_kit_add(test, "abc");
    consumer_kit_expect(test, one, "b|");
    consumer_kit_expect(test, users, "abc|");
    consumer_kit_expect(test, none, "");
    assert_ok(lk_mirror_list_consumers(test->k.mirror, &page, &err), err);
    assert_int_equal(page->count, 3);
    for (size_t i = 0; i < page->count; i++) /* nothing is left to be looked at */
        assert_int_equal(page->items[i]->n_behind, 0);
    assert_string_equal(page->items[0]->name, "none");
    assert_int_equal(page->items[0]->reached, 0);
    assert_int_equal(page->items[0]->done_at_ms, 0);
}

static void test_lag_is_told(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 2);
    lk_auto(lk_consumer_state_page) before = NULL;
    lk_auto(lk_consumer_state_page) after = NULL;
    const lk_consumer_state *s;

    consumer_kit_add(test, "abc");
    s = consumer_kit_state(test, &before);
    assert_string_equal(s->name, "test");
    assert_int_equal(s->n_behind, 3);
    assert_true(s->behind_since_ms > 0);
    assert_int_equal(s->subscribed_at_ms, NOON);
    assert_int_equal(s->done_at_ms, 0);
    test->clock.now_ms += 7;
    (void)consumer_kit_step(test, consumer);
    s = consumer_kit_state(test, &after);
    assert_int_equal(s->n_behind, 1);
    assert_int_equal(s->position, consumer_kit_sequence(test, 'b'));
    assert_int_equal(s->reached, s->position);
    assert_int_equal(s->done_at_ms, NOON + 7);
}

/* ---- Failures ---- */

static void fail_step(consumer_kit *test, lk_consumer *consumer, const char *message)
{
    lk_error err = LK_ERROR_INIT;

    assert_fails(lk_consumer_step(consumer, NULL, &err), LK_ERR_PROTOCOL, err);
    assert_string_equal(err.message, message);
    (void)test;
}

static void test_failure_leaves_the_place_and_finds_the_culprit(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 4);
    lk_auto(lk_consumer_state_page) page = NULL;
    const lk_consumer_state *s;

    consumer_kit_add(test, "abcdef");
    test->refuses = "c";
    fail_step(test, consumer, "c is poison");
    assert_int_equal(lk_consumer_wait_ms(consumer), 1000);
    /* Nobody said how far it came, so all comes again, one by one. */
    assert_int_equal(consumer_kit_step(test, consumer).n_handled, 1);
    assert_int_equal(test->attempt, 2);
    assert_int_equal(consumer_kit_step(test, consumer).n_handled, 1);
    fail_step(test, consumer, "c is poison");
    fail_step(test, consumer, "c is poison");
    assert_int_equal(test->attempt, 2);
    assert_string_equal(test->notes, "abc!a|b|c!c!");
    s = consumer_kit_state(test, &page);
    assert_int_equal(s->position, consumer_kit_sequence(test, 'b'));
    assert_int_equal(s->n_failures, 2);
    assert_string_equal(s->failed_id, "event_c");
    assert_string_equal(s->failure, "c is poison");
    assert_int_equal(s->failed_at_ms, NOON);
    test->notes[0] = '\0';
    test->refuses = NULL; /* mended: it goes on, in batches again once past the bad ones */
    consumer_kit_expect(test, consumer, "c|d|ef|");
    assert_int_equal(test->attempt, 1);
    lk_consumer_state_page_freep(&page);
    assert_int_equal(consumer_kit_state(test, &page)->n_failures, 0);
    assert_null(page->items[0]->failure);
}

static void test_handler_may_say_how_far_it_came(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 4);

    consumer_kit_add(test, "abcd");
    test->refuses = "c";
    test->is_exact = true;
    fail_step(test, consumer, "c is poison");
    fail_step(test, consumer, "c is poison");
    assert_int_equal(test->attempt, 2);
    test->refuses = NULL;
    consumer_kit_expect(test, consumer, "abc!c!c|d|");
}

static lk_status fail_without_a_word(void *ctx, const lk_consumer_batch *batch, size_t *n_done,
                                     lk_error *err)
{
    (void)ctx;
    (void)err;
    *n_done = batch->count + 7; /* nonsense: it failed, so one is not done */
    return LK_ERR_CANCELLED;
}

static void test_failure_without_a_sentence_gets_one(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .handle = fail_without_a_word);
    lk_auto(lk_consumer_state_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    consumer_kit_add(test, "ab");
    assert_fails(lk_consumer_step(consumer, NULL, &err), LK_ERR_CANCELLED, err);
    assert_string_equal(err.message, "the handler of \"test\" failed at event event_b");
    assert_int_equal(consumer_kit_state(test, &page)->n_behind, 1);
}

static void test_back_off_doubles_up_to_a_minute(void **state)
{
    static const int64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .lease_ms = 300000);

    consumer_kit_add(test, "a");
    test->refuses = "a";
    for (size_t i = 0; i < N_ROWS(waits); i++) {
        fail_step(test, consumer, "a is poison");
        assert_int_equal(test->attempt, (int)i + 1);
        assert_int_equal(lk_consumer_wait_ms(consumer), waits[i]);
        test->clock.now_ms += waits[i];
        assert_int_equal(lk_consumer_wait_ms(consumer), 0);
    }
    test->refuses = NULL;
    (void)consumer_kit_step(test, consumer);
    test->refuses = "b";
    consumer_kit_add(test, "b");
    fail_step(test, consumer, "b is poison");
    assert_int_equal(lk_consumer_wait_ms(consumer), 1000);
}

static void test_poison_is_skipped_on_purpose_and_nothing_else(void **state)
{
    consumer_kit *test = *state;
    lk_mirror *mirror = test->k.mirror;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 1);
    lk_error err = LK_ERROR_INIT;

    consumer_kit_add(test, "abc");
    assert_fails(lk_mirror_skip_event(mirror, "test", "event_a", &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "none");
    test->refuses = "b";
    (void)consumer_kit_step(test, consumer);
    fail_step(test, consumer, "b is poison");
    assert_fails(lk_mirror_skip_event(mirror, "test", "event_c", &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "event_b");
    assert_fails(lk_mirror_skip_event(mirror, "test", "event_x", &err), LK_ERR_NOT_FOUND, err);
    assert_fails(lk_mirror_skip_event(mirror, "tset", "event_b", &err), LK_ERR_NOT_FOUND, err);
    assert_fails(lk_mirror_skip_event(mirror, "test", NULL, &err), LK_ERR_INVALID, err);
    assert_ok(lk_mirror_skip_event(mirror, "test", "event_b", &err), err);
    consumer_kit_expect(test, consumer, "a|b!c|");
}

/* ---- Replays ---- */

static void move_to(consumer_kit *test, const lk_consumer_place to)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_move_consumer(test->k.mirror, "test", &to, &err), err);
}

static void test_what_was_done_before_is_a_replay(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 3);

    consumer_kit_add(test, "abcd");
    consumer_kit_expect(test, consumer, "abc|d|");
    move_to(test, (lk_consumer_place){ .from = LK_FROM_EVENT, .event_id = "event_c" });
    consumer_kit_add(test, "e");
    consumer_kit_expect(test, consumer, "CDe|");
    move_to(test, (lk_consumer_place){ .from = LK_FROM_BEGINNING });
    consumer_kit_add(test, "f");
    consumer_kit_expect(test, consumer, "ABC|DEf|");
    move_to(test, (lk_consumer_place){ .from = LK_FROM_TIME, .time_ms = 5000 });
    consumer_kit_expect(test, consumer, "EF|");
}

/* Side effects of an event that was handed over, but not done, may be missing. */
static void test_what_failed_before_is_no_replay(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 3);

    consumer_kit_add(test, "ab");
    test->refuses = "b";
    fail_step(test, consumer, "b is poison");
    test->refuses = NULL;
    consumer_kit_expect(test, consumer, "ab!a|b|");
}

static void test_moving_forward_leaves_events_out(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 3);

    consumer_kit_add(test, "abc");
    move_to(test, (lk_consumer_place){ .from = LK_FROM_END });
    consumer_kit_add(test, "d");
    consumer_kit_expect(test, consumer, "d|");
}

static void rewind_once(consumer_kit *test)
{
    test->within = NULL;
    move_to(test, (lk_consumer_place){ .from = LK_FROM_BEGINNING });
}

/* The one who moves it wins over the step that is under way. */
static void test_moved_while_it_handles(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 2);

    consumer_kit_add(test, "abcd");
    (void)consumer_kit_step(test, consumer);
    test->within = rewind_once;
    lk_consumer_result result = consumer_kit_step(test, consumer);
    assert_true(result.moved);
    assert_int_equal(result.n_handled, 0);
    assert_int_equal(lk_consumer_wait_ms(consumer), 0);
    consumer_kit_expect(test, consumer, "ab|cd|AB|cd|");
}

static void test_impossible_places_are_refused(void **state)
{
    static const struct {
        lk_consumer_place to;
        lk_status status;
    } rows[] = {
        { { .from = LK_FROM_EVENT }, LK_ERR_INVALID },
        { { .from = LK_FROM_EVENT, .event_id = "" }, LK_ERR_INVALID },
        { { .from = LK_FROM_EVENT, .event_id = "event_x" }, LK_ERR_NOT_FOUND },
        { { .from = LK_FROM_TIME }, LK_ERR_INVALID },
        { { .from = LK_FROM_TIME, .time_ms = -1 }, LK_ERR_INVALID },
        { { .from = (lk_consumer_start)4 }, LK_ERR_INVALID },
    };
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 3);
    lk_error err = LK_ERROR_INIT;

    consumer_kit_add(test, "ab");
    for (size_t i = 0; i < N_ROWS(rows); i++)
        assert_fails(lk_mirror_move_consumer(test->k.mirror, "test", &rows[i].to, &err),
                     rows[i].status, err);
    assert_fails(lk_mirror_move_consumer(test->k.mirror, "test", NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_move_consumer(test->k.mirror, "tset",
                                         &(lk_consumer_place){ .from = LK_FROM_END }, &err),
                 LK_ERR_NOT_FOUND, err);
    consumer_kit_expect(test, consumer, "ab|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONSUMER_TEST(test_each_is_handed_over_once_in_the_order_of_arrival),
        CONSUMER_TEST(test_place_is_remembered_across_programs),
        CONSUMER_TEST(test_names_are_independent),
        CONSUMER_TEST(test_new_name_begins_where_it_is_told),
        CONSUMER_TEST(test_start_at_an_unknown_event_subscribes_nobody),
        CONSUMER_TEST(test_filters_pass_over_what_is_not_wanted),
        CONSUMER_TEST(test_lag_is_told),
        CONSUMER_TEST(test_failure_leaves_the_place_and_finds_the_culprit),
        CONSUMER_TEST(test_handler_may_say_how_far_it_came),
        CONSUMER_TEST(test_failure_without_a_sentence_gets_one),
        CONSUMER_TEST(test_back_off_doubles_up_to_a_minute),
        CONSUMER_TEST(test_poison_is_skipped_on_purpose_and_nothing_else),
        CONSUMER_TEST(test_what_was_done_before_is_a_replay),
        CONSUMER_TEST(test_what_failed_before_is_no_replay),
        CONSUMER_TEST(test_moving_forward_leaves_events_out),
        CONSUMER_TEST(test_moved_while_it_handles),
        CONSUMER_TEST(test_impossible_places_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
