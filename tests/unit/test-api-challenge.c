/* What a refused grant asks for next. */
#include <latchkey/authkit.h>

#include "test-client.h"
#include "test.h"

#define POST    "POST /user_management/authenticate"
#define OPTIONS LK_AUTHENTICATION_OPTIONS
#define PENDING "cTDQJTTkTkkVYxQUlKBIxEsFs"

/* Refuses a password with this answer. */
static lk_status refuse(int http_status, const char *body, const char *password,
                        lk_authentication_challenge **challenge, lk_error *err)
{
    fake_wire wire = FAKE_WIRE({ POST, .status = http_status, .body = body });
    lk_authentication *got = NULL;
    test_client test;
    lk_status status;

    test_client_open(&test, &wire);
    status = lk_authkit_authenticate_with_password(
        test.client, OPTIONS(.email = "m@x.example", .password = password), &got, challenge, err);
    assert_null(got);
    test_client_close(&test, &wire);
    return status;
}

static void test_each_step_up_is_told_apart(void **state)
{
    static const struct {
        const char *body;
        int http_status;
        lk_challenge_kind kind;
        const char *code;
    } rows[] = {
        { "{\"code\":\"email_verification_required\",\"message\":\"m\"}", 403,
          LK_CHALLENGE_EMAIL_VERIFICATION_REQUIRED, "email_verification_required" },
        { "{\"code\":\"mfa_enrollment\"}", 403, LK_CHALLENGE_MFA_ENROLLMENT, "mfa_enrollment" },
        /* WorkOS documents it under the other name and status as well. */
        { "{\"error\":\"mfa_enrollment\",\"error_description\":\"d\"}", 400,
          LK_CHALLENGE_MFA_ENROLLMENT, "mfa_enrollment" },
        { "{\"code\":\"mfa_challenge\"}", 403, LK_CHALLENGE_MFA_CHALLENGE, "mfa_challenge" },
        /* The fixtures of WorkOS' SDKs use 422. */
        { "{\"code\":\"organization_selection_required\"}", 422,
          LK_CHALLENGE_ORGANIZATION_SELECTION_REQUIRED, "organization_selection_required" },
        { "{\"error\":\"sso_required\",\"pending_authentication_token\":null}", 400,
          LK_CHALLENGE_SSO_REQUIRED, "sso_required" },
        { "{\"error\":\"organization_authentication_methods_required\"}", 400,
          LK_CHALLENGE_ORGANIZATION_AUTHENTICATION_METHODS_REQUIRED,
          "organization_authentication_methods_required" },
        { "{\"code\":\"radar_challenge\"}", 403, LK_CHALLENGE_RADAR_CHALLENGE, "radar_challenge" },
        { "{\"code\":\"radar_sign_up_challenge\"}", 403, LK_CHALLENGE_RADAR_CHALLENGE,
          "radar_sign_up_challenge" },
        { "{\"code\":\"radar_email_challenge\"}", 403, LK_CHALLENGE_RADAR_EMAIL_CHALLENGE,
          "radar_email_challenge" },
        { "{\"code\":\"radar_sms_challenge\"}", 403, LK_CHALLENGE_RADAR_SMS_CHALLENGE,
          "radar_sms_challenge" },
        { "{\"code\":\"mfa_verification\"}", 403, LK_CHALLENGE_MFA_CHALLENGE, "mfa_verification" },
        { "{\"code\":\"passkey_progressive_enrollment\"}", 403, LK_CHALLENGE_PASSKEY_ENROLLMENT,
          "passkey_progressive_enrollment" },
        { "{\"code\":\"email_password_auth_disabled\"}", 403, LK_CHALLENGE_METHOD_NOT_ALLOWED,
          "email_password_auth_disabled" },
        { "{\"error\":\"authentication_method_not_allowed\"}", 400, LK_CHALLENGE_METHOD_NOT_ALLOWED,
          "authentication_method_not_allowed" },
        { "{\"code\":\"application_consent_required\"}", 403, LK_CHALLENGE_APPLICATION_CONSENT,
          "application_consent_required" },
        /* "code" decides when both stand there. */
        { "{\"error\":\"sso_required\",\"code\":\"mfa_challenge\"}", 403,
          LK_CHALLENGE_MFA_CHALLENGE, "mfa_challenge" },
        /* A step of a later WorkOS: the token says that there is one. */
        { "{\"code\":\"retina_scan\",\"pending_authentication_token\":\"" PENDING "\"}", 403,
          LK_CHALLENGE_OTHER, "retina_scan" },
        { "{\"pending_authentication_token\":\"" PENDING "\"}", 403, LK_CHALLENGE_OTHER, "" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_auto(lk_authentication_challenge) challenge = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_fails(refuse(rows[i].http_status, rows[i].body, "secret", &challenge, &err),
                     LK_ERR_API, err);
        assert_non_null(challenge);
        assert_int_equal(challenge->kind, rows[i].kind);
        assert_string_equal(challenge->code, rows[i].code);
        assert_string_equal(err.reason, rows[i].code);
        assert_lacks(err.message, PENDING);
    }
}

static void test_challenge_carries_what_the_next_step_takes(void **state)
{
    lk_auto(lk_authentication_challenge) mfa = NULL;
    lk_auto(lk_authentication_challenge) choice = NULL;
    lk_auto(lk_authentication_challenge) sso = NULL;
    lk_auto(lk_authentication_challenge) methods = NULL;
    lk_auto(lk_authentication_challenge) email = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    (void)refuse(403,
                 "{\"code\":\"mfa_challenge\",\"pending_authentication_token\":\"" PENDING "\","
                 "\"authentication_factors\":[{\"id\":\"auth_factor_1\",\"type\":\"totp\"},"
                 "{\"id\":\"auth_factor_2\"}],\"user\":{\"id\":\"user_1\",\"email\":\"m@x\"}}",
                 "secret", &mfa, &err);
    assert_string_equal(mfa->pending_authentication_token, PENDING);
    assert_int_equal(mfa->n_factors, 2);
    assert_string_equal(mfa->factors[0]->id, "auth_factor_1");
    assert_string_equal(mfa->factors[0]->type, "totp");
    assert_null(mfa->factors[1]->type);
    assert_string_equal(mfa->user->id, "user_1");
    assert_string_equal(mfa->email, "m@x");

    (void)refuse(403,
                 "{\"code\":\"organization_selection_required\",\"organizations\":"
                 "[{\"id\":\"org_1\",\"name\":\"Nordwind\"},{\"id\":\"org_2\",\"name\":null}]}",
                 "secret", &choice, &err);
    assert_int_equal(choice->n_organizations, 2);
    assert_string_equal(choice->organizations[0]->name, "Nordwind");
    assert_null(choice->organizations[1]->name);
    assert_null(choice->pending_authentication_token);

    (void)refuse(400,
                 "{\"error\":\"sso_required\",\"email\":\"m@x\",\"connection_ids\":[\"conn_1\"]}",
                 "secret", &sso, &err);
    assert_int_equal(sso->n_connection_ids, 1);
    assert_string_equal(sso->connection_ids[0], "conn_1");
    assert_string_equal(sso->email, "m@x");

    (void)refuse(400,
                 "{\"error\":\"organization_authentication_methods_required\","
                 "\"sso_connection_ids\":[\"conn_1\",\"conn_2\"]}",
                 "secret", &methods, &err);
    assert_int_equal(methods->n_connection_ids, 2);
    assert_string_equal(methods->connection_ids[1], "conn_2");

    (void)refuse(403,
                 "{\"code\":\"email_verification_required\",\"email\":\"m@x\","
                 "\"email_verification_id\":\"email_verification_1\"}",
                 "secret", &email, &err);
    assert_string_equal(email->email_verification_id, "email_verification_1");
}

/* WorkOS' only refusal without a word for programs. */
static void test_refusal_told_by_its_sentence_alone_is_sso_required(void **state)
{
    lk_auto(lk_authentication_challenge) got = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(refuse(400, "{\"message\":\"Must use SSO for selected organization\"}", "secret",
                        &got, &err),
                 LK_ERR_API, err);
    assert_int_equal(got->kind, LK_CHALLENGE_SSO_REQUIRED);
    assert_string_equal(got->code, "sso_required");
    assert_int_equal(got->n_connection_ids, 0);
}

static void test_methods_that_an_organization_accepts_are_told(void **state)
{
    lk_auto(lk_authentication_challenge) some = NULL;
    lk_auto(lk_authentication_challenge) odd = NULL;
    lk_auto(lk_authentication_challenge) none = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    (void)refuse(400,
                 "{\"error\":\"organization_authentication_methods_required\",\"auth_methods\":"
                 "{\"google_oauth\":true,\"password\":true,\"magic_auth\":false,"
                 "\"retina_scan\":true},\"authkit_redirect_url\":\"https://a.example/x\"}",
                 "secret", &some, &err);
    assert_true(some->methods->google_oauth);
    assert_true(some->methods->password);
    assert_false(some->methods->magic_auth);
    assert_false(some->methods->apple_oauth);
    assert_string_equal(some->authkit_redirect_url, "https://a.example/x");
    (void)refuse(400,
                 "{\"error\":\"organization_authentication_methods_required\",\"auth_methods\":"
                 "{\"google_oauth\":\"yes\",\"password\":1,\"apple_oauth\":true}}",
                 "secret", &odd, &err);
    assert_false(odd->methods->google_oauth); /* only true is true */
    assert_false(odd->methods->password);
    assert_true(odd->methods->apple_oauth);
    (void)refuse(400, "{\"error\":\"organization_authentication_methods_required\"}", "secret",
                 &none, &err);
    assert_null(none->methods);
}

static void test_parts_of_an_unexpected_type_take_nothing_else_away(void **state)
{
    lk_auto(lk_authentication_challenge) got = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    (void)refuse(403,
                 "{\"code\":\"mfa_challenge\",\"pending_authentication_token\":\"" PENDING "\","
                 "\"authentication_factors\":[7,null,{\"type\":\"totp\"},{\"id\":5},[],"
                 "{\"id\":\"auth_factor_1\"}],\"organizations\":{\"id\":\"org_1\"},"
                 "\"connection_ids\":[1,2],\"user\":{\"id\":7},\"email\":[],\"auth_methods\":[],"
                 "\"email_verification_id\":{}}",
                 "secret", &got, &err);
    assert_int_equal(got->kind, LK_CHALLENGE_MFA_CHALLENGE);
    assert_string_equal(got->pending_authentication_token, PENDING);
    assert_int_equal(got->n_factors, 1);
    assert_string_equal(got->factors[0]->id, "auth_factor_1");
    assert_int_equal(got->n_organizations, 0);
    assert_int_equal(got->n_connection_ids, 0);
    assert_null(got->user);
    assert_null(got->email);
    assert_null(got->email_verification_id);
}

static void test_plain_refusal_is_no_challenge(void **state)
{
    static const struct {
        int http_status;
        const char *body;
        lk_status status;
    } rows[] = {
        { 400, "{\"code\":\"invalid_credentials\",\"message\":\"m\"}", LK_ERR_API },
        { 400, "{\"error\":\"invalid_grant\",\"error_description\":\"d\"}", LK_ERR_API },
        { 400, "{\"message\":\"Must use SSO\"}", LK_ERR_API },
        { 400, "{\"pending_authentication_token\":7}", LK_ERR_API },
        { 403, "[\"mfa_challenge\"]", LK_ERR_API },
        { 403, "\"mfa_challenge\"", LK_ERR_API },
        { 403, "<html>mfa_challenge</html>", LK_ERR_API },
        { 403, "{\"code\":\"mfa_challenge\"", LK_ERR_API },
        { 403, "", LK_ERR_API },
        { 429, "{\"code\":\"mfa_challenge\"}", LK_ERR_RATE_LIMITED },
        { 200, "{\"code\":\"mfa_challenge\"}", LK_ERR_PROTOCOL },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_authentication_challenge *challenge = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_fails(refuse(rows[i].http_status, rows[i].body, "secret", &challenge, &err),
                     rows[i].status, err);
        assert_null(challenge);
    }
}

static void test_password_stays_out_and_leaves_the_reason_alone(void **state)
{
    lk_authentication_challenge *challenge = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    (void)refuse(400, "{\"code\":\"invalid_credentials\",\"message\":\"hunter2 is wrong\"}",
                 "hunter2", &challenge, &err);
    assert_lacks(err.message, "hunter2");
    lk_error again = LK_ERROR_INIT;
    (void)refuse(400, "{\"code\":\"invalid_credentials\",\"message\":\"m\"}", "valid", &challenge,
                 &again);
    assert_string_equal(again.reason, "invalid_credentials");
    /* Nobody gets a password out as a machine word. */
    lk_error echoed = LK_ERROR_INIT;
    (void)refuse(400, "{\"code\":\"valid\"}", "valid", &challenge, &echoed);
    assert_string_equal(echoed.reason, "");
    assert_lacks(echoed.message, "valid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_step_up_is_told_apart),
        cmocka_unit_test(test_challenge_carries_what_the_next_step_takes),
        cmocka_unit_test(test_refusal_told_by_its_sentence_alone_is_sso_required),
        cmocka_unit_test(test_methods_that_an_organization_accepts_are_told),
        cmocka_unit_test(test_parts_of_an_unexpected_type_take_nothing_else_away),
        cmocka_unit_test(test_plain_refusal_is_no_challenge),
        cmocka_unit_test(test_password_stays_out_and_leaves_the_reason_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
