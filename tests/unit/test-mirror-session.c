/* Sessions of a server: kept until their end, replaced only as they were read. */
#include <stdio.h>

#include "mirror-kit.h"
#include "mirror/mirror.h"
#include "test.h"

#define T0   INT64_C(1772438400000) /* 2026-03-02T08:00:00Z */
#define HOUR 3600000

static void put(kit *k, const char *name, const char *record, int64_t now_ms)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_put_session(k->mirror, name, record, now_ms, now_ms + HOUR, &err), err);
}

/* "record" NULL: there is none. */
static void expect(kit *k, const char *name, int64_t now_ms, const char *record)
{
    lk_error err = LK_ERROR_INIT;
    char *found = NULL;

    assert_ok(lk_mirror_get_session(k->mirror, name, now_ms, &found, &err), err);
    if (record == NULL)
        assert_null(found);
    else
        assert_string_equal(found, record);
    lk_free_secret(found);
}

static bool replace(kit *k, const char *old, const char *record)
{
    lk_error err = LK_ERROR_INIT;
    bool replaced = false;

    assert_ok(
        lk_mirror_replace_session(k->mirror, "a", old, record, T0 + 2 * HOUR, &replaced, &err),
        err);
    return replaced;
}

static bool take_away(kit *k, const char *record)
{
    lk_error err = LK_ERROR_INIT;
    bool removed = false;

    assert_ok(lk_mirror_remove_session(k->mirror, "a", record, &removed, &err), err);
    return removed;
}

static void test_session_is_there_until_its_end(void **state)
{
    kit *k = *state;

    put(k, "a", "one", T0);
    expect(k, "a", T0, "one");
    expect(k, "a", T0 + HOUR - 1, "one");
    expect(k, "a", T0 + HOUR, NULL);
    expect(k, "b", T0, NULL);
    kit_open(k);
    expect(k, "a", T0, "one");
}

static void test_session_is_replaced_only_as_it_was_read(void **state)
{
    kit *k = *state;

    put(k, "a", "one", T0);
    assert_true(replace(k, "one", "two"));
    assert_false(replace(k, "one", "three"));
    expect(k, "a", T0, "two");
    expect(k, "a", T0 + HOUR, "two"); /* its end moved, too */
}

static void test_session_that_is_gone_does_not_come_back(void **state)
{
    kit *k = *state;

    put(k, "a", "one", T0);
    assert_true(take_away(k, NULL));
    assert_false(replace(k, "one", "two"));
    assert_false(take_away(k, NULL));
    expect(k, "a", T0, NULL);
}

static void test_session_is_removed_only_as_it_was_read(void **state)
{
    kit *k = *state;

    put(k, "a", "one", T0);
    put(k, "b", "one", T0);
    assert_false(take_away(k, "two"));
    expect(k, "a", T0, "one");
    assert_true(take_away(k, "one"));
    expect(k, "a", T0, NULL);
    expect(k, "b", T0, "one");
}

static void test_first_of_a_name_stays(void **state)
{
    kit *k = *state;

    put(k, "a", "one", T0);
    put(k, "a", "two", T0);
    expect(k, "a", T0, "one");
}

static void test_sessions_that_are_over_are_removed(void **state)
{
    kit *k = *state;

    put(k, "a", "one", T0);
    put(k, "b", "two", T0 + 1);
    put(k, "c", "three", T0 + HOUR);
    assert_int_equal(kit_number(k, "SELECT COUNT(*) FROM web_session"), 2);
    expect(k, "b", T0 + HOUR, "two");
}

static void test_impossible_arguments_are_refused(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    char *found = NULL;
    bool done = false;

    assert_fails(lk_mirror_get_session(NULL, "a", T0, &found, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_get_session(k->mirror, "", T0, &found, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_get_session(k->mirror, "a", T0, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_put_session(k->mirror, "a", NULL, T0, T0, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_replace_session(k->mirror, "a", NULL, "r", T0, &done, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_mirror_remove_session(k->mirror, NULL, NULL, &done, &err), LK_ERR_INVALID, err);
    char *huge = calloc(1, (1 << 18) + 2);
    memset(huge, 'x', (1 << 18) + 1);
    assert_fails(lk_mirror_put_session(k->mirror, "a", huge, T0, T0, &err), LK_ERR_INVALID, err);
    free(huge);
    expect(k, "a", T0, NULL);
}

/* A store from before these tables gets them, and keeps what it has. */
static void test_store_of_the_second_schema_is_brought_up_to_date(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    kit_event event;
    lk_mirror_status status = { .size = sizeof(status) };

    kit_make(&event, "event_1", "user.created", T0, "{\"id\":\"user_1\"}");
    kit_apply(k, &event);
    kit_go_back(k, 2);
    kit_open(k);
    put(k, "a", "one", T0);
    expect(k, "a", T0, "one");
    assert_ok(lk_mirror_get_status(k->mirror, &status, &err), err);
    assert_int_equal(status.n_events, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_session_is_there_until_its_end),
        TEST(test_session_is_replaced_only_as_it_was_read),
        TEST(test_session_that_is_gone_does_not_come_back),
        TEST(test_session_is_removed_only_as_it_was_read),
        TEST(test_first_of_a_name_stays),
        TEST(test_sessions_that_are_over_are_removed),
        TEST(test_impossible_arguments_are_refused),
        TEST(test_store_of_the_second_schema_is_brought_up_to_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
