/* The local WorkOS: seeds in YAML, the official emulator's keys, and what is said of broken ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

/* As in the README of the package workos 0.14.0, with a real user_id. */
static const char official[] = "# a comment\n"
                               "apiKeys:\n"
                               "  sk_test_second: { environment: test }\n"
                               "users:\n"
                               "  - email: alice@acme.com\n"
                               "    first_name: Alice\n"
                               "    password: test123\n"
                               "    email_verified: true\n"
                               "  - email: bob@acme.com\n"
                               "    metadata: { team: \"7\" }\n"
                               "    impersonator: { email: ops@acme.com, reason: 'Ticket #7' }\n"
                               "organizations:\n"
                               "  - name: Acme Corp\n"
                               "    domains:\n"
                               "      - domain: acme.com\n"
                               "        state: verified\n"
                               "    memberships:\n"
                               "      - user_id: alice@acme.com\n"
                               "        role: admin\n"
                               "connections:\n"
                               "  - name: Acme SSO\n"
                               "    organization: Acme Corp\n"
                               "    connection_type: GenericSAML\n"
                               "    domains: [acme.com]\n"
                               "roles:\n"
                               "  - slug: admin\n"
                               "    name: Admin\n"
                               "    priority: 1\n"
                               "    permissions: [posts:read, posts:write]\n"
                               "permissions:\n"
                               "  - slug: posts:read\n"
                               "    name: Read Posts\n"
                               "  - slug: posts:write\n"
                               "    name: Write Posts\n"
                               "webhookEndpoints:\n"
                               "  - url: http://localhost:9/webhooks\n"
                               "    events: [user.created, organization.updated]\n"
                               "  - endpoint_url: http://localhost:9/all\n"
                               "    enabled: false\n";

static int set_up_official(void **state)
{
    (void)state;
    return emulator_kit_start((emulator_options){ .seed_json = official });
}

static void test_official_seed_is_read_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(get("/user_management/users?order=asc"), 200);
    assert_string_equal(text("data.0.email"), "alice@acme.com");
    assert_true(cJSON_IsTrue(at(last.json, "data.0.email_verified")));
    assert_string_equal(text("data.1.metadata.team"), "7");
    full_sign_in("email=alice%40acme.com");
    cJSON *claims = claims_of(text("access_token"));
    assert_string_equal(cJSON_GetStringValue(at(claims, "role")), "admin");
    assert_string_equal(cJSON_GetStringValue(at(claims, "permissions.1")), "posts:write");
    cJSON_Delete(claims);
    get("/webhook_endpoints?order=asc");
    assert_int_equal(count("data"), 2);
    assert_string_equal(text("data.0.events.1"), "organization.updated");
    assert_true(count("data.1.events") > 50);
    assert_string_equal(text("data.1.status"), "disabled");
}

static void test_seeded_impersonator_signs_in(void **state)
{
    (void)state;
    full_sign_in("email=bob%40acme.com");
    assert_string_equal(text("impersonator.email"), "ops@acme.com");
    assert_string_equal(text("impersonator.reason"), "Ticket #7");
    assert_string_equal(text("authentication_method"), "Impersonation");
    assert_null(strstr(last.body, "_impersonator"));
}

static void test_further_api_keys_are_accepted(void **state)
{
    (void)state;
    assert_int_equal(call_as("sk_test_second", "GET", "/organizations", NULL, NULL), 200);
    assert_int_equal(call_as(EMULATOR_API_KEY, "GET", "/organizations", NULL, NULL), 200);
    assert_int_equal(call_as("sk_test_third", "GET", "/organizations", NULL, NULL), 401);
}

static void test_broken_seeds_name_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *seed, *says[3];
    } cases[] = {
        { "users:\n  - email: a@b.example\n    emial: x\n", { "line 3", "users[0]", "emial" } },
        { "users:\n  - first_name: A\n", { "line 2", "users[0]", "email is missing" } },
        { "users:\n  - email: nobody\n", { "line 2", "users[0]", "e-mail address" } },
        { "{\"users\":[\n{\"email\":\"a@b.example\"},\n{\"email\":\"a@b.example\",\n\"x\":1}]}",
          { "users[1]", "line 3", "\"x\"" } },
        { "users:\n  - email: a@b.example\n  - email: A@B.example\n",
          { "line 3", "A@B.example", "twice" } },
        { "organizations:\n  - name: O\n    memberships:\n      - user_id: <user_id>\n",
          { "line 2", "<user_id>", "nobody" } },
        /* a key twice, a tab, an open quote, no mapping, nothing */
        { "users: []\nusers: []\n", { "line 2", "users", "twice" } },
        { "users:\n\t- email: a\n", { "line 2", "", "" } },
        { "users:\n  - email: \"a\n", { "line", "", "" } },
        { "- a\n- b\n", { "must be an object", "", "" } },
        { "", { "nothing", "", "" } },
        /* a NUL, and a bomb of aliases */
        { "users: \"a\\0b\"\n", { "line 1", "NUL", "" } },
        { "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
          "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
          "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
          { "line", "too many", "" } },
        { "webhookEndpoints:\n  - url: https://example.com/\n", { "line 2", "loopback", "" } },
        { "webhookEndpoints:\n  - url: http://127.0.0.1/\n    events: [x.y]\n",
          { "line 2", "x.y", "none that WorkOS delivers" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[EMULATOR_ERROR_SIZE] = "";
        emulator *none = NULL;
        assert_int_equal(
            emulator_start(&(emulator_options){ .seed_json = cases[i].seed }, &none, error), -1);
        for (size_t j = 0; j < 3; j++) {
            if (cases[i].says[j] && !strstr(error, cases[i].says[j]))
                fail_msg("seed %zu: \"%s\" does not say \"%s\"", i, error, cases[i].says[j]);
        }
    }
}

static void test_scalars_are_what_they_look_like(void **state)
{
    (void)state;
    emulator_kit_tear_down(NULL);
    assert_int_equal(
        emulator_kit_start((emulator_options){
            .seed_json =
                "users:\n  - email: a@b.example\n    metadata: {a: 1.5, b: 'true', c: true, "
                "d: ~, e: 12-34, f: \"Z\\u00fcrich\"}\n" }),
        0);
    get("/user_management/users");
    assert_true(at(last.json, "data.0.metadata.a")->valuedouble == 1.5);
    assert_string_equal(text("data.0.metadata.b"), "true");
    assert_true(cJSON_IsTrue(at(last.json, "data.0.metadata.c")));
    assert_true(cJSON_IsNull(at(last.json, "data.0.metadata.d")));
    assert_string_equal(text("data.0.metadata.e"), "12-34");
    assert_string_equal(text("data.0.metadata.f"), "Zürich");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_official, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_official_seed_is_read_as_it_is),  TEST(test_seeded_impersonator_signs_in),
        TEST(test_further_api_keys_are_accepted),   TEST(test_broken_seeds_name_line_and_key),
        TEST(test_scalars_are_what_they_look_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
