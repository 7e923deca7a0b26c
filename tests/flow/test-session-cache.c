/* Sessions kept in memory between requests: what ends one ends it there, too. */
#include <stdio.h>

#include "api/client.h"
#include "test.h"
#include "web-kit.h"
#include "web/web.h"

#define RENEWAL "POST /user_management/authenticate"
#define NO_MORE .status = 400, .body = "{\"error\":\"invalid_grant\"}"

static bool revoked;
static int n_asked;

static lk_status answer(void *ctx, const lk_session *session, bool *out, lk_error *err)
{
    (void)ctx;
    (void)session;
    (void)err;
    n_asked++;
    *out = revoked;
    return LK_OK;
}

static void ask_about_revocation(lk_web_options *options)
{
    options->revocation = (lk_revocation){ .is_revoked = answer };
}

static void keep_none(lk_web_options *options)
{
    options->cached_sessions = -1;
}

static void open_signed_in(web_kit *kit, fake_wire *wire, void (*change)(lk_web_options *options))
{
    lk_error err = LK_ERROR_INIT;

    revoked = false;
    n_asked = 0;
    web_kit_open(kit, wire, change);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
    web_kit_sign_in(kit, NOON, "rt_01");
}

static bool is_signed_in(web_kit *kit)
{
    lk_auto(lk_web_reply) reply = web_kit_get(kit, "/app", NULL);

    return reply->session != NULL;
}

/* Whether the cookie's session is in memory now. */
static bool is_kept(const web_kit *kit, const char *sealed)
{
    lk_auto(lk_session) session =
        lk__session_cache_find(kit->web->cache, sealed, strlen(sealed),
                               lk__client_keys_id(kit->client.client), kit->client.clock.now_ms);

    return session != NULL;
}

static void test_a_session_is_kept_and_outlives_its_reply(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_signed_in(&kit, &wire, NULL);
    const char *sealed = web_kit_jar_value(&kit, "wos-session");
    assert_false(is_kept(&kit, sealed));
    lk_web_reply *first = web_kit_get(&kit, "/app", NULL);
    assert_true(is_kept(&kit, sealed));
    lk_web_reply *second = web_kit_get(&kit, "/app", NULL);
    assert_ptr_equal(first->session, second->session);
    lk_web_reply_free(first);
    assert_string_equal(second->session->user->id, "user_01");
    lk_web_reply_free(second);
    assert_true(is_signed_in(&kit));
    web_kit_close(&kit, &wire);
}

static void test_none_are_kept_where_none_shall_be(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_signed_in(&kit, &wire, keep_none);
    assert_true(is_signed_in(&kit));
    assert_true(is_signed_in(&kit));
    assert_false(is_kept(&kit, web_kit_jar_value(&kit, "wos-session")));

    lk_error err = LK_ERROR_INIT;
    lk_web *web = NULL;
    assert_fails(
        lk_web_new(LK_WEB_OPTIONS(.client = kit.client.client, .cookie_password = KIT_PASSWORD,
                                  .redirect_uri = "https://app.example/callback",
                                  .cached_sessions = -2),
                   &web, &err),
        LK_ERR_INVALID, err);
    assert_contains(err.message, "cached_sessions");
    web_kit_close(&kit, &wire);
}

/* A thief of half a cookie: each place of it, changed by one bit, beside the good one in memory. */
static void test_a_cookie_that_differs_in_one_byte_is_nobody(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_signed_in(&kit, &wire, NULL);
    assert_true(is_signed_in(&kit));
    char *jar = strdup(kit.jar);
    size_t len = strlen(jar);
    for (size_t i = strlen("wos-session="); i < len; i++) {
        memcpy(kit.jar, jar, len + 1); /* a cookie that opens no more is cleared */
        kit.jar[i] = jar[i] == 'A' ? 'B' : 'A';
        assert_false(is_signed_in(&kit));
    }
    memcpy(kit.jar, jar, len + 1);
    free(jar);
    assert_true(is_signed_in(&kit));
    web_kit_close(&kit, &wire);
}

static void test_an_expired_session_is_renewed_though_kept(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, NO_MORE });
    web_kit kit;

    open_signed_in(&kit, &wire, NULL);
    kit.client.clock.now_ms = NOON + 200 * 1000;
    assert_true(is_signed_in(&kit));
    kit.client.clock.now_ms = NOON + 331 * 1000; /* its end, and 30 s of leeway */
    assert_false(is_signed_in(&kit));
    web_kit_close(&kit, &wire);
}

static void test_a_revoked_session_is_refused_though_kept(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char sealed[16384];

    open_signed_in(&kit, &wire, ask_about_revocation);
    snprintf(sealed, sizeof(sealed), "%s", web_kit_jar_value(&kit, "wos-session"));
    assert_true(is_signed_in(&kit));
    assert_true(is_signed_in(&kit));
    assert_int_equal(n_asked, 2); /* each time */
    revoked = true;
    assert_false(is_signed_in(&kit));
    assert_false(is_kept(&kit, sealed));
    web_kit_close(&kit, &wire);
}

/* The token's key is no longer WorkOS': only the refresh token still says who this is. */
static void test_other_keys_end_what_is_kept(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(
        KIT_JWKS, { "GET /sso/jwks/client_01", .status = 200, .file = "jwks-exponent-3.json" },
        { RENEWAL, NO_MORE });
    web_kit kit;
    lk_error err = LK_ERROR_INIT;

    open_signed_in(&kit, &wire, NULL);
    assert_true(is_signed_in(&kit));
    kit.client.clock.now_ms += 30 * 1000;
    assert_true(is_signed_in(&kit));
    assert_ok(lk_client_refresh_keys(kit.client.client, &err), err);
    assert_false(is_signed_in(&kit));
    web_kit_close(&kit, &wire);
}

static void test_another_password_finds_nothing_kept(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    lk_error err = LK_ERROR_INIT;
    lk_web *before;

    open_signed_in(&kit, &wire, NULL);
    assert_true(is_signed_in(&kit));
    before = kit.web;
    assert_ok(lk_web_new(LK_WEB_OPTIONS(.client = kit.client.client,
                                        .cookie_password = "another-password-of-the-tests-0123",
                                        .redirect_uri = "https://app.example/callback"),
                         &kit.web, &err),
              err);
    assert_false(is_signed_in(&kit));
    lk_web_free(before);
    web_kit_close(&kit, &wire);
}

static void test_sign_out_forgets(void **unused)
{
    (void)unused;
    static const char *const same_origin[] = { "Sec-Fetch-Site: same-origin",
                                               "Origin: https://app.example", NULL };
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char sealed[16384];

    open_signed_in(&kit, &wire, NULL);
    snprintf(sealed, sizeof(sealed), "%s", web_kit_jar_value(&kit, "wos-session"));
    assert_true(is_signed_in(&kit));
    assert_true(is_kept(&kit, sealed));
    lk_web_reply *reply = web_kit_send(&kit, "POST", "/logout", NULL, same_origin);
    assert_int_not_equal(reply->status, 0);
    lk_web_reply_free(reply);
    assert_false(is_kept(&kit, sealed));
    web_kit_close(&kit, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_is_kept_and_outlives_its_reply),
        cmocka_unit_test(test_none_are_kept_where_none_shall_be),
        cmocka_unit_test(test_a_cookie_that_differs_in_one_byte_is_nobody),
        cmocka_unit_test(test_an_expired_session_is_renewed_though_kept),
        cmocka_unit_test(test_a_revoked_session_is_refused_though_kept),
        cmocka_unit_test(test_other_keys_end_what_is_kept),
        cmocka_unit_test(test_another_password_finds_nothing_kept),
        cmocka_unit_test(test_sign_out_forgets),
    };

    return cmocka_run_group_tests_name("session-cache", tests, NULL, NULL);
}
