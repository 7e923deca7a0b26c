/* The gate on a real CivetWeb server on 127.0.0.1, spoken to over plain sockets. */
#include <civetweb.h>
#include <stdio.h>

#include "gate-kit.h"
#include "test.h"

static int answer_member(struct mg_connection *connection, const lk_web_reply *who, void *ctx)
{
    char text[200];

    snprintf(text, sizeof(text), "%s: %s", (const char *)ctx, who->session->user->email);
    return lk_gate_send(connection, who, 200, NULL, text, strlen(text));
}

/* A handler that knows nothing of the gate. */
static int answer_plain(struct mg_connection *connection, void *ctx)
{
    (void)ctx;
    return lk_gate_send(connection, NULL, 200, NULL, "the secret room", 15);
}

static int answer_anybody(struct mg_connection *connection, void *ctx)
{
    house *h = ctx;
    lk_auto(lk_web_reply) who = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_gate_identify(h->gate, connection, &who, &err) != LK_OK)
        return lk_gate_send(connection, NULL, err.status == LK_ERR_INVALID ? 400 : 503, NULL,
                            err.message, strlen(err.message));
    const char *text = who->session ? "hello you" : "hello stranger";
    return lk_gate_send(connection, who, 200, NULL, text, strlen(text));
}

/* A handler that asks for itself. */
static int answer_known(struct mg_connection *connection, void *ctx)
{
    house *h = ctx;
    lk_auto(lk_web_reply) who = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_gate_identify(h->gate, connection, &who, &err) != LK_OK || who->session != NULL)
        return lk_gate_send(connection, who, 500, NULL, "", 0);
    return lk_gate_challenge(h->gate, connection, who);
}

static void build(house *h, fake_wire *wire, const char *keep_alive)
{
    lk_error err = LK_ERROR_INIT;

    house_open(h, wire, keep_alive);
    assert_ok(lk_gate_guard(h->gate, h->server, "/room/", &err), err);
    assert_ok(lk_gate_handle(h->gate, h->server, "/member", answer_member, (void *)"member", &err),
              err);
    mg_set_request_handler(h->server, "/room", answer_plain, NULL);
    mg_set_request_handler(h->server, "/anybody", answer_anybody, h);
    mg_set_request_handler(h->server, "/known", answer_known, h);
}

static void test_strangers_are_kept_out(void **unused)
{
    (void)unused;
    static const char *const lines[] = {
        "GET /room",           "GET /room/",     "GET /room/deep/inside",
        "GET /%72oom",         "GET /x/../room", "GET //room",
        "GET /room?x=1",       "POST /room",     "HEAD /room",
        "GET /room/../room/a", "DELETE /room",   "GET /member",
        "GET /member/below",   "OPTIONS /room",  "GET http://127.0.0.1/room",
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    house h;

    build(&h, &wire, "no");
    for (size_t i = 0; i < N_ROWS(lines); i++) {
        const char *answer = house_ask(&h, lines[i], NULL);
        assert_lacks(answer, "secret");
        assert_lacks(answer, "HTTP/1.1 200");
        assert_lacks(answer, "member:");
    }
    assert_contains(house_ask(&h, "GET /room", NULL), "HTTP/1.1 401 Unauthorized\r\n");
    assert_contains(house_ask(&h, "GET /room", NULL), "{\"error\":\"not_signed_in\"");
    const char *answer = house_ask(&h, "GET /room/a%20b?x=%C3%BC", "Accept: text/html\r\n");
    assert_contains(answer, "HTTP/1.1 302 Found\r\n");
    assert_contains(answer,
                    "\r\nLocation: /login?return_to=%2Froom%2Fa%2520b%3Fx%3D%25C3%25BC\r\n");
    assert_contains(answer, "\r\nContent-Length: 0\r\n");
    assert_contains(house_ask(&h, "GET /anybody", NULL), "hello stranger");
    house_close(&h, &wire);
}

static void test_whole_sign_in_over_http(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    house h;
    char state[4096] = "";
    char line[8192];

    build(&h, &wire, "no");
    const char *answer = house_ask(&h, "GET /login?return_to=%2Froom", NULL);
    assert_contains(answer, "HTTP/1.1 302 Found\r\n");
    assert_contains(answer, "\r\nLocation: https://api.workos.com/user_management/authorize?");
    assert_contains(answer, "\r\nCache-Control: private, no-cache, no-store");
    assert_int_equal(sscanf(strstr(answer, "Set-Cookie: ") + 12, "%4095[^;]", h.kit.jar), 1);
    snprintf(state, sizeof(state), "%.4000s", strchr(h.kit.jar, '=') + 1);

    snprintf(line, sizeof(line), "GET /callback?code=code_01&state=%s", state);
    answer = house_ask(&h, line, NULL);
    assert_contains(answer, "HTTP/1.1 302 Found\r\n");
    assert_contains(answer, "\r\nLocation: /room\r\n");
    assert_int_equal(sscanf(strstr(answer, "Set-Cookie: wos-session") + 12, "%8191[^;]", h.kit.jar),
                     1);

    assert_contains(house_ask(&h, "GET /room", NULL), "the secret room");
    assert_contains(house_ask(&h, "GET /room/deep", NULL), "the secret room");
    answer = house_ask(&h, "GET /member", NULL);
    assert_contains(answer, "member: mira@nordwind.example");
    assert_contains(answer, "\r\nVary: Cookie\r\n");
    assert_contains(house_ask(&h, "GET /anybody", NULL), "hello you");
    answer = house_ask(&h, "HEAD /member", NULL);
    assert_contains(answer, "\r\nContent-Length: 29\r\n");
    assert_lacks(answer, "mira@");

    assert_contains(house_ask(&h, "GET /logout", NULL),
                    "<form method=\"post\" action=\"/logout\">");
    assert_contains(house_ask(&h, "POST /logout", "Content-Length: 0\r\n"), "HTTP/1.1 403");
    answer = house_ask(&h, "POST /logout", "Content-Length: 0\r\nOrigin: https://app.example\r\n");
    assert_contains(answer, "HTTP/1.1 303 See Other\r\n");
    assert_contains(answer, "session_id=session_01");
    assert_contains(answer, "Set-Cookie: wos-session=; Path=/");
    assert_contains(house_ask(&h, "GET /login/below", NULL), "HTTP/1.1 404");
    house_close(&h, &wire);
    free(grant);
}

static void test_renewed_cookie_comes_by_a_redirect_to_the_same_address(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .status = 200, .body = grant });
    house h;

    build(&h, &wire, "no");
    web_kit_sign_in(&h.kit, NOON - 3600000, "rt_01");
    const char *answer = house_ask(&h, "GET /room/a%3Fb?x=1&y=%0d%0a", NULL);
    assert_contains(answer, "HTTP/1.1 307 Temporary Redirect\r\n");
    assert_contains(answer, "\r\nLocation: /room/a%3Fb?x=1&y=%0d%0a\r\n");
    assert_lacks(answer, "secret");
    /* A handler of the gate's own adds the cookie to its answer instead. */
    answer = house_ask(&h, "GET /member", NULL);
    assert_contains(answer, "member: mira@nordwind.example");
    assert_contains(answer, "\r\nSet-Cookie: wos-session=Fe26.2");
    assert_int_equal(sscanf(strstr(answer, "Set-Cookie: wos-session") + 12, "%8191[^;]", h.kit.jar),
                     1);
    assert_contains(house_ask(&h, "GET /room/a", NULL), "the secret room");
    house_close(&h, &wire);
    free(grant);
}

static void test_ended_session_is_cleared_with_the_challenge(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .status = 400,
                                           .body = "{\"error\":\"invalid_grant\"}" });
    house h;

    build(&h, &wire, "no");
    web_kit_sign_in(&h.kit, NOON - 3600000, "rt_01");
    const char *answer = house_ask(&h, "GET /room", "Accept: text/html\r\n");
    assert_contains(answer, "HTTP/1.1 302");
    assert_contains(answer, "\r\nSet-Cookie: wos-session=; Path=/");
    house_close(&h, &wire);
}

static void test_ended_session_is_cleared_by_a_handler_that_asks(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .status = 400,
                                           .body = "{\"error\":\"invalid_grant\"}" });
    house h;

    build(&h, &wire, "no");
    web_kit_sign_in(&h.kit, NOON - 3600000, "rt_01");
    const char *answer = house_ask(&h, "GET /known", NULL);
    assert_contains(answer, "HTTP/1.1 401");
    assert_contains(answer, "\r\nSet-Cookie: wos-session=; Path=/");
    house_close(&h, &wire);
}

static void test_unreachable_workos_lets_nobody_in_and_signs_nobody_out(void **unused)
{
    (void)unused;
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK },
                  { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK },
                  { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK });
    house h;

    build(&h, &wire, "no");
    web_kit_sign_in(&h.kit, NOON - 3600000, "rt_01");
    const char *answer = house_ask(&h, "GET /room", NULL);
    assert_contains(answer, "HTTP/1.1 503 Service Unavailable\r\n");
    assert_contains(answer, "\r\nRetry-After: 5\r\n");
    assert_lacks(answer, "Set-Cookie");
    assert_lacks(answer, "secret");
    house_close(&h, &wire);
}

/* CivetWeb 1.15 takes one of the two lengths and answers what is hidden behind it. */
static void test_smuggled_request_is_not_answered(void **unused)
{
    (void)unused;
#define HIDDEN "GET /anybody HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    static const char *const requests[] = {
        "GET /member HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" HIDDEN,
        "GET /room HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: "
        "4\r\n\r\nabcd" HIDDEN,
        "POST /logout HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: "
        "chunked\r\n\r\n"
        "0\r\n\r\n" HIDDEN,
        "GET /anybody HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 49\r\n"
        "\r\n0\r\n\r\n" HIDDEN,
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    house h;
    char answer[16384];

    build(&h, &wire, "yes");
    for (size_t i = 0; i < N_ROWS(requests); i++) {
        house_exchange(&h, requests[i], answer, sizeof(answer));
        assert_contains(answer, "HTTP/1.1 400 Bad Request\r\n");
        assert_null(strstr(answer + 1, "HTTP/1.1"));
        assert_lacks(answer, "hello");
    }
    /* The near miss: two honest requests on one connection. */
    house_exchange(&h, HIDDEN HIDDEN, answer, sizeof(answer));
    assert_non_null(strstr(strstr(answer, "hello stranger") + 1, "hello stranger"));
    house_close(&h, &wire);
}

static void test_more_headers_than_the_server_reads_are_refused(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    house h;
    char headers[4096] = "";

    build(&h, &wire, "no");
    for (int i = 0; i < 70; i++)
        snprintf(headers + strlen(headers), sizeof(headers) - strlen(headers), "X-%d: y\r\n", i);
    assert_contains(house_ask(&h, "GET /room", headers), "HTTP/1.1 400");
    house_close(&h, &wire);
}

static void test_guard_on_the_root_covers_everything(void **unused)
{
    (void)unused;
    static const char *const lines[] = { "GET /", "GET /anybody", "GET /nothing/here", "GET /a.b" };
    fake_wire wire = FAKE_WIRE_SILENT;
    house h;
    lk_error err = LK_ERROR_INIT;

    build(&h, &wire, "no");
    assert_ok(lk_gate_guard(h.gate, h.server, "/", &err), err);
    for (size_t i = 0; i < N_ROWS(lines); i++)
        assert_contains(house_ask(&h, lines[i], NULL), "HTTP/1.1 401");
    assert_contains(house_ask(&h, "GET /login", NULL), "HTTP/1.1 302"); /* the way in stays open */
    assert_contains(house_ask(&h, "GET /callback", NULL), "HTTP/1.1 400");
    house_close(&h, &wire);
}

static void assert_not_cached(const char *answer, const char *line)
{
    if (strstr(answer, "\r\nVary: Cookie\r\n") == NULL)
        fail_msg("%s: no \"Vary: Cookie\" in %s", line, answer);
    if (strstr(strstr(answer, "\r\nCache-Control: "), "no-store") == NULL)
        fail_msg("%s: may be stored: %s", line, answer);
}

/* CVE-2025-64762, CVE-2025-48947: a cache handed one person's page, or cookie, to another. */
static void test_every_answer_that_read_a_session_varies_by_cookie_and_is_not_stored(void **unused)
{
    (void)unused;
    static const char *const lines[] = { "GET /member",   "GET /room",   "GET /anybody",
                                         "GET /known",    "GET /login",  "GET /logout",
                                         "GET /callback", "HEAD /member" };
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK },
                  { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK },
                  { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK });
    house h;

    build(&h, &wire, "no");
    for (size_t i = 0; i < N_ROWS(lines); i++) /* nobody */
        assert_not_cached(house_ask(&h, lines[i], NULL), lines[i]);
    web_kit_sign_in(&h.kit, NOON, "rt_01");
    assert_not_cached(house_ask(&h, "GET /member", NULL), "signed in");
    assert_not_cached(house_ask(&h, "GET /anybody", NULL), "signed in");
    assert_not_cached(house_ask(&h, "POST /logout", "Content-Length: 0\r\n"), "foreign logout");
    h.kit.jar[0] = '\0';
    web_kit_sign_in(&h.kit, NOON - 3600000, "rt_01"); /* stale, and WorkOS is out of reach */
    const char *answer = house_ask(&h, "GET /room", NULL);
    assert_contains(answer, "HTTP/1.1 503");
    assert_not_cached(answer, "out of reach");
    house_close(&h, &wire);
}

static void test_wrong_calls_are_named(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    house h;
    lk_error err = LK_ERROR_INIT;
    lk_gate *gate = NULL;

    build(&h, &wire, "no");
    assert_fails(lk_gate_new(NULL, &gate, &err), LK_ERR_INVALID, err);
    assert_fails(lk_gate_mount(h.gate, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_gate_guard(h.gate, h.server, "", &err), LK_ERR_INVALID, err);
    assert_fails(lk_gate_handle(h.gate, h.server, "/x", NULL, NULL, &err), LK_ERR_INVALID, err);
    lk_gate_free(NULL);
    house_close(&h, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_are_kept_out),
        cmocka_unit_test(test_whole_sign_in_over_http),
        cmocka_unit_test(test_renewed_cookie_comes_by_a_redirect_to_the_same_address),
        cmocka_unit_test(test_ended_session_is_cleared_with_the_challenge),
        cmocka_unit_test(test_ended_session_is_cleared_by_a_handler_that_asks),
        cmocka_unit_test(test_unreachable_workos_lets_nobody_in_and_signs_nobody_out),
        cmocka_unit_test(test_smuggled_request_is_not_answered),
        cmocka_unit_test(test_more_headers_than_the_server_reads_are_refused),
        cmocka_unit_test(test_guard_on_the_root_covers_everything),
        cmocka_unit_test(test_every_answer_that_read_a_session_varies_by_cookie_and_is_not_stored),
        cmocka_unit_test(test_wrong_calls_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
