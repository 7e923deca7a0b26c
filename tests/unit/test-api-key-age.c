/* Keys that grow old: renewed in the background, used through an outage, and not for ever. */
#include <semaphore.h>

#include "api/client.h"
#include "base/cleanup.h"
#include "fake-token.h"
#include "test-client.h"
#include "test.h"

#define JWKS      "GET /sso/jwks/client_01"
#define SECOND_MS INT64_C(1000)
#define HOUR_MS   (3600 * SECOND_MS)

static void open_with(test_client *test, fake_wire *wire, int refresh_s, int max_age_s)
{
    lk_error err = LK_ERROR_INIT;

    memset(test, 0, sizeof(*test));
    test->clock.now_ms = NOON;
    assert_ok(
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .transport = fake_wire_use(wire),
                                        .clock = fake_clock_use(&test->clock),
                                        .random = fake_random_use(&test->random), .max_retries = -1,
                                        .key_refresh_s = refresh_s, .key_max_age_s = max_age_s),
                      &test->client, &err),
        err);
}

static lk_status verify(const lk_client *client, const char *kid, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    char *token = fake_token_sign(
        kid, "{\"iss\":\"https://api.workos.com\",\"sub\":\"u\",\"exp\":4000000000}");
    lk_status status = lk__client_verify(client, token, &claims, err);

    free(token);
    return status;
}

/* Waits for a fetch under way; during the pause after it, its outcome is told again. */
static lk_status outcome(const test_client *test, lk_error *err)
{
    return lk_client_refresh_keys(test->client, err);
}

static void wait_for_it(void *ctx)
{
    sem_wait(ctx);
}

static void test_old_keys_are_renewed_while_nobody_waits(void **state)
{
    sem_t verified;
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 200, .file = "jwks-two.json",
                                 .during = wait_for_it, .during_ctx = &verified });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    sem_init(&verified, 0, 0);
    open_with(&test, &wire, 0, 0);
    assert_int_equal(lk_client_get_keys_fetched_at_ms(test.client), 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    assert_int_equal(lk_client_get_keys_fetched_at_ms(test.client), NOON);
    test.clock.now_ms += 600 * SECOND_MS;
    assert_ok(verify(test.client, "key_1", &err), err); /* ten minutes are not too old */
    test.clock.now_ms += 1;
    /* WorkOS answers only after both are done: waiting for it would last for ever. */
    assert_ok(verify(test.client, "key_1", &err), err);
    assert_ok(verify(test.client, "key_1", &err), err);
    sem_post(&verified);
    assert_ok(outcome(&test, &err), err);
    assert_int_equal(lk_client_get_keys_fetched_at_ms(test.client), NOON + 600001);
    assert_ok(verify(test.client, "key_2", &err), err);
    test_client_close(&test, &wire);
    sem_destroy(&verified);
}

static void test_asking_for_the_number_renews_old_keys(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 200, .file = "jwks-two.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    open_with(&test, &wire, 0, 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += 600000;
    assert_true(lk__client_keys_id(test.client) != 0); /* not yet */
    test.clock.now_ms += 1;
    assert_true(lk__client_keys_id(test.client) != 0); /* begins a renewal */
    test_client_close(&test, &wire); /* waits for it, and checks that both were asked for */
}

static void test_withdrawn_key_ends_with_the_renewal(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks-two.json" },
                               { JWKS, .status = 200, .file = "jwks.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    open_with(&test, &wire, 0, 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += 600 * SECOND_MS + 1;
    assert_ok(verify(test.client, "key_2", &err), err);
    assert_ok(outcome(&test, &err), err);
    assert_fails(verify(test.client, "key_2", &err), LK_ERR_NO_KEY, err);
    test_client_close(&test, &wire);
}

static void test_last_good_keys_serve_through_an_outage(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { JWKS, .status = 200, .file = "jwks.json" }, { JWKS, .failure = LK_ERR_NETWORK },
        { JWKS, .status = 503, .body = "<html>" }, { JWKS, .status = 200, .body = "{\"keys\":[]}" },
        { JWKS, .status = 200, .file = "jwks-two.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    open_with(&test, &wire, 0, 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += HOUR_MS;
    for (size_t n = 2; n <= 4; n++) {
        assert_ok(verify(test.client, "key_1", &err), err);
        assert_int_not_equal(outcome(&test, NULL), LK_OK);
        assert_int_equal(wire.n_requests, n);
        /* Not with each token: half a minute between two attempts. */
        test.clock.now_ms += 4 * SECOND_MS;
        assert_ok(verify(test.client, "key_1", &err), err);
        assert_int_equal(wire.n_requests, n);
        test.clock.now_ms += 26 * SECOND_MS;
    }
    assert_int_equal(lk_client_get_keys_fetched_at_ms(test.client), NOON);
    assert_ok(verify(test.client, "key_1", &err), err);
    assert_ok(outcome(&test, &err), err);
    assert_ok(verify(test.client, "key_2", &err), err);
    test_client_close(&test, &wire);
}

/* "Cannot reach the key server" is not "invalid token": another status, and it says since when. */
static void test_keys_past_their_bound_are_not_used_and_it_is_told(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" }, { JWKS, .failure = LK_ERR_NETWORK },
                  { JWKS, .status = 200, .file = "jwks.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    open_with(&test, &wire, -1, 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += 24 * HOUR_MS;
    assert_ok(verify(test.client, "key_1", &err), err);
    test.clock.now_ms += 60 * SECOND_MS;
    assert_fails(verify(test.client, "key_1", &err), LK_ERR_NO_KEY, err);
    assert_contains(err.message, "those of 1441 min ago are not used for more than 1440 min");
    assert_fails(lk_client_refresh_keys(test.client, &err), LK_ERR_NETWORK, err);
    assert_contains(err.message, "the signing keys cannot be fetched: the fake wire was cut; those "
                                 "of 1441 min ago are not used for more than 1440 min");
    test.clock.now_ms += 5 * SECOND_MS;
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    assert_ok(verify(test.client, "key_1", &err), err);
    test_client_close(&test, &wire);
}

static void test_bound_and_refresh_are_options(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .failure = LK_ERR_NETWORK });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    open_with(&test, &wire, 60, 120);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += 60 * SECOND_MS;
    assert_ok(verify(test.client, "key_1", &err), err);
    assert_int_equal(wire.n_requests, 1);
    test.clock.now_ms += 60 * SECOND_MS;
    assert_ok(verify(test.client, "key_1", &err), err);
    assert_fails(outcome(&test, &err), LK_ERR_NETWORK, err);
    test.clock.now_ms += 1;
    assert_fails(verify(test.client, "key_1", &err), LK_ERR_NO_KEY, err);
    test_client_close(&test, &wire);
}

static void test_clock_set_back_renews_the_keys_and_uses_them_meanwhile(void **state)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 200, .file = "jwks-two.json" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    open_with(&test, &wire, 0, 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms -= 1000 * HOUR_MS;
    assert_ok(verify(test.client, "key_1", &err), err);
    assert_ok(outcome(&test, &err), err);
    assert_ok(verify(test.client, "key_2", &err), err);
    test_client_close(&test, &wire);
}

static void test_client_is_freed_in_the_middle_of_a_renewal(void **state)
{
    sem_t begun;
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" },
                               { JWKS, .status = 200, .file = "jwks-two.json",
                                 .during = wait_for_it, .during_ctx = &begun });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    sem_init(&begun, 0, 0);
    open_with(&test, &wire, 0, 0);
    assert_ok(lk_client_refresh_keys(test.client, &err), err);
    test.clock.now_ms += HOUR_MS;
    assert_ok(verify(test.client, "key_1", &err), err);
    sem_post(&begun);
    test_client_close(&test, &wire);
    sem_destroy(&begun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_keys_are_renewed_while_nobody_waits),
        cmocka_unit_test(test_asking_for_the_number_renews_old_keys),
        cmocka_unit_test(test_withdrawn_key_ends_with_the_renewal),
        cmocka_unit_test(test_last_good_keys_serve_through_an_outage),
        cmocka_unit_test(test_keys_past_their_bound_are_not_used_and_it_is_told),
        cmocka_unit_test(test_bound_and_refresh_are_options),
        cmocka_unit_test(test_clock_set_back_renews_the_keys_and_uses_them_meanwhile),
        cmocka_unit_test(test_client_is_freed_in_the_middle_of_a_renewal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
