/* Sessions that end before their tokens do: refused on every way in, by a store that answers; kept
 * when it does not. */
#include <stdio.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"

/* What the store says, and what it was asked. */
typedef struct store {
    bool revoked;
    lk_status status;
    int n_asked;
    char session_id[64], user_id[64];
    int64_t issued_at_ms;
    char logged[512];
} store;

static store it;

static lk_status answer(void *ctx, const lk_session *session, bool *out, lk_error *err)
{
    store *self = ctx;

    self->n_asked++;
    snprintf(self->session_id, sizeof(self->session_id), "%s", session->session_id);
    snprintf(self->user_id, sizeof(self->user_id), "%s", session->user->id);
    self->issued_at_ms = session->issued_at_ms;
    if (self->status != LK_OK) {
        *err = (lk_error){ .status = self->status, .message = "the disk is full" };
        return self->status;
    }
    *out = self->revoked;
    return LK_OK;
}

static void ask_the_store(lk_web_options *options)
{
    options->revocation = (lk_revocation){ .is_revoked = answer, .ctx = &it };
}

static void open_with_keys(web_kit *kit, fake_wire *wire, store says)
{
    lk_error err = LK_ERROR_INIT;

    it = says;
    web_kit_open(kit, wire, ask_the_store);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
}

static void test_revoked_cookie_is_nobody_and_cleared(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire, (store){ .revoked = true });
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_int_equal(reply->status, 0);
    assert_null(reply->session);
    assert_int_equal(web_kit_count_cookies(reply, "wos-session=", true), 1);
    assert_int_equal(it.n_asked, 1);
    assert_string_equal(it.session_id, "session_01");
    assert_string_equal(it.user_id, "user_01");
    assert_int_equal(it.issued_at_ms, NOON);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_session_that_is_not_revoked_goes_on(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire, (store){ .revoked = false });
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    assert_null(web_kit_header(reply, "Set-Cookie"));
    assert_int_equal(it.n_asked, 1);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_revoked_bearer_token_is_nobody(void **unused)
{
    (void)unused;
    for (int revoked = 0; revoked < 2; revoked++) {
        fake_wire wire = FAKE_WIRE(KIT_JWKS);
        web_kit kit;
        char header[4096];
        char *token = fake_token(NOON);
        open_with_keys(&kit, &wire, (store){ .revoked = revoked == 1 });
        snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
        lk_web_reply *reply =
            web_kit_send(&kit, "GET", "/api", NULL, (const char *const[]){ header, NULL });
        assert_int_equal(reply->session == NULL, revoked);
        assert_int_equal(it.n_asked, 1);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
        free(token);
    }
}

/* WorkOS may renew a session in the moment in which it ends it. */
static void test_renewed_session_is_asked_about_too(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .status = 200, .body = grant });
    web_kit kit;

    open_with_keys(&kit, &wire, (store){ .revoked = true });
    web_kit_sign_in(&kit, NOON - 3600 * 1000, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_int_equal(reply->status, 0);
    assert_null(reply->session);
    assert_int_equal(web_kit_count_cookies(reply, "wos-session=", true), 1);
    assert_int_equal(web_kit_count_cookies(reply, "wos-session=", false), 0);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(grant);
}

static void take_line(void *ctx, const char *text)
{
    store *self = ctx;

    snprintf(self->logged, sizeof(self->logged), "%s", text);
}

/* The same kit, with a client that logs. */
static void open_with_log(web_kit *kit, fake_wire *wire)
{
    lk_error err = LK_ERROR_INIT;

    web_kit_open(kit, wire, NULL);
    lk_web_free(kit->web);
    lk_client_free(kit->client.client);
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .api_key = TEST_API_KEY,
                                              .transport = fake_wire_use(wire),
                                              .clock = fake_clock_use(&kit->client.clock),
                                              .random = fake_random_use(&kit->client.random),
                                              .log = { .line = take_line, .ctx = &it }),
                            &kit->client.client, &err),
              err);
    assert_ok(
        lk_web_new(LK_WEB_OPTIONS(.client = kit->client.client, .cookie_password = KIT_PASSWORD,
                                  .redirect_uri = "https://app.example/callback",
                                  .revocation = { .is_revoked = answer, .ctx = &it }),
                   &kit->web, &err),
        err);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
}

static void test_store_that_fails_signs_nobody_out(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    it = (store){ .revoked = true, .status = LK_ERR_STORE };
    open_with_log(&kit, &wire);
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    assert_null(web_kit_header(reply, "Set-Cookie"));
    assert_contains(it.logged, "revoked: the disk is full");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

/* "Back" to the callback would lead home, were they signed in. */
static void test_revoked_session_excuses_no_stale_state(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char state[8192], query[8192 + 32];

    open_with_keys(&kit, &wire, (store){ .revoked = true });
    web_kit_begin(&kit, NULL, state);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    kit.jar[0] = '\0';
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/callback", query);
    assert_int_equal(reply->status, 400);
    lk_web_reply_free(reply);
    it.revoked = false;
    reply = web_kit_get(&kit, "/callback", query);
    assert_int_equal(reply->status, 302);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revoked_cookie_is_nobody_and_cleared),
        cmocka_unit_test(test_session_that_is_not_revoked_goes_on),
        cmocka_unit_test(test_revoked_bearer_token_is_nobody),
        cmocka_unit_test(test_renewed_session_is_asked_about_too),
        cmocka_unit_test(test_store_that_fails_signs_nobody_out),
        cmocka_unit_test(test_revoked_session_excuses_no_stale_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
