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

/* A second message would make the first one's code worthless. */
static void test_nothing_is_sent_out_twice(void **state)
{
    fake_wire wire = FAKE_WIRE({ "POST /user_management/magic_auth", .failure = LK_ERR_NETWORK },
                               { "POST /auth/factors/f/challenge", .status = 503 });
    lk_magic_auth *magic_auth = NULL;
    lk_factor_challenge *challenge = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_authkit_create_magic_auth(test.client, "m@x", NULL, &magic_auth, &err),
                 LK_ERR_NETWORK, err);
    assert_fails(lk_authkit_challenge_factor(test.client, "f", &challenge, &err), LK_ERR_API, err);
    assert_null(magic_auth);
    assert_null(challenge);
    test_client_close(&test, &wire);
}

static void test_wrong_arguments_send_nothing(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
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
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_magic_auth_has_a_code),
        cmocka_unit_test(test_factor_is_asked_for_a_code),
        cmocka_unit_test(test_nothing_is_sent_out_twice),
        cmocka_unit_test(test_wrong_arguments_send_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
