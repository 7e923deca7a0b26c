/* From event to rows: each type, odd data, and what must not come back to life. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "mirror-kit.h"
#include "test.h"

#define T0 INT64_C(1772438400000) /* 2026-03-02T08:00:00Z */

#define DIRECTORY                                                                     \
    "{\"object\":\"directory\",\"id\":\"directory_D\",\"organization_id\":\"org_R\"," \
    "\"type\":\"okta scim v2.0\",\"state\":\"active\",\"name\":\"Nordwind HR\","      \
    "\"domains\":[],\"created_at\":\"2026-03-02T08:00:00.000Z\","                     \
    "\"updated_at\":\"2026-03-02T08:00:04.120Z\"}"
#define USER(last_name)                                                                      \
    "{\"object\":\"directory_user\",\"id\":\"directory_user_U1\","                           \
    "\"directory_id\":\"directory_D\",\"organization_id\":\"org_R\",\"idp_id\":\"00u77\","   \
    "\"email\":\"mira@nordwind.example\",\"first_name\":\"Mira\",\"last_name\":\"" last_name \
    "\",\"state\":\"active\",\"custom_attributes\":{\"department_name\":\"Ops\"},"           \
    "\"role\":{\"slug\":\"member\"},\"created_at\":\"2026-03-02T08:01:00.000Z\","            \
    "\"updated_at\":\"2026-03-02T08:01:00.000Z\"}"
#define GROUP(name)                                                                         \
    "{\"object\":\"directory_group\",\"id\":\"directory_group_G1\",\"idp_id\":\"g-12\","    \
    "\"directory_id\":\"directory_D\",\"organization_id\":\"org_R\",\"name\":\"" name "\"," \
    "\"created_at\":\"2026-03-02T08:02:00.000Z\",\"updated_at\":\"2026-03-02T08:02:00.000Z\"}"
#define MEMBERSHIP                                                                  \
    "{\"directory_id\":\"directory_D\",\"user\":" USER("Holt") ",\"group\":" GROUP( \
        "Night shift") "}"

/* The n-th event, n seconds after T0. */
static bool apply(kit *k, int n, const char *type, const char *data)
{
    kit_event event;
    char id[32];

    snprintf(id, sizeof(id), "event_%06d", n);
    kit_make(&event, id, type, T0 + n * 1000, "%s", data);
    return kit_apply(k, &event);
}

static lk_mirror_status status_of(kit *k)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_status(k->mirror, &status, &err), err);
    return status;
}

static bool lives(kit *k)
{
    lk_auto(lk_directory_user) user = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk_mirror_get_user(k->mirror, "directory_user_U1", &user, &err);

    assert_true(status == LK_OK || status == LK_ERR_NOT_FOUND);
    return status == LK_OK;
}

static size_t n_members(kit *k)
{
    lk_auto(lk_directory_group_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_list_groups(k->mirror, NULL, &page, &err), err);
    return page->count == 0 ? 0 : page->items[0]->n_members;
}

/* ---- The ordinary life of a directory ---- */

static void test_directory_user_and_group_are_kept(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory) directory = NULL;
    lk_auto(lk_directory_user) user = NULL;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_true(apply(k, 1, "dsync.activated", DIRECTORY));
    assert_true(apply(k, 2, "dsync.user.created", USER("Holt")));
    assert_true(apply(k, 3, "dsync.group.created", GROUP("Night shift")));
    assert_true(apply(k, 4, "dsync.group.user_added", MEMBERSHIP));

    assert_ok(lk_mirror_get_directory(k->mirror, "directory_D", &directory, &err), err);
    assert_string_equal(directory->name, "Nordwind HR");
    assert_string_equal(directory->organization_id, "org_R");
    assert_string_equal(directory->type, "okta scim v2.0");
    assert_string_equal(directory->state, "active");
    assert_int_equal(directory->created_at_ms, T0);
    assert_int_equal(directory->updated_at_ms, T0 + 4120);

    assert_ok(lk_mirror_get_user(k->mirror, "directory_user_U1", &user, &err), err);
    assert_string_equal(user->directory_id, "directory_D");
    assert_string_equal(user->idp_id, "00u77");
    assert_string_equal(user->email, "mira@nordwind.example");
    assert_string_equal(user->last_name, "Holt");
    assert_string_equal(user->state, "active");
    assert_string_equal(user->role, "member");
    assert_string_equal(user->custom_attributes_json, "{\"department_name\":\"Ops\"}");
    assert_string_equal(user->json, USER("Holt"));
    assert_int_equal(user->n_groups, 1);
    assert_string_equal(user->groups[0], "directory_group_G1");

    assert_ok(lk_mirror_list_groups(k->mirror, NULL, &groups, &err), err);
    assert_int_equal(groups->count, 1);
    assert_string_equal(groups->items[0]->name, "Night shift");
    assert_string_equal(groups->items[0]->json, GROUP("Night shift"));
    assert_int_equal(groups->items[0]->n_members, 1);
    assert_string_equal(groups->items[0]->members[0], "directory_user_U1");
}

static void test_same_id_is_applied_once(void **state)
{
    kit *k = *state;

    assert_true(apply(k, 1, "dsync.user.created", USER("Holt")));
    assert_false(apply(k, 1, "dsync.user.created", USER("Holt")));
    assert_int_equal(status_of(k).n_events, 1);
}

static void test_newer_event_wins_in_either_order(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_user) user = NULL;
    lk_error err = LK_ERROR_INIT;

    apply(k, 5, "dsync.user.updated", USER("Holt-Berg"));
    apply(k, 2, "dsync.user.created", USER("Holt"));
    assert_ok(lk_mirror_get_user(k->mirror, "directory_user_U1", &user, &err), err);
    assert_string_equal(user->last_name, "Holt-Berg");
}

static void test_user_added_may_come_first(void **state)
{
    kit *k = *state;

    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    assert_true(lives(k));
    assert_int_equal(n_members(k), 1);
    assert_int_equal(status_of(k).n_groups, 1);
}

static void test_removed_member_leaves_the_group_only(void **state)
{
    kit *k = *state;

    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    apply(k, 5, "dsync.group.user_removed", MEMBERSHIP);
    assert_true(lives(k));
    assert_int_equal(n_members(k), 0);
    apply(k, 3, "dsync.group.user_added", MEMBERSHIP); /* late */
    assert_int_equal(n_members(k), 0);
    apply(k, 6, "dsync.group.user_added", MEMBERSHIP);
    assert_int_equal(n_members(k), 1);
}

/* ---- Deletions ---- */

static void test_deleted_directory_takes_everything_along(void **state)
{
    kit *k = *state;

    apply(k, 1, "dsync.activated", DIRECTORY);
    apply(k, 2, "dsync.user.created", USER("Holt"));
    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    apply(k, 5, "dsync.deleted", DIRECTORY);
    assert_false(lives(k));
    assert_int_equal(status_of(k).n_users, 0);
    assert_int_equal(status_of(k).n_groups, 0);
    assert_int_equal(status_of(k).n_directories, 0);
    apply(k, 3, "dsync.user.updated", USER("Late")); /* older than the deletion */
    assert_false(lives(k));
}

static void test_directory_that_comes_back_is_empty(void **state)
{
    kit *k = *state;

    apply(k, 1, "dsync.activated", DIRECTORY);
    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    apply(k, 6, "dsync.activated", DIRECTORY);
    apply(k, 5, "dsync.deleted", DIRECTORY); /* late */
    assert_int_equal(status_of(k).n_directories, 1);
    assert_int_equal(status_of(k).n_users, 0);
    apply(k, 7, "dsync.user.created", USER("Holt"));
    apply(k, 8, "dsync.group.created", GROUP("Night shift"));
    assert_true(lives(k));
    assert_int_equal(n_members(k), 0); /* the membership is older than the deletion */
}

static void test_deleted_group_drops_its_memberships(void **state)
{
    kit *k = *state;

    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    apply(k, 5, "dsync.group.deleted", GROUP("Night shift"));
    assert_true(lives(k));
    assert_int_equal(status_of(k).n_groups, 0);
    apply(k, 6, "dsync.group.created", GROUP("Night shift"));
    assert_int_equal(status_of(k).n_groups, 1);
    assert_int_equal(n_members(k), 0);
}

static void test_deleted_user_leaves_all_groups(void **state)
{
    kit *k = *state;

    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    apply(k, 5, "dsync.user.deleted", USER("Holt"));
    assert_false(lives(k));
    assert_int_equal(n_members(k), 0);
    apply(k, 6, "dsync.user.created", USER("Holt"));
    assert_true(lives(k));
    assert_int_equal(n_members(k), 0);
}

static void test_removal_after_deletion_does_not_revive(void **state)
{
    kit *k = *state;

    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    apply(k, 5, "dsync.user.deleted", USER("Holt"));
    apply(k, 6, "dsync.group.deleted", GROUP("Night shift"));
    apply(k, 7, "dsync.group.user_removed", MEMBERSHIP);
    assert_false(lives(k));
    assert_int_equal(status_of(k).n_groups, 0);
}

/* Nothing WorkOS does: the group moves to a directory that is deleted then. */
static void test_user_is_in_no_group_that_is_gone(void **state)
{
    kit *k = *state;
    lk_auto(lk_directory_user) user = NULL;
    lk_error err = LK_ERROR_INIT;

    apply(k, 4, "dsync.group.user_added", MEMBERSHIP);
    apply(k, 5, "dsync.group.updated", "{\"id\":\"directory_group_G1\",\"directory_id\":\"d2\"}");
    apply(k, 6, "dsync.deleted", "{\"id\":\"d2\"}");
    assert_int_equal(status_of(k).n_groups, 0);
    assert_ok(lk_mirror_get_user(k->mirror, "directory_user_U1", &user, &err), err);
    assert_int_equal(user->n_groups, 0);
}

/* ---- What is only logged, and what is parked ---- */

static const struct {
    const char *type;
    const char *data;
    const char *subject; /* NULL: none */
    const char *organization_id;
    const char *directory_id;
    int n_parked;
} rows[] = {
    /* Types of other families, and of none. */
    { "user.created", "{\"object\":\"user\",\"id\":\"user_1\",\"email\":\"a@b.example\"}",
      "a@b.example", NULL, NULL, 0 },
    { "user.created",
      "{\"object\":\"user\",\"id\":\"user_1\",\"email\":\"a@b.example\",\"first_name\":\"Ada\","
      "\"last_name\":\"Lovelace\"}",
      "Ada Lovelace", NULL, NULL, 0 },
    { "organization.created", "{\"object\":\"organization\",\"id\":\"org_1\",\"name\":\"Acme\"}",
      "Acme", "org_1", NULL, 0 },
    { "organization_membership.created",
      "{\"id\":\"om_1\",\"user_id\":\"user_1\",\"organization_id\":\"org_1\"}", "user_1", "org_1",
      NULL, 0 },
    { "authentication.sso_failed",
      "{\"email\":\"a@b.example\",\"sso\":{\"organization_id\":\"org_7\"}}", "a@b.example", "org_7",
      NULL, 0 },
    { "directory_user.created", /* as the official emulator says it */
      "{\"object\":\"directory_user\",\"id\":\"directory_user_9\",\"directory_id\":\"d_1\"}",
      "directory_user_9", NULL, "d_1", 0 },
    { "directory.deleted", "{\"object\":\"directory\",\"id\":\"d_1\",\"name\":\"HR\"}", "HR", NULL,
      "d_1", 0 },
    { "something.new", "[1,2]", NULL, NULL, NULL, 0 },
    { "something.new", "{\"id\":7,\"name\":{},\"organization_id\":[]}", NULL, NULL, NULL, 0 },
    { "something.new", "{\"name\":\"\",\"email\":null,\"id\":\"x_1\"}", "x_1", NULL, NULL, 0 },
    /* Half a name; a name that is given whole. */
    { "dsync.user.created", "{\"id\":\"u\",\"directory_id\":\"d\",\"last_name\":\"Holt\"}", "Holt",
      NULL, "d", 0 },
    { "dsync.user.created",
      "{\"id\":\"u\",\"directory_id\":\"d\",\"name\":\"M. Holt\",\"first_name\":\"Mira\"}",
      "M. Holt", NULL, "d", 0 },
    { "dsync.group.user_added", MEMBERSHIP, "Mira Holt \xE2\x80\x93 Night shift", "org_R",
      "directory_D", 0 },
    /* Fields of a wrong type that are not needed count as missing. */
    { "dsync.user.created",
      "{\"id\":\"u\",\"directory_id\":\"d\",\"email\":5,\"role\":[],\"created_at\":\"soon\"}", "u",
      NULL, "d", 0 },
    /* Parked: what is needed is missing, empty or of a wrong type. */
    { "dsync.activated", "{\"name\":\"HR\"}", "HR", NULL, NULL, 1 },
    { "dsync.deleted", "{\"id\":{}}", NULL, NULL, NULL, 1 },
    { "dsync.user.created", "{\"id\":\"u\"}", "u", NULL, NULL, 1 },
    { "dsync.user.created", "{\"id\":\"\",\"directory_id\":\"d\"}", NULL, NULL, "d", 1 },
    { "dsync.user.updated", "{\"id\":[\"u\"],\"directory_id\":\"d\"}", NULL, NULL, "d", 1 },
    { "dsync.group.deleted", "{\"id\":\"g\",\"directory_id\":false}", "g", NULL, NULL, 1 },
    { "dsync.group.user_added", "{\"user\":{\"id\":\"u\",\"directory_id\":\"d\"}}", NULL, NULL,
      NULL, 1 },
    { "dsync.group.user_added", "{\"user\":7,\"group\":{\"id\":\"g\",\"directory_id\":\"d\"}}",
      NULL, NULL, NULL, 1 },
    { "dsync.group.user_removed", "{\"user\":null,\"group\":null}", NULL, NULL, NULL, 1 },
    { "dsync.user.created", "null", NULL, NULL, NULL, 1 },
    { "dsync.user.created", "\"text\"", NULL, NULL, NULL, 1 },
    /* A name that would cut the text, half a surrogate: unsafe to believe as a whole. */
    { "dsync.user.created", "{\"id\":\"u\\u0000x\",\"directory_id\":\"d\"}", NULL, NULL, NULL, 1 },
    { "dsync.user.created", "{\"id\":\"u\",\"directory_id\":\"\\ud800\"}", NULL, NULL, NULL, 1 },
    /* Which of the two is meant? */
    { "dsync.user.created",
      "{\"id\":\"u\",\"directory_id\":\"d\"},\"data\":{\"id\":\"v\",\"directory_id\":\"d\"}", "u",
      NULL, "d", 1 },
};

static void assert_text(const char *got, const char *expected, size_t row)
{
    if (got == NULL && expected == NULL)
        return;
    if (got == NULL || expected == NULL || strcmp(got, expected) != 0)
        fail_msg("row %zu: \"%s\" instead of \"%s\"", row, got, expected);
}

static void test_each_event_is_logged_and_odd_ones_are_parked(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_auto(lk_mirror_event_page) page = NULL;
        lk_error err = LK_ERROR_INIT;
        kit_event event;
        kit k;

        kit_begin(&k);
        kit_open(&k);
        kit_make(&event, "event_1", rows[i].type, T0, "%s", rows[i].data);
        assert_true(kit_apply(&k, &event));
        assert_ok(lk_mirror_list_events(k.mirror, NULL, &page, &err), err);
        assert_int_equal(page->count, 1);
        assert_text(page->items[0]->json, event.json, i);
        assert_text(page->items[0]->subject, rows[i].subject, i);
        assert_text(page->items[0]->organization_id, rows[i].organization_id, i);
        assert_text(page->items[0]->directory_id, rows[i].directory_id, i);
        if (status_of(&k).n_parked != rows[i].n_parked)
            fail_msg("row %zu: %d parked", i, (int)status_of(&k).n_parked);
        if (rows[i].n_parked > 0 && status_of(&k).n_users + status_of(&k).n_groups > 0)
            fail_msg("row %zu: parked, and yet applied", i);
        kit_end(&k);
    }
}

static void test_long_subject_is_cut_between_characters(void **state)
{
    kit *k = *state;
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char name[401] = "x";
    kit_event event;

    for (size_t i = 1; i + 2 < sizeof(name); i += 2)
        memcpy(name + i, "\xC3\xA9", 3); /* two bytes each, from an odd offset */
    kit_make(&event, "event_1", "organization.created", T0, "{\"name\":\"%s\"}", name);
    kit_apply(k, &event);
    assert_ok(lk_mirror_list_events(k->mirror, NULL, &page, &err), err);
    assert_int_equal(strlen(page->items[0]->subject), 199);
}

static void test_impossible_event_is_refused_and_changes_nothing(void **state)
{
    static const lk_event events[] = {
        { .type = "user.created", .json = "{}", .json_len = 2 },
        { .id = "", .type = "user.created", .json = "{}", .json_len = 2 },
        { .id = "event 1", .type = "user.created", .json = "{}", .json_len = 2 },
        { .id = "event_\xC3\xA9", .type = "user.created", .json = "{}", .json_len = 2 },
        { .id = "event_1", .type = "user.created\n", .json = "{}", .json_len = 2 },
        { .id = "event_1", .json = "{}", .json_len = 2 },
        { .id = "event_1", .type = "user.created" },
    };
    static const lk_event broken = { .id = "e", .type = "t", .json = "{\"data\":", .json_len = 8 };
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    bool added = true;

    for (size_t i = 0; i < N_ROWS(events); i++)
        assert_fails(lk_mirror_apply_event(k->mirror, &events[i], &added, &err), LK_ERR_INVALID,
                     err);
    assert_fails(lk_mirror_apply_event(k->mirror, &broken, &added, &err), LK_ERR_PROTOCOL, err);
    assert_true(added); /* written on success only */
    assert_int_equal(status_of(k).n_events, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_directory_user_and_group_are_kept, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_same_id_is_applied_once, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_newer_event_wins_in_either_order, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_user_added_may_come_first, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_removed_member_leaves_the_group_only, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_directory_takes_everything_along, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_directory_that_comes_back_is_empty, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_group_drops_its_memberships, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_user_leaves_all_groups, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_removal_after_deletion_does_not_revive, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_user_is_in_no_group_that_is_gone, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test(test_each_event_is_logged_and_odd_ones_are_parked),
        cmocka_unit_test_setup_teardown(test_long_subject_is_cut_between_characters, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_impossible_event_is_refused_and_changes_nothing,
                                        kit_set_up, kit_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
