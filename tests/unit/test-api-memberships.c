/* The organizations of a person. */
#include <latchkey/authkit.h>

#include "test-client.h"
#include "test.h"

#define LIST \
    "GET /user_management/organization_memberships?user_id=user_1&statuses=active&limit=100"
#define FIRST                                                                                \
    "{\"object\":\"organization_membership\",\"id\":\"om_1\",\"organization_id\":\"org_1\"," \
    "\"organization_name\":\"Acme & Co\",\"status\":\"active\",\"role\":{\"slug\":\"admin\"}}"

static void test_memberships_are_listed(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { LIST, .status = 200, .header_has = "Authorization: Bearer " TEST_API_KEY,
          .body = "{\"object\":\"list\",\"data\":[" FIRST
                  ",{\"id\":\"om_2\",\"organization_id\":\"org_2\"}],\"list_metadata\":{}}" });
    lk_auto(lk_membership_page) page = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_list_memberships(test.client, "user_1", &page, &err), err);
    assert_int_equal(page->count, 2);
    assert_string_equal(page->items[0]->organization_id, "org_1");
    assert_string_equal(page->items[0]->organization_name, "Acme & Co");
    assert_string_equal(page->items[0]->role, "admin");
    assert_string_equal(page->items[1]->organization_id, "org_2");
    assert_null(page->items[1]->organization_name);
    test_client_close(&test, &wire);
}

static const struct {
    const char *what;
    fake_exchange answer;
    lk_status status;
} failures[] = {
    { "refused", { LIST, .status = 403, .body = "{\"message\":\"no\"}" }, LK_ERR_API },
    { "no list", { LIST, .status = 200, .body = "{\"data\":7}" }, LK_ERR_PROTOCOL },
    { "one of no organization",
      { LIST, .status = 200, .body = "{\"data\":[{\"id\":\"om_1\"}],\"list_metadata\":{}}" },
      LK_ERR_PROTOCOL },
};

static void test_bad_answers_give_no_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        fake_exchange script[] = { failures[i].answer };
        fake_wire wire = { .script = script, .n_script = 1, .mutex = PTHREAD_MUTEX_INITIALIZER };
        lk_membership_page *page = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(lk_authkit_list_memberships(test.client, "user_1", &page, &err),
                     failures[i].status, err);
        assert_null(page);
        test_client_close(&test, &wire);
    }
}

static void test_nobody_is_asked_without_a_person(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_membership_page *page = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_authkit_list_memberships(test.client, "", &page, &err), LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memberships_are_listed),
        cmocka_unit_test(test_bad_answers_give_no_list),
        cmocka_unit_test(test_nobody_is_asked_without_a_person),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
