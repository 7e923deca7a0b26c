/* Signing in and out, from /login to the session and back, with WorkOS on the fake wire. */
#include <stdio.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"
#include "web/web.h"

/* WorkOS sends the browser back. */
static lk_web_reply *come_back(web_kit *kit, const char *parameters, const char *state)
{
    char query[16384];

    snprintf(query, sizeof(query), "%s&state=%s", parameters, state);
    return web_kit_get(kit, "/callback", query);
}

static void expect_page(lk_web_reply *reply, int status, const char *part)
{
    assert_int_equal(reply->status, status);
    assert_string_equal(web_kit_header(reply, "Content-Type"), "text/html; charset=utf-8");
    assert_contains(web_kit_header(reply, "Content-Security-Policy"), "default-src 'none'");
    assert_string_equal(web_kit_header(reply, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(web_kit_header(reply, "X-Frame-Options"), "DENY");
    assert_contains(web_kit_header(reply, "Cache-Control"), "no-store");
    assert_contains(reply->body, part);
    assert_int_equal(strlen(reply->body), reply->body_len);
    assert_null(reply->session);
    assert_null(web_kit_set_cookie(reply, "wos-session=F"));
    lk_web_reply_free(reply);
}

static void test_login_leads_to_workos(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *reply = web_kit_get(
        &kit, "/login", "return_to=%2Fapp&organization_id=org_01&login_hint=a%40b.example");
    assert_int_equal(reply->status, 302);
    const char *location = web_kit_header(reply, "Location");
    assert_int_equal(strncmp(location, "https://api.workos.com/user_management/authorize?", 49), 0);
    assert_contains(location, "client_id=client_01");
    assert_contains(location, "code_challenge_method=S256");
    assert_contains(location, "code_challenge=");
    assert_contains(location, "provider=authkit");
    assert_contains(location, "organization_id=org_01");
    assert_contains(location, "response_type=code");
    assert_lacks(location, "sk_test");
    const char *cookie = web_kit_set_cookie(reply, "wos-auth-verifier-");
    assert_contains(cookie, "; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure");
    assert_contains(web_kit_header(reply, "Cache-Control"), "no-store");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_sign_in_ends_with_a_session(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE({ "POST /user_management/authenticate",
                                 .body_has = "\"code\":\"code_01\"", .status = 200, .body = grant },
                               KIT_JWKS);
    web_kit kit;
    char state[8192];

    web_kit_open(&kit, &wire, NULL);
    web_kit_begin(&kit, "return_to=%2Fapp%3Fx%3D1", state);
    lk_web_reply *reply = come_back(&kit, "code=code_01", state);
    assert_int_equal(reply->status, 302);
    assert_string_equal(web_kit_header(reply, "Location"), "/app?x=1");
    assert_contains(web_kit_set_cookie(reply, "wos-session=Fe26.2"),
                    "; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000; Secure");
    assert_int_equal(web_kit_count_cookies(reply, "wos-auth-verifier-", true), 1);
    assert_int_equal(web_kit_count_cookies(reply, "wos-auth-verifier-", false), 0);
    lk_web_reply_free(reply);

    assert_contains(wire.script[0].body_has, "code_01");
    reply = web_kit_get(&kit, "/app", "x=1");
    assert_int_equal(reply->status, 0);
    assert_non_null(reply->session);
    assert_string_equal(reply->session->user->email, "mira@nordwind.example");
    assert_string_equal(reply->session->organization_id, "org_01");
    assert_string_equal(web_kit_header(reply, "Vary"), "Cookie");
    assert_contains(web_kit_header(reply, "Cache-Control"), "private");
    assert_null(web_kit_header(reply, "Set-Cookie"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(grant);
}

/* The verifier that WorkOS gets must be the one whose challenge it saw. */
static void test_verifier_fits_the_challenge(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    web_kit kit;
    char challenge[LK__TOKEN_SIZE];
    char sent[LK__TOKEN_SIZE] = "";
    char verifier[LK__TOKEN_SIZE] = "";
    char state[8192];
    lk_error err = LK_ERROR_INIT;

    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *login = web_kit_get(&kit, "/login", NULL);
    const char *location = web_kit_header(login, "Location");
    sscanf(strstr(location, "code_challenge=") + 15, "%43[A-Za-z0-9_-]", sent);
    snprintf(state, sizeof(state), "%s", web_kit_set_cookie(login, "wos-auth-verifier-"));
    lk_web_reply_free(login);
    char *value = strchr(state, '=') + 1;
    value[strcspn(value, ";")] = '\0';

    lk__state opened = { .return_to = NULL };
    assert_ok(lk__state_open(LK__ONE_PASSWORD(KIT_PASSWORD), value, NOON, &opened, &err), err);
    memcpy(verifier, opened.code_verifier, sizeof(verifier));
    lk__state_clear(&opened);
    assert_ok(lk__pkce_challenge(verifier, challenge, &err), err);
    assert_string_equal(challenge, sent);

    lk_web_reply_free(come_back(&kit, "code=code_01", value));
    web_kit_close(&kit, &wire);
    free(grant);
}

static void test_return_to_never_leads_away(void **unused)
{
    (void)unused;
    /* What the table of test-web-return-to.c refuses must be refused here, too: a few of it. */
    static const char *const rows[] = { "return_to=https%3A%2F%2Fevil.example",
                                        "return_to=%2F%2Fevil.example",
                                        "return_to=%2F%5Cevil.example",
                                        "return_to=%2Flogin%3Freturn_to%3D%2F",
                                        "return_to=%2Fcallback",
                                        "return_to=%2Flogout",
                                        "return_to=",
                                        NULL };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char *grant = web_kit_grant(NOON, "rt_01");
        fake_wire wire = FAKE_WIRE(
            { "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
        web_kit kit;
        char state[8192];
        web_kit_open(&kit, &wire, NULL);
        web_kit_begin(&kit, rows[i], state);
        lk_web_reply *reply = come_back(&kit, "code=code_01", state);
        assert_string_equal(web_kit_header(reply, "Location"), "/");
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
        free(grant);
    }
}

static void test_long_return_to_still_signs_in(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;
    char query[6000] = "return_to=%2F";
    char state[8192];

    web_kit_open(&kit, &wire, NULL);
    memset(query + strlen(query), 'a', 1900);
    web_kit_begin(&kit, query, state); /* the longest that is kept must fit into a cookie */
    assert_true(strlen(state) < 3800);
    memset(query + strlen(query), 'b', 3000);
    web_kit_begin(&kit, query, state);
    web_kit_close(&kit, &wire);
}

static void test_broken_login_links_are_refused(void **unused)
{
    (void)unused;
    static const char *const rows[] = {
        "return_to=%2Fa&return_to=%2Fb", /* doubled */
        "login_hint=a&login_hint=b",     "organization_id=%00", "organization_id=a%0d%0ab",
        "screen_hint=nonsense",          "provider=%ff",
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    for (size_t i = 0; i < N_ROWS(rows); i++)
        expect_page(web_kit_get(&kit, "/login", rows[i]), 400, "This sign-in link is broken");
    web_kit_close(&kit, &wire);
}

/* The answers to a callback that is not what this browser asked for: none reaches WorkOS. */
static void test_callback_without_its_state_is_refused(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;
    char state[8192];

    web_kit_open(&kit, &wire, NULL);
    expect_page(web_kit_get(&kit, "/callback", NULL), 400, "has no &quot;state&quot;");
    expect_page(web_kit_get(&kit, "/callback", "code=1"), 400, "has no &quot;state&quot;");
    expect_page(web_kit_get(&kit, "/callback", "code=1&state=x"), 400, "not one that this site");
    expect_page(web_kit_get(&kit, "/callback", "code=1&state=x&state=y"), 400,
                "&quot;state&quot; stands there twice");
    expect_page(web_kit_get(&kit, "/callback", "code=1&code=2&state=x"), 400,
                "&quot;code&quot; stands there twice");
    expect_page(web_kit_get(&kit, "/callback", "error=access_denied&error_description=<b>"), 400,
                "has no &quot;state&quot;");

    web_kit_begin(&kit, NULL, state);
    expect_page(come_back(&kit, "x=y", state), 400, "without a code");
    /* That was its one use. */
    expect_page(come_back(&kit, "code=1", state), 400, "another browser");

    web_kit_begin(&kit, NULL, state);
    kit.jar[0] = '\0'; /* another browser, as in login CSRF */
    expect_page(come_back(&kit, "code=1", state), 400, "another browser");

    web_kit_begin(&kit, NULL, state);
    kit.client.clock.now_ms += 601000;
    expect_page(come_back(&kit, "code=1", state), 400, "took too long");
    web_kit_close(&kit, &wire);
}

static void test_errors_of_workos_are_shown_as_text(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;
    char state[8192];

    web_kit_open(&kit, &wire, NULL);
    web_kit_begin(&kit, NULL, state);
    lk_web_reply *reply =
        come_back(&kit, "error=access_denied&error_description=no%20%3Cscript%3E", state);
    assert_lacks(reply->body, "<script");
    expect_page(reply, 403, "access_denied: no &lt;script&gt;");

    web_kit_begin(&kit, NULL, state);
    expect_page(come_back(&kit, "error=server_error&code=1", state), 502, "server_error");

    char parameters[3000] = "error=x&error_description=";
    memset(parameters + strlen(parameters), 'y', 2000);
    web_kit_begin(&kit, NULL, state);
    reply = come_back(&kit, parameters, state);
    assert_true(reply->body_len < 6000); /* not the whole of it */
    expect_page(reply, 403, "yyy");
    web_kit_close(&kit, &wire);
}

static void test_failed_exchange_is_never_a_session(void **unused)
{
    (void)unused;
    char *none = web_kit_grant_of(
        "user_01",
        "eyJhbGciOiJub25lIn0."
        "eyJzdWIiOiJ1c2VyXzAxIiwiaXNzIjoiaHR0cHM6Ly9hcGkud29ya29zLmNvbSIsImV4cCI6MTc3MjQ1MzEwMH0.",
        "rt_01");
    char *good_token = fake_token(NOON);
    char *other_user = web_kit_grant_of("user_02", good_token, "rt_01");
    char *old = web_kit_grant(NOON - 3600000, "rt_01");
    const struct {
        fake_exchange exchange;
        int keys; /* whether the keys are asked for */
        int status;
        const char *part;
    } rows[] = {
        { { "POST /user_management/authenticate", .status = 400,
            .body = "{\"error\":\"invalid_grant\",\"error_description\":\"used\"}" },
          0,
          400,
          "used already" },
        { { "POST /user_management/authenticate", .status = 403,
            .body = "{\"error\":\"sign_up_not_allowed\",\"error_description\":\"not <first>\"}" },
          0,
          403,
          "did not accept" },
        { { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK },
          0,
          503,
          "not available right now" },
        { { "POST /user_management/authenticate", .status = 500, .body = "oops" },
          0,
          503,
          "not available right now" },
        { { "POST /user_management/authenticate", .status = 429, .header = "Retry-After: 7",
            .body = "\"Ratelimited\"" },
          0,
          503,
          "not available right now" },
        { { "POST /user_management/authenticate", .status = 200, .body = "<html>hello</html>" },
          0,
          502,
          "cannot read" },
        { { "POST /user_management/authenticate", .status = 200, .body = "{\"user\":{\"id\":" },
          0,
          502,
          "cannot read" },
        { { "POST /user_management/authenticate", .status = 200, .body = "" },
          0,
          502,
          "cannot read" },
        { { "POST /user_management/authenticate", .status = 200, .body = none },
          0,
          502,
          "does not prove" },
        { { "POST /user_management/authenticate", .status = 200, .body = other_user },
          1,
          502,
          "does not prove" },
        { { "POST /user_management/authenticate", .status = 200, .body = old },
          1,
          502,
          "does not prove" },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        const fake_exchange script[] = { rows[i].exchange, KIT_JWKS };
        fake_wire wire = { .script = script,
                           .n_script = rows[i].keys ? 2 : 1,
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
        web_kit kit;
        char state[8192];
        web_kit_open(&kit, &wire, NULL);
        web_kit_begin(&kit, NULL, state);
        lk_web_reply *reply = come_back(&kit, "code=code_01", state);
        assert_lacks(reply->body, "<first>");
        assert_lacks(reply->body, "rt_01");
        if (rows[i].status == 503)
            assert_non_null(web_kit_header(reply, "Retry-After"));
        assert_true(web_kit_count_cookies(reply, "wos-auth-verifier-", true) >= 1);
        expect_page(reply, rows[i].status, rows[i].part);
        web_kit_close(&kit, &wire);
    }
    free(none);
    free(other_user);
    free(good_token);
    free(old);
}

static void test_programs_get_json(void **unused)
{
    (void)unused;
    static const char *const headers[] = { "Accept: application/json", NULL };
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *reply = web_kit_send(&kit, "GET", "/callback", "code=1", headers);
    assert_int_equal(reply->status, 400);
    assert_string_equal(web_kit_header(reply, "Content-Type"), "application/json");
    assert_contains(reply->body, "{\"error\":\"missing_state\",\"message\":\"");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_parallel_sign_ins_do_not_disturb_each_other(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    web_kit kit;
    char first[8192];
    char state[8192];

    web_kit_open(&kit, &wire, NULL);
    web_kit_begin(&kit, "return_to=%2Ffirst", first);
    for (int i = 0; i < 4; i++) {
        kit.client.clock.now_ms += 1000;
        web_kit_begin(&kit, "return_to=%2Fother", state);
    }
    lk_web_reply *reply = come_back(&kit, "code=code_01", first);
    assert_string_equal(web_kit_header(reply, "Location"), "/first");
    lk_web_reply_free(reply);
    assert_lacks(kit.jar, "wos-auth-verifier-"); /* signed in: the others are not needed */
    web_kit_close(&kit, &wire);
    free(grant);
}

static void test_sixth_sign_in_drops_the_oldest(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;
    char oldest[8192];
    char state[8192];
    size_t n = 0;

    web_kit_open(&kit, &wire, NULL);
    web_kit_begin(&kit, NULL, oldest);
    for (int i = 0; i < 7; i++) {
        kit.client.clock.now_ms += 1000;
        web_kit_begin(&kit, NULL, state);
    }
    for (const char *at = kit.jar; (at = strstr(at, "wos-auth-verifier-")) != NULL; at++)
        n++;
    assert_int_equal(n, 5);
    assert_lacks(kit.jar, oldest);
    assert_contains(kit.jar, state);
    web_kit_close(&kit, &wire);
}

static void test_back_button_after_sign_in_leads_home(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    web_kit kit;
    char state[8192];

    web_kit_open(&kit, &wire, NULL);
    web_kit_begin(&kit, "return_to=%2Fapp", state);
    lk_web_reply_free(come_back(&kit, "code=code_01", state));
    lk_web_reply *reply = come_back(&kit, "code=code_01", state);
    assert_int_equal(reply->status, 302);
    assert_string_equal(web_kit_header(reply, "Location"), "/");
    lk_web_reply_free(reply);
    /* A forged one is still an error. */
    expect_page(web_kit_get(&kit, "/callback", "code=1&state=x"), 400, "did not start here");
    web_kit_close(&kit, &wire);
    free(grant);
}

/* ---- SSO ---- */

static void use_sso(lk_web_options *options)
{
    options->mode = LK_WEB_SSO;
    options->connection = "conn_default";
}

#define PROFILE(connection, organization)                                                     \
    "{\"access_token\":\"sso_token\",\"profile\":{\"object\":\"profile\",\"id\":\"prof_01\"," \
    "\"connection_id\":\"" connection "\",\"connection_type\":\"OktaSAML\","                  \
    "\"organization_id\":\"" organization "\",\"idp_id\":\"idp\","                            \
    "\"email\":\"mira@nordwind.example\",\"first_name\":\"Mira\",\"last_name\":\"Holt\","     \
    "\"raw_attributes\":{}}}"

static void test_sso_sign_in_ends_with_a_profile(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE({ "POST /sso/token", .body_has = "code=code_01", .status = 200,
                                 .body = PROFILE("conn_default", "org_01") });
    web_kit kit;
    char state[8192];

    web_kit_open(&kit, &wire, use_sso);
    lk_web_reply *reply = web_kit_get(&kit, "/login", NULL);
    assert_contains(web_kit_header(reply, "Location"), "https://api.workos.com/sso/authorize?");
    assert_contains(web_kit_header(reply, "Location"), "connection=conn_default");
    lk_web_reply_free(reply);
    web_kit_begin(&kit, "return_to=%2Fapp", state);
    reply = come_back(&kit, "code=code_01", state);
    assert_string_equal(web_kit_header(reply, "Location"), "/app");
    lk_web_reply_free(reply);

    reply = web_kit_get(&kit, "/app", NULL);
    assert_string_equal(reply->session->profile->id, "prof_01");
    assert_string_equal(reply->session->organization_id, "org_01");
    assert_int_equal(reply->session->expires_at_ms, NOON + INT64_C(28800000));
    lk_web_reply_free(reply);

    kit.client.clock.now_ms += 28800000; /* its end: nobody, and the cookie goes */
    reply = web_kit_get(&kit, "/app", NULL);
    assert_int_equal(reply->status, 0);
    assert_null(reply->session);
    assert_int_equal(web_kit_count_cookies(reply, "wos-session=", true), 1);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_profile_from_elsewhere_is_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *login;
        const char *profile;
    } rows[] = {
        { "connection=conn_01", PROFILE("conn_02", "org_01") },
        { "organization_id=org_01", PROFILE("conn_01", "org_02") },
        { NULL, PROFILE("conn_01", "org_01") }, /* the default is conn_default */
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE({ "POST /sso/token", .status = 200, .body = rows[i].profile });
        web_kit kit;
        char state[8192];
        web_kit_open(&kit, &wire, use_sso);
        web_kit_begin(&kit, rows[i].login, state);
        expect_page(come_back(&kit, "code=code_01", state), 502, "does not prove");
        web_kit_close(&kit, &wire);
    }
}

/* Whoever may sign up can get an AuthKit token; it must not open what only SSO may open. */
static void test_modes_do_not_mix(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char bearer[2048];
    char *token = fake_token(NOON);

    web_kit_open(&kit, &wire, use_sso);
    snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s", token);
    const char *const headers[] = { bearer, NULL };
    lk_web_reply *reply = web_kit_send(&kit, "GET", "/app", NULL, headers);
    assert_null(reply->session);
    lk_web_reply_free(reply);
    web_kit_sign_in(&kit, NOON, "rt_01");
    reply = web_kit_get(&kit, "/app", NULL);
    assert_null(reply->session);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(token);
}

static void test_other_methods_are_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *method;
        const char *path;
        const char *allow;
    } rows[] = {
        { "POST", "/login", "GET, HEAD" },       { "PUT", "/login", "GET, HEAD" },
        { "POST", "/callback", "GET, HEAD" },    { "DELETE", "/callback", "GET, HEAD" },
        { "PUT", "/logout", "GET, HEAD, POST" }, { "get", "/login", "GET, HEAD" },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_web_reply *reply = web_kit_send(&kit, rows[i].method, rows[i].path, NULL, NULL);
        assert_int_equal(reply->status, 405);
        assert_string_equal(web_kit_header(reply, "Allow"), rows[i].allow);
        lk_web_reply_free(reply);
    }
    lk_web_reply *reply = web_kit_send(&kit, "HEAD", "/login", NULL, NULL);
    assert_int_equal(reply->status, 302);
    lk_web_reply_free(reply);
    reply = web_kit_send(&kit, "HEAD", "/logout", NULL, NULL);
    assert_int_equal(reply->status, 200);
    assert_null(reply->body);
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_challenge_suits_who_asks(void **unused)
{
    (void)unused;
    static const lk_header page[] = { { "Accept", "text/html" } };
    static const lk_header navigation[] = { { "Sec-Fetch-Mode", "navigate" } };
    static const lk_header script[] = { { "Accept", "*/*" }, { "Sec-Fetch-Mode", "cors" } };
    const struct {
        lk_web_request request;
        int status;
        const char *location;
    } rows[] = {
        { { "GET", "/app", "x=1&y=%20", page, 1 },
          302,
          "/login?return_to=%2Fapp%3Fx%3D1%26y%3D%2520" },
        { { "GET", "/app", NULL, navigation, 1 }, 302, "/login?return_to=%2Fapp" },
        { { "HEAD", "/", "", page, 1 }, 302, "/login?return_to=%2F" },
        { { "POST", "/app", NULL, page, 1 }, 401, NULL },
        { { "GET", "/api/me", NULL, script, 2 }, 401, NULL },
        { { "GET", "/api/me", NULL, NULL, 0 }, 401, NULL },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;
    lk_error err = LK_ERROR_INIT;

    web_kit_open(&kit, &wire, NULL);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_web_reply *reply = NULL;
        assert_ok(lk_web_challenge(kit.web, &rows[i].request, &reply, &err), err);
        assert_int_equal(reply->status, rows[i].status);
        assert_contains(web_kit_header(reply, "Cache-Control"), "no-store");
        if (rows[i].location != NULL) {
            assert_string_equal(web_kit_header(reply, "Location"), rows[i].location);
        } else {
            assert_contains(reply->body, "{\"error\":\"not_signed_in\",\"message\":\"");
            assert_string_equal(web_kit_header(reply, "WWW-Authenticate"), "Bearer");
        }
        lk_web_reply_free(reply);
    }
    web_kit_close(&kit, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_leads_to_workos),
        cmocka_unit_test(test_sign_in_ends_with_a_session),
        cmocka_unit_test(test_verifier_fits_the_challenge),
        cmocka_unit_test(test_return_to_never_leads_away),
        cmocka_unit_test(test_long_return_to_still_signs_in),
        cmocka_unit_test(test_broken_login_links_are_refused),
        cmocka_unit_test(test_callback_without_its_state_is_refused),
        cmocka_unit_test(test_errors_of_workos_are_shown_as_text),
        cmocka_unit_test(test_failed_exchange_is_never_a_session),
        cmocka_unit_test(test_programs_get_json),
        cmocka_unit_test(test_parallel_sign_ins_do_not_disturb_each_other),
        cmocka_unit_test(test_sixth_sign_in_drops_the_oldest),
        cmocka_unit_test(test_back_button_after_sign_in_leads_home),
        cmocka_unit_test(test_sso_sign_in_ends_with_a_profile),
        cmocka_unit_test(test_profile_from_elsewhere_is_refused),
        cmocka_unit_test(test_modes_do_not_mix),
        cmocka_unit_test(test_other_methods_are_refused),
        cmocka_unit_test(test_challenge_suits_who_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
