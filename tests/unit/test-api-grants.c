/* What each grant sends, and what it refuses to send. */
#include <latchkey/authkit.h>

#include "test-client.h"
#include "test.h"

#define POST    "POST /user_management/authenticate"
#define OPTIONS LK_AUTHENTICATION_OPTIONS
#define PENDING "cTDQJTTkTkkVYxQUlKBIxEsFs"
#define HEAD    "{\"client_id\":\"client_01\",\"client_secret\":\"" TEST_API_KEY "\",\"grant_type\":"

typedef lk_status grant_call(lk_client *client, const lk_authentication_options *options,
                             lk_authentication **out, lk_authentication_challenge **challenge,
                             lk_error *err);

/* One row per grant: what is given, and the whole body that must go out. */
static const struct row {
    grant_call *call;
    lk_authentication_options options;
    const char *body;
    const char *missing; /* named when nothing is given */
} grants[] = {
    { lk_authkit_authenticate_with_code,
      { .code = "c1", .code_verifier = "v1", .invitation_token = "inv1", .signals_id = "s1" },
      HEAD "\"authorization_code\",\"code\":\"c1\",\"code_verifier\":\"v1\","
           "\"invitation_token\":\"inv1\",\"signals_id\":\"s1\"}",
      "code is missing" },
    { lk_authkit_authenticate_with_refresh_token,
      { .refresh_token = "rt", .organization_id = "org_1", .ip_address = "192.0.2.1" },
      HEAD "\"refresh_token\",\"refresh_token\":\"rt\",\"organization_id\":\"org_1\","
           "\"ip_address\":\"192.0.2.1\"}",
      "refresh_token is missing" },
    { lk_authkit_authenticate_with_password,
      { .email = "m@x.example",
        .password = "pa\"ss",
        .ip_address = "2001:db8::1",
        .user_agent = "Firefox",
        .device_id = "d1",
        .radar_auth_attempt_id = "radar_att_1" },
      HEAD "\"password\",\"email\":\"m@x.example\",\"password\":\"pa\\\"ss\","
           "\"ip_address\":\"2001:db8::1\",\"user_agent\":\"Firefox\",\"device_id\":\"d1\","
           "\"radar_auth_attempt_id\":\"radar_att_1\"}",
      "email is missing" },
    { lk_authkit_authenticate_with_magic_auth,
      { .email = "m@x.example", .code = "123456", .link_authorization_code = "l1" },
      HEAD "\"urn:workos:oauth:grant-type:magic-auth:code\",\"email\":\"m@x.example\","
           "\"code\":\"123456\",\"link_authorization_code\":\"l1\"}",
      "email is missing" },
    { lk_authkit_authenticate_with_email_verification,
      { .code = "123456", .pending_authentication_token = PENDING },
      HEAD "\"urn:workos:oauth:grant-type:email-verification:code\",\"code\":\"123456\","
           "\"pending_authentication_token\":\"" PENDING "\"}",
      "code is missing" },
    { lk_authkit_authenticate_with_totp,
      { .code = "123456",
        .pending_authentication_token = PENDING,
        .authentication_challenge_id = "auth_challenge_1" },
      HEAD "\"urn:workos:oauth:grant-type:mfa-totp\",\"code\":\"123456\","
           "\"pending_authentication_token\":\"" PENDING "\","
           "\"authentication_challenge_id\":\"auth_challenge_1\"}",
      "code is missing" },
    { lk_authkit_authenticate_with_organization_selection,
      { .pending_authentication_token = PENDING, .organization_id = "org_1" },
      HEAD "\"urn:workos:oauth:grant-type:organization-selection\","
           "\"pending_authentication_token\":\"" PENDING "\",\"organization_id\":\"org_1\"}",
      "pending_authentication_token is missing" },
    { lk_authkit_authenticate_with_radar_email_challenge,
      { .code = "123456",
        .pending_authentication_token = PENDING,
        .radar_challenge_id = "radar_1" },
      HEAD "\"urn:workos:oauth:grant-type:radar-email-challenge:code\",\"code\":\"123456\","
           "\"pending_authentication_token\":\"" PENDING "\",\"radar_challenge_id\":\"radar_1\"}",
      "code is missing" },
    { lk_authkit_authenticate_with_radar_sms_challenge,
      { .code = "123456",
        .pending_authentication_token = PENDING,
        .verification_id = "v1",
        .phone_number = "+15555550100" },
      HEAD "\"urn:workos:oauth:grant-type:radar-sms-challenge:code\",\"code\":\"123456\","
           "\"pending_authentication_token\":\"" PENDING "\",\"verification_id\":\"v1\","
           "\"phone_number\":\"+15555550100\"}",
      "code is missing" },
    /* WorkOS: client_id alone, never a secret. */
    { lk_authkit_authenticate_with_device_code,
      { .device_code = "dc1" },
      "{\"client_id\":\"client_01\",\"grant_type\":"
      "\"urn:ietf:params:oauth:grant-type:device_code\",\"device_code\":\"dc1\"}",
      "device_code is missing" },
};

static void test_each_grant_sends_what_it_needs_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS(grants); i++) {
        fake_wire wire = FAKE_WIRE(
            { POST, .status = 200, .file = "authenticate.json", .header_lacks = "Authorization" });
        lk_authentication_options options = grants[i].options;
        lk_auto(lk_authentication) got = NULL;
        lk_authentication_challenge *challenge = (void *)&wire;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        options.size = sizeof(options);
        test_client_open(&test, &wire);
        assert_ok(grants[i].call(test.client, &options, &got, &challenge, &err), err);
        assert_string_equal(wire.last_body, grants[i].body);
        assert_string_equal(got->user->id, "user_01");
        assert_null(challenge);
        test_client_close(&test, &wire);
    }
}

static void test_missing_and_foreign_inputs_send_nothing(void **state)
{
    static const lk_authentication_options nothing = { .size = sizeof(nothing) };
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_authentication *got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(grants); i++) {
        assert_fails(grants[i].call(test.client, &nothing, &got, NULL, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, grants[i].missing);
        assert_fails(grants[i].call(test.client, NULL, &got, NULL, &err), LK_ERR_INVALID, err);
        assert_fails(grants[i].call(NULL, &grants[i].options, &got, NULL, &err), LK_ERR_INVALID,
                     err);
    }
    /* A password must not be believed to be sent where it is not. */
    assert_fails(
        lk_authkit_authenticate_with_magic_auth(
            test.client, OPTIONS(.email = "e", .code = "1", .password = "p"), &got, NULL, &err),
        LK_ERR_INVALID, err);
    assert_contains(err.message, "password does not go with the grant urn:workos");
    /* Empty text is no password. */
    assert_fails(lk_authkit_authenticate_with_password(
                     test.client, OPTIONS(.email = "e", .password = ""), &got, NULL, &err),
                 LK_ERR_INVALID, err);
    assert_null(got);
    test_client_close(&test, &wire);
}

static void test_grants_of_servers_need_an_api_key(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { POST, .status = 200, .file = "authenticate.json", .body_lacks = "client_secret" });
    lk_auto(lk_authentication) got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open_public(&test, &wire);
    for (size_t i = 2; i < N_ROWS(grants) - 1; i++) {
        lk_authentication_options options = grants[i].options;

        options.size = sizeof(options);
        assert_fails(grants[i].call(test.client, &options, &got, NULL, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, "API key");
    }
    assert_ok(lk_authkit_authenticate_with_device_code(test.client, OPTIONS(.device_code = "dc"),
                                                       &got, NULL, &err),
              err);
    test_client_close(&test, &wire);
}

static void test_only_a_refresh_token_is_sent_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS(grants); i++) {
        fake_wire once = FAKE_WIRE({ POST, .failure = LK_ERR_NETWORK });
        fake_wire twice = FAKE_WIRE({ POST, .failure = LK_ERR_NETWORK },
                                    { POST, .status = 200, .file = "authenticate.json" });
        bool is_refresh = grants[i].call == lk_authkit_authenticate_with_refresh_token;
        fake_wire *wire = is_refresh ? &twice : &once;
        lk_authentication_options options = grants[i].options;
        lk_auto(lk_authentication) got = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        options.size = sizeof(options);
        test_client_open(&test, wire);
        assert_int_equal(grants[i].call(test.client, &options, &got, NULL, &err),
                         is_refresh ? LK_OK : LK_ERR_NETWORK);
        test_client_close(&test, wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_grant_sends_what_it_needs_and_no_more),
        cmocka_unit_test(test_missing_and_foreign_inputs_send_nothing),
        cmocka_unit_test(test_grants_of_servers_need_an_api_key),
        cmocka_unit_test(test_only_a_refresh_token_is_sent_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
