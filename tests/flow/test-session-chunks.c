/* Sessions too long for one cookie: whole in several, or not at all. */
#include <stdio.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"
#include "web/web.h"

/* A token of user_01 that expires in 300 s, with this many more bytes of claims. */
static char *long_token(size_t more)
{
    char *padding = calloc(1, more + 1);
    char *claims = NULL;

    memset(padding, 'p', more);
    if (asprintf(&claims,
                 "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"sid\":\"session_01\","
                 "\"iat\":1772452800,\"exp\":1772453100,\"x\":\"%s\"}",
                 padding) < 0)
        abort();
    char *token = fake_token_sign("key_1", claims);
    free(claims);
    free(padding);
    return token;
}

static char *sealed_session(web_kit *kit, size_t more)
{
    char *token = long_token(more);
    const lk_user user = { .id = "user_01" };
    lk_error err = LK_ERROR_INIT;
    char *sealed = NULL;

    assert_ok(lk_session_seal(kit->client.client, KIT_PASSWORD,
                              &(lk_authentication){
                                  .user = &user, .access_token = token, .refresh_token = "rt_01" },
                              &sealed, &err),
              err);
    free(token);
    return sealed;
}

/* As a browser would keep it: cut into n parts of a size, whatever our own writer does. */
static void put_chunks(web_kit *kit, const char *sealed, size_t size)
{
    for (int i = 0; *sealed != '\0'; i++) {
        size_t len = strlen(sealed) < size ? strlen(sealed) : size;
        snprintf(kit->jar + strlen(kit->jar), sizeof(kit->jar) - strlen(kit->jar),
                 "%swos-session.%d=%.*s", kit->jar[0] ? "; " : "", i, (int)len, sealed);
        sealed += len;
    }
}

static void open_with_keys(web_kit *kit, fake_wire *wire)
{
    lk_error err = LK_ERROR_INIT;

    web_kit_open(kit, wire, NULL);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
}

static bool is_signed_in(web_kit *kit)
{
    lk_web_reply *reply = web_kit_get(kit, "/app", NULL);
    bool found = reply->session != NULL;

    lk_web_reply_free(reply);
    return found;
}

static lk_web_reply *sign_in(web_kit *kit)
{
    char state[8192], query[8192 + 32];

    web_kit_begin(kit, NULL, state);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    return web_kit_get(kit, "/callback", query);
}

#define WIRE_FOR(grant) \
    FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = (grant) }, KIT_JWKS)

static void test_long_session_is_kept_in_chunks(void **unused)
{
    (void)unused;
    static const struct {
        size_t more;
        size_t n_chunks;
    } rows[] = { { 2500, 2 }, { 4500, 3 }, { 6500, 4 } };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char *token = long_token(rows[i].more);
        char *grant = web_kit_grant_of("user_01", token, "rt_01");
        fake_wire wire = WIRE_FOR(grant);
        web_kit kit;
        web_kit_open(&kit, &wire, NULL);
        lk_web_reply *reply = sign_in(&kit);
        assert_int_equal(reply->status, 302);
        assert_int_equal(web_kit_count_cookies(reply, "wos-session.", false), rows[i].n_chunks);
        assert_null(web_kit_set_cookie(reply, "wos-session="));
        for (size_t h = 0; h < reply->n_headers; h++)
            assert_true(strcmp(reply->headers[h].name, "Set-Cookie") != 0 ||
                        strlen(reply->headers[h].value) <= LK__MAX_SET_COOKIE);
        assert_contains(web_kit_set_cookie(reply, "wos-session.1="),
                        "; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000; Secure");
        lk_web_reply_free(reply);
        assert_true(is_signed_in(&kit));
        web_kit_close(&kit, &wire);
        free(grant);
        free(token);
    }
}

static void test_session_beyond_four_chunks_sets_nothing(void **unused)
{
    (void)unused;
    char *token = long_token(9000);
    char *grant = web_kit_grant_of("user_01", token, "rt_01");
    fake_wire wire = WIRE_FOR(grant);
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *reply = sign_in(&kit);
    assert_int_equal(reply->status, 500);
    assert_contains(reply->body, "in 4 cookies");
    assert_int_equal(web_kit_count_cookies(reply, "wos-session", false), 0);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(grant);
    free(token);
}

/* A session that has shrunk: the chunks would outlive it, and be half of something some day. */
static void test_shorter_session_deletes_stale_chunks(void **unused)
{
    (void)unused;
    static const struct {
        size_t more;
        size_t n_set, n_deleted; /* chunks */
    } rows[] = { { 0, 0, 3 }, { 2500, 2, 1 } };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char *token = long_token(rows[i].more);
        char *grant = web_kit_grant_of("user_01", token, "rt_01");
        fake_wire wire = WIRE_FOR(grant);
        web_kit kit;
        web_kit_open(&kit, &wire, NULL);
        char *sealed = sealed_session(&kit, 4500);
        put_chunks(&kit, sealed, 3500);
        lk_web_reply *reply = sign_in(&kit);
        assert_int_equal(web_kit_count_cookies(reply, "wos-session.", false), rows[i].n_set);
        assert_int_equal(web_kit_count_cookies(reply, "wos-session.", true), rows[i].n_deleted);
        lk_web_reply_free(reply);
        assert_true(is_signed_in(&kit));
        lk_free_secret(sealed);
        web_kit_close(&kit, &wire);
        free(grant);
        free(token);
    }
}

static void test_longer_session_deletes_the_single_cookie(void **unused)
{
    (void)unused;
    char *token = long_token(2500);
    char *grant = web_kit_grant_of("user_01", token, "rt_01");
    fake_wire wire = WIRE_FOR(grant);
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    web_kit_sign_in(&kit, NOON, "rt_00");
    lk_web_reply *reply = sign_in(&kit);
    assert_int_equal(web_kit_count_cookies(reply, "wos-session=", true), 1);
    lk_web_reply_free(reply);
    assert_null(web_kit_jar_value(&kit, "wos-session"));
    assert_true(is_signed_in(&kit));
    web_kit_close(&kit, &wire);
    free(grant);
    free(token);
}

static void test_signing_out_deletes_every_chunk(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire);
    char *sealed = sealed_session(&kit, 4500);
    put_chunks(&kit, sealed, 4000);
    lk_web_reply *reply =
        web_kit_send(&kit, "POST", "/logout", NULL,
                     (const char *const[]){ "Origin: https://app.example", NULL });
    assert_contains(web_kit_header(reply, "Location"), "session_id=session_01");
    assert_int_equal(web_kit_count_cookies(reply, "wos-session", true), 4);
    lk_web_reply_free(reply);
    assert_null(strstr(kit.jar, "wos-session"));
    lk_free_secret(sealed);
    web_kit_close(&kit, &wire);
}

/* One seal covers all: what is not exactly one session is none. */
static void test_mixed_chunks_are_nobody(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char jar[65536];

    open_with_keys(&kit, &wire);
    char *one = sealed_session(&kit, 2500);
    char *two = sealed_session(&kit, 2500);
    assert_string_not_equal(one, two);
    size_t half = strlen(one) / 2;

    /* the near miss: whole, it opens */
    put_chunks(&kit, one, half + 1);
    assert_true(is_signed_in(&kit));
    /* the halves of two sessions */
    snprintf(kit.jar, sizeof(kit.jar), "wos-session.0=%.*s; wos-session.1=%s", (int)half, one,
             two + half);
    assert_false(is_signed_in(&kit));
    /* half of one, its second half lost */
    snprintf(kit.jar, sizeof(kit.jar), "wos-session.0=%.*s", (int)half, one);
    assert_false(is_signed_in(&kit));
    snprintf(kit.jar, sizeof(kit.jar), "wos-session.1=%s", one + half);
    assert_false(is_signed_in(&kit));
    /* a third chunk of an older, longer session */
    snprintf(kit.jar, sizeof(kit.jar), "wos-session.0=%.*s; wos-session.1=%s; wos-session.2=%s",
             (int)half, one, one + half, two + half);
    assert_false(is_signed_in(&kit));
    /* more chunks than there can be */
    kit.jar[0] = '\0';
    put_chunks(&kit, one, strlen(one) / 5 + 1);
    assert_false(is_signed_in(&kit));
    /* a broken escape */
    snprintf(kit.jar, sizeof(kit.jar), "wos-session.0=%.*s; wos-session.1=%%zz", (int)half, one);
    assert_false(is_signed_in(&kit));

    /* chunks that a sibling domain set, before ours and behind them, keep nobody out */
    snprintf(kit.jar, sizeof(kit.jar), "wos-session.0=evil; wos-session.0=%.*s; wos-session.1=%s",
             (int)half, one, one + half);
    assert_true(is_signed_in(&kit));
    snprintf(jar, sizeof(jar), "wos-session.0=%.*s; wos-session.1=%s; wos-session.1=evil",
             (int)half, one, one + half);
    memcpy(kit.jar, jar, sizeof(jar));
    assert_true(is_signed_in(&kit));
    lk_free_secret(one);
    lk_free_secret(two);
    web_kit_close(&kit, &wire);
}

/* The single form is preferred: chunks beside it are looked at only when it does not open. */
static void test_single_cookie_comes_before_chunks(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire);
    char *sealed = sealed_session(&kit, 2500);
    put_chunks(&kit, sealed, 4000);
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_string_equal(reply->session->user->email, "mira@nordwind.example");
    lk_web_reply_free(reply);
    lk_free_secret(sealed);
    web_kit_close(&kit, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_session_is_kept_in_chunks),
        cmocka_unit_test(test_session_beyond_four_chunks_sets_nothing),
        cmocka_unit_test(test_shorter_session_deletes_stale_chunks),
        cmocka_unit_test(test_longer_session_deletes_the_single_cookie),
        cmocka_unit_test(test_signing_out_deletes_every_chunk),
        cmocka_unit_test(test_mixed_chunks_are_nobody),
        cmocka_unit_test(test_single_cookie_comes_before_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
