/* A session's begin and end: drawn anew at each sign-in, and right when 32 bits are not enough. */
#include <stdio.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"

/* 2038-01-19T03:12:08Z, two minutes before 32 bits with a sign end; 2106-02-07T06:27:16Z, a minute
 * before those without one do. A token lives for five minutes. */
static const int64_t edges[] = { INT64_C(2147483528000), INT64_C(4294967236000) };

static lk_web_reply *sign_in(web_kit *kit)
{
    char state[8192];
    char query[16384];

    web_kit_begin(kit, NULL, state);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    return web_kit_get(kit, "/callback", query);
}

static void test_sessions_begin_and_are_renewed_across_2038_and_2106(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_ROWS(edges); i++) {
        char *first = web_kit_grant(edges[i], "rt_01");
        char *second = web_kit_grant(edges[i] + 3600000, "rt_02");
        fake_wire wire = FAKE_WIRE(
            { "POST /user_management/authenticate", .status = 200, .body = first }, KIT_JWKS,
            { "POST /user_management/authenticate", .body_has = "\"refresh_token\":\"rt_01\"",
              .status = 200, .body = second });
        web_kit kit;

        web_kit_open(&kit, &wire, NULL);
        kit.client.clock.now_ms = edges[i];
        lk_web_reply *reply = sign_in(&kit);
        assert_int_equal(reply->status, 302);
        lk_web_reply_free(reply);
        kit.client.clock.now_ms = edges[i] + 200000; /* behind the edge, and not yet due */
        reply = web_kit_get(&kit, "/app", NULL);
        assert_non_null(reply->session);
        assert_true(reply->session->expires_at_ms == edges[i] + 300000);
        assert_null(web_kit_header(reply, "Set-Cookie"));
        lk_web_reply_free(reply);
        kit.client.clock.now_ms = edges[i] + 3600000;
        reply = web_kit_get(&kit, "/app", NULL);
        assert_non_null(reply->session);
        assert_true(reply->session->expires_at_ms == edges[i] + 3900000);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
        free(first);
        free(second);
    }
}

/* A number that is cut to 32 bits is in 1901 or 1970: expired, or good for ever. */
static void test_state_expires_across_2038_and_2106(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_ROWS(edges); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;
        char state[8192];
        char query[16384];

        web_kit_open(&kit, &wire, NULL);
        kit.client.clock.now_ms = edges[i];
        web_kit_begin(&kit, NULL, state);
        kit.client.clock.now_ms = edges[i] + 601000;
        snprintf(query, sizeof(query), "code=code_01&state=%s", state);
        lk_web_reply *reply = web_kit_get(&kit, "/callback", query);
        assert_int_equal(reply->status, 400);
        assert_contains(reply->body, "took too long");
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

/* Session fixation: whoever planted a cookie before must not share what begins now. */
static void test_each_sign_in_draws_a_new_session_and_drops_the_planted_one(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_of_mira");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .body_has = "\"code\":\"code_01\"",
                    .body_lacks = "rt_planted", .status = 200, .body = grant },
                  KIT_JWKS);
    web_kit kit;
    char planted[16384];

    web_kit_open(&kit, &wire, NULL);
    web_kit_sign_in(&kit, NOON, "rt_planted");
    snprintf(planted, sizeof(planted), "%s", web_kit_jar_value(&kit, "wos-session"));
    lk_web_reply *reply = sign_in(&kit);
    assert_int_equal(reply->status, 302);
    assert_int_equal(web_kit_count_cookies(reply, "wos-session=", false), 1);
    lk_web_reply_free(reply);
    assert_string_not_equal(web_kit_jar_value(&kit, "wos-session"), planted);
    reply = web_kit_get(&kit, "/app", NULL);
    assert_string_equal(reply->session->user->email, "mira@nordwind.example");
    lk_web_reply_free(reply);
    /* Two sign-ins of one person share nothing either: salts and vectors are drawn each time. */
    assert_true(strncmp(web_kit_jar_value(&kit, "wos-session"), planted, 80) != 0);
    web_kit_close(&kit, &wire);
    free(grant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_begin_and_are_renewed_across_2038_and_2106),
        cmocka_unit_test(test_state_expires_across_2038_and_2106),
        cmocka_unit_test(test_each_sign_in_draws_a_new_session_and_drops_the_planted_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
