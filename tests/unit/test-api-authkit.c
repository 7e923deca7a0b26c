/* AuthKit: addresses and grants. */
#include <latchkey/authkit.h>

#include "test-client.h"
#include "test.h"

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" /* RFC 7636, appendix B */
#define POST      "POST /user_management/authenticate"
#define OPTIONS   LK_AUTHKIT_AUTHORIZATION_OPTIONS

static void test_authorization_url_holds_what_is_needed(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    char *url = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_authorization_url(test.client,
                                           OPTIONS(.redirect_uri = "http://localhost:3000/callback",
                                                   .state = "a b", .code_challenge = CHALLENGE),
                                           &url, &err),
              err);
    assert_string_equal(url, "https://api.workos.com/user_management/authorize?response_type=code"
                             "&client_id=client_01"
                             "&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback"
                             "&provider=authkit&state=a%20b&code_challenge=" CHALLENGE
                             "&code_challenge_method=S256");
    lk_free(url);
    test_client_close(&test, &wire);
}

static void test_authorization_url_holds_what_is_asked_for(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    char *url = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(
        lk_authkit_authorization_url(
            test.client,
            OPTIONS(.redirect_uri = "https://a/cb", .state = "s", .code_challenge = CHALLENGE,
                    .provider = "authkit", .organization_id = "org_1", .login_hint = "m@x.example",
                    .domain_hint = "x.example", .screen_hint = "sign-up", .invitation_token = "inv",
                    .prompt = "login", .max_age_s = 60, .claim_nonce = "n 1"),
            &url, &err),
        err);
    assert_contains(url, "&provider=authkit&organization_id=org_1&state=s&");
    assert_contains(url, "&login_hint=m%40x.example&domain_hint=x.example&screen_hint=sign-up"
                         "&invitation_token=inv&prompt=login&max_age=60&claim_nonce=n%201");
    lk_free(url);
    /* A connection or an organization takes the place of the provider. */
    assert_ok(lk_authkit_authorization_url(test.client,
                                           OPTIONS(.redirect_uri = "https://a/cb", .state = "s",
                                                   .code_challenge = CHALLENGE,
                                                   .connection_id = "conn_1", .max_age_s = -1),
                                           &url, &err),
              err);
    assert_lacks(url, "provider=");
    assert_contains(url, "&connection_id=conn_1&");
    assert_contains(url, "&max_age=0");
    lk_free(url);
    test_client_close(&test, &wire);
}

static void test_provider_is_asked_for_scopes_and_parameters(void **state)
{
    static const char *const scopes[] = { "repo:read", "a b" };
    static const lk_parameter parameters[] = { { "hd", "x.example" }, { "a]&b", "1&2" } };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    char *url = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(
        lk_authkit_authorization_url(
            test.client,
            OPTIONS(.redirect_uri = "https://a/cb", .state = "s", .code_challenge = CHALLENGE,
                    .provider = "GitHubOAuth", .provider_scopes = scopes, .n_provider_scopes = 2,
                    .provider_query_params = parameters, .n_provider_query_params = 2),
            &url, &err),
        err);
    assert_contains(url, "&code_challenge_method=S256&provider_scopes=repo%3Aread"
                         "&provider_scopes=a%20b&provider_query_params%5Bhd%5D=x.example"
                         /* What is in a name ends neither the bracket nor the parameter. */
                         "&provider_query_params%5Ba%5D%26b%5D=1%262");
    lk_free(url);
    test_client_close(&test, &wire);
}

static void test_wrong_authorization_options_are_named(void **state)
{
    static char long_text[9000];
    const struct {
        const char *why;
        lk_authkit_authorization_options options;
    } rows[] = {
        { "redirect_uri is missing", { .state = "s", .code_challenge = CHALLENGE } },
        { "redirect_uri is missing",
          { .redirect_uri = "", .state = "s", .code_challenge = CHALLENGE } },
        { "state is missing", { .redirect_uri = "u", .code_challenge = CHALLENGE } },
        { "code_challenge is missing", { .redirect_uri = "u", .state = "s" } },
        { "code_challenge has 42", /* one short */
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c" } },
        { "no base64url", /* padded */
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=" } },
        { "no base64url",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM" } },
        { "screen_hint must be",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = CHALLENGE,
            .screen_hint = "sign-out" } },
        { "screen_hint goes with",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = CHALLENGE,
            .screen_hint = "sign-in",
            .provider = "GoogleOAuth" } },
        { "screen_hint goes with",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = CHALLENGE,
            .screen_hint = "sign-in",
            .organization_id = "org_1" } },
        { "provider_scopes is missing",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = CHALLENGE,
            .provider_scopes = (const char *const[]){ "a", NULL },
            .n_provider_scopes = 2 } },
        { "a name in provider_query_params is missing",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = CHALLENGE,
            .provider_query_params = (const lk_parameter[]){ { "", "v" } },
            .n_provider_query_params = 1 } },
        { "a value in provider_query_params is missing",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = CHALLENGE,
            .provider_query_params = (const lk_parameter[]){ { "n", NULL } },
            .n_provider_query_params = 1 } },
        { "65 provider_scopes",
          { .redirect_uri = "u",
            .state = "s",
            .code_challenge = CHALLENGE,
            .n_provider_scopes = 65 } },
        { "longer than 8192 bytes",
          { .redirect_uri = "u", .state = long_text, .code_challenge = CHALLENGE } },
        { "max_age_s is -2",
          { .redirect_uri = "u", .state = "s", .code_challenge = CHALLENGE, .max_age_s = -2 } },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;

    memset(long_text, 'a', sizeof(long_text) - 1);
    (void)state;
    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_authkit_authorization_options options = rows[i].options;
        char *url = NULL;
        lk_error err = LK_ERROR_INIT;

        options.size = sizeof(options);
        assert_fails(lk_authkit_authorization_url(test.client, &options, &url, &err),
                     LK_ERR_INVALID, err);
        assert_contains(err.message, rows[i].why);
        assert_null(url);
    }
    test_client_close(&test, &wire);
}

static void test_code_is_exchanged_for_user_and_tokens(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ POST, .status = 200, .file = "authenticate.json",
                    .header_lacks = "Authorization", .header_has = "Content-Type: application/json",
                    .body_has = "{\"client_id\":\"client_01\",\"client_secret\":\"" TEST_API_KEY
                                "\",\"grant_type\":\"authorization_code\",\"code\":\"c\\\"1\","
                                "\"code_verifier\":\"v1\"}" });
    lk_auto(lk_authentication) got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_exchange_code(test.client, "c\"1", "v1", &got, &err), err);
    test_client_close(&test, &wire); /* the answer outlives the client */
    assert_string_equal(got->user->id, "user_01");
    assert_string_equal(got->user->email, "mira@nordwind.example");
    assert_true(got->user->email_verified);
    assert_string_equal(got->user->first_name, "Mira");
    assert_string_equal(got->user->last_name, "Holt");
    assert_null(got->user->name);
    assert_null(got->user->external_id);
    assert_string_equal(got->user->profile_picture_url, "https://cdn.example.com/mira.png");
    assert_string_equal(got->user->locale, "de-DE");
    assert_string_equal(got->user->metadata_json, "{\"team\":\"ops\"}");
    assert_int_equal(got->user->last_sign_in_at_ms, NOON - 2000);
    assert_int_equal(got->user->created_at_ms, INT64_C(1767225600000));
    assert_int_equal(got->user->updated_at_ms, INT64_C(1769904000000));
    assert_string_equal(got->organization_id, "org_01");
    assert_string_equal(got->access_token, "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzAxIn0.c2ln");
    assert_string_equal(got->refresh_token, "rt_01JQ0000000000000000000001");
    assert_string_equal(got->authentication_method, "SSO");
    assert_string_equal(got->impersonator->email, "ops@workos.example");
    assert_null(got->impersonator->reason);
}

static void test_public_client_sends_no_secret_and_needs_a_verifier(void **state)
{
    fake_wire wire = FAKE_WIRE({ POST, .status = 200, .body_lacks = "client_secret",
                                 .body_has = "\"code_verifier\":\"v\"",
                                 .body = "{\"user\":{\"id\":\"u\",\"email\":\"e\"},"
                                         "\"access_token\":\"t\"}" });
    lk_auto(lk_authentication) got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open_public(&test, &wire);
    assert_fails(lk_authkit_exchange_code(test.client, "c", NULL, &got, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "verifier is missing");
    assert_ok(lk_authkit_exchange_code(test.client, "c", "v", &got, &err), err);
    assert_null(got->refresh_token);
    assert_null(got->impersonator);
    test_client_close(&test, &wire);
}

static void test_wrong_arguments_send_nothing(void **state)
{
    static char long_code[20000];
    static const char *const bad[] = { NULL, "", long_code };
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_authentication *got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    memset(long_code, 'c', sizeof(long_code) - 1);
    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(bad); i++) {
        assert_fails(lk_authkit_exchange_code(test.client, bad[i], "v", &got, &err), LK_ERR_INVALID,
                     err);
        assert_fails(lk_authkit_refresh(test.client, bad[i], NULL, &got, &err), LK_ERR_INVALID,
                     err);
    }
    assert_fails(lk_authkit_exchange_code(test.client, "c", "", &got, &err), LK_ERR_INVALID, err);
    assert_fails(lk_authkit_exchange_code(NULL, "c", "v", &got, &err), LK_ERR_INVALID, err);
    assert_null(got);
    test_client_close(&test, &wire);
}

static void test_answer_without_what_is_needed_is_refused(void **state)
{
    static const struct {
        const char *body;
        const char *names;
    } rows[] = {
        { "{\"user\":{\"id\":\"u\",\"email\":\"e\"}}", "access_token" },
        { "{\"access_token\":\"t\"}", "user" },
        { "{\"access_token\":\"t\",\"user\":null}", "user" },
        { "{\"access_token\":\"t\",\"user\":[]}", "user" },
        { "{\"access_token\":\"t\",\"user\":{\"email\":\"e\"}}", "id" },
        { "{\"access_token\":\"t\",\"user\":{\"id\":\"u\"}}", "email" },
        { "{\"access_token\":7,\"user\":{\"id\":\"u\",\"email\":\"e\"}}", "access_token" },
        /* cJSON alone would cut the id to "user_1". */
        { "{\"access_token\":\"t\",\"user\":{\"id\":\"user_1\\u0000x\",\"email\":\"e\"}}", "JSON" },
        /* Names are compared exactly. */
        { "{\"ACCESS_TOKEN\":\"t\",\"user\":{\"id\":\"u\",\"email\":\"e\"}}", "access_token" },
        { "[]", "object" },
        { "{} {}", "JSON" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE({ POST, .status = 200, .body = rows[i].body });
        lk_authentication *got = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(lk_authkit_exchange_code(test.client, "c", "v", &got, &err), LK_ERR_PROTOCOL,
                     err);
        assert_contains(err.message, "WorkOS answered 200, but not as it should");
        assert_contains(err.message, rows[i].names);
        assert_null(got);
        test_client_close(&test, &wire);
    }
}

static void test_code_is_never_sent_twice(void **state)
{
    static const fake_exchange answers[] = {
        { POST, .failure = LK_ERR_NETWORK },
        { POST, .status = 500 },
        { POST, .status = 429, .header = "Retry-After: 1" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(answers); i++) {
        fake_wire wire = FAKE_WIRE(answers[i]);
        lk_authentication *got = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_int_not_equal(lk_authkit_exchange_code(test.client, "c", "v", &got, &err), LK_OK);
        test_client_close(&test, &wire);
    }
}

static void test_refused_code_says_invalid_grant(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { POST, .status = 400, .header = "X-Request-ID: req_9",
          .body =
              "{\"error\":\"invalid_grant\",\"error_description\":\"The code 'c0de' has expired "
              "or is invalid.\"}" });
    lk_authentication *got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_authkit_exchange_code(test.client, "c0de", "v", &got, &err), LK_ERR_API, err);
    assert_string_equal(err.reason, "invalid_grant");
    assert_string_equal(err.request_id, "req_9");
    assert_int_equal(err.http_status, 400);
    assert_lacks(err.message, "c0de");
    test_client_close(&test, &wire);
}

static void test_refresh_is_retried_and_switches_organization(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { POST, .failure = LK_ERR_NETWORK },
        { POST, .status = 200, .file = "authenticate.json",
          .body_has = "\"grant_type\":\"refresh_token\",\"refresh_token\":\"rt\","
                      "\"organization_id\":\"org_02\"}" },
        { POST, .status = 200, .file = "authenticate.json", .body_lacks = "organization_id" });
    lk_auto(lk_authentication) got = NULL;
    lk_auto(lk_authentication) again = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_refresh(test.client, "rt", "org_02", &got, &err), err);
    assert_string_equal(got->refresh_token, "rt_01JQ0000000000000000000001");
    assert_ok(lk_authkit_refresh(test.client, "rt", NULL, &again, &err), err);
    test_client_close(&test, &wire);
}

static void pass_time(void *ctx)
{
    ((fake_clock *)ctx)->now_ms += 26000;
}

static void test_refresh_is_not_repeated_after_the_grace(void **state)
{
    test_client test;
    /* 26 s later the old token would be refused, and that would end the session. */
    fake_wire wire = FAKE_WIRE(
        { POST, .failure = LK_ERR_NETWORK, .during = pass_time, .during_ctx = &test.clock });
    lk_authentication *got = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_authkit_refresh(test.client, "rt", NULL, &got, &err), LK_ERR_NETWORK, err);
    test_client_close(&test, &wire);
}

static void test_logout_url_names_the_session(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    char *url = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_logout_url(test.client, "session_1", NULL, &url, &err), err);
    assert_string_equal(
        url, "https://api.workos.com/user_management/sessions/logout?session_id=session_1");
    lk_free(url);
    assert_ok(lk_authkit_logout_url(test.client, "s&x=1", "http://a/?b", &url, &err), err);
    assert_string_equal(url, "https://api.workos.com/user_management/sessions/"
                             "logout?session_id=s%26x%3D1&return_to=http%3A%2F%2Fa%2F%3Fb");
    lk_free(url);
    assert_fails(lk_authkit_logout_url(test.client, NULL, NULL, &url, &err), LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
}

static void test_pkce_pairs_are_fresh(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_pkce one;
    lk_pkce two;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_pkce_new(test.client, &one, &err), err);
    assert_ok(lk_pkce_new(test.client, &two, &err), err);
    assert_int_equal(strlen(one.verifier), 43);
    assert_int_equal(strlen(one.challenge), 43);
    assert_string_not_equal(one.verifier, two.verifier);
    assert_string_not_equal(one.verifier, one.challenge);
    test.random.broken = true;
    assert_int_not_equal(lk_pkce_new(test.client, &one, &err), LK_OK);
    test_client_close(&test, &wire);
}

static void test_session_is_revoked_with_or_without_an_answer(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { "POST /user_management/sessions/revoke", .status = 200, .body = "",
          .header_has = "Authorization: Bearer " TEST_API_KEY,
          .body_has = "{\"session_id\":\"session_1\"}" },
        { "POST /user_management/sessions/revoke", .failure = LK_ERR_NETWORK },
        { "POST /user_management/sessions/revoke", .status = 200, .body = "{\"id\":\"s\"}" },
        { "POST /user_management/sessions/revoke", .status = 404, .body = "{\"message\":\"m\"}" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_revoke_session(test.client, "session_1", &err), err);
    assert_ok(lk_authkit_revoke_session(test.client, "session_1", &err), err);
    assert_fails(lk_authkit_revoke_session(test.client, "session_1", &err), LK_ERR_API, err);
    assert_int_equal(err.http_status, 404);
    assert_fails(lk_authkit_revoke_session(test.client, "", &err), LK_ERR_INVALID, err);
    assert_fails(lk_authkit_revoke_session(NULL, "session_1", &err), LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorization_url_holds_what_is_needed),
        cmocka_unit_test(test_authorization_url_holds_what_is_asked_for),
        cmocka_unit_test(test_provider_is_asked_for_scopes_and_parameters),
        cmocka_unit_test(test_wrong_authorization_options_are_named),
        cmocka_unit_test(test_code_is_exchanged_for_user_and_tokens),
        cmocka_unit_test(test_public_client_sends_no_secret_and_needs_a_verifier),
        cmocka_unit_test(test_wrong_arguments_send_nothing),
        cmocka_unit_test(test_answer_without_what_is_needed_is_refused),
        cmocka_unit_test(test_code_is_never_sent_twice),
        cmocka_unit_test(test_refused_code_says_invalid_grant),
        cmocka_unit_test(test_refresh_is_retried_and_switches_organization),
        cmocka_unit_test(test_refresh_is_not_repeated_after_the_grace),
        cmocka_unit_test(test_logout_url_names_the_session),
        cmocka_unit_test(test_pkce_pairs_are_fresh),
        cmocka_unit_test(test_session_is_revoked_with_or_without_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
