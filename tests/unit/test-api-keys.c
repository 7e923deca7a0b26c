/* The key cache: asked rarely, kept through failures, swapped while others verify. */
#include <pthread.h>
#include <stdatomic.h>

#include "api/client.h"
#include "base/cleanup.h"
#include "fake-token.h"
#include "test-client.h"
#include "test.h"

#define JWKS "GET /sso/jwks/client_01"

static lk_status verify(const lk_client *client, const char *kid, int64_t now_ms, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    char *token = strcmp(kid, "key_1") == 0
                      ? fake_token(now_ms)
                      : fake_token_sign(kid, "{\"iss\":\"https://api.workos.com\",\"sub\":\"u\","
                                             "\"exp\":4000000000}");
    lk_status status = lk__client_verify(client, token, &claims, err);

    free(token);
    return status;
}

static void test_token_verifies_once_the_keys_are_there(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ JWKS, .header_lacks = "Authorization", .status = 200, .file = "jwks.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(verify(test.client, "key_1", NOON, &err), LK_ERR_NO_KEY, err);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    assert_ok(verify(test.client, "key_1", NOON, &err), err);
    assert_fails(verify(test.client, "key_2", NOON, &err), LK_ERR_NO_KEY, err);
    test_client_close(&test, &wire);
}

static void test_workos_is_asked_once_in_thirty_seconds(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 200, .file = "jwks-two.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    for (int i = 0; i < 5; i++)
        assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += 29999;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    assert_int_equal(wire.n_requests, 1);
    test.clock.now_ms += 1;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    assert_ok(verify(test.client, "key_2", test.clock.now_ms, &err), err);
    assert_ok(verify(test.client, "key_1", test.clock.now_ms, &err), err);
    test_client_close(&test, &wire);
}

static void test_failed_fetch_keeps_the_keys_and_is_told_again(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 404, .body = "<html>" },
                               { JWKS, .status = 200, .file = "jwks-two.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += 30000;
    assert_fails(lk_client_refresh_keys(test.client, &err), LK_ERR_API, err);
    assert_ok(verify(test.client, "key_1", test.clock.now_ms, &err), err);
    /* During the pause: not "no such key", since nobody knows. */
    test.clock.now_ms += 4999;
    assert_fails(lk_client_refresh_keys(test.client, &err), LK_ERR_API, err);
    assert_int_equal(err.http_status, 404);
    assert_int_equal(wire.n_requests, 2);
    test.clock.now_ms += 1;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    assert_ok(verify(test.client, "key_2", test.clock.now_ms, &err), err);
    test_client_close(&test, &wire);
}

static void test_clock_set_back_does_not_stop_fetching(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 200, .file = "jwks.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms -= 86400000;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test_client_close(&test, &wire);
}

static void test_keys_have_a_number_that_changes_with_them(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 404, .body = "<html>" },
                               { JWKS, .status = 200, .file = "jwks-two.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_true(lk__client_keys_id(test.client) == 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    const uint64_t first = lk__client_keys_id(test.client);
    assert_true(first != 0);
    test.clock.now_ms += 30000;
    assert_fails(lk_client_refresh_keys(test.client, &err), LK_ERR_API, err);
    assert_true(lk__client_keys_id(test.client) == first); /* they are still the same */
    test.clock.now_ms += 5000;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    const uint64_t second = lk__client_keys_id(test.client);
    assert_true(second != 0 && second != first);
    test.clock.now_ms += INT64_C(86400001); /* too old to be used */
    assert_true(lk__client_keys_id(test.client) == 0);
    test_client_close(&test, &wire);
}

/* Who is served from a cache verifies nothing, and the keys must not grow old over it. */
static void test_unusable_key_sets_are_refused(void **state)
{
    static const char *const bodies[] = {
        "[]",
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"key_1\",\"k\":\"c2VjcmV0\"}]}",
        "{\"keys\":[1,null,\"a\"]}",
        "{\"keys\":[{\"kty\":\"RSA\"",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(bodies); i++) {
        fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .body = bodies[i] });
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(lk_client_refresh_keys(test.client, &err), LK_ERR_PROTOCOL, err);
        assert_contains(err.message, "WorkOS answered 200");
        lk__error_clear(&err);
        assert_fails(verify(test.client, "key_1", NOON, &err), LK_ERR_NO_KEY, err);
        test_client_close(&test, &wire);
    }
}

/* What another thread may do while the keys are on their way. */
struct visitor {
    lk_client *client;
    pthread_t thread;
    lk_status verified;
    lk_status refreshed;
};

static void *refresh(void *ctx)
{
    struct visitor *visitor = ctx;

    visitor->refreshed = lk_client_refresh_keys(visitor->client, NULL);
    return NULL;
}

static void visit(void *ctx)
{
    struct visitor *visitor = ctx;
    lk_error err = LK_ERROR_INIT;

    visitor->verified = verify(visitor->client, "key_1", NOON + 30000, &err);
    assert_int_equal(pthread_create(&visitor->thread, NULL, refresh, visitor), 0);
}

static void test_others_verify_during_a_fetch_and_share_its_outcome(void **state)
{
    struct visitor visitor = { .verified = LK_ERR_STATE, .refreshed = LK_ERR_STATE };
    fake_wire wire = FAKE_WIRE(
        { JWKS, .status = 200, .file = "jwks.json" },
        { JWKS, .status = 200, .file = "jwks-two.json", .during = visit, .during_ctx = &visitor });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    visitor.client = test.client;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += 30000;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    pthread_join(visitor.thread, NULL);
    assert_int_equal(visitor.verified, LK_OK);
    assert_int_equal(visitor.refreshed, LK_OK);
    test_client_close(&test, &wire); /* two requests, not three */
}

/* A clock that threads may read while another sets it. */
static int64_t read_clock(void *ctx)
{
    return atomic_load((atomic_llong *)ctx);
}

static void no_sleep(void *ctx, int64_t ms)
{
    (void)ctx;
    (void)ms;
}

struct crowd {
    lk_client *client;
    char *token;
    atomic_int n_bad;
};

static void *verify_often(void *ctx)
{
    struct crowd *crowd = ctx;

    for (int i = 0; i < 100; i++) {
        LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;

        if (lk__client_verify(crowd->client, crowd->token, &claims, NULL) != LK_OK)
            atomic_fetch_add(&crowd->n_bad, 1);
    }
    return NULL;
}

static void test_keys_are_swapped_under_a_crowd(void **state)
{
    enum { N_THREADS = 4, N_SWAPS = 20 };
    fake_exchange script[N_SWAPS];
    fake_wire wire = { .script = script, .n_script = N_SWAPS, .mutex = PTHREAD_MUTEX_INITIALIZER };
    atomic_llong now_ms = NOON;
    pthread_t threads[N_THREADS];
    struct crowd crowd = { .n_bad = 0 };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < N_SWAPS; i++)
        script[i] = (fake_exchange){ JWKS, .status = 200, .file = "jwks.json" };
    assert_ok(
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .transport = fake_wire_use(&wire),
                                        .clock = { .now_ms = read_clock,
                                                   .sleep_ms = no_sleep,
                                                   .ctx = &now_ms }),
                      &crowd.client, &err),
        err);
    crowd.token = fake_token_sign(
        "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"u\",\"exp\":4000000000}");
    assert_ok(lk_client_refresh_keys(crowd.client, &err), err);
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_often, &crowd), 0);
    for (int i = 1; i < N_SWAPS; i++) {
        atomic_fetch_add(&now_ms, 30000);
        assert_ok(lk_client_refresh_keys(crowd.client, &err), err);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.n_bad, 0);
    free(crowd.token);
    lk_client_free(crowd.client);
    fake_wire_finished(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_verifies_once_the_keys_are_there),
        cmocka_unit_test(test_workos_is_asked_once_in_thirty_seconds),
        cmocka_unit_test(test_failed_fetch_keeps_the_keys_and_is_told_again),
        cmocka_unit_test(test_clock_set_back_does_not_stop_fetching),
        cmocka_unit_test(test_keys_have_a_number_that_changes_with_them),
        cmocka_unit_test(test_unusable_key_sets_are_refused),
        cmocka_unit_test(test_others_verify_during_a_fetch_and_share_its_outcome),
        cmocka_unit_test(test_keys_are_swapped_under_a_crowd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
