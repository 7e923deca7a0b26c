/* Who is asking: cookies, Bearer tokens, and stale sessions renewed once. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"

static const int64_t an_hour_ago = NOON - 3600000;

/* The keys are known before the test begins, so that its script holds the renewal alone. */
#define WIRE_AFTER_KEYS(...) FAKE_WIRE(KIT_JWKS, __VA_ARGS__)

static void open_with_keys(web_kit *kit, fake_wire *wire)
{
    lk_error err = LK_ERROR_INIT;

    web_kit_open(kit, wire, NULL);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
}

static void expect_nobody(lk_web_reply *reply)
{
    assert_int_equal(reply->status, 0);
    assert_null(reply->session);
    assert_string_equal(web_kit_header(reply, "Vary"), "Cookie");
    lk_web_reply_free(reply);
}

static void test_anonymous_requests_touch_nothing(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    expect_nobody(web_kit_get(&kit, "/app", NULL));
    snprintf(kit.jar, sizeof(kit.jar), "wos-session=; wos-session=x; wos-sessio=y; a=b");
    expect_nobody(web_kit_get(&kit, "/app", NULL));
    assert_contains(kit.jar, "wos-session=x"); /* not ours to delete: the password may be wrong */
    web_kit_close(&kit, &wire);
}

static void test_unknown_key_is_fetched_once(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    web_kit_sign_in(&kit, NOON, "rt_01");
    for (int i = 0; i < 3; i++) {
        lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
        assert_non_null(reply->session);
        lk_web_reply_free(reply);
    }
    web_kit_close(&kit, &wire);
}

static void test_keys_that_cannot_be_fetched_let_nobody_in(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE({ "GET /sso/jwks/client_01", .failure = LK_ERR_NETWORK },
                               { "GET /sso/jwks/client_01", .failure = LK_ERR_NETWORK },
                               { "GET /sso/jwks/client_01", .failure = LK_ERR_NETWORK });
    web_kit kit;
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    web_kit_open(&kit, &wire, NULL);
    web_kit_sign_in(&kit, NOON, "rt_01");
    assert_fails(web_kit_try(&kit, "GET", "/app", NULL, NULL, &reply, &err), LK_ERR_NETWORK, err);
    assert_null(reply);
    web_kit_close(&kit, &wire);
}

/* A cookie set for a sibling domain arrives beside ours, before or after it. */
static void test_genuine_cookie_is_found_among_others(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char jar[sizeof(kit.jar)];

    open_with_keys(&kit, &wire);
    snprintf(kit.jar, sizeof(kit.jar), "wos-session=forged; wos-session=%%zz");
    web_kit_sign_in(&kit, NOON, "rt_01");
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    lk_web_reply_free(reply);

    /* Among very many it is not: each one costs a decryption. */
    memcpy(jar, kit.jar, sizeof(jar));
    kit.jar[0] = '\0';
    for (int i = 0; i < 100; i++)
        strcat(kit.jar, "wos-session=forged; ");
    strcat(kit.jar, jar);
    expect_nobody(web_kit_get(&kit, "/app", NULL));
    web_kit_close(&kit, &wire);
}

static void test_bearer_token_is_enough(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char *token = fake_token(NOON);
    char header[2048];

    open_with_keys(&kit, &wire);
    snprintf(header, sizeof(header), "Authorization: bearer %s", token);
    const char *const headers[] = { header, NULL };
    lk_web_reply *reply = web_kit_send(&kit, "GET", "/api/me", NULL, headers);
    assert_non_null(reply->session);
    assert_string_equal(reply->session->user->id, "user_01");
    assert_null(web_kit_header(reply, "Set-Cookie"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(token);
}

/* A Bearer header that is wrong is not made good by a cookie beside it. */
static void test_malformed_bearer_is_nobody(void **unused)
{
    (void)unused;
    char *token = fake_token(NOON);
    char *old = fake_token(an_hour_ago);
    char doubled[2048];
    char tailed[2048];
    char stale[2048];
    char glued[2048];
    snprintf(doubled, sizeof(doubled), "Authorization: Bearer %s", token);
    snprintf(tailed, sizeof(tailed), "Authorization: Bearer %s x", token);
    snprintf(stale, sizeof(stale), "Authorization: Bearer %s", old);
    snprintf(glued, sizeof(glued), "Authorization: Bearer%s", token);
    const char *const rows[][3] = {
        { "Authorization: Bearer", NULL },
        { "Authorization: Bearer ", NULL },
        { "Authorization: Bearer x", NULL },
        { "Authorization: Bearer a.b.c", NULL },
        { "Authorization: Bearer \"quoted\"", NULL },
        { doubled, doubled, NULL },
        { tailed, NULL },
        { stale, NULL },
        { glued, NULL },
    };
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire);
    web_kit_sign_in(&kit, NOON, "rt_01");
    for (size_t i = 0; i < N_ROWS(rows); i++)
        expect_nobody(web_kit_send(&kit, "GET", "/api/me", NULL, rows[i]));

    /* Another scheme is somebody else's business. */
    static const char *const basic[] = { "Authorization: Basic YTpi", NULL };
    lk_web_reply *reply = web_kit_send(&kit, "GET", "/api/me", NULL, basic);
    assert_non_null(reply->session);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(token);
    free(old);
}

static void test_stale_session_is_renewed(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = WIRE_AFTER_KEYS({ "POST /user_management/authenticate",
                                       .body_has = "\"refresh_token\":\"rt_01\"", .status = 200,
                                       .body = grant });
    web_kit kit;
    char old_jar[sizeof(kit.jar)];

    open_with_keys(&kit, &wire);
    web_kit_sign_in(&kit, an_hour_ago, "rt_01");
    memcpy(old_jar, kit.jar, sizeof(old_jar));
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_int_equal(reply->status, 0);
    assert_string_equal(reply->session->user->email, "mira@nordwind.example");
    assert_int_equal(reply->session->expires_at_ms, NOON + 300000);
    assert_contains(web_kit_set_cookie(reply, "wos-session=Fe26.2"), "Max-Age=34560000; Secure");
    lk_web_reply_free(reply);

    /* The new cookie needs nothing; the old one, still under way, gets the same answer. */
    reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    assert_null(web_kit_header(reply, "Set-Cookie"));
    lk_web_reply_free(reply);
    memcpy(kit.jar, old_jar, sizeof(old_jar));
    kit.client.clock.now_ms += 29000;
    reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    assert_non_null(web_kit_set_cookie(reply, "wos-session=Fe26.2"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(grant);
}

static void test_memory_of_a_renewal_ends(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = WIRE_AFTER_KEYS(
        { "POST /user_management/authenticate", .status = 200, .body = grant },
        { "POST /user_management/authenticate", .body_has = "rt_01", .status = 400,
          .body = "{\"error\":\"invalid_grant\",\"error_description\":\"spent\"}" });
    web_kit kit;
    char old_jar[sizeof(kit.jar)];

    open_with_keys(&kit, &wire);
    web_kit_sign_in(&kit, an_hour_ago, "rt_01");
    memcpy(old_jar, kit.jar, sizeof(old_jar));
    lk_web_reply_free(web_kit_get(&kit, "/app", NULL));
    memcpy(kit.jar, old_jar, sizeof(old_jar));
    kit.client.clock.now_ms += 31000;
    expect_nobody(web_kit_get(&kit, "/app", NULL));
    assert_string_equal(kit.jar, "");
    web_kit_close(&kit, &wire);
    free(grant);
}

static void test_terminal_refusals_sign_out(void **unused)
{
    (void)unused;
    static const char *const bodies[] = {
        "{\"error\":\"invalid_grant\",\"error_description\":\"over\"}",
        "{\"error\":\"sso_required\",\"error_description\":\"use SSO\"}",
        "{\"code\":\"mfa_enrollment\",\"message\":\"enroll\"}",
    };

    for (size_t i = 0; i < N_ROWS(bodies); i++) {
        fake_wire wire = WIRE_AFTER_KEYS(
            { "POST /user_management/authenticate", .status = 400, .body = bodies[i] });
        web_kit kit;
        open_with_keys(&kit, &wire);
        web_kit_sign_in(&kit, an_hour_ago, "rt_01");
        lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
        assert_int_equal(web_kit_count_cookies(reply, "wos-session=;", true), 1);
        expect_nobody(reply);
        assert_string_equal(kit.jar, "");
        web_kit_close(&kit, &wire);
    }
}

static void test_passing_failures_keep_the_session(void **unused)
{
    (void)unused;
    static const fake_exchange network = { "POST /user_management/authenticate",
                                           .failure = LK_ERR_NETWORK };
    static const fake_exchange broken = { "POST /user_management/authenticate", .status = 503,
                                          .body = "<html>" };
    static const fake_exchange limited = { "POST /user_management/authenticate", .status = 429,
                                           .header = "Retry-After: 1", .body = "\"Ratelimited\"" };
    static const fake_exchange unreadable = { "POST /user_management/authenticate", .status = 200,
                                              .body = "{}" };
    static const fake_exchange refused = { "POST /user_management/authenticate", .status = 401,
                                           .body = "{\"error\":\"invalid_client\"}" };
    char *grant = web_kit_grant(NOON, "rt_02");
    char *none = web_kit_grant_of("user_01", "eyJhbGciOiJub25lIn0.e30.", "rt_02");
    char *token = fake_token(NOON);
    char *somebody_else = web_kit_grant_of("user_02", token, "rt_02");
    char *other_token = fake_token_sign(
        "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_02\",\"exp\":1772453100}");
    char *wholly_somebody_else = web_kit_grant_of("user_02", other_token, "rt_02");
    const struct {
        fake_exchange answer;
        size_t n_tries;
        lk_status status;
    } rows[] = {
        { network, 3, LK_ERR_NETWORK },
        { broken, 3, LK_ERR_API },
        { limited, 3, LK_ERR_RATE_LIMITED },
        { unreadable, 1, LK_ERR_PROTOCOL },
        { refused, 1, LK_ERR_API },
        { { "POST /user_management/authenticate", .status = 200, .body = none },
          1,
          LK_ERR_SIGNATURE },
        { { "POST /user_management/authenticate", .status = 200, .body = somebody_else },
          1,
          LK_ERR_SIGNATURE },
        { { "POST /user_management/authenticate", .status = 200, .body = wholly_somebody_else },
          1,
          LK_ERR_SIGNATURE },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_exchange script[8] = { KIT_JWKS };
        size_t n = 1;
        while (n <= rows[i].n_tries)
            script[n++] = rows[i].answer;
        script[n++] = (fake_exchange){ "POST /user_management/authenticate", .body_has = "rt_01",
                                       .status = 200, .body = grant };
        fake_wire wire = { .script = script, .n_script = n, .mutex = PTHREAD_MUTEX_INITIALIZER };
        web_kit kit;
        lk_web_reply *reply = NULL;
        lk_error err = LK_ERROR_INIT;
        open_with_keys(&kit, &wire);
        web_kit_sign_in(&kit, an_hour_ago, "rt_01");
        assert_fails(web_kit_try(&kit, "GET", "/app", NULL, NULL, &reply, &err), rows[i].status,
                     err);
        assert_null(reply);
        assert_lacks(err.message, "rt_0");
        assert_contains(kit.jar, "wos-session=Fe26.2");
        /* And once WorkOS is well again, the same cookie is good. */
        reply = web_kit_get(&kit, "/app", NULL);
        assert_non_null(reply->session);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
    free(grant);
    free(none);
    free(token);
    free(somebody_else);
    free(other_token);
    free(wholly_somebody_else);
}

/* WorkOS rotated its keys and the old token can no longer be checked: the seal and the refresh
 * token still say who this is. */
static void test_session_outlives_its_key(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate",
                                           .body_has = "\"organization_id\":\"org_09\"",
                                           .status = 200, .body = grant });
    web_kit kit;
    const lk_user user = { .id = "user_01" };
    char *token = fake_token_sign(
        "key_gone", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"exp\":1772450000}");
    char *sealed = NULL;
    lk_error err = LK_ERROR_INIT;

    web_kit_open(&kit, &wire, NULL);
    assert_ok(lk_session_seal(kit.client.client, KIT_PASSWORD,
                              &(lk_authentication){ .user = &user,
                                                    .organization_id = "org_09",
                                                    .access_token = token,
                                                    .refresh_token = "rt_01" },
                              &sealed, &err),
              err);
    snprintf(kit.jar, sizeof(kit.jar), "wos-session=%s", sealed);
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    lk_web_reply_free(reply);
    lk_free_secret(sealed);
    free(token);
    web_kit_close(&kit, &wire);
    free(grant);
}

static void test_session_without_a_refresh_token_just_ends(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    open_with_keys(&kit, &wire);
    web_kit_sign_in(&kit, an_hour_ago, NULL);
    expect_nobody(web_kit_get(&kit, "/app", NULL));
    assert_string_equal(kit.jar, "");
    web_kit_close(&kit, &wire);
}

/* ---- Many at once ---- */

enum { N_THREADS = 16 };

typedef struct crowd {
    web_kit *kit;
    pthread_barrier_t start;
    pthread_mutex_t mutex;
    int n_sessions;
    int n_cookies;
    int n_failures;
} crowd;

static void *ask_once(void *ctx)
{
    crowd *c = ctx;
    const lk_header cookie = { "Cookie", c->kit->jar };
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    pthread_barrier_wait(&c->start);
    lk_status status = lk_web_answer(
        c->kit->web,
        &(lk_web_request){ .method = "GET", .path = "/app", .headers = &cookie, .n_headers = 1 },
        &reply, &err);
    pthread_mutex_lock(&c->mutex);
    c->n_failures += status != LK_OK;
    if (status == LK_OK) {
        c->n_sessions += reply->session != NULL;
        c->n_cookies += web_kit_set_cookie(reply, "wos-session=Fe26.2") != NULL;
    }
    pthread_mutex_unlock(&c->mutex);
    lk_web_reply_free(reply);
    return NULL;
}

static void run_crowd(crowd *c, web_kit *kit)
{
    pthread_t threads[N_THREADS];

    memset(c, 0, sizeof(*c));
    c->kit = kit;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_barrier_init(&c->start, NULL, N_THREADS);
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, c), 0);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&c->start);
    pthread_mutex_destroy(&c->mutex);
}

/* Long enough for the others to arrive and, were they not made to wait, to ask for themselves. It
 * makes the test sharper, never redder: without the pause it passes, too. */
static void take_a_moment(void *ctx)
{
    (void)ctx;
    (void)usleep(100 * 1000);
}

static void test_sixteen_requests_spend_one_refresh_token_once(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = WIRE_AFTER_KEYS({ "POST /user_management/authenticate", .status = 200,
                                       .body = grant, .during = take_a_moment });
    web_kit kit;
    crowd c;

    open_with_keys(&kit, &wire);
    web_kit_sign_in(&kit, an_hour_ago, "rt_01");
    run_crowd(&c, &kit);
    assert_int_equal(c.n_failures, 0);
    assert_int_equal(c.n_sessions, N_THREADS);
    assert_int_equal(c.n_cookies, N_THREADS);
    web_kit_close(&kit, &wire); /* the script holds one POST */
    free(grant);
}

static void test_sixteen_requests_hear_one_refusal(void **unused)
{
    (void)unused;
    fake_wire wire =
        WIRE_AFTER_KEYS({ "POST /user_management/authenticate", .status = 400,
                          .body = "{\"error\":\"invalid_grant\"}", .during = take_a_moment });
    web_kit kit;
    crowd c;

    open_with_keys(&kit, &wire);
    web_kit_sign_in(&kit, an_hour_ago, "rt_01");
    run_crowd(&c, &kit);
    assert_int_equal(c.n_failures, 0);
    assert_int_equal(c.n_sessions, 0);
    assert_int_equal(c.n_cookies, 0);
    web_kit_close(&kit, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anonymous_requests_touch_nothing),
        cmocka_unit_test(test_unknown_key_is_fetched_once),
        cmocka_unit_test(test_keys_that_cannot_be_fetched_let_nobody_in),
        cmocka_unit_test(test_genuine_cookie_is_found_among_others),
        cmocka_unit_test(test_bearer_token_is_enough),
        cmocka_unit_test(test_malformed_bearer_is_nobody),
        cmocka_unit_test(test_stale_session_is_renewed),
        cmocka_unit_test(test_memory_of_a_renewal_ends),
        cmocka_unit_test(test_terminal_refusals_sign_out),
        cmocka_unit_test(test_passing_failures_keep_the_session),
        cmocka_unit_test(test_session_outlives_its_key),
        cmocka_unit_test(test_session_without_a_refresh_token_just_ends),
        cmocka_unit_test(test_sixteen_requests_spend_one_refresh_token_once),
        cmocka_unit_test(test_sixteen_requests_hear_one_refusal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
