/* One-time codes. */
#include <latchkey/authkit.h>

#include "test-client.h"
#include "test.h"

static void test_magic_auth_has_a_code(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { "POST /user_management/magic_auth", .status = 201,
          .header_has = "Authorization: Bearer " TEST_API_KEY,
          .body_has = "{\"email\":\"m@x.example\"}",
          .body = "{\"object\":\"magic_auth\",\"id\":\"magic_auth_1\",\"user_id\":\"user_1\","
                  "\"email\":\"m@x.example\",\"expires_at\":\"2026-03-02T12:00:00Z\","
                  "\"code\":\"123456\"}" },
        { "POST /user_management/magic_auth", .status = 201, .body = "{\"id\":\"magic_auth_2\"}",
          .body_has = "{\"email\":\"m@x.example\",\"invitation_token\":\"inv\"}" });
    lk_auto(lk_magic_auth) got = NULL;
    lk_auto(lk_magic_auth) bare = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_create_magic_auth(test.client, "m@x.example", NULL, &got, &err), err);
    assert_string_equal(got->id, "magic_auth_1");
    assert_string_equal(got->user_id, "user_1");
    assert_string_equal(got->email, "m@x.example");
    assert_string_equal(got->code, "123456");
    assert_int_equal(got->expires_at_ms, NOON);
    assert_ok(lk_authkit_create_magic_auth(test.client, "m@x.example", "inv", &bare, &err), err);
    assert_null(bare->code);
    test_client_close(&test, &wire);
}

static void test_factor_is_asked_for_a_code(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ "POST /auth/factors/f%2F..%2F1/challenge", .status = 201, .body_has = "{}",
                    .header_has = "Authorization: Bearer " TEST_API_KEY,
                    .body = "{\"id\":\"auth_challenge_1\",\"authentication_factor_id\":\"f\","
                            "\"expires_at\":\"2026-03-02T12:00:00Z\"}" });
    lk_auto(lk_factor_challenge) got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    /* An id never becomes a path. */
    assert_ok(lk_authkit_challenge_factor(test.client, "f/../1", &got, &err), err);
    assert_string_equal(got->id, "auth_challenge_1");
    assert_string_equal(got->factor_id, "f");
    assert_int_equal(got->expires_at_ms, NOON);
    test_client_close(&test, &wire);
}

#define FACTORS "POST /user_management/users/user_1/auth_factors"

static void test_enrolled_factor_is_shown_and_challenged(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { FACTORS, .status = 201, .header_has = "Authorization: Bearer " TEST_API_KEY,
          .body_has = "{\"type\":\"totp\",\"totp_issuer\":\"Acme\",\"totp_user\":\"m@x\"}",
          .body = "{\"authentication_factor\":{\"object\":\"authentication_factor\","
                  "\"id\":\"auth_factor_1\",\"type\":\"totp\",\"totp\":{\"issuer\":\"Acme\","
                  "\"user\":\"m@x\",\"secret\":\"JBSWY3DPEHPK3PXP\","
                  "\"qr_code\":\"data:image/png;base64,iVBOR\","
                  "\"uri\":\"otpauth://totp/Acme:m%40x?secret=JBSWY3DPEHPK3PXP\"}},"
                  "\"authentication_challenge\":{\"id\":\"auth_challenge_1\","
                  "\"expires_at\":\"2026-03-02T12:00:00Z\"}}" },
        { FACTORS, .status = 201, .body_has = "{\"type\":\"totp\",\"totp_secret\":\"MFRGG\"}",
          .body = "{\"authentication_factor\":{\"id\":\"auth_factor_2\",\"totp\":{}},"
                  "\"authentication_challenge\":{\"id\":\"auth_challenge_2\"}}" });
    lk_auto(lk_totp_enrollment) got = NULL;
    lk_auto(lk_totp_enrollment) bare = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_enroll_totp(test.client, "user_1",
                                     LK_TOTP_OPTIONS(.issuer = "Acme", .user = "m@x"), &got, &err),
              err);
    assert_string_equal(got->factor->id, "auth_factor_1");
    assert_string_equal(got->factor->totp->issuer, "Acme");
    assert_string_equal(got->factor->totp->user, "m@x");
    assert_string_equal(got->factor->totp->secret, "JBSWY3DPEHPK3PXP");
    assert_string_equal(got->factor->totp->qr_code, "data:image/png;base64,iVBOR");
    assert_contains(got->factor->totp->uri, "otpauth://totp/Acme");
    assert_string_equal(got->challenge->id, "auth_challenge_1");
    assert_int_equal(got->challenge->expires_at_ms, NOON);
    assert_ok(lk_authkit_enroll_totp(test.client, "user_1", LK_TOTP_OPTIONS(.secret = "MFRGG"),
                                     &bare, &err),
              err);
    assert_null(bare->factor->totp->qr_code);
    test_client_close(&test, &wire);
}

static void test_enrollment_without_what_is_needed_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"authentication_factor\":{\"id\":\"f\",\"totp\":{}}}", /* nothing to answer */
        "{\"authentication_factor\":{\"id\":\"f\"},\"authentication_challenge\":{\"id\":\"c\"}}",
        "{\"authentication_factor\":{\"totp\":{}},\"authentication_challenge\":{\"id\":\"c\"}}",
        "{\"authentication_factor\":[],\"authentication_challenge\":{\"id\":\"c\"}}",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(bodies); i++) {
        fake_wire wire = FAKE_WIRE({ FACTORS, .status = 201, .body = bodies[i] });
        lk_totp_enrollment *got = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(lk_authkit_enroll_totp(test.client, "user_1", LK_TOTP_OPTIONS(.issuer = "A"),
                                            &got, &err),
                     LK_ERR_PROTOCOL, err);
        assert_null(got);
        test_client_close(&test, &wire);
    }
}

static void test_text_message_is_sent_with_the_pending_token(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { "POST /user_management/radar_challenges", .status = 201,
          .header_has = "Authorization: Bearer " TEST_API_KEY,
          .body_has = "{\"user_id\":\"user_1\",\"pending_authentication_token\":\"pending1\","
                      "\"phone_number\":\"+15555550100\"}",
          .body = "{\"verification_id\":\"v1\",\"phone_number\":\"+15555550100\"}" },
        { "POST /user_management/radar_challenges", .status = 400,
          .body = "{\"message\":\"pending1 is over\"}" });
    lk_auto(lk_sms_challenge) got = NULL;
    lk_sms_challenge *none = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_authkit_send_radar_sms_challenge(test.client, "user_1", "pending1", "+15555550100",
                                                  &got, &err),
              err);
    assert_string_equal(got->verification_id, "v1");
    assert_string_equal(got->phone_number, "+15555550100");
    assert_fails(lk_authkit_send_radar_sms_challenge(test.client, "user_1", "pending1",
                                                     "+15555550100", &none, &err),
                 LK_ERR_API, err);
    assert_lacks(err.message, "pending1");
    test_client_close(&test, &wire);
}

/* A second message would make the first one's code worthless. */
static void test_nothing_is_sent_out_twice(void **state)
{
    fake_wire wire = FAKE_WIRE({ "POST /user_management/magic_auth", .failure = LK_ERR_NETWORK },
                               { "POST /auth/factors/f/challenge", .status = 503 },
                               { FACTORS, .failure = LK_ERR_NETWORK },
                               { "POST /user_management/radar_challenges", .status = 503 });
    lk_totp_enrollment *enrollment = NULL;
    lk_sms_challenge *sms = NULL;
    lk_magic_auth *magic_auth = NULL;
    lk_factor_challenge *challenge = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_authkit_create_magic_auth(test.client, "m@x", NULL, &magic_auth, &err),
                 LK_ERR_NETWORK, err);
    assert_fails(lk_authkit_challenge_factor(test.client, "f", &challenge, &err), LK_ERR_API, err);
    assert_fails(lk_authkit_enroll_totp(test.client, "user_1", LK_TOTP_OPTIONS(.issuer = "A"),
                                        &enrollment, &err),
                 LK_ERR_NETWORK, err);
    assert_fails(lk_authkit_send_radar_sms_challenge(test.client, "user_1", "p", "+1", &sms, &err),
                 LK_ERR_API, err);
    assert_null(enrollment);
    assert_null(sms);
    assert_null(magic_auth);
    assert_null(challenge);
    test_client_close(&test, &wire);
}

static void test_wrong_arguments_send_nothing(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_totp_enrollment *enrollment = NULL;
    lk_sms_challenge *sms = NULL;
    lk_magic_auth *magic_auth = NULL;
    lk_factor_challenge *challenge = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_authkit_create_magic_auth(test.client, NULL, NULL, &magic_auth, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_authkit_create_magic_auth(test.client, "m@x", "", &magic_auth, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_authkit_create_magic_auth(NULL, "m@x", NULL, &magic_auth, &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_authkit_challenge_factor(test.client, NULL, &challenge, &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_authkit_challenge_factor(test.client, "..", &challenge, &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_authkit_challenge_factor(NULL, "f", &challenge, &err), LK_ERR_INVALID, err);
    assert_fails(
        lk_authkit_enroll_totp(test.client, "", LK_TOTP_OPTIONS(.issuer = "A"), &enrollment, &err),
        LK_ERR_INVALID, err);
    assert_fails(lk_authkit_enroll_totp(test.client, "user_1", NULL, &enrollment, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_authkit_enroll_totp(test.client, "user_1", LK_TOTP_OPTIONS(.issuer = ""),
                                        &enrollment, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "totp_issuer");
    assert_fails(lk_authkit_send_radar_sms_challenge(test.client, "u", NULL, "+1", &sms, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "pending_authentication_token");
    assert_fails(lk_authkit_send_radar_sms_challenge(test.client, "u", "p", "", &sms, &err),
                 LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_magic_auth_has_a_code),
        cmocka_unit_test(test_factor_is_asked_for_a_code),
        cmocka_unit_test(test_enrolled_factor_is_shown_and_challenged),
        cmocka_unit_test(test_enrollment_without_what_is_needed_is_refused),
        cmocka_unit_test(test_text_message_is_sent_with_the_pending_token),
        cmocka_unit_test(test_nothing_is_sent_out_twice),
        cmocka_unit_test(test_wrong_arguments_send_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
