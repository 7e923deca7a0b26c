/* Sessions renewed a little before their end, while a page is loaded; and kept when that fails. */
#include <stdio.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"

#define RENEWAL "POST /user_management/authenticate"

static const char *const page_load[] = { "Accept: text/html", "Sec-Fetch-Mode: navigate", NULL };
static const char *const old_browser[] = { "Accept: text/html,*/*", NULL };
static const char *const script[] = { "Accept: */*", "Sec-Fetch-Mode: cors", NULL };
/* htmx and its like fetch HTML */
static const char *const fragment[] = { "Accept: text/html", "Sec-Fetch-Mode: cors", NULL };

static void open_with_keys(web_kit *kit, fake_wire *wire)
{
    lk_error err = LK_ERROR_INIT;

    web_kit_open(kit, wire, NULL);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
}

/* A session whose token lives so long and has so much left. */
static void put_session(web_kit *kit, int lifetime_s, int left_s)
{
    int64_t expires_s = NOON / 1000 + left_s;
    const lk_user user = { .id = "user_01" };
    lk_error err = LK_ERROR_INIT;
    char *claims = NULL;
    char *sealed = NULL;

    if (asprintf(&claims,
                 "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"sid\":\"session_01\","
                 "\"iat\":%lld,\"exp\":%lld}",
                 (long long)(expires_s - lifetime_s), (long long)expires_s) < 0)
        abort();
    char *token = fake_token_sign("key_1", claims);
    assert_ok(lk_session_seal(kit->client.client, KIT_PASSWORD,
                              &(lk_authentication){
                                  .user = &user, .access_token = token, .refresh_token = "rt_01" },
                              &sealed, &err),
              err);
    snprintf(kit->jar, sizeof(kit->jar), "wos-session=%s", sealed);
    lk_free_secret(sealed);
    free(token);
    free(claims);
}

static void test_page_loads_near_the_end_renew(void **unused)
{
    (void)unused;
    static const struct {
        int lifetime_s, left_s;
        const char *method;
        const char *const *headers;
        bool renews;
    } rows[] = {
        { 300, 30, "GET", page_load, true },
        { 300, 31, "GET", page_load, false },
        { 301, 60, "GET", page_load, true },
        { 3600, 60, "GET", page_load, true },
        { 3600, 61, "GET", page_load, false },
        { 300, 30, "GET", old_browser, true },
        { 300, 30, "GET", script, false },
        { 300, 30, "GET", fragment, false },
        { 300, 30, "GET", NULL, false },
        { 300, 30, "POST", page_load, false },
        { 300, 30, "HEAD", page_load, false },
        /* Tokens that live shorter than the margin: half of that. */
        { 40, 20, "GET", page_load, true },
        { 40, 21, "GET", page_load, false },
    };
    char *grant = web_kit_grant(NOON, "rt_02");

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_exchange exchanges[] = {
            KIT_JWKS, { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant }
        };
        fake_wire wire = { .script = exchanges,
                           .n_script = rows[i].renews ? 2 : 1,
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
        web_kit kit;
        open_with_keys(&kit, &wire);
        put_session(&kit, rows[i].lifetime_s, rows[i].left_s);
        lk_web_reply *reply = web_kit_send(&kit, rows[i].method, "/app", NULL, rows[i].headers);
        assert_non_null(reply->session);
        if ((web_kit_set_cookie(reply, "wos-session=Fe26.2") != NULL) != rows[i].renews)
            fail_msg("row %zu", i);
        if (rows[i].renews)
            assert_int_equal(reply->session->expires_at_ms, NOON + 300000);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
    free(grant);
}

static void test_failure_keeps_the_token_that_is_still_good(void **unused)
{
    (void)unused;
    static const fake_exchange answers[] = {
        { RENEWAL, .status = 400, .body = "{\"error\":\"invalid_grant\"}" },
        { RENEWAL, .status = 401, .body = "{\"error\":\"invalid_client\"}" },
        { RENEWAL, .status = 200, .body = "{}" },
    };

    for (size_t i = 0; i < N_ROWS(answers); i++) {
        fake_exchange exchanges[] = { KIT_JWKS, answers[i] };
        fake_wire wire = { .script = exchanges, .n_script = 2, .mutex = PTHREAD_MUTEX_INITIALIZER };
        web_kit kit;
        open_with_keys(&kit, &wire);
        put_session(&kit, 300, 20);
        /* The second page does not ask again: an outage must not hold up each one. */
        for (int page = 0; page < 2; page++) {
            lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
            assert_int_equal(reply->status, 0);
            assert_non_null(reply->session);
            assert_int_equal(reply->session->expires_at_ms, NOON + 20000);
            assert_null(web_kit_header(reply, "Set-Cookie"));
            lk_web_reply_free(reply);
        }
        web_kit_close(&kit, &wire);
    }
}

static void test_after_a_rest_it_is_tried_again(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = "{}" },
                               { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant });
    web_kit kit;

    open_with_keys(&kit, &wire);
    put_session(&kit, 300, 25);
    lk_web_reply_free(web_kit_get(&kit, "/app", NULL));
    kit.client.clock.now_ms += 10000;
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(web_kit_set_cookie(reply, "wos-session=Fe26.2"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(grant);
}

/* Our clock is minutes ahead: what comes back is due again. A gate that sends the browser back with
 * its new cookie must not do so for ever. */
static void test_renewal_that_is_due_at_once_is_not_repeated(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON - 280000, "rt_02");
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, { RENEWAL, .body_has = "rt_01", .status = 200, .body = grant });
    web_kit kit;

    open_with_keys(&kit, &wire);
    put_session(&kit, 300, 10);
    lk_web_reply *reply = web_kit_get(&kit, "/app", NULL);
    assert_int_equal(reply->session->expires_at_ms, NOON + 20000);
    assert_non_null(web_kit_set_cookie(reply, "wos-session=Fe26.2"));
    lk_web_reply_free(reply);
    reply = web_kit_get(&kit, "/app", NULL);
    assert_non_null(reply->session);
    assert_null(web_kit_header(reply, "Set-Cookie"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(grant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_loads_near_the_end_renew),
        cmocka_unit_test(test_failure_keeps_the_token_that_is_still_good),
        cmocka_unit_test(test_after_a_rest_it_is_tried_again),
        cmocka_unit_test(test_renewal_that_is_due_at_once_is_not_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
