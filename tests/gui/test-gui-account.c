/* The account's states against a scripted wire and a real loopback listener. */
#include <gio/gio.h>

#include "gui-kit.h"
#include "latchkey-error.h"

#define AUTHENTICATE "POST /user_management/authenticate"
#define JWKS                                                          \
    {                                                                 \
        "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" \
    }
#define state_of(kit) latchkey_account_get_state((kit).account)

static void assert_error(LatchkeyAccount *account, LatchkeyErrorCode code)
{
    const GError *error = latchkey_account_get_error(account);

    g_assert_nonnull(error);
    g_assert_error(error, LATCHKEY_ERROR, (int)code);
}

static void test_without_client_id_it_says_what_to_set(void)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(LatchkeyAccount) account = latchkey_account_new(config);

    g_assert_cmpint(latchkey_account_get_state(account), ==, LATCHKEY_ACCOUNT_UNCONFIGURED);
    assert_error(account, LATCHKEY_ERROR_CONFIG);
    g_assert_nonnull(strstr(latchkey_account_get_error(account)->message, "WORKOS_CLIENT_ID"));
    latchkey_account_start(account);
    latchkey_account_sign_in(account);
    g_assert_cmpint(latchkey_account_get_state(account), ==, LATCHKEY_ACCOUNT_UNCONFIGURED);
}

static void test_unusable_base_url_is_named(void)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();

    config->client_id = g_strdup("client_01");
    config->base_url = g_strdup("http://example.com"); /* plain HTTP beyond this computer */
    g_autoptr(LatchkeyAccount) account = latchkey_account_new(config);
    g_assert_cmpint(latchkey_account_get_state(account), ==, LATCHKEY_ACCOUNT_UNCONFIGURED);
    g_assert_nonnull(strstr(latchkey_account_get_error(account)->message, "base_url"));
}

static void test_sign_in_goes_through_the_loopback(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_secret_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .body_has = "\"code\":\"code_01\"",
                                 .body_lacks = "client_secret", .status = 200, .body = grant },
                               JWKS);
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_start(kit.account);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_SIGNED_OUT);
    latchkey_account_sign_in(kit.account);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_WAITING);
    g_assert_cmpstr(kit.opened, ==, latchkey_account_get_url(kit.account));
    g_autofree char *redirect = kit_parameter(kit.opened, "redirect_uri");
    g_assert_true(g_str_has_prefix(redirect, "http://127.0.0.1:"));
    g_assert_cmpint(latchkey_account_get_time_left_ms(kit.account), ==, 300000);

    kit_visit(&kit, "code=code_01", NULL);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_EXCHANGING);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_SIGNED_IN);
    g_assert_cmpstr(latchkey_account_get_authentication(kit.account)->user->email, ==,
                    "ada@example.com");
    g_assert_cmpstr(latchkey_account_get_session(kit.account)->role, ==, "admin");
    g_assert_null(latchkey_account_get_url(kit.account));
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_second_click_keeps_the_attempt(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_sign_in(kit.account);
    g_autofree char *first = g_strdup(kit.opened);
    latchkey_account_sign_in(kit.account);
    g_assert_cmpint(kit.n_opened, ==, 2);
    g_assert_cmpstr(kit.opened, ==, first);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_cancel_closes_the_port(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_sign_in(kit.account);
    g_autofree char *redirect = kit_parameter(kit.opened, "redirect_uri");
    g_autoptr(GUri) uri = g_uri_parse(redirect, G_URI_FLAGS_NONE, NULL);
    latchkey_account_cancel(kit.account);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_OUT);

    g_autoptr(GSocketClient) browser = g_socket_client_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_host(
        browser, "127.0.0.1", (guint16)g_uri_get_port(uri), NULL, &error);
    g_assert_null(connection);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_wrong_state_does_not_end_the_wait(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_sign_in(kit.account);
    kit_visit(&kit, "code=stolen", "somebody-elses-state");
    wait_until(kit_is_answered(&kit));
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_WAITING);
    kit_visit(&kit, "code=code_01", NULL);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_SIGNED_IN);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_denied_in_the_browser_is_said(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_sign_in(kit.account);
    kit_visit(&kit, "error=access_denied&error_description=no", NULL);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_FAILED);
    assert_error(kit.account, LATCHKEY_ERROR_DENIED);
    latchkey_account_retry(kit.account); /* starts a new attempt */
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_WAITING);
    g_assert_cmpint(kit.n_opened, ==, 2);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_nobody_comes_in_time(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_sign_in(kit.account);
    kit.clock.now_ms += 301 * 1000;
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_FAILED);
    assert_error(kit.account, LATCHKEY_ERROR_TIMEOUT);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static const struct {
    const char *what;
    fake_exchange answer;
    LatchkeyErrorCode code;
} bad_exchanges[] = {
    { "the code was used before",
      { AUTHENTICATE, .status = 400, .body = "{\"error\":\"invalid_grant\"}" },
      LATCHKEY_ERROR_ENDED },
    { "a refusal of another kind",
      { AUTHENTICATE, .status = 403, .body = "{\"code\":\"mfa_challenge\",\"message\":\"no\"}" },
      LATCHKEY_ERROR_REFUSED },
    { "the network is down", { AUTHENTICATE, .failure = LK_ERR_NETWORK }, LATCHKEY_ERROR_NETWORK },
    { "HTML instead of JSON",
      { AUTHENTICATE, .status = 200, .body = "<html>proxy</html>" },
      LATCHKEY_ERROR_ANSWER },
    { "a token nobody signed",
      { AUTHENTICATE, .status = 200, .file = "authenticate.json" },
      LATCHKEY_ERROR_ANSWER },
};

static void test_bad_exchange_signs_nobody_in(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_exchanges); i++) {
        fake_exchange script[] = { bad_exchanges[i].answer, JWKS };
        fake_wire wire = { .script = script, .n_script = 2, .mutex = PTHREAD_MUTEX_INITIALIZER };
        gui_kit kit = { 0 };

        g_test_message("%s", bad_exchanges[i].what);
        kit_open_account(&kit, &wire);
        latchkey_account_sign_in(kit.account);
        kit_visit(&kit, "code=code_01", NULL);
        wait_until(state_of(kit) == LATCHKEY_ACCOUNT_FAILED);
        assert_error(kit.account, bad_exchanges[i].code);
        g_assert_null(latchkey_account_get_session(kit.account));
        kit_close_account(&kit);
    }
}

static void test_cancel_while_exchanging_drops_the_answer(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_sign_in(kit.account);
    kit_visit(&kit, "code=code_01", NULL);
    wait_until(state_of(kit) != LATCHKEY_ACCOUNT_WAITING);
    latchkey_account_cancel(kit.account);
    kit_close_account(&kit);
    wait_until(g_atomic_int_get(&wire.n_freed) > 0); /* the worker went on alone */
}

static void test_session_is_renewed_before_it_ends(void)
{
    g_autofree char *first = kit_grant(NOON, "Ada", "rt_1");
    g_autofree char *second = kit_grant(NOON + 250000, "Augusta Ada", "rt_2");
    fake_wire wire = FAKE_WIRE(
        { AUTHENTICATE, .status = 200, .body = first }, JWKS,
        { AUTHENTICATE, .body_has = "\"refresh_token\":\"rt_1\"", .status = 200, .body = second });
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    kit_sign_in(&kit);
    latchkey_account_check(kit.account); /* not due yet: the wire would complain */
    settle();
    kit.clock.now_ms += 250000; /* of 300 s; due at 240 s */
    latchkey_account_check(kit.account);
    latchkey_account_check(kit.account); /* one at a time */
    wait_until(
        g_str_equal(latchkey_account_get_authentication(kit.account)->refresh_token, "rt_2"));
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_IN);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_session_survives_a_network_that_is_down(void)
{
    g_autofree char *first = kit_grant(NOON, "Ada", "rt_1");
    g_autofree char *second = kit_grant(NOON + 500000, "Ada", "rt_2");
    fake_exchange down = { AUTHENTICATE, .failure = LK_ERR_NETWORK };
    fake_wire wire = FAKE_WIRE(
        { AUTHENTICATE, .status = 200, .body = first }, JWKS, down, down,
        down, /* one try and two retries of the library */
        { AUTHENTICATE, .body_has = "\"refresh_token\":\"rt_1\"", .status = 200, .body = second });
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    kit_sign_in(&kit);
    kit.clock.now_ms = NOON + 250000;
    latchkey_account_check(kit.account);
    wait_until(latchkey_account_get_error(kit.account) != NULL);
    assert_error(kit.account, LATCHKEY_ERROR_NETWORK);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_IN);
    latchkey_account_check(kit.account); /* the pause before the next try */
    settle();
    kit.clock.now_ms = NOON + 500000; /* a nap: the access token is stale, the keys are not */
    latchkey_account_check(kit.account);
    wait_until(latchkey_account_get_error(kit.account) == NULL);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_IN);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_session_that_workos_ended_is_over(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire =
        FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS,
                  { AUTHENTICATE, .status = 400, .body = "{\"error\":\"invalid_grant\"}" });
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    kit_sign_in(&kit);
    kit.clock.now_ms += 250000;
    latchkey_account_check(kit.account);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_ENDED);
    assert_error(kit.account, LATCHKEY_ERROR_ENDED);
    g_assert_null(latchkey_account_get_session(kit.account));
    latchkey_account_sign_in(kit.account);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_WAITING);
    latchkey_account_cancel(kit.account); /* back to what is on show */
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_ENDED);
    latchkey_account_sign_out(kit.account); /* and away from it; nothing is left to end */
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_OUT);
    g_assert_cmpint(kit.n_opened, ==, 2); /* each sign-in, no sign-out */
    latchkey_account_sign_in(kit.account);
    latchkey_account_cancel(kit.account);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_OUT);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_sign_out_ends_the_session_at_workos(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    kit_sign_in(&kit);
    latchkey_account_sign_out(kit.account);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_OUT);
    g_assert_null(latchkey_account_get_session(kit.account));
    g_autofree char *session_id = kit_parameter(kit.opened, "session_id");
    g_assert_cmpstr(session_id, ==, "session_01");
    g_assert_nonnull(strstr(kit.opened, "/user_management/sessions/logout"));
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_without_a_keyring_the_session_is_for_this_run(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    kit_sign_in(&kit);
    LatchkeySecrets *secrets = latchkey_account_get_secrets(kit.account);
    wait_until(latchkey_secrets_get_place(secrets) == LATCHKEY_SECRETS_MEMORY);
    g_assert_nonnull(latchkey_secrets_get_reason(secrets));
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/account/without-client-id", test_without_client_id_it_says_what_to_set);
    g_test_add_func("/account/unusable-base-url", test_unusable_base_url_is_named);
    g_test_add_func("/account/sign-in", test_sign_in_goes_through_the_loopback);
    g_test_add_func("/account/second-click", test_second_click_keeps_the_attempt);
    g_test_add_func("/account/cancel", test_cancel_closes_the_port);
    g_test_add_func("/account/wrong-state", test_wrong_state_does_not_end_the_wait);
    g_test_add_func("/account/denied", test_denied_in_the_browser_is_said);
    g_test_add_func("/account/timeout", test_nobody_comes_in_time);
    g_test_add_func("/account/bad-exchange", test_bad_exchange_signs_nobody_in);
    g_test_add_func("/account/cancel-exchange", test_cancel_while_exchanging_drops_the_answer);
    g_test_add_func("/account/renewal", test_session_is_renewed_before_it_ends);
    g_test_add_func("/account/network-down", test_session_survives_a_network_that_is_down);
    g_test_add_func("/account/ended", test_session_that_workos_ended_is_over);
    g_test_add_func("/account/sign-out", test_sign_out_ends_the_session_at_workos);
    g_test_add_func("/account/no-keyring", test_without_a_keyring_the_session_is_for_this_run);
    return g_test_run();
}
