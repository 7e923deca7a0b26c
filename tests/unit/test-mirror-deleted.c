/* Lists with what was deleted, now and as of a time. That both say the same of random histories is
 * in test-mirror-history-at.c. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "mirror-kit.h"
#include "test.h"

static void add(kit *k, const char *id, const char *type, int64_t at_ms, const char *data)
{
    kit_event event;

    kit_make(&event, id, type, at_ms, "%s", data);
    assert_true(kit_apply(k, &event));
}

#define USER(id, directory, name) \
    "{\"id\":\"" id "\",\"directory_id\":\"" directory "\",\"first_name\":\"" name "\"}"

/* u1 lives. u2 was deleted at 50, u3 with its directory at 60, and u4 came back at 70. */
static void add_people(kit *k)
{
    add(k, "event_1", "dsync.activated", 1, "{\"id\":\"d1\",\"name\":\"One\"}");
    add(k, "event_2", "dsync.activated", 1, "{\"id\":\"d2\",\"name\":\"Two\"}");
    add(k, "event_3", "dsync.user.created", 10, USER("u1", "d1", "Ada"));
    add(k, "event_4", "dsync.user.created", 20, USER("u2", "d1", "Bob"));
    add(k, "event_5", "dsync.user.created", 30, USER("u3", "d2", "Bobby"));
    add(k, "event_6", "dsync.user.created", 40, USER("u4", "d1", "Cleo"));
    add(k, "event_7", "dsync.user.deleted", 45, USER("u4", "d1", "Cleo"));
    add(k, "event_8", "dsync.user.deleted", 50, USER("u2", "d1", "Bob"));
    add(k, "event_9", "dsync.deleted", 60, "{\"id\":\"d2\",\"name\":\"Two\"}");
    add(k, "event_a", "dsync.user.created", 70, USER("u4", "d1", "Cleo"));
}

/* "u1 u2@50": who is found, and when they were deleted. */
static void assert_users(kit *k, const lk_mirror_query *query, const char *expected)
{
    lk_auto(lk_directory_user_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char found[100] = "";
    size_t len = 0;

    assert_ok(lk_mirror_list_users(k->mirror, query, &page, &err), err);
    for (size_t i = 0; i < page->count; i++) {
        const lk_directory_user *u = page->items[i];

        len += (size_t)snprintf(found + len, sizeof(found) - len, i > 0 ? " %s" : "%s", u->id);
        if (u->deleted_at_ms != 0)
            len += (size_t)snprintf(found + len, sizeof(found) - len, "@%lld",
                                    (long long)u->deleted_at_ms);
    }
    assert_string_equal(found, expected);
}

static void test_deleted_ones_are_listed_on_request(void **state)
{
    kit *k = *state;

    add_people(k);
    assert_users(k, LK_MIRROR_QUERY(.limit = 9), "u1 u4");
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true), "u1 u2@50 u3@60 u4");
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true, .directory_id = "d2"), "u3@60");
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true, .text = "bob"), "u2@50 u3@60");
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true, .after = "u2", .limit = 1), "u3@60");
}

static void test_a_time_knows_what_was_deleted_by_then(void **state)
{
    kit *k = *state;

    add_people(k);
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true, .at_ms = 44), "u1 u2 u3 u4");
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true, .at_ms = 45), "u1 u2 u3 u4@45");
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true, .at_ms = 59), "u1 u2@50 u3 u4@45");
    assert_users(k, LK_MIRROR_QUERY(.with_deleted = true, .at_ms = 60), "u1 u2@50 u3@60 u4@45");
    assert_users(k, LK_MIRROR_QUERY(.at_ms = 60), "u1");
}

static void test_one_is_found_by_its_id(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_page) directories = NULL;
    lk_error err = LK_ERROR_INIT;

    add_people(k);
    assert_users(k, LK_MIRROR_QUERY(.id = "u1"), "u1");
    assert_users(k, LK_MIRROR_QUERY(.id = "u2"), "");
    assert_users(k, LK_MIRROR_QUERY(.id = "u2", .with_deleted = true), "u2@50");
    assert_users(k, LK_MIRROR_QUERY(.id = "u2", .at_ms = 49), "u2");
    assert_users(k, LK_MIRROR_QUERY(.id = "u2", .at_ms = 50), "");
    assert_users(k, LK_MIRROR_QUERY(.id = "u2", .at_ms = 50, .with_deleted = true), "u2@50");
    assert_users(k, LK_MIRROR_QUERY(.id = "u2", .at_ms = 19, .with_deleted = true), "");
    assert_users(k, LK_MIRROR_QUERY(.id = "u2", .at_ms = 49, .directory_id = "d2"), "");
    assert_users(k, LK_MIRROR_QUERY(.id = "u", .with_deleted = true), "");
    assert_ok(lk_mirror_list_directories(
                  k->mirror, LK_MIRROR_QUERY(.id = "d2", .with_deleted = true), &directories, &err),
              err);
    assert_int_equal(directories->count, 1);
    assert_string_equal(directories->items[0]->name, "Two");
    assert_int_equal(directories->items[0]->deleted_at_ms, 60);
}

/* A program that was compiled before there were deleted ones gets none. */
static void test_older_query_struct_asks_for_live_ones(void **state)
{
    kit *k = *state;
    lk_mirror_query query = { .size = offsetof(lk_mirror_query, id), .with_deleted = true };

    add_people(k);
    assert_users(k, &query, "u1 u4");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_deleted_ones_are_listed_on_request),
        TEST(test_a_time_knows_what_was_deleted_by_then),
        TEST(test_one_is_found_by_its_id),
        TEST(test_older_query_struct_asks_for_live_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
