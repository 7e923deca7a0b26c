/* Guards with rules on a real CivetWeb server: who is signed in, and still may not pass. */
#include <civetweb.h>
#include <stdio.h>

#include "gate-kit.h"
#include "test.h"

static int answer_member(struct mg_connection *connection, const lk_web_reply *who, void *ctx)
{
    (void)ctx;
    return lk_gate_send(connection, who, 200, NULL, who->session->role, strlen(who->session->role));
}

/* A handler that knows nothing of the gate. */
static int answer_plain(struct mg_connection *connection, void *ctx)
{
    (void)ctx;
    return lk_gate_send(connection, NULL, 200, NULL, "the secret room", 15);
}

/* A handler that decides for itself. */
static int answer_or_forbid(struct mg_connection *connection, const lk_web_reply *who, void *ctx)
{
    return lk_gate_forbid(ctx, connection, who);
}

static lk_rules *make_rules(const char *text)
{
    lk_rules *rules = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_rules_new(&rules, &err), err);
    assert_ok(lk_rules_add(rules, text, &err), err);
    return rules;
}

typedef struct ruled_house {
    house h;
    lk_rules *admins, *owners; /* the session of web_kit_sign_in() is an admin's */
} ruled_house;

static void open_house(ruled_house *r, fake_wire *wire)
{
    lk_error err = LK_ERROR_INIT;

    house_open(&r->h, wire, "no");
    r->admins = make_rules("role=admin organization=org_01");
    r->owners = make_rules("role=owner");
    assert_ok(lk_gate_guard_rules(r->h.gate, r->h.server, "/admin", r->admins, &err), err);
    assert_ok(lk_gate_guard_rules(r->h.gate, r->h.server, "/owner", r->owners, &err), err);
    mg_set_request_handler(r->h.server, "/admin", answer_plain, NULL);
    mg_set_request_handler(r->h.server, "/owner", answer_plain, NULL);
    assert_ok(lk_gate_handle_rules(r->h.gate, r->h.server, "/api/admin", r->admins, answer_member,
                                   NULL, &err),
              err);
    assert_ok(lk_gate_handle_rules(r->h.gate, r->h.server, "/api/owner", r->owners, answer_member,
                                   NULL, &err),
              err);
    assert_ok(lk_gate_handle(r->h.gate, r->h.server, "/never", answer_or_forbid, r->h.gate, &err),
              err);
}

static void close_house(ruled_house *r, fake_wire *wire)
{
    house_close(&r->h, wire);
    lk_rules_free(r->admins);
    lk_rules_free(r->owners);
}

static void test_rule_on_a_path_lets_those_it_names_pass(void **unused)
{
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    ruled_house r;

    (void)unused;
    open_house(&r, &wire);
    web_kit_sign_in(&r.h.kit, NOON, "rt_01");
    assert_contains(house_ask(&r.h, "GET /admin", NULL), "the secret room");
    assert_contains(house_ask(&r.h, "GET /admin/deeper", NULL), "the secret room");
    assert_contains(house_ask(&r.h, "GET /api/admin", NULL), "HTTP/1.1 200");
    close_house(&r, &wire);
}

static void test_rule_on_a_path_tells_others_403(void **unused)
{
    static const char *const lines[] = { "GET /owner",  "GET /owner/deeper", "GET /%6fwner",
                                         "POST /owner", "GET /api/owner",    "GET /never" };
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    ruled_house r;

    (void)unused;
    open_house(&r, &wire);
    web_kit_sign_in(&r.h.kit, NOON, "rt_01");
    for (size_t i = 0; i < N_ROWS(lines); i++) {
        const char *answer = house_ask(&r.h, lines[i], NULL);
        assert_contains(answer, "HTTP/1.1 403 Forbidden\r\n");
        assert_contains(answer, "{\"error\":\"forbidden\"");
        assert_contains(answer, "\r\nVary: Cookie\r\n");
        assert_contains(answer, "no-store");
        assert_lacks(answer, "secret");
        assert_lacks(answer, "owner"); /* the rule is nobody's business */
    }
    const char *page = house_ask(&r.h, "GET /owner", "Accept: text/html\r\n");
    assert_contains(page, "HTTP/1.1 403 Forbidden\r\n");
    assert_contains(page, "<h1>This is not open to you</h1>");
    close_house(&r, &wire);
}

static void test_strangers_at_a_rule_are_asked_to_sign_in(void **unused)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    ruled_house r;

    (void)unused;
    open_house(&r, &wire);
    assert_contains(house_ask(&r.h, "GET /owner", NULL), "HTTP/1.1 401");
    assert_contains(house_ask(&r.h, "GET /api/admin", NULL), "HTTP/1.1 401");
    assert_contains(house_ask(&r.h, "GET /owner", "Accept: text/html\r\n"),
                    "\r\nLocation: /login?return_to=%2Fowner\r\n");
    close_house(&r, &wire);
}

/* The renewed session decides, and it is not lost with the refusal: its refresh token is spent. */
static void test_renewed_cookie_comes_with_the_403(void **unused)
{
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, { "POST /user_management/authenticate", .status = 200, .body = grant });
    ruled_house r;

    (void)unused;
    open_house(&r, &wire);
    web_kit_sign_in(&r.h.kit, NOON - 3600000, "rt_01");
    const char *answer = house_ask(&r.h, "GET /owner", NULL);
    assert_contains(answer, "HTTP/1.1 403");
    assert_contains(answer, "\r\nSet-Cookie: wos-session=Fe26.2");
    close_house(&r, &wire);
    free(grant);
}

static void test_guard_without_rules_is_no_guard_with_rules(void **unused)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    ruled_house r;
    lk_error err = LK_ERROR_INIT;

    (void)unused;
    open_house(&r, &wire);
    assert_fails(lk_gate_guard_rules(r.h.gate, r.h.server, "/x", NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_gate_handle_rules(r.h.gate, r.h.server, "/x", NULL, answer_member, NULL, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_gate_handle_rules(r.h.gate, r.h.server, "/x", r.admins, NULL, NULL, &err),
                 LK_ERR_INVALID, err);
    close_house(&r, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_on_a_path_lets_those_it_names_pass),
        cmocka_unit_test(test_rule_on_a_path_tells_others_403),
        cmocka_unit_test(test_strangers_at_a_rule_are_asked_to_sign_in),
        cmocka_unit_test(test_renewed_cookie_comes_with_the_403),
        cmocka_unit_test(test_guard_without_rules_is_no_guard_with_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
