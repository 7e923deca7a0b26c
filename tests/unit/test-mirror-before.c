/* What is older than the log, as of a time: it was as the first event that changes it says it was
 * before. The log begins at 100. */
#include <latchkey/history.h>
#include <stdio.h>

#include "mirror-kit.h"
#include "test.h"

static int setup(void **state)
{
    kit *k = malloc(sizeof(*k));

    kit_begin(k);
    kit_open(k);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    kit_end(*state);
    free(*state);
    return 0;
}

static void add(kit *k, const char *id, const char *type, int64_t at_ms, const char *data)
{
    kit_event event;

    kit_make(&event, id, type, at_ms, "%s", data);
    assert_true(kit_apply(k, &event));
}

#define USER(id, name, created_at)                                                          \
    "\"id\":\"" id "\",\"directory_id\":\"d1\",\"first_name\":\"" name "\",\"created_at\":" \
    "\"1970-01-01T00:00:00." created_at "Z\""
#define GROUP(id, created_at)                                                  \
    "\"id\":\"" id "\",\"directory_id\":\"d1\",\"name\":\"G\",\"created_at\":" \
    "\"1970-01-01T00:00:00." created_at "Z\""

static void begin_log(kit *k)
{
    add(k, "event_1", "user.created", 100, "{\"id\":\"user_1\"}");
}

/* "u1 Ada, u2 Bob": ids and first names. */
static void assert_users(kit *k, int64_t at_ms, const char *expected)
{
    lk_auto(lk_directory_user_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char found[200] = "";
    size_t len = 0;

    assert_ok(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.at_ms = at_ms), &page, &err), err);
    for (size_t i = 0; i < page->count; i++)
        len += (size_t)snprintf(found + len, sizeof(found) - len, i > 0 ? ", %s %s" : "%s %s",
                                page->items[i]->id, page->items[i]->first_name);
    assert_string_equal(found, expected);
}

static void test_changed_one_was_there_before(void **state)
{
    kit *k = *state;

    begin_log(k);
    add(k, "event_2", "dsync.user.updated", 200,
        "{" USER("u1", "Ada", "050") ",\"previous_attributes\":{\"first_name\":\"Eve\"}}");
    add(k, "event_3", "dsync.user.updated", 300,
        "{" USER("u1", "Zoe", "050") ",\"previous_attributes\":{\"first_name\":\"Ada\"}}");
    assert_users(k, 199, "u1 Eve");
    assert_users(k, 100, "u1 Eve");
    assert_users(k, 200, "u1 Ada");
    assert_users(k, 300, "u1 Zoe");
    assert_users(k, 99, ""); /* of the time before the log nothing is known */
}

static void test_deleted_one_was_there_before(void **state)
{
    kit *k = *state;

    begin_log(k);
    add(k, "event_2", "dsync.user.deleted", 200, "{" USER("u1", "Ada", "050") "}");
    assert_users(k, 199, "u1 Ada");
    assert_users(k, 200, "");
}

static void test_one_that_begins_in_the_log_was_not(void **state)
{
    kit *k = *state;

    begin_log(k);
    /* An account may be older than its place in the directory. */
    add(k, "event_2", "dsync.user.created", 200, "{" USER("u1", "Ada", "050") "}");
    /* Its creation was not among the events that were asked for. */
    add(k, "event_3", "dsync.user.updated", 200, "{" USER("u2", "Bob", "150") "}");
    /* Nothing says since when it is there. */
    add(k, "event_4", "dsync.user.updated", 200,
        "{\"id\":\"u3\",\"directory_id\":\"d1\",\"first_name\":\"Cleo\"}");
    assert_users(k, 149, "");
    assert_users(k, 150, "u2 Bob");
    assert_users(k, 200, "u1 Ada, u2 Bob, u3 Cleo");
}

static void test_json_is_undone_to_its_depth(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_user) user = NULL;
    lk_error err = LK_ERROR_INIT;

    begin_log(k);
    add(k, "event_2", "dsync.user.updated", 200,
        "{" USER("u1", "A\\u0001\\\"", "050") ",\"state\":\"suspended\",\"custom_attributes\":{"
                                              "\"dept\":\"Navy\",\"desk\":7,\"previous_"
                                              "attributes\":1},\"previous_attributes\":{"
                                              "\"state\":\"active\",\"email\":\"a@x\",\"custom_"
                                              "attributes\":{\"dept\":null,\"badge\":[1]}}}");
    assert_ok(lk_mirror_get_user_at(k->mirror, "u1", 150, &user, &err), err);
    assert_string_equal(user->state, "active");
    assert_string_equal(user->email, "a@x");
    assert_string_equal(user->first_name, "A\001\"");
    assert_string_equal(user->custom_attributes_json,
                        "{\"dept\":null,\"desk\":7,\"previous_attributes\":1,\"badge\":[1]}");
    assert_null(strstr(user->json, "Navy"));
}

static void test_membership_that_ends_first_was_there_before(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_user) user = NULL;
    lk_auto(lk_directory_user) newcomer = NULL;
    lk_error err = LK_ERROR_INIT;

    begin_log(k);
    add(k, "event_2", "dsync.group.updated", 150, "{" GROUP("g1", "050") "}");
    add(k, "event_3", "dsync.user.updated", 150, "{" USER("u1", "Ada", "050") "}");
    add(k, "event_4", "dsync.user.created", 150, "{" USER("u2", "Bob", "150") "}");
    add(k, "event_5", "dsync.group.user_removed", 200,
        "{\"user\":{" USER("u1", "Ada", "050") "},\"group\":{" GROUP("g1", "050") "}}");
    /* Whenever this one had joined, it was after the log began, which does not tell. */
    add(k, "event_6", "dsync.group.user_removed", 200,
        "{\"user\":{" USER("u2", "Bob", "150") "},\"group\":{" GROUP("g1", "050") "}}");
    assert_ok(lk_mirror_get_user_at(k->mirror, "u1", 199, &user, &err), err);
    assert_int_equal(user->n_groups, 1);
    assert_string_equal(user->groups[0], "g1");
    assert_ok(lk_mirror_get_user_at(k->mirror, "u2", 199, &newcomer, &err), err);
    assert_int_equal(newcomer->n_groups, 0);
    lk_directory_user_freep(&user);
    assert_ok(lk_mirror_get_user_at(k->mirror, "u1", 200, &user, &err), err);
    assert_int_equal(user->n_groups, 0);
}

static void test_directory_was_there_before_its_end(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory) directory = NULL;
    lk_error err = LK_ERROR_INIT;

    begin_log(k);
    add(k, "event_2", "dsync.deleted", 200,
        "{\"id\":\"d1\",\"name\":\"Okta\",\"state\":\"inactive\",\"created_at\":"
        "\"1970-01-01T00:00:00.050Z\"}");
    add(k, "event_3", "dsync.user.deleted", 210, "{" USER("u1", "Ada", "050") "}");
    assert_ok(lk_mirror_get_directory_at(k->mirror, "d1", 199, &directory, &err), err);
    assert_string_equal(directory->name, "Okta");
    assert_null(directory->state); /* whichever it was */
    assert_users(k, 199, "u1 Ada");
    assert_users(k, 200, ""); /* it ended with its directory */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_changed_one_was_there_before),
        TEST(test_deleted_one_was_there_before),
        TEST(test_one_that_begins_in_the_log_was_not),
        TEST(test_json_is_undone_to_its_depth),
        TEST(test_membership_that_ends_first_was_there_before),
        TEST(test_directory_was_there_before_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
