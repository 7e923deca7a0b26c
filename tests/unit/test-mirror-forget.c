/* Forgetting events: what goes, what stays, and what is still known afterwards. That the state as
 * of a time stays exact: test-mirror-history-at.c. */
#include <latchkey/history.h>
#include <stdio.h>
#include <sys/stat.h>

#include "consumer-kit.h"
#include "mirror/apply.h"
#include "mirror/event-index.h"
#include "mirror/forget.h"
#include "mirror/mirror.h"
#include "test.h"

enum { N = 600 /* more than two blocks */ };

static int64_t forget(kit *k, int64_t before_ms)
{
    lk_error err = LK_ERROR_INIT;
    int64_t n = -1;

    assert_ok(lk_mirror_forget_events(k->mirror, before_ms, NULL, NULL, &n, &err), err);
    return n;
}

static lk_status take_number(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(int64_t *)ctx = row->columns[0].number;
    return LK_OK;
}

static int64_t number(kit *k, const char *sql)
{
    lk_error err = LK_ERROR_INIT;
    int64_t n = -1;

    assert_ok(lk__store_run(k->mirror->store, sql, LK__NO_ARGS, take_number, &n, &err), err);
    return n;
}

static int64_t count(kit *k, lk_mirror_event_query query)
{
    lk_error err = LK_ERROR_INIT;
    int64_t n = -1;

    query.size = sizeof(query);
    assert_ok(lk_mirror_count_events(k->mirror, &query, &n, &err), err);
    return n;
}

static lk_mirror_status status_of(kit *k)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_status(k->mirror, &status, &err), err);
    return status;
}

static void make_user(kit_event *out, int n, int64_t at_ms)
{
    char id[48];

    snprintf(id, sizeof(id), "event_%04d_%lld", n, (long long)at_ms);
    kit_make(out, id, "dsync.user.created", at_ms,
             "{\"id\":\"user_%d\",\"directory_id\":\"d\",\"organization_id\":\"org_%d\","
             "\"email\":\"Anna%d@x.example\"}",
             n, n % 7, n);
}

static void add_user(kit *k, int n, int64_t at_ms)
{
    kit_event event;

    make_user(&event, n, at_ms);
    assert_true(kit_apply(k, &event));
}

/* The same for many: in one transaction. */
static void add_users(kit *k, const int *numbers, size_t n, int64_t from_ms)
{
    lk__auto_transaction transaction = { 0 };
    lk__store *store = k->mirror->store;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__transaction_begin(&transaction, store, LK__WRITE, &err), err);
    for (size_t i = 0; i < n; i++) {
        lk__applied applied = LK__APPLIED_KNOWN;
        kit_event event;

        make_user(&event, numbers[i], from_ms + 10 * numbers[i]);
        assert_ok(lk__apply_event(store, &event.event, 1, &applied, &err), err);
        assert_int_equal(applied, LK__APPLIED_NEW);
    }
    assert_ok(lk__event_index_seal(store, &err), err);
    assert_ok(lk__transaction_commit(&transaction, &err), err);
}

/* As windows bring them: the newer half first, and the newest of all at last. */
static void fill(kit *k)
{
    int numbers[N];

    for (int i = 0; i < N; i++)
        numbers[i] = i < N - 1 ? (i + N / 2) % (N - 1) : i;
    add_users(k, numbers, N, 1000);
}

static char *users_in(kit *k)
{
    lk_auto(lk_directory_user_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_ok(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.limit = 1000), &page, &err), err);
    for (size_t i = 0; i < page->count; i++)
        fprintf(out, "%s %s\n", page->items[i]->id, page->items[i]->email);
    fclose(out);
    return text;
}

static void test_old_events_go_and_people_stay(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;
    const int64_t before_ms = 1000 + 10 * 450;
    int more[N];
    char *before;
    char *after;

    fill(k);
    before = users_in(k);
    assert_int_equal(forget(k, before_ms), 450);
    after = users_in(k);
    assert_string_equal(before, after);
    assert_int_equal(status_of(k).n_users, N);
    assert_int_equal(status_of(k).n_events, N - 450);
    assert_int_equal(status_of(k).kept_from_ms, before_ms);
    /* Nothing of them is left: no body, nothing that finds them. */
    assert_int_equal(number(k, "SELECT COUNT(*) FROM event_body"), N - 450);
    assert_int_equal(number(k, "SELECT COUNT(*) FROM event_object"), N - 450);
    assert_int_equal(number(k, "SELECT COUNT(*) FROM event_block WHERE words LIKE '%anna12@%'"), 0);
    assert_int_equal(count(k, (lk_mirror_event_query){ .text = "anna" }), N - 450);
    assert_int_equal(count(k, (lk_mirror_event_query){ .text = "anna449@" }), 0);
    assert_int_equal(count(k, (lk_mirror_event_query){ .text = "anna450@" }), 1);
    assert_int_equal(count(k, (lk_mirror_event_query){ .object_id = "user_449" }), 0);
    assert_int_equal(count(k, (lk_mirror_event_query){ .object_id = "user_450" }), 1);
    assert_int_equal(count(k, (lk_mirror_event_query){ 0 }), N - 450);
    assert_int_equal(count(k, (lk_mirror_event_query){ .type = "dsync.*", .text = "anna" }),
                     N - 450);
    /* Once more: there is nothing to do. */
    assert_int_equal(forget(k, before_ms), 0);
    /* What comes then is found as ever. */
    for (int i = 0; i < N; i++)
        more[i] = N + i;
    add_users(k, more, N, 1000);
    assert_int_equal(count(k, (lk_mirror_event_query){ .text = "anna" }), 2 * N - 450);
    assert_int_equal(count(k, (lk_mirror_event_query){ 0 }), 2 * N - 450);
    free(before);
    free(after);
}

/* A sequence that is given away again would be behind what a consumer is done with. */
static void test_no_sequence_is_given_twice(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = NULL;
    int64_t last;

    /* The one that came last is the oldest. */
    consumer_kit_add(test, "bca");
    consumer = CONSUMER(test, .name = "test");
    consumer_kit_expect(test, consumer, "bca|");
    last = test->last;
    assert_int_equal(forget(&test->k, 20000), 2);
    consumer_kit_add(test, "z");
    assert_true(consumer_kit_sequence(test, 'z') > last);
    consumer_kit_expect(test, consumer, "z|");
}

static void test_what_a_consumer_has_to_come_stays(void **state)
{
    consumer_kit *test = *state;
    lk_auto(lk_consumer) consumer = CONSUMER(test, .batch = 2);

    consumer_kit_add(test, "abcde");
    consumer_kit_step(test, consumer);
    assert_string_equal(test->notes, "ab|");
    assert_int_equal(forget(&test->k, INT64_MAX), 2);
    test->notes[0] = '\0';
    consumer_kit_expect(test, consumer, "cd|e|");
    assert_int_equal(forget(&test->k, INT64_MAX), 2);
    assert_int_equal(status_of(&test->k).n_events, 1);
}

static void test_what_was_set_aside_stays(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;
    lk_auto(lk_parked_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    kit_event event;

    add_user(k, 1, 1000);
    kit_make(&event, "event_bad", "dsync.user.created", 1001, "{\"id\":7}");
    assert_true(kit_apply(k, &event));
    add_user(k, 2, 1002);
    add_user(k, 3, 1003);
    assert_int_equal(forget(k, INT64_MAX), 2);
    assert_ok(lk_mirror_list_parked(k->mirror, 0, 0, &page, &err), err);
    assert_int_equal(page->count, 1);
    assert_string_equal(page->items[0]->id, "event_bad");
}

/* A webhook that is delivered again, and one that is older than all that is kept. */
static void test_a_late_event_counts_but_is_not_logged(void **state)
{
    consumer_kit *test = *state;
    kit *k = &test->k;
    lk_auto(lk_consumer) consumer = NULL;
    lk_directory_user *user = NULL;
    lk_error err = LK_ERROR_INIT;
    kit_event again;
    kit_event late;

    kit_make(&again, "event_1", "dsync.user.created", 1000,
             "{\"id\":\"user_1\",\"directory_id\":\"d\",\"email\":\"old\"}");
    kit_make(&late, "event_2", "dsync.user.updated", 1001,
             "{\"id\":\"user_1\",\"directory_id\":\"d\",\"email\":\"new\"}");
    assert_true(kit_apply(k, &again));
    add_user(k, 3, 2000);
    add_user(k, 4, 2001);
    assert_int_equal(forget(k, 2000), 1);
    consumer = CONSUMER(test, .start = { .from = LK_FROM_END });
    assert_false(kit_apply(k, &again));
    assert_false(kit_apply(k, &late));
    assert_false(kit_apply(k, &again));
    assert_int_equal(status_of(k).n_events, 2);
    assert_ok(lk_mirror_get_user(k->mirror, "user_1", &user, &err), err);
    assert_string_equal(user->email, "new");
    consumer_kit_expect(test, consumer, "");
    lk_directory_user_free(user);
}

static void test_what_was_before_is_said_to_be_forgotten(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;
    lk_auto(lk_directory_user) user = NULL;
    lk_directory_user_page *users = NULL;
    lk_difference_page *page = NULL;
    lk_auto(lk_history_page) history = NULL;
    lk_error err = LK_ERROR_INIT;
    kit_event event;

    add_user(k, 1, 1000);
    add_user(k, 2, 2000);
    kit_make(&event, "event_x", "dsync.user.updated", 3000,
             "{\"id\":\"user_1\",\"directory_id\":\"d\",\"organization_id\":\"org_1\","
             "\"email\":\"new@x.example\"}");
    assert_true(kit_apply(k, &event));
    forget(k, 2500);
    assert_fails(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.at_ms = 2499), &users, &err),
                 LK_ERR_NOT_FOUND, err);
    assert_contains(err.message, "1970-01-01T00:00:02.500Z");
    assert_fails(lk_mirror_get_user_at(k->mirror, "user_1", 2499, &user, &err), LK_ERR_NOT_FOUND,
                 err);
    assert_contains(err.message, "forgotten");
    assert_fails(
        lk_mirror_list_differences(
            k->mirror, LK_DIFFERENCE_QUERY(.kind = LK_RECORD_USER, .from_ms = 2499), &page, &err),
        LK_ERR_NOT_FOUND, err);
    /* The near miss: from there on all is known, by events that are gone. */
    assert_ok(lk_mirror_get_user_at(k->mirror, "user_1", 2500, &user, &err), err);
    assert_string_equal(user->email, "Anna1@x.example");
    /* Of a person's history as much as is left; the first entry changes what was before. */
    assert_ok(lk_mirror_list_history(k->mirror, "user_1", NULL, 0, &history, &err), err);
    assert_int_equal(history->log_from_ms, 2500);
    assert_int_equal(history->reconciled_at_ms, 0);
    assert_int_equal(history->count, 1);
    assert_int_equal(history->items[0]->n_changes, 1);
    assert_string_equal(history->items[0]->changes[0].field, "email");
    assert_string_equal(history->items[0]->changes[0].before, "Anna1@x.example");
    lk_history_page_freep(&history);
    /* Nothing happened to this one since; its last event is no reconciliation. */
    assert_ok(lk_mirror_list_history(k->mirror, "user_2", NULL, 0, &history, &err), err);
    assert_int_equal(history->count, 0);
    assert_int_equal(history->reconciled_at_ms, 0);
}

static bool stop_at(void *ctx, int64_t n_forgotten)
{
    int64_t *told = ctx;

    *told = n_forgotten;
    return false;
}

static void test_it_leaves_off_and_goes_on(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;
    lk_error err = LK_ERROR_INIT;
    int64_t told = 0;
    int64_t n = 0;

    fill(k);
    assert_ok(lk_mirror_forget_events(k->mirror, 6500, stop_at, &told, &n, &err), err);
    assert_int_equal(told, n);
    assert_true(n > 0 && n <= 256);
    /* All of it is unreliable from the first step on. */
    assert_int_equal(status_of(k).kept_from_ms, 6500);
    kit_open(k);
    assert_int_equal(forget(k, 6500), 550 - n);
}

/* A process that was frozen, and whose lease another one has by now. */
static void test_who_was_taken_over_forgets_nothing(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;
    int64_t fences[2] = { 0 };
    lk_error err = LK_ERROR_INIT;
    int64_t n = 0;

    fill(k);
    for (int i = 0; i < 2; i++) {
        char *result = NULL;

        assert_ok(lk_mirror_acquire_lease(k->mirror, "feed", 1000 + 2000 * i, 1000, &fences[i],
                                          &result, &err),
                  err);
        lk_free_secret(result);
    }
    assert_true(fences[0] > 0 && fences[1] > fences[0]);
    lk__forgetting late = { .before_ms = 6500, .fence = fences[0] };
    assert_ok(lk__forget_step(k->mirror->store, &late, &n, &err), err);
    assert_true(late.is_done);
    assert_int_equal(n, 0);
    assert_int_equal(status_of(k).kept_from_ms, 0);
    lk__forgetting due = { .before_ms = 6500, .fence = fences[1] };
    assert_ok(lk__forget_step(k->mirror->store, &due, &n, &err), err);
    assert_false(due.is_done);
    assert_true(n > 0);
}

static int64_t size_of(kit *k)
{
    lk_error err = LK_ERROR_INIT;
    int64_t size = 0;

    assert_ok(lk_mirror_get_size(k->mirror, &size, &err), err);
    return size;
}

static void test_compacting_gives_room_back(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;
    lk_error err = LK_ERROR_INIT;
    struct stat info;
    int again[N];
    int64_t before;

    fill(k);
    before = size_of(k);
    assert_true(before > N * 200);
    forget(k, 1000 + 10 * N);
    assert_ok(lk_mirror_compact(k->mirror, &err), err);
    assert_int_equal(status_of(k).n_users, N);
    if (!kit_is_postgres()) {
        assert_true(size_of(k) < before);
        assert_int_equal(stat(k->path, &info), 0);
        assert_int_equal(info.st_size, size_of(k)); /* with no log beside it */
    }
    /* As many more take that room. */
    for (int i = 0; i < N; i++)
        again[i] = i;
    add_users(k, again, N, 1000 + 10 * N);
    assert_true(size_of(k) < before + before / 2);
}

static void test_a_mirror_of_an_earlier_version_forgets(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;

    fill(k);
    kit_go_back(k, 6);
    kit_open(k);
    assert_int_equal(status_of(k).kept_from_ms, 0);
    assert_int_equal(forget(k, 2000), 100);
    assert_int_equal(status_of(k).n_users, N);
}

static void test_impossible_times_are_refused(void **state)
{
    kit *k = &((consumer_kit *)*state)->k;
    lk_error err = LK_ERROR_INIT;
    int64_t n = 7;

    add_user(k, 1, 1000);
    assert_fails(lk_mirror_forget_events(k->mirror, 0, NULL, NULL, &n, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_forget_events(k->mirror, -1, NULL, NULL, &n, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_forget_events(NULL, 5, NULL, NULL, &n, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_get_size(k->mirror, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_compact(NULL, &err), LK_ERR_INVALID, err);
    assert_int_equal(n, 7);
    assert_int_equal(status_of(k).kept_from_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONSUMER_TEST(test_old_events_go_and_people_stay),
        CONSUMER_TEST(test_no_sequence_is_given_twice),
        CONSUMER_TEST(test_what_a_consumer_has_to_come_stays),
        CONSUMER_TEST(test_what_was_set_aside_stays),
        CONSUMER_TEST(test_a_late_event_counts_but_is_not_logged),
        CONSUMER_TEST(test_what_was_before_is_said_to_be_forgotten),
        CONSUMER_TEST(test_it_leaves_off_and_goes_on),
        CONSUMER_TEST(test_who_was_taken_over_forgets_nothing),
        CONSUMER_TEST(test_compacting_gives_room_back),
        CONSUMER_TEST(test_a_mirror_of_an_earlier_version_forgets),
        CONSUMER_TEST(test_impossible_times_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
