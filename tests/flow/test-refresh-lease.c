/* Servers that share a store spend a refresh token once among them; and whatever becomes of the
 * one that spends it, nobody is signed out. */
#include <stdio.h>

#include "fake-token.h"
#include "server-kit.h"
#include "test.h"

/* ---- One spends it, all have it ---- */

static void test_second_server_takes_the_result_of_the_first(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire_a = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    fake_wire wire_b = FAKE_WIRE(KIT_JWKS);
    server a, b;

    server_kit_open_stale(&a, &wire_a);
    server_kit_open_stale(&b, &wire_b);
    server_kit_expect_signed_in(&a);
    b.kit.client.clock.now_ms += SERVER_MEMORY_MS - 1;
    server_kit_expect_signed_in(&b);
    assert_string_equal(a.kit.jar, b.kit.jar);
    assert_int_equal(a.store.n_finished, 1);
    assert_int_equal(b.store.n_finished, 0);
    /* What the store is told is no token. */
    assert_int_equal(strlen(a.store.name), strlen("refresh:") + 64);
    assert_lacks(a.store.name, "rt_01");
    server_kit_close(&a, &wire_a);
    server_kit_close(&b, &wire_b);
    free(grant);
}

static void test_result_is_forgotten_after_30_seconds(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire_a = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    fake_wire wire_b = FAKE_WIRE(KIT_JWKS, { REFUSAL });
    server a, b;

    server_kit_open_stale(&a, &wire_a);
    server_kit_open_stale(&b, &wire_b);
    server_kit_expect_signed_in(&a);
    b.kit.client.clock.now_ms += SERVER_MEMORY_MS;
    server_kit_expect_signed_out(&b);
    server_kit_close(&a, &wire_a);
    server_kit_close(&b, &wire_b);
    free(grant);
}

static void test_refusal_for_good_is_heard_by_all(void **state)
{
    (void)state;
    fake_wire wire_a = FAKE_WIRE(KIT_JWKS, { REFUSAL });
    fake_wire wire_b = FAKE_WIRE(KIT_JWKS);
    server a, b;

    server_kit_open_stale(&a, &wire_a);
    server_kit_open_stale(&b, &wire_b);
    server_kit_expect_signed_out(&a);
    server_kit_expect_signed_out(&b);
    server_kit_close(&a, &wire_a);
    server_kit_close(&b, &wire_b);
}

static void test_passing_failure_is_heard_for_a_second(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire_a = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 401, .body = "{}" });
    fake_wire wire_b = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    server a, b;

    server_kit_open_stale(&a, &wire_a);
    server_kit_open_stale(&b, &wire_b);
    server_kit_expect_failure(&a, LK_ERR_API, "401");
    server_kit_expect_failure(&b, LK_ERR_API, "401");
    b.kit.client.clock.now_ms += 1000;
    server_kit_expect_signed_in(&b);
    server_kit_close(&a, &wire_a);
    server_kit_close(&b, &wire_b);
    free(grant);
}

static void advance(void *ctx)
{
    ((fake_clock *)ctx)->now_ms += 9500;
}

static void test_store_that_fails_signs_nobody_out(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");

    for (int i = 0; i < 3; i++) {
        server a;
        fake_clock *clock = &a.kit.client.clock;
        const fake_exchange script[] = {
            KIT_JWKS,
            { RENEWAL, .failure = LK_ERR_NETWORK, .during = advance, .during_ctx = clock },
            { RENEWAL, .failure = LK_ERR_NETWORK, .during = advance, .during_ctx = clock },
            { RENEWAL, .status = 200, .body = grant },
        };
        fake_wire wire = { .script = script,
                           .n_script = N_ROWS(script),
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
        server_kit_open_stale(&a, &wire);
        a.store.acquire_fails = i == 0;
        a.store.renew_fails = i == 1;
        a.store.finish_fails = i == 2;
        server_kit_expect_signed_in(&a);
        server_kit_close(&a, &wire);
        server_kit_start_over();
    }
    free(grant);
}

/* ---- Results that are none ---- */

static char *sealed_result(const char *letter, const char *password, const char *json)
{
    char *sealed = NULL;
    char *result = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_seal_text(password, json, 0, &sealed, &err), err);
    if (asprintf(&result, "%s%s", letter, sealed) < 0)
        abort();
    lk_free_secret(sealed);
    return result;
}

static char *session_of_somebody_else(void)
{
    char *token = fake_token_sign(
        "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_02\",\"exp\":1772453100}");
    char *json = NULL;

    if (asprintf(&json, "{\"user\":{\"id\":\"user_02\"},\"accessToken\":\"%s\"}", token) < 0)
        abort();
    char *result = sealed_result("s", KIT_PASSWORD, json);
    free(json);
    free(token);
    return result;
}

#define FAILURE(name)                                                                       \
    "{\"lease\":\"" name "\",\"status\":4,\"httpStatus\":400,\"reason\":\"invalid_grant\"," \
    "\"message\":\"over\"}"

/* Who can write to the store must not be able to sign anybody in or out: what does not prove itself
 * is no result, and WorkOS is asked. When that refuses, the token was spent: not for good. */
static void test_results_that_prove_nothing_are_not_believed(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    char *results[] = {
        strdup(""),
        strdup("s"),
        strdup("x"),
        strdup("sFe26.2*1*broken"),
        strdup("fFe26.2*1*broken"),
        session_of_somebody_else(),
        /* a refusal that was left for another token */
        sealed_result("f", KIT_PASSWORD, FAILURE("refresh:00")),
        sealed_result("f", "another-password-0123456789012345678", FAILURE("refresh:00")),
        sealed_result("s", KIT_PASSWORD, "{}"),
        sealed_result("f", KIT_PASSWORD, "[]"),
    };

    for (size_t i = 0; i < N_ROWS(results); i++) {
        for (int refuses = 0; refuses < 2; refuses++) {
            const fake_exchange script[] = { KIT_JWKS,
                                             { RENEWAL, .status = refuses ? 400 : 200,
                                               .body = refuses ? "{\"error\":\"invalid_grant\"}"
                                                               : grant } };
            fake_wire wire = { .script = script,
                               .n_script = N_ROWS(script),
                               .mutex = PTHREAD_MUTEX_INITIALIZER };
            server a;
            server_kit_open_stale(&a, &wire);
            server_holder forger = { .of = &a, .finishes_at = 1, .result = results[i] };
            server_kit_hold(&forger);
            if (refuses)
                server_kit_expect_failure(&a, LK_ERR_STORE, "cookie passwords");
            else
                server_kit_expect_signed_in(&a);
            server_kit_close(&a, &wire);
            server_kit_start_over();
        }
        free(results[i]);
    }
    free(grant);
}

static void test_lease_needs_all_its_functions(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE_SILENT;
    shared_store store = { 0 };
    test_client test;

    test_client_open(&test, &wire);
    for (int i = 0; i < 3; i++) {
        lk_web_options options =
            *LK_WEB_OPTIONS(.client = test.client, .cookie_password = KIT_PASSWORD,
                            .redirect_uri = "https://app.example/callback",
                            .refresh_lease = shared_store_lease(&store));
        lk_error err = LK_ERROR_INIT;
        lk_web *web = NULL;
        if (i == 0)
            options.refresh_lease.acquire = NULL;
        if (i == 1)
            options.refresh_lease.renew = NULL;
        if (i == 2)
            options.refresh_lease.finish = NULL;
        assert_fails(lk_web_new(&options, &web, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, "refresh_lease");
    }
    test_client_close(&test, &wire);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_kit_set_up, server_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_second_server_takes_the_result_of_the_first),
        TEST(test_result_is_forgotten_after_30_seconds),
        TEST(test_refusal_for_good_is_heard_by_all),
        TEST(test_passing_failure_is_heard_for_a_second),
        TEST(test_store_that_fails_signs_nobody_out),
        TEST(test_results_that_prove_nothing_are_not_believed),
        TEST(test_lease_needs_all_its_functions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
