/* Troubles that all processes of a store share, and troubles of one: who polls then. */
#include <latchkey/mirror.h>

#include "fake-wire.h"
#include "sync-bench.h"
#include "test.h"

static lk_sync *new_sync(bench *b, fake_wire *wire, lk_client **client, lk_mirror **mirror)
{
    lk_error err = LK_ERROR_INIT;
    lk_sync *sync = NULL;

    assert_ok(lk_mirror_open(b->k.store, mirror, &err), err);
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                              .max_retries = -1, .transport = fake_wire_use(wire),
                                              .clock = fake_clock_use(&b->clock),
                                              .random = fake_random_use(&b->random)),
                            client, &err),
              err);
    assert_ok(lk_sync_new(LK_SYNC_OPTIONS(.client = *client, .mirror = *mirror,
                                          .no_reconcile = true, .lease_ms = 10 * SECOND),
                          &sync, &err),
              err);
    return sync;
}

static bool stands_by(lk_sync *sync)
{
    lk_sync_result result = { 0 };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_sync_step(sync, &result, &err), err);
    return result.standing_by;
}

/* WorkOS limits all that use the key: a second process must not ask in the first one's stead. */
static void test_rate_limit_holds_for_all(void **state)
{
    bench *b = *state;
    fake_wire limited = FAKE_WIRE(
        { "GET /events", .status = 429, .header = "Retry-After: 17", .body = "\"Ratelimited\"" });
    fake_wire other = FAKE_WIRE({ "GET /events", .status = 200, .body = "{\"data\":[]}" });
    lk_auto(lk_mirror) mirror_1 = NULL;
    lk_auto(lk_mirror) mirror_2 = NULL;
    lk_auto(lk_client) client_1 = NULL;
    lk_auto(lk_client) client_2 = NULL;
    lk_auto(lk_sync) first = new_sync(b, &limited, &client_1, &mirror_1);
    lk_auto(lk_sync) second = new_sync(b, &other, &client_2, &mirror_2);

    assert_int_equal(lk_sync_step(first, NULL, NULL), LK_ERR_RATE_LIMITED);
    b->clock.now_ms += 16 * SECOND; /* the lease alone would be over */
    assert_true(stands_by(second));
    b->clock.now_ms += 12 * SECOND; /* and now the first one has not come back */
    assert_false(stands_by(second));
    fake_wire_finished(&limited);
    fake_wire_finished(&other);
}

static void test_who_has_no_network_leaves_it_to_others(void **state)
{
    bench *b = *state;
    fake_wire cut = FAKE_WIRE({ "GET /events", .failure = LK_ERR_NETWORK },
                              { "GET /events", .failure = LK_ERR_NETWORK });
    fake_wire other = FAKE_WIRE({ "GET /events", .status = 200, .body = "{\"data\":[]}" });
    lk_auto(lk_mirror) mirror_1 = NULL;
    lk_auto(lk_mirror) mirror_2 = NULL;
    lk_auto(lk_client) client_1 = NULL;
    lk_auto(lk_client) client_2 = NULL;
    lk_auto(lk_sync) first = new_sync(b, &cut, &client_1, &mirror_1);
    lk_auto(lk_sync) second = new_sync(b, &other, &client_2, &mirror_2);

    assert_int_equal(lk_sync_step(first, NULL, NULL), LK_ERR_NETWORK);
    assert_true(stands_by(second)); /* once may happen to anybody */
    assert_int_equal(lk_sync_step(first, NULL, NULL), LK_ERR_NETWORK);
    b->clock.now_ms += 1;
    assert_false(stands_by(second));
    assert_true(stands_by(first));
    fake_wire_finished(&cut);
    fake_wire_finished(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_rate_limit_holds_for_all),
        BENCH_TEST(test_who_has_no_network_leaves_it_to_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
