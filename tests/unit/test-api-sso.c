/* Single Sign-On: the address, and the profile that a code is good for. */
#include <latchkey/sso.h>

#include "test-client.h"
#include "test.h"

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define POST      "POST /sso/token"
#define FORM      "Content-Type: application/x-www-form-urlencoded"
#define OPTIONS   LK_SSO_AUTHORIZATION_OPTIONS
/* What the official emulators say to a form, before they look at the code. */
#define NOT_JSON "{\"message\":\"Problems parsing JSON\",\"code\":\"invalid_request_body\"}"

static void test_authorization_url_names_one_connection(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    char *url = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_sso_authorization_url(test.client,
                                       OPTIONS(.redirect_uri = "https://a/cb?x=1", .state = "s/1",
                                               .connection = "conn_1", .login_hint = "m@x.example",
                                               .domain_hint = "x.example"),
                                       &url, &err),
              err);
    assert_string_equal(url, "https://api.workos.com/sso/authorize?response_type=code"
                             "&client_id=client_01&redirect_uri=https%3A%2F%2Fa%2Fcb%3Fx%3D1"
                             "&connection=conn_1&state=s%2F1&login_hint=m%40x.example"
                             "&domain_hint=x.example");
    lk_free(url);
    assert_ok(
        lk_sso_authorization_url(test.client,
                                 OPTIONS(.redirect_uri = "https://a/cb", .state = "s",
                                         .organization = "org_1", .code_challenge = CHALLENGE),
                                 &url, &err),
        err);
    assert_contains(url, "&organization=org_1&state=s&code_challenge=" CHALLENGE
                         "&code_challenge_method=S256");
    lk_free(url);
    assert_ok(
        lk_sso_authorization_url(
            test.client,
            OPTIONS(.redirect_uri = "https://a/cb", .state = "s", .provider = "GoogleOAuth",
                    .provider_scopes = (const char *const[]){ "calendar" }, .n_provider_scopes = 1,
                    .provider_query_params = (const lk_parameter[]){ { "hd", "x.example" } },
                    .n_provider_query_params = 1, .nonce = "n1"),
            &url, &err),
        err);
    assert_contains(url, "&provider=GoogleOAuth&state=s&nonce=n1&provider_scopes=calendar"
                         "&provider_query_params%5Bhd%5D=x.example");
    lk_free(url);
    test_client_close(&test, &wire);
}

static void test_wrong_authorization_options_are_named(void **state)
{
    static const struct {
        const char *why;
        lk_sso_authorization_options options;
    } rows[] = {
        { "redirect_uri is missing", { .state = "s", .connection = "c" } },
        { "state is missing", { .redirect_uri = "u", .connection = "c" } },
        { "0 of connection", { .redirect_uri = "u", .state = "s" } },
        { "2 of connection",
          { .redirect_uri = "u", .state = "s", .connection = "c", .provider = "GoogleOAuth" } },
        { "3 of connection",
          { .redirect_uri = "u",
            .state = "s",
            .connection = "c",
            .provider = "p",
            .organization = "o" } },
        { "code_challenge has 4",
          { .redirect_uri = "u", .state = "s", .connection = "c", .code_challenge = "abcd" } },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;

    (void)state;
    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_sso_authorization_options options = rows[i].options;
        char *url = NULL;
        lk_error err = LK_ERROR_INIT;

        options.size = sizeof(options);
        assert_fails(lk_sso_authorization_url(test.client, &options, &url, &err), LK_ERR_INVALID,
                     err);
        assert_contains(err.message, rows[i].why);
    }
    test_client_close(&test, &wire);
}

static void test_profile_is_asked_for_with_a_form(void **state)
{
    fake_wire wire = FAKE_WIRE({ POST, .status = 200, .file = "profile.json", .header_has = FORM,
                                 .body_has = "client_id=client_01&client_secret=" TEST_API_KEY
                                             "&grant_type=authorization_code&code=c%261"
                                             "&code_verifier=v" });
    lk_auto(lk_profile_and_token) got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_sso_get_profile_and_token(test.client, "c&1", "v", &got, &err), err);
    test_client_close(&test, &wire);
    assert_string_equal(got->access_token, "01DMEK0J53CVMC32CK5SE0KZ8Q");
    assert_string_equal(got->profile->id, "prof_01DMC79VCBZ0NY2099737PSVF1");
    assert_string_equal(got->profile->connection_id, "conn_01");
    assert_string_equal(got->profile->connection_type, "OktaSAML");
    assert_string_equal(got->profile->organization_id, "org_01");
    assert_string_equal(got->profile->idp_id, "00u77");
    assert_string_equal(got->profile->email, "mira@nordwind.example");
    assert_string_equal(got->profile->first_name, "Mira");
    assert_string_equal(got->profile->last_name, "Holt");
    assert_null(got->profile->name);
    assert_string_equal(got->profile->role, "admin");
    assert_int_equal(got->profile->n_groups, 2);
    assert_string_equal(got->profile->groups[1], "Night shift");
    assert_string_equal(got->profile->custom_attributes_json, "{\"department_name\":\"Ops\"}");
}

static void test_emulator_that_wants_json_gets_it_once(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ POST, .status = 400, .body = NOT_JSON, .header_has = FORM },
                  { POST, .status = 200, .file = "profile.json",
                    .header_has = "Content-Type: application/json",
                    .body_has = "\"grant_type\":\"authorization_code\",\"code\":\"c\"}" });
    lk_auto(lk_profile_and_token) got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_sso_get_profile_and_token(test.client, "c", NULL, &got, &err), err);
    assert_string_equal(err.reason, "");
    test_client_close(&test, &wire);
}

static void test_json_is_not_tried_twice(void **state)
{
    fake_wire wire = FAKE_WIRE({ POST, .status = 400, .body = NOT_JSON },
                               { POST, .status = 400, .body = NOT_JSON });
    lk_profile_and_token *got = NULL;
    test_client test;

    (void)state;
    test_client_open(&test, &wire);
    assert_int_equal(lk_sso_get_profile_and_token(test.client, "c", NULL, &got, NULL), LK_ERR_API);
    test_client_close(&test, &wire);
}

static void test_no_other_refusal_is_followed_by_json(void **state)
{
    /* The code may be spent after each of these. */
    static const fake_exchange answers[] = {
        { POST, .status = 400,
          .body = "{\"error\":\"invalid_grant\",\"error_description\":\"x\"}" },
        { POST, .status = 422, .body = NOT_JSON },
        { POST, .status = 500, .body = NOT_JSON },
        { POST, .status = 400, .body = "{\"message\":\"invalid_request_body\"}" },
        { POST, .status = 400, .body = "\"invalid_request_body\"" },
        { POST, .status = 200, .body = NOT_JSON },
        { POST, .failure = LK_ERR_NETWORK },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(answers); i++) {
        fake_wire wire = FAKE_WIRE(answers[i]);
        lk_profile_and_token *got = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_int_not_equal(lk_sso_get_profile_and_token(test.client, "c", "v", &got, &err),
                             LK_OK);
        assert_int_not_equal(err.status, LK_OK);
        assert_null(got);
        test_client_close(&test, &wire);
    }
}

static void test_answer_without_what_is_needed_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"access_token\":\"t\"}",
        "{\"access_token\":\"t\",\"profile\":{}}",
        "{\"access_token\":\"t\",\"profile\":{\"id\":1}}",
        "{\"profile\":{\"id\":\"prof_1\"}}",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(bodies); i++) {
        fake_wire wire = FAKE_WIRE({ POST, .status = 200, .body = bodies[i] });
        lk_profile_and_token *got = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(lk_sso_get_profile_and_token(test.client, "c", "v", &got, &err),
                     LK_ERR_PROTOCOL, err);
        test_client_close(&test, &wire);
    }
}

static void test_smallest_answer_is_enough(void **state)
{
    fake_wire wire = FAKE_WIRE({ POST, .status = 200, .body_lacks = "client_secret",
                                 .body = "{\"access_token\":\"t\",\"profile\":{\"id\":\"prof_1\","
                                         "\"role\":null,\"groups\":null,\"email\":[]}}" });
    lk_auto(lk_profile_and_token) got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open_public(&test, &wire);
    assert_fails(lk_sso_get_profile_and_token(test.client, "c", NULL, &got, &err), LK_ERR_INVALID,
                 err);
    assert_ok(lk_sso_get_profile_and_token(test.client, "c", "v", &got, &err), err);
    assert_null(got->profile->email);
    assert_null(got->profile->role);
    assert_int_equal(got->profile->n_groups, 0);
    test_client_close(&test, &wire);
}

static void test_logout_url_is_handed_on_as_it_is(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ "POST /sso/logout/authorize", .status = 200,
                    .header_has = "Authorization: Bearer " TEST_API_KEY,
                    .body_has = "{\"profile_id\":\"prof_1\"}",
                    .body = "{\"logout_url\":\"https://auth.example/sso/logout?token=a%2Bb\","
                            "\"logout_token\":\"a+b\"}" });
    test_client test;
    char *url = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_sso_logout_url(test.client, "prof_1", &url, &err), err);
    assert_string_equal(url, "https://auth.example/sso/logout?token=a%2Bb");
    lk_free_secret(url);
    test_client_close(&test, &wire);
}

static void test_logout_url_that_is_none_is_refused(void **state)
{
    static const struct {
        int http_status;
        const char *body;
        lk_status status;
    } rows[] = {
        { 200, "{}", LK_ERR_PROTOCOL },
        { 200, "{\"logout_url\":null}", LK_ERR_PROTOCOL },
        /* The browser would run it. */
        { 200, "{\"logout_url\":\"javascript:alert(1)\"}", LK_ERR_PROTOCOL },
        /* It would end the Location header. */
        { 200, "{\"logout_url\":\"https://a/\\r\\nSet-Cookie: x=1\"}", LK_ERR_PROTOCOL },
        { 200, "[]", LK_ERR_PROTOCOL },
        { 400, "{\"error\":\"connection_invalid\"}", LK_ERR_API },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE(
            { "POST /sso/logout/authorize", .status = rows[i].http_status, .body = rows[i].body });
        test_client test;
        char *url = NULL;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(lk_sso_logout_url(test.client, NULL, &url, &err), LK_ERR_INVALID, err);
        assert_fails(lk_sso_logout_url(test.client, "prof_1", &url, &err), rows[i].status, err);
        assert_null(url);
        test_client_close(&test, &wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorization_url_names_one_connection),
        cmocka_unit_test(test_wrong_authorization_options_are_named),
        cmocka_unit_test(test_profile_is_asked_for_with_a_form),
        cmocka_unit_test(test_emulator_that_wants_json_gets_it_once),
        cmocka_unit_test(test_json_is_not_tried_twice),
        cmocka_unit_test(test_no_other_refusal_is_followed_by_json),
        cmocka_unit_test(test_answer_without_what_is_needed_is_refused),
        cmocka_unit_test(test_smallest_answer_is_enough),
        cmocka_unit_test(test_logout_url_is_handed_on_as_it_is),
        cmocka_unit_test(test_logout_url_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
