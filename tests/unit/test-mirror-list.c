/* Pages out of the mirror: order, anchors, filters, limits. */
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

/* By created_at and id: a b c d e. By arrival: c a e d b. */
static void add_five(kit *k)
{
    add(k, "event_c", "dsync.user.created", 20,
        "{\"id\":\"u1\",\"directory_id\":\"d1\",\"organization_id\":\"org_1\",\"email\":"
        "\"Ada@x.example\"}");
    add(k, "event_a", "user.created", 10, "{\"id\":\"user_1\",\"email\":\"50%_off\\\\x\"}");
    add(k, "event_e", "dsync.user.deleted", 40,
        "{\"id\":\"u2\",\"directory_id\":\"d2\",\"organization_id\":\"org_1\",\"first_name\":"
        "\"Zo\xC3\xAB\"}");
    add(k, "event_d", "dsyncx.other", 20, "{\"organization_id\":\"org_2\"}");
    add(k, "event_b", "dsync", 20, "{\"id\":\"50x off\"}");
}

/* The last letters of the ids that the query finds. */
static void assert_found(kit *k, const lk_mirror_event_query *query, const char *letters)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char found[16] = "";

    assert_ok(lk_mirror_list_events(k->mirror, query, &page, &err), err);
    assert_true(page->count < sizeof(found));
    for (size_t i = 0; i < page->count; i++)
        found[i] = page->items[i]->id[6];
    assert_string_equal(found, letters);
}

static void test_orders_and_anchors(void **state)
{
    static const struct {
        lk_event_order order;
        const char *after;
        int limit;
        const char *letters;
    } rows[] = {
        { LK_OLDEST_FIRST, NULL, 0, "abcde" },   { LK_OLDEST_FIRST, NULL, 2, "ab" },
        { LK_OLDEST_FIRST, "event_b", 2, "cd" }, /* between equal times */
        { LK_OLDEST_FIRST, "event_d", 2, "e" },  { LK_OLDEST_FIRST, "event_e", 2, "" },
        { LK_NEWEST_FIRST, NULL, 0, "edcba" },   { LK_NEWEST_FIRST, "event_d", 2, "cb" },
        { LK_NEWEST_FIRST, "event_a", 0, "" },   { LK_ARRIVAL, NULL, 0, "caedb" },
        { LK_ARRIVAL, "event_e", 0, "db" },      { LK_ARRIVAL, "event_b", 0, "" },
        { LK_LATEST_ARRIVAL, NULL, 1, "b" },     { LK_LATEST_ARRIVAL, "event_e", 0, "ac" },
    };
    kit *k = *state;

    add_five(k);
    assert_found(k, NULL, "abcde");
    for (size_t i = 0; i < N_ROWS(rows); i++)
        assert_found(k,
                     LK_MIRROR_EVENT_QUERY(.order = rows[i].order, .after = rows[i].after,
                                           .limit = rows[i].limit),
                     rows[i].letters);
}

static void test_filters(void **state)
{
    kit *k = *state;

    add_five(k);
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = "user.created"), "a");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = "dsync"), "b");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = "dsync."), "ce");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = "dsync.*"), "ce");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = "dsync.user.*"), "ce");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = "*"), "abcde");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = "dsync*"), "");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.type = ""), "");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.organization_id = "org_1"), "ce");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.directory_id = "d2"), "e");
    assert_found(k,
                 LK_MIRROR_EVENT_QUERY(.organization_id = "org_1", .type = "dsync.*",
                                       .order = LK_NEWEST_FIRST, .after = "event_e"),
                 "c");
}

static void test_text_is_searched_as_it_is(void **state)
{
    kit *k = *state;

    add_five(k);
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "aDa@"), "c");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "Zo\xC3\xAB"), "e");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "EVENT_A"), "a"); /* an id */
    /* Signs that mean something in LIKE, SQL or C. */
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "%"), "a");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "0_o"), "");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "%_o"), "a");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "\\x"), "a");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = "' OR 1=1 --"), "");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.text = ""), "abcde");
}

static void test_times_are_from_and_before(void **state)
{
    kit *k = *state;

    add_five(k);
    assert_found(k, LK_MIRROR_EVENT_QUERY(.since_ms = 20), "bcde");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.since_ms = 21), "e");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.until_ms = 20), "a");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.until_ms = 21), "abcd");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.since_ms = 10, .until_ms = 10), "");
}

/* The id is looked for as a whole text, and signs of LIKE in it mean themselves. */
static void test_events_of_one_object(void **state)
{
    kit *k = *state;

    add(k, "event_a", "dsync.user.created", 1, "{\"id\":\"u_1\",\"directory_id\":\"d1\"}");
    add(k, "event_b", "dsync.user.created", 2, "{\"id\":\"ux1\",\"directory_id\":\"d1\"}");
    add(k, "event_c", "dsync.user.created", 3, "{\"id\":\"u_12\",\"directory_id\":\"d1\"}");
    add(k, "event_d", "dsync.group.user_added", 4,
        "{\"user\":{\"id\":\"u_1\",\"directory_id\":\"d1\"},"
        "\"group\":{\"id\":\"g1\",\"directory_id\":\"d1\"}}");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.object_id = "u_1"), "ad");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.object_id = "g1"), "d");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.object_id = "u_1", .type = "dsync.group."), "d");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.object_id = "%"), "");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.object_id = ""), "abcd");
}

static void assert_counted(kit *k, const lk_mirror_event_query *query, int64_t expected)
{
    lk_error err = LK_ERROR_INIT;
    int64_t count = -1;

    assert_ok(lk_mirror_count_events(k->mirror, query, &count, &err), err);
    assert_int_equal(count, expected);
}

static void test_events_are_counted(void **state)
{
    kit *k = *state;

    assert_counted(k, NULL, 0);
    add_five(k);
    assert_counted(k, NULL, 5);
    assert_counted(k, LK_MIRROR_EVENT_QUERY(.type = "dsync."), 2);
    assert_counted(k, LK_MIRROR_EVENT_QUERY(.type = "dsync.", .text = "ada"), 1);
    assert_counted(k, LK_MIRROR_EVENT_QUERY(.object_id = "u2"), 1);
    /* a page's business */
    assert_counted(k, LK_MIRROR_EVENT_QUERY(.limit = 1, .after = "event_d"), 5);
}

/* "begin:type=n " for each. */
static void assert_spans(kit *k, const lk_mirror_event_query *query, int64_t span_ms,
                         const char *expected)
{
    lk_auto(lk_mirror_activity) activity = NULL;
    lk_error err = LK_ERROR_INIT;
    char found[256] = "";
    size_t len = 0;

    assert_ok(lk_mirror_count_by_time(k->mirror, query, span_ms, &activity, &err), err);
    for (size_t i = 0; i < activity->count; i++)
        len += (size_t)snprintf(found + len, sizeof(found) - len, "%lld:%s=%lld ",
                                (long long)activity->items[i].since_ms, activity->items[i].type,
                                (long long)activity->items[i].n_events);
    assert_string_equal(found, expected);
}

static void test_events_are_counted_by_time(void **state)
{
    kit *k = *state;

    assert_spans(k, LK_MIRROR_EVENT_QUERY(.since_ms = 1, .until_ms = 100), 10, "");
    add_five(k);
    /* 20 is the first moment of the second span and no part of the first; 40 is beyond the end */
    assert_spans(k, LK_MIRROR_EVENT_QUERY(.since_ms = 10, .until_ms = 40), 10,
                 "10:user.created=1 20:dsync=1 20:dsync.user.created=1 20:dsyncx.other=1 ");
    assert_spans(k, LK_MIRROR_EVENT_QUERY(.since_ms = 11, .until_ms = 41, .type = "dsync."), 30,
                 "11:dsync.user.created=1 11:dsync.user.deleted=1 ");
    assert_spans(k, LK_MIRROR_EVENT_QUERY(.since_ms = 1, .until_ms = 41, .object_id = "u2"), 5,
                 "36:dsync.user.deleted=1 ");
    add(k, "event_f", "dsync.user.deleted", 39, "{\"id\":\"u2\",\"directory_id\":\"d2\"}");
    assert_spans(k, LK_MIRROR_EVENT_QUERY(.since_ms = 1, .until_ms = 41, .text = "zz"), 5, "");
    assert_spans(k, LK_MIRROR_EVENT_QUERY(.since_ms = 1, .until_ms = 41, .directory_id = "d2"), 5,
                 "36:dsync.user.deleted=2 ");
}

static void test_times_that_cannot_be_cut_are_refused(void **state)
{
    static const struct {
        int64_t since_ms;
        int64_t until_ms;
        int64_t span_ms;
        bool is_ok;
    } rows[] = {
        { 1, 1001, 1, true }, /* a thousand */
        { 1, 1002, 1, false },      { 1, 2, 0, false },
        { 1, 2, -1, false },        { 0, 2, 1, false },
        { 2, 0, 1, false },         { 2, 2, 1, false },
        { 1, INT64_MAX, 1, false }, { 1, INT64_MAX, INT64_MAX, true },
    };
    kit *k = *state;

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_auto(lk_mirror_activity) activity = NULL;
        lk_error err = LK_ERROR_INIT;
        lk_status status = lk_mirror_count_by_time(
            k->mirror,
            LK_MIRROR_EVENT_QUERY(.since_ms = rows[i].since_ms, .until_ms = rows[i].until_ms),
            rows[i].span_ms, &activity, &err);
        assert_int_equal(status, rows[i].is_ok ? LK_OK : LK_ERR_INVALID);
        assert_int_equal(activity != NULL, rows[i].is_ok);
    }
}

static void test_one_event_by_its_id(void **state)
{
    kit *k = *state;
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    add_five(k);
    assert_fails(lk_mirror_get_event(k->mirror, "event_x", &page, &err), LK_ERR_NOT_FOUND, err);
    assert_contains(err.message, "event_x");
    assert_fails(lk_mirror_get_event(k->mirror, NULL, &page, &err), LK_ERR_INVALID, err);
    assert_null(page);
    assert_ok(lk_mirror_get_event(k->mirror, "event_e", &page, &err), err);
    assert_int_equal(page->count, 1);
    assert_string_equal(page->items[0]->id, "event_e");
    assert_contains(page->items[0]->json, "\"u2\"");
}

static void test_impossible_queries_are_refused(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    lk_mirror_event_page *page = NULL;
    lk_directory_user_page *users = NULL;
    char long_text[258];
    char long_type[258];

    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    memcpy(long_type, long_text, sizeof(long_type));
    long_type[sizeof(long_type) - 2] = '.';
    assert_fails(
        lk_mirror_list_events(k->mirror, LK_MIRROR_EVENT_QUERY(.limit = 1001), &page, &err),
        LK_ERR_INVALID, err);
    assert_fails(lk_mirror_list_events(k->mirror, LK_MIRROR_EVENT_QUERY(.limit = -1), &page, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_mirror_list_events(k->mirror, LK_MIRROR_EVENT_QUERY(.order = 4), &page, &err),
                 LK_ERR_INVALID, err);
    assert_fails(
        lk_mirror_list_events(k->mirror, LK_MIRROR_EVENT_QUERY(.text = long_text), &page, &err),
        LK_ERR_INVALID, err);
    assert_fails(
        lk_mirror_list_events(k->mirror, LK_MIRROR_EVENT_QUERY(.type = long_type), &page, &err),
        LK_ERR_INVALID, err);
    assert_fails(
        lk_mirror_list_events(k->mirror, LK_MIRROR_EVENT_QUERY(.after = "event_x"), &page, &err),
        LK_ERR_NOT_FOUND, err);
    assert_contains(err.message, "event_x");
    assert_null(page);
    assert_fails(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.limit = 1001), &users, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.user_id = "u1"), &users, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "user_id");
    assert_fails(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.text = long_text), &users, &err),
                 LK_ERR_INVALID, err);
    assert_null(users);
}

/* A program that was compiled against an older header passes a smaller struct. */
static void test_older_query_struct_is_read_as_far_as_it_goes(void **state)
{
    kit *k = *state;
    lk_mirror_event_query query = { .size = offsetof(lk_mirror_event_query, limit), .limit = 1 };

    add_five(k);
    assert_found(k, &query, "abcde");
}

static void add_people(kit *k)
{
    char data[200];

    add(k, "event_d1", "dsync.activated", 1,
        "{\"id\":\"d1\",\"organization_id\":\"org_1\",\"name\":\"One\",\"state\":\"linked\"}");
    add(k, "event_d2", "dsync.activated", 1, "{\"id\":\"d2\",\"organization_id\":\"org_2\"}");
    for (int i = 0; i < 6; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_u%d", i);
        snprintf(data, sizeof(data),
                 "{\"id\":\"u%d\",\"directory_id\":\"d%d\",\"organization_id\":\"org_%d\"}", i,
                 i % 2 + 1, i % 2 + 1);
        add(k, id, "dsync.user.created", 10 + i, data);
    }
    add(k, "event_x", "dsync.user.deleted", 20, "{\"id\":\"u2\",\"directory_id\":\"d1\"}");
    for (int i = 0; i < 2; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_g%d", i);
        snprintf(
            data, sizeof(data),
            "{\"user\":{\"id\":\"u0\",\"directory_id\":\"d1\",\"organization_id\":\"org_1\"},"
            "\"group\":{\"id\":\"g%d\",\"directory_id\":\"d1\",\"organization_id\":\"org_1\"}}",
            1 - i);
        add(k, id, "dsync.group.user_added", 30 + i, data);
    }
}

static void assert_users(kit *k, const lk_mirror_query *query, const char *digits)
{
    lk_auto(lk_directory_user_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char found[16] = "";

    assert_ok(lk_mirror_list_users(k->mirror, query, &page, &err), err);
    for (size_t i = 0; i < page->count; i++)
        found[i] = page->items[i]->id[1];
    assert_string_equal(found, digits);
}

static void test_users_are_listed_by_id(void **state)
{
    kit *k = *state;

    add_people(k);
    assert_users(k, NULL, "01345");
    assert_users(k, LK_MIRROR_QUERY(.limit = 2), "01");
    assert_users(k, LK_MIRROR_QUERY(.after = "u1", .limit = 2), "34");
    assert_users(k, LK_MIRROR_QUERY(.after = "u2"), "345"); /* a deleted one is a place, too */
    assert_users(k, LK_MIRROR_QUERY(.directory_id = "d1"), "04");
    assert_users(k, LK_MIRROR_QUERY(.organization_id = "org_2", .after = "u1"), "35");
    assert_users(k, LK_MIRROR_QUERY(.organization_id = "org_3"), "");
}

static void test_users_are_searched(void **state)
{
    kit *k = *state;

    add_people(k);
    add(k, "event_n1", "dsync.user.updated", 50,
        "{\"id\":\"u3\",\"directory_id\":\"d2\",\"first_name\":\"Ada\",\"last_name\":\"King\"}");
    add(k, "event_n2", "dsync.user.updated", 51,
        "{\"id\":\"u4\",\"directory_id\":\"d1\",\"email\":\"ada_k@x.example\"}");
    assert_users(k, LK_MIRROR_QUERY(.text = "ADA"), "34");
    assert_users(k, LK_MIRROR_QUERY(.text = "ada king"), "3");
    assert_users(k, LK_MIRROR_QUERY(.text = "a_k"), "4"); /* no wildcard */
    assert_users(k, LK_MIRROR_QUERY(.text = "u1"), "1");  /* an id */
    assert_users(k, LK_MIRROR_QUERY(.text = "ada", .directory_id = "d1"), "4");
    assert_users(k, LK_MIRROR_QUERY(.text = ""), "01345");
}

/* Both ways, and for the living only. */
static void test_memberships_filter_both_lists(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_auto(lk_directory_group) group = NULL;
    lk_error err = LK_ERROR_INIT;

    add_people(k);
    assert_users(k, LK_MIRROR_QUERY(.group_id = "g0"), "0");
    assert_users(k, LK_MIRROR_QUERY(.group_id = "g0", .directory_id = "d2"), "");
    assert_users(k, LK_MIRROR_QUERY(.group_id = "g9"), "");
    assert_ok(lk_mirror_list_groups(k->mirror, LK_MIRROR_QUERY(.user_id = "u0", .after = "g0"),
                                    &groups, &err),
              err);
    assert_int_equal(groups->count, 1);
    assert_string_equal(groups->items[0]->id, "g1");
    assert_ok(lk_mirror_get_group(k->mirror, "g1", &group, &err), err);
    assert_int_equal(group->n_members, 1);
    assert_string_equal(group->members[0], "u0");
    add(k, "event_y", "dsync.user.deleted", 60, "{\"id\":\"u0\",\"directory_id\":\"d1\"}");
    assert_users(k, LK_MIRROR_QUERY(.group_id = "g0"), "");
}

static void test_groups_and_members_are_sorted(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_auto(lk_directory_user) user = NULL;
    lk_error err = LK_ERROR_INIT;

    add_people(k);
    assert_ok(
        lk_mirror_list_groups(k->mirror, LK_MIRROR_QUERY(.directory_id = "d1"), &groups, &err),
        err);
    assert_int_equal(groups->count, 2);
    assert_string_equal(groups->items[0]->id, "g0");
    assert_string_equal(groups->items[1]->id, "g1");
    assert_ok(lk_mirror_get_user(k->mirror, "u0", &user, &err), err);
    assert_int_equal(user->n_groups, 2);
    assert_string_equal(user->groups[0], "g0");
    assert_string_equal(user->groups[1], "g1");
}

/* More than are asked about at once; every third is in no group, or in two. */
static void test_each_of_many_has_its_own_groups(void **state)
{
    enum { MANY = 70 };
    kit *k = *state;
    lk_auto(lk_directory_user_page) users = NULL;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_error err = LK_ERROR_INIT;

    for (int i = 0; i < MANY; i++) {
        char id[32];
        char data[160];

        snprintf(id, sizeof(id), "event_%02d_", i);
        snprintf(data, sizeof(data), "{\"id\":\"u%02d\",\"directory_id\":\"d1\"}", i);
        add(k, id, "dsync.user.created", 10, data);
        for (int g = 0; g < i % 3; g++) {
            snprintf(id, sizeof(id), "event_%02d_%d", i, g);
            snprintf(data, sizeof(data),
                     "{\"user\":{\"id\":\"u%02d\",\"directory_id\":\"d1\"},"
                     "\"group\":{\"id\":\"g%d\",\"directory_id\":\"d1\"}}",
                     i, g);
            add(k, id, "dsync.group.user_added", 20, data);
        }
    }
    assert_ok(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.limit = 1000), &users, &err), err);
    assert_int_equal(users->count, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(users->items[i]->n_groups, i % 3);
        for (int g = 0; g < i % 3; g++)
            assert_int_equal(users->items[i]->groups[g][1], '0' + g);
    }
    assert_ok(lk_mirror_list_groups(k->mirror, NULL, &groups, &err), err);
    assert_int_equal(groups->count, 2);
    assert_int_equal(groups->items[0]->n_members, 46); /* 1, 2, 4, 5, … 67, 68 */
    assert_int_equal(groups->items[1]->n_members, 23); /* 2, 5, … 68 */
    assert_string_equal(groups->items[0]->members[1], "u02");
    assert_string_equal(groups->items[1]->members[22], "u68");
}

static void test_directories_are_listed_with_the_state_of_events(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    add_people(k);
    assert_ok(lk_mirror_list_directories(k->mirror, NULL, &page, &err), err);
    assert_int_equal(page->count, 2);
    assert_string_equal(page->items[0]->state, "active"); /* "linked" in the API's words */
    assert_null(page->items[1]->state);
    lk_directory_page_freep(&page);
    assert_ok(lk_mirror_list_directories(k->mirror, LK_MIRROR_QUERY(.organization_id = "org_2"),
                                         &page, &err),
              err);
    assert_int_equal(page->count, 1);
    assert_string_equal(page->items[0]->id, "d2");
}

static void test_unknown_and_deleted_records_are_not_found(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    lk_directory_user *user = NULL;
    lk_directory *directory = NULL;
    lk_directory_group *group = NULL;

    add_people(k);
    assert_fails(lk_mirror_get_group(k->mirror, "g9", &group, &err), LK_ERR_NOT_FOUND, err);
    assert_null(group);
    assert_fails(lk_mirror_get_user(k->mirror, "u9", &user, &err), LK_ERR_NOT_FOUND, err);
    assert_fails(lk_mirror_get_user(k->mirror, "u2", &user, &err), LK_ERR_NOT_FOUND, err);
    assert_fails(lk_mirror_get_user(k->mirror, NULL, &user, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_get_directory(k->mirror, "d9", &directory, &err), LK_ERR_NOT_FOUND, err);
    assert_null(user);
    assert_null(directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_orders_and_anchors),
        TEST(test_filters),
        TEST(test_text_is_searched_as_it_is),
        TEST(test_times_are_from_and_before),
        TEST(test_events_of_one_object),
        TEST(test_events_are_counted),
        TEST(test_events_are_counted_by_time),
        TEST(test_times_that_cannot_be_cut_are_refused),
        TEST(test_one_event_by_its_id),
        TEST(test_impossible_queries_are_refused),
        TEST(test_older_query_struct_is_read_as_far_as_it_goes),
        TEST(test_users_are_listed_by_id),
        TEST(test_users_are_searched),
        TEST(test_memberships_filter_both_lists),
        TEST(test_groups_and_members_are_sorted),
        TEST(test_each_of_many_has_its_own_groups),
        TEST(test_directories_are_listed_with_the_state_of_events),
        TEST(test_unknown_and_deleted_records_are_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
