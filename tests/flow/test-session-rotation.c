/* Replacing the cookie password: nobody who is signed in, or about to be, notices. */
#include <stdio.h>

#include "test.h"
#include "web-kit.h"

#define NEW_PASSWORD "the-password-after-that-0123456789"

static void rotate(lk_web_options *options)
{
    options->cookie_password = NEW_PASSWORD;
    options->cookie_password_previous = KIT_PASSWORD;
}

static void replace(lk_web_options *options)
{
    options->cookie_password = NEW_PASSWORD;
}

static void open_with_keys(web_kit *kit, fake_wire *wire, void (*change)(lk_web_options *options))
{
    lk_error err = LK_ERROR_INIT;

    web_kit_open(kit, wire, change);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
}

static bool opens_with(const char *password, const char *sealed)
{
    char *text = NULL;
    lk_status status = lk_open_text(password, sealed, NOON, &text, NULL);

    lk_free_secret(text);
    return status == LK_OK;
}

static void test_session_of_the_previous_password_opens(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire, rotate);
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    assert_string_equal(reply->session->user->id, "user_01");
    assert_null(web_kit_header(reply, "Set-Cookie"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

/* The near miss: without the option the old cookie is nobody's. */
static void test_session_of_a_dropped_password_is_nobody(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire, replace);
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_null(reply->session);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_renewal_seals_with_the_current_password(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate",
                                           .body_has = "\"refresh_token\":\"rt_01\"", .status = 200,
                                           .body = grant });
    web_kit kit;

    open_with_keys(&kit, &wire, rotate);
    web_kit_sign_in(&kit, NOON - 3600 * 1000, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    lk_web_reply_free(reply);
    assert_true(opens_with(NEW_PASSWORD, web_kit_jar_value(&kit, "wos-session")));
    assert_false(opens_with(KIT_PASSWORD, web_kit_jar_value(&kit, "wos-session")));
    web_kit_close(&kit, &wire);
    free(grant);
}

/* /login before the change of the password, /callback after it. */
static void test_sign_in_under_way_survives_the_change(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    web_kit kit;
    char state[8192];
    char query[8192 + 32];
    lk_error err = LK_ERROR_INIT;

    web_kit_open(&kit, &wire, NULL);
    web_kit_begin(&kit, "return_to=%2Fapp", state);
    lk_web_free(kit.web);
    assert_ok(
        lk_web_new(LK_WEB_OPTIONS(.client = kit.client.client, .cookie_password = NEW_PASSWORD,
                                  .cookie_password_previous = KIT_PASSWORD,
                                  .redirect_uri = "https://app.example/callback"),
                   &kit.web, &err),
        err);

    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    lk_web_reply *reply = web_kit_get(&kit, "/callback", query);
    assert_int_equal(reply->status, 302);
    assert_string_equal(web_kit_header(reply, "Location"), "/app");
    assert_int_equal(web_kit_count_cookies(reply, "wos-auth-verifier-", true), 1);
    lk_web_reply_free(reply);
    assert_true(opens_with(NEW_PASSWORD, web_kit_jar_value(&kit, "wos-session")));
    web_kit_close(&kit, &wire);
    free(grant);
}

static void test_sign_out_ends_a_session_of_the_previous_password(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire, rotate);
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply =
        web_kit_send(&kit, "POST", "/logout", NULL,
                     (const char *const[]){ "Origin: https://app.example", NULL });
    assert_int_equal(reply->status, 303);
    assert_contains(web_kit_header(reply, "Location"), "session_id=session_01");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_previous_password_must_be_long_enough(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_web *web = NULL;

    test_client_open(&test, &wire);
    assert_fails(lk_web_new(LK_WEB_OPTIONS(.client = test.client, .cookie_password = KIT_PASSWORD,
                                           .cookie_password_previous = "short",
                                           .redirect_uri = "https://app.example/callback"),
                            &web, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "cookie_password_previous");
    assert_null(web);
    test_client_close(&test, &wire);
}

/* ---- While the server runs ---- */

static bool is_signed_in(web_kit *kit)
{
    lk_web_reply *reply = web_kit_get(kit, "/app", NULL);
    bool somebody = reply->session != NULL;

    lk_web_reply_free(reply);
    return somebody;
}

/* Asked before each change, too: what is cached counts no longer than what opens. */
static void test_passwords_exchanged_under_a_session(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    lk_error err = LK_ERROR_INIT;

    open_with_keys(&kit, &wire, NULL);
    web_kit_sign_in(&kit, NOON, "rt_01");
    assert_true(is_signed_in(&kit));
    assert_ok(lk_web_set_cookie_passwords(kit.web, NEW_PASSWORD, KIT_PASSWORD, &err), err);
    assert_true(is_signed_in(&kit));
    assert_fails(lk_web_set_cookie_passwords(kit.web, "short", KIT_PASSWORD, &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_web_set_cookie_passwords(kit.web, NEW_PASSWORD, "short", &err), LK_ERR_INVALID,
                 err);
    assert_contains(err.message, "cookie_password_previous");
    assert_fails(lk_web_set_cookie_passwords(kit.web, NULL, NULL, &err), LK_ERR_INVALID, err);
    assert_true(is_signed_in(&kit));
    assert_ok(lk_web_set_cookie_passwords(kit.web, NEW_PASSWORD, NULL, &err), err);
    assert_false(is_signed_in(&kit));
    web_kit_close(&kit, &wire);
}

static void exchange(void *ctx)
{
    web_kit *kit = ctx;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_web_set_cookie_passwords(kit->web, NEW_PASSWORD, KIT_PASSWORD, &err), err);
}

/* A renewal that began under the old password ends under it, and both still open. */
static void test_passwords_exchanged_during_a_renewal(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    web_kit kit;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .status = 200,
                                           .body = grant, .during = exchange, .during_ctx = &kit });

    open_with_keys(&kit, &wire, NULL);
    web_kit_sign_in(&kit, NOON - 3600 * 1000, "rt_01");
    assert_true(is_signed_in(&kit));
    assert_true(opens_with(KIT_PASSWORD, web_kit_jar_value(&kit, "wos-session")));
    assert_true(is_signed_in(&kit));
    web_kit_close(&kit, &wire);
    free(grant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_of_the_previous_password_opens),
        cmocka_unit_test(test_session_of_a_dropped_password_is_nobody),
        cmocka_unit_test(test_renewal_seals_with_the_current_password),
        cmocka_unit_test(test_sign_in_under_way_survives_the_change),
        cmocka_unit_test(test_sign_out_ends_a_session_of_the_previous_password),
        cmocka_unit_test(test_previous_password_must_be_long_enough),
        cmocka_unit_test(test_passwords_exchanged_under_a_session),
        cmocka_unit_test(test_passwords_exchanged_during_a_renewal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
