/* What begins a sign-in, and what only passes by. */
#include <stdio.h>

#include "test.h"
#include "web-kit.h"

static void test_only_page_loads_begin_a_sign_in(void **unused)
{
    (void)unused;
    static const struct {
        const char *headers[4];
        bool begins;
    } rows[] = {
        { { "Accept: text/html", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document" }, true },
        /* a page within a frame */
        { { "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe" }, true },
        /* a browser, or a program, that tells nothing */
        { { "Accept: text/html" }, true },
        { { NULL }, true },
        /* a program that names the mode alone, as Node's fetch does */
        { { "Sec-Fetch-Mode: cors" }, true },
        /* fetch() and XMLHttpRequest, sent here by a redirect */
        { { "Accept: */*", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty" }, false },
        { { "Accept: text/html", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty" }, false },
        { { "Sec-Fetch-Mode: same-origin", "Sec-Fetch-Dest: empty" }, false },
        { { "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty" }, false },
        /* links that are fetched ahead, in the words of all times */
        { { "Sec-Fetch-Mode: navigate", "Sec-Purpose: prefetch" }, false },
        { { "Sec-Fetch-Mode: navigate", "Sec-Purpose: prefetch;prerender" }, false },
        { { "Accept: text/html", "Purpose: Prefetch" }, false },
        { { "Accept: text/html", "Purpose: something" }, true },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;
        web_kit_open(&kit, &wire, NULL);
        lk_web_reply *reply = web_kit_send(&kit, "GET", "/login", NULL, rows[i].headers);
        bool has_state = web_kit_set_cookie(reply, "wos-auth-verifier-") != NULL;
        if (reply->status != (rows[i].begins ? 302 : 401) || has_state != rows[i].begins)
            fail_msg("row %zu: %d", i, reply->status);
        if (!rows[i].begins) {
            assert_contains(reply->body, "\"error\":\"not_signed_in\"");
            assert_string_equal(web_kit_header(reply, "Content-Type"), "application/json");
            assert_string_equal(web_kit_header(reply, "WWW-Authenticate"), "Bearer");
            assert_null(web_kit_header(reply, "Location"));
            assert_null(web_kit_header(reply, "Set-Cookie"));
        }
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

/* WorkOS signs in at once; the browser drops the session cookie, or what it holds does not open. */
static void go_round(web_kit *kit, const char *session)
{
    char state[8192], query[8192 + 32];

    web_kit_begin(kit, "return_to=%2Fapp", state);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    lk_web_reply *reply = web_kit_get(kit, "/callback", query);
    assert_int_equal(reply->status, 302);
    const char *rounds = web_kit_jar_value(kit, "latchkey-rounds");
    assert_non_null(rounds);
    snprintf(query, sizeof(query), "latchkey-rounds=%s%s", rounds, session);
    snprintf(kit->jar, sizeof(kit->jar), "%s", query);
    lk_web_reply_free(reply);
}

static void test_circle_ends_with_its_cause(void **unused)
{
    (void)unused;
    static const struct {
        const char *session, *says;
    } rows[] = {
        { "", "did not send the session cookie back" },
        { "; wos-session=Fe26.2*1*other", "does not open" },
    };
    char *grant = web_kit_grant(NOON, "rt_01");

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        const fake_exchange renewal = { "POST /user_management/authenticate", .status = 200,
                                        .body = grant };
        fake_wire wire = FAKE_WIRE(renewal, KIT_JWKS, renewal, renewal, renewal);
        web_kit kit;
        web_kit_open(&kit, &wire, NULL);
        for (int round = 0; round < 3; round++)
            go_round(&kit, rows[i].session);
        lk_web_reply *reply = web_kit_get(&kit, "/login", "return_to=%2Fapp");
        assert_int_equal(reply->status, 500);
        assert_contains(reply->body, rows[i].says);
        assert_contains(reply->body, "wos-session");
        assert_null(web_kit_set_cookie(reply, "wos-auth-verifier-"));
        lk_web_reply_free(reply);
        go_round(&kit, rows[i].session); /* "Try again" does */
        web_kit_close(&kit, &wire);
    }
    free(grant);
}

/* Signing in again and again while it works is no circle. */
static void test_sign_ins_that_work_are_no_circle(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    const fake_exchange renewal = { "POST /user_management/authenticate", .status = 200,
                                    .body = grant };
    fake_wire wire = FAKE_WIRE(renewal, KIT_JWKS, renewal, renewal, renewal, renewal);
    web_kit kit;
    char state[8192], query[8192 + 32];

    web_kit_open(&kit, &wire, NULL);
    for (int round = 0; round < 5; round++) {
        web_kit_begin(&kit, NULL, state);
        snprintf(query, sizeof(query), "code=code_01&state=%s", state);
        lk_web_reply_free(web_kit_get(&kit, "/callback", query));
    }
    assert_contains(kit.jar, "latchkey-rounds=3");
    lk_web_reply_free(web_kit_send(&kit, "POST", "/logout", NULL,
                                   (const char *const[]){ "Origin: https://app.example", NULL }));
    assert_null(strstr(kit.jar, "latchkey-rounds"));
    web_kit_begin(&kit, NULL, state);
    web_kit_close(&kit, &wire);
    free(grant);
}

/* A number that is none of ours counts for nothing. */
static void test_odd_counts_begin_at_zero(void **unused)
{
    (void)unused;
    static const char *const rows[] = { "latchkey-rounds=",   "latchkey-rounds=0",
                                        "latchkey-rounds=4",  "latchkey-rounds=33",
                                        "latchkey-rounds=-3", "latchkey-rounds=x" };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;
        web_kit_open(&kit, &wire, NULL);
        snprintf(kit.jar, sizeof(kit.jar), "%s", rows[i]);
        lk_web_reply *reply = web_kit_get(&kit, "/login", NULL);
        assert_int_equal(reply->status, 302);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_page_loads_begin_a_sign_in),
        cmocka_unit_test(test_circle_ends_with_its_cause),
        cmocka_unit_test(test_sign_ins_that_work_are_no_circle),
        cmocka_unit_test(test_odd_counts_begin_at_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
