/* Who may read what: access.c; where the server listens: listen.c. */
#include "test.h"

#include "access.h"
#include "fail.h"
#include "listen.h"

static void test_people_see_their_own_organization(void **state)
{
    const lk_session session = { .organization_id = "org_1", .role = "admin" };

    (void)state;
    access_scope scope = access_of(&session, NULL, 0);
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
        access_scope scope = access_of(&session, NULL, 0);
        assert_false(access_covers(&scope, "org_1"));
        assert_false(access_covers(&scope, ""));
        assert_false(access_covers(&scope, NULL));
    }
}

static void test_rules_open_everything_to_those_they_name(void **state)
{
    static const char *const roles[] = { "member", "auditor" };
    static const char *const permissions[] = { "directory:read", "posts:write" };
    const lk_session session = { .organization_id = "org_1",
                                 .role = "member",
                                 .roles = roles,
                                 .n_roles = 2,
                                 .permissions = permissions,
                                 .n_permissions = 2 };
    static const struct {
        const char *rule;
        bool opens;
    } cases[] = {
        { "role=member", true },
        { "role=auditor", true },
        { "role=admin", false },
        { "role=membe", false },
        { "role=Member", false },
        { "permission=directory:read", true },
        { "permission=directory", false },
        { "permission=member", false }, /* a role is no permission */
        { "organization=org_1", true },
        { "organization=org_2", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        lk_error err = LK_ERROR_INIT;
        access_rule rule;
        assert_ok(access_rule_parse(cases[i].rule, &rule, &err), err);
        access_scope scope = access_of(&session, &rule, 1);
        assert_int_equal(scope.sees_everything, cases[i].opens);
        assert_int_equal(access_covers(&scope, "org_2"), cases[i].opens);
    }
}

static void test_unreadable_rules_are_refused(void **state)
{
    static const char *const bad[] = { "",       "role",  "role=",     "roles=admin",
                                       "=admin", "admin", "ROLE=admin" };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(bad); i++) {
        lk_error err = LK_ERROR_INIT;
        access_rule rule;
        assert_fails(access_rule_parse(bad[i], &rule, &err), LK_ERR_INVALID, err);
    }
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
        { "127.0.0.1:443s", "TLS" },
        { "443s", "TLS" },
        { "80r", "TLS" },
        { "https://localhost:80", "TLS" },
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
        cmocka_unit_test(test_unreadable_rules_are_refused),
        cmocka_unit_test(test_listen_addresses_are_read),
        cmocka_unit_test(test_bad_listen_addresses_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
