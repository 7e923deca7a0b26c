/* Stored sessions renewed, ended and moved: always the one that was read, never one that somebody
 * else has put there or taken away meanwhile. */
#include <stdio.h>
#include <string.h>

#include "server-kit.h"
#include "test.h"

static const int64_t an_hour_ago = NOON - 3600000;

static lk_session_storage storage;
static const char *password = KIT_PASSWORD;
static bool says_revoked;

static lk_status say(void *ctx, const lk_session *session, bool *out, lk_error *err)
{
    (void)ctx;
    (void)session;
    (void)err;
    *out = says_revoked;
    return LK_OK;
}

static void change(lk_web_options *options)
{
    options->session_storage = storage;
    options->cookie_password = password;
    options->cookie_password_previous = strcmp(password, KIT_PASSWORD) == 0 ? NULL : KIT_PASSWORD;
    options->revocation.is_revoked = say;
}

static void open_server(server *self, fake_wire *wire, lk_session_storage where)
{
    storage = where;
    says_revoked = false;
    server_kit_open(self, wire, change);
}

/* A seal of user_01's session. Free with lk_free_secret(). */
static char *sealed(server *self, int64_t issued_at_ms, const char *refresh_token)
{
    char jar[sizeof(self->kit.jar)];

    memcpy(jar, self->kit.jar, sizeof(jar));
    self->kit.jar[0] = '\0';
    web_kit_sign_in(&self->kit, issued_at_ms, refresh_token);
    char *seal = strdup(self->kit.jar + strlen("wos-session="));
    memcpy(self->kit.jar, jar, sizeof(jar));
    return seal;
}

static void put_record(server *self, const char *record)
{
    lk_error err = LK_ERROR_INIT;
    bool removed = false;

    assert_ok(
        lk_mirror_remove_session(self->store.mirror, self->store.session, NULL, &removed, &err),
        err);
    if (record != NULL)
        assert_ok(lk_mirror_put_session(self->store.mirror, self->store.session, record, NOON,
                                        NOON + 86400000, &err),
                  err);
}

/* As after a sign-in an hour ago: the handle in the jar, rt_01 in the record. */
static void open_stale(server *self, fake_wire *wire)
{
    open_server(self, wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(self);
    const char *cookie = server_kit_cookie(self);
    assert_contains(cookie, "lk.");
    snprintf(self->kit.jar, sizeof(self->kit.jar), "wos-session=%s", cookie);
    char *seal = sealed(self, an_hour_ago, "rt_01");
    put_record(self, seal);
    lk_free_secret(seal);
}

#define SIGN_IN                                                                    \
    {                                                                              \
        RENEWAL, .body_has = "authorization_code", .status = 200, .body = grant_01 \
    }

static char *grant_01, *grant_02;

static int set_up(void **state)
{
    grant_01 = web_kit_grant(NOON, "rt_01");
    grant_02 = web_kit_grant(NOON, "rt_02");
    password = KIT_PASSWORD;
    return server_kit_set_up(state);
}

static int tear_down(void **state)
{
    free(grant_01);
    free(grant_02);
    return server_kit_tear_down(state);
}

static void expect_session(server *self, bool expected)
{
    lk_web_reply *reply = web_kit_get(&self->kit, "/app", NULL);

    assert_int_equal(reply->status, 0);
    assert_int_equal(reply->session != NULL, expected);
    lk_web_reply_free(reply);
}

/* ---- Renewing ---- */

static void test_renewal_keeps_the_handle_and_replaces_the_record(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN,
                               { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02 });
    fake_wire wire_b = FAKE_WIRE(KIT_JWKS);
    server a, b;
    char jar[sizeof(a.kit.jar)];

    open_stale(&a, &wire);
    memcpy(jar, a.kit.jar, sizeof(jar));
    expect_session(&a, true);
    assert_string_equal(a.kit.jar, jar);
    expect_session(&a, true); /* asks WorkOS no more */

    /* On another server, with the cookie from before: nothing to renew. */
    open_server(&b, &wire_b, LK_SESSIONS_IN_STORE);
    memcpy(b.kit.jar, jar, sizeof(jar));
    b.kit.client.clock.now_ms += 60000; /* results are forgotten by then */
    expect_session(&b, true);
    server_kit_close(&a, &wire);
    server_kit_close(&b, &wire_b);
}

/* What happens while WorkOS is asked. */
typedef struct meanwhile {
    server *of;
    int64_t issued_at_ms; /* of the session that somebody puts there; 0: it is signed out */
    char put[4096];
} meanwhile;

static void act_meanwhile(void *ctx)
{
    meanwhile *self = ctx;
    char *seal = self->issued_at_ms != 0 ? sealed(self->of, self->issued_at_ms, "rt_03") : NULL;

    put_record(self->of, seal);
    snprintf(self->put, sizeof(self->put), "%s", seal != NULL ? seal : "");
    lk_free_secret(seal);
}

static void test_sign_out_during_a_renewal_stands(void **state)
{
    (void)state;
    server a;
    meanwhile signs_out = { .of = &a };
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN,
                               { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02,
                                 .during = act_meanwhile, .during_ctx = &signs_out });
    char *record = NULL;

    open_stale(&a, &wire);
    expect_session(&a, false);
    assert_int_equal(lk_mirror_get_session(a.store.mirror, a.store.session, NOON, &record, NULL),
                     LK_OK);
    assert_null(record);
    server_kit_close(&a, &wire);
}

static void test_renewal_that_was_overtaken_leaves_the_newer_record(void **state)
{
    (void)state;
    server a;
    meanwhile renews = { .of = &a, .issued_at_ms = NOON };
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN,
                               { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02,
                                 .during = act_meanwhile, .during_ctx = &renews });
    char *record = NULL;

    open_stale(&a, &wire);
    expect_session(&a, true);
    assert_int_equal(lk_mirror_get_session(a.store.mirror, a.store.session, NOON, &record, NULL),
                     LK_OK);
    assert_string_equal(record, renews.put);
    lk_free_secret(record);
    server_kit_close(&a, &wire);
}

/* This request was slow, and its refusal is for a token that another request has replaced. */
static void test_refusal_of_a_replaced_token_signs_nobody_out(void **state)
{
    (void)state;
    server a;
    meanwhile renews = { .of = &a, .issued_at_ms = NOON };
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, SIGN_IN,
                  { REFUSAL, .body_has = "rt_01", .during = act_meanwhile, .during_ctx = &renews });

    open_stale(&a, &wire);
    expect_session(&a, true);
    assert_contains(a.kit.jar, "wos-session=lk.");
    server_kit_close(&a, &wire);
}

static void test_refusal_for_good_ends_the_record_and_the_cookie(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN, { REFUSAL, .body_has = "rt_01" });
    server a;
    char *record = NULL;

    open_stale(&a, &wire);
    expect_session(&a, false);
    assert_string_equal(a.kit.jar, "");
    assert_int_equal(lk_mirror_get_session(a.store.mirror, a.store.session, NOON, &record, NULL),
                     LK_OK);
    assert_null(record);
    server_kit_close(&a, &wire);
}

static void test_passing_failure_keeps_the_stored_session(void **state)
{
    (void)state;
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, SIGN_IN, { RENEWAL, .body_has = "rt_01", .status = 401, .body = "{}" },
                  { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02 });
    server a;

    open_stale(&a, &wire);
    server_kit_expect_failure(&a, LK_ERR_API, "401");
    a.kit.client.clock.now_ms += 1000;
    expect_session(&a, true);
    server_kit_close(&a, &wire);
}

/* The refresh token is spent by then: what came back must be kept somewhere. */
static void test_renewed_session_that_cannot_be_written_goes_into_cookies(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN,
                               { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02 },
                               { RENEWAL, .body_has = "rt_02", .status = 200, .body = grant_02 });
    server a;

    open_stale(&a, &wire);
    a.store.write_fails = true;
    expect_session(&a, true);
    assert_contains(a.kit.jar, "wos-session=Fe26.2");
    /* And goes back when the store is well again. */
    a.store.write_fails = false;
    a.kit.client.clock.now_ms += 290000;
    lk_web_reply_free(web_kit_get(&a.kit, "/app", NULL));
    assert_contains(a.kit.jar, "wos-session=lk.");
    server_kit_close(&a, &wire);
}

/* ---- Revoked ---- */

static void test_revoked_session_loses_its_record_and_its_cookie(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN);
    server a;
    char *record = NULL;

    open_stale(&a, &wire);
    char *seal = sealed(&a, NOON, "rt_02");
    put_record(&a, seal);
    expect_session(&a, true);
    says_revoked = true;
    expect_session(&a, false);
    assert_string_equal(a.kit.jar, "");
    assert_int_equal(lk_mirror_get_session(a.store.mirror, a.store.session, NOON, &record, NULL),
                     LK_OK);
    assert_null(record);
    lk_free_secret(seal);
    server_kit_close(&a, &wire);
}

/* ---- Changing one's mind ---- */

static void test_session_in_cookies_moves_into_the_store_when_it_is_renewed(void **state)
{
    (void)state;
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02 });
    server a;

    open_server(&a, &wire, LK_SESSIONS_IN_STORE);
    web_kit_sign_in(&a.kit, an_hour_ago, "rt_01");
    expect_session(&a, true);
    assert_contains(a.kit.jar, "wos-session=lk.");
    expect_session(&a, true);
    server_kit_close(&a, &wire);
}

static void test_stored_session_is_read_after_the_option_went_back(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN);
    fake_wire wire_b =
        FAKE_WIRE(KIT_JWKS, { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02 });
    server a, b;

    open_stale(&a, &wire);
    open_server(&b, &wire_b, LK_SESSIONS_IN_COOKIES);
    memcpy(b.kit.jar, a.kit.jar, sizeof(b.kit.jar));
    expect_session(&b, true);
    server_kit_close(&a, &wire);
    server_kit_close(&b, &wire_b);
}

static void test_handle_and_record_of_the_previous_password_are_good(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, SIGN_IN);
    fake_wire wire_b =
        FAKE_WIRE(KIT_JWKS, { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant_02 });
    fake_wire wire_c = FAKE_WIRE(KIT_JWKS);
    server a, b, c;

    open_stale(&a, &wire);
    password = "the-password-after-that-0123456789";
    open_server(&b, &wire_b, LK_SESSIONS_IN_STORE);
    memcpy(b.kit.jar, a.kit.jar, sizeof(b.kit.jar));
    expect_session(&b, true);
    assert_string_not_equal(a.kit.jar, b.kit.jar); /* under the new password */
    expect_session(&b, true);
    /* The old one alone opens neither any more. */
    password = KIT_PASSWORD;
    open_server(&c, &wire_c, LK_SESSIONS_IN_STORE);
    memcpy(c.kit.jar, b.kit.jar, sizeof(c.kit.jar));
    expect_session(&c, false);
    server_kit_close(&a, &wire);
    server_kit_close(&b, &wire_b);
    server_kit_close(&c, &wire_c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_renewal_keeps_the_handle_and_replaces_the_record),
        TEST(test_sign_out_during_a_renewal_stands),
        TEST(test_renewal_that_was_overtaken_leaves_the_newer_record),
        TEST(test_refusal_of_a_replaced_token_signs_nobody_out),
        TEST(test_refusal_for_good_ends_the_record_and_the_cookie),
        TEST(test_passing_failure_keeps_the_stored_session),
        TEST(test_renewed_session_that_cannot_be_written_goes_into_cookies),
        TEST(test_revoked_session_loses_its_record_and_its_cookie),
        TEST(test_session_in_cookies_moves_into_the_store_when_it_is_renewed),
        TEST(test_stored_session_is_read_after_the_option_went_back),
        TEST(test_handle_and_record_of_the_previous_password_are_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
