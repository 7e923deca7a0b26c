/* Who may read what: access.c; where the server listens: listen.c. */
#include "test.h"

#include "access.h"
#include "fail.h"
#include "listen.h"

static void test_people_see_their_own_organization(void **state)
{
    const lk_session session = { .organization_id = "org_1", .role = "admin" };

    (void)state;
    access_scope scope = access_of(&session, NULL);
    assert_false(scope.sees_everything);
    assert_true(access_covers(&scope, "org_1"));
    assert_false(access_covers(&scope, "org_12"));
    assert_false(access_covers(&scope, "org_"));
    assert_false(access_covers(&scope, NULL));
}

static void test_nobodys_organization_sees_nothing(void **state)
{
    static const char *const ids[] = { NULL, "" };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(ids); i++) {
        const lk_session session = { .organization_id = ids[i] };
        access_scope scope = access_of(&session, NULL);
        assert_false(access_covers(&scope, "org_1"));
        assert_false(access_covers(&scope, ""));
        assert_false(access_covers(&scope, NULL));
    }
}

static void test_rules_open_everything_to_those_they_name(void **state)
{
    const lk_session member = { .organization_id = "org_1", .role = "member" };
    const lk_session admin = { .organization_id = "org_1", .role = "admin" };
    lk_auto(lk_rules) rules = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_rules_new(&rules, &err), err);
    assert_ok(lk_rules_add(rules, "role=admin", &err), err);
    access_scope all = access_of(&admin, rules);
    access_scope own = access_of(&member, rules);
    assert_true(access_covers(&all, "org_1") && access_covers(&all, "org_2"));
    assert_true(access_covers(&all, NULL));
    assert_true(access_covers(&own, "org_1"));
    assert_false(access_covers(&own, "org_2"));
}

static void test_listen_addresses_are_read(void **state)
{
    static const struct {
        const char *text, *printed;
        bool is_loopback;
    } cases[] = {
        { "3000", "127.0.0.1:3000", true },     { "127.0.0.1:3000", "127.0.0.1:3000", true },
        { "127.9.9.9:0", "127.9.9.9:0", true }, { "localhost:80", "127.0.0.1:80", true },
        { "[::1]:65535", "[::1]:65535", true }, { "0.0.0.0:80", "0.0.0.0:80", false },
        { "[::]:80", "[::]:80", false },        { "192.0.2.1:80", "192.0.2.1:80", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        lk_error err = LK_ERROR_INIT;
        listen_address address;
        char printed[80];
        assert_ok(listen_parse(cases[i].text, &address, &err), err);
        listen_print(&address, printed, sizeof(printed));
        assert_string_equal(printed, cases[i].printed);
        assert_int_equal(address.is_loopback, cases[i].is_loopback);
    }
}

static void test_bad_listen_addresses_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "", "port" },
        { "127.0.0.1:", "port" },
        { "127.0.0.1:65536", "port" },
        { "127.0.0.1:-1", "port" },
        { "127.0.0.1:80,81", "port" }, /* CivetWeb would take it for two */
        { "127.0.0.1:+80", "port" },
        { "127.0.0.1:443s", "--tls-certificate" },
        { "443s", "--tls-certificate" },
        { "80r", "--tls-certificate" },
        { "https://localhost:80", "--tls-certificate" },
        { "example.com:80", "IP address" },
        { "::1", "IP address" },
        { ":80", "IP address" },
        { "[]:80", "IP address" },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        lk_error err = LK_ERROR_INIT;
        listen_address address;
        assert_fails(listen_parse(cases[i].text, &address, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_people_see_their_own_organization),
        cmocka_unit_test(test_nobodys_organization_sees_nothing),
        cmocka_unit_test(test_rules_open_everything_to_those_they_name),
        cmocka_unit_test(test_listen_addresses_are_read),
        cmocka_unit_test(test_bad_listen_addresses_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
