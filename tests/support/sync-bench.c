/* See sync-bench.h. */
#include "sync-bench.h"

#include <stdio.h>

#include "test.h"

void bench_use(bench *b, lk_transport transport)
{
    lk_error err = LK_ERROR_INIT;

    lk_sync_free(b->sync);
    lk_client_free(b->client);
    b->sync = NULL;
    b->client = NULL;
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                              .max_retries = -1, .transport = transport,
                                              .clock = fake_clock_use(&b->clock),
                                              .random = fake_random_use(&b->random)),
                            &b->client, &err),
              err);
    assert_ok(lk_sync_new(LK_SYNC_OPTIONS(.client = b->client, .n_windows = 1,
                                          .mirror = b->k.mirror, .no_reconcile = !b->reconciles),
                          &b->sync, &err),
              err);
}

int bench_setup(void **state)
{
    bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->clock.now_ms = NOON;
    kit_begin(&b->k);
    kit_open(&b->k);
    *state = b;
    return 0;
}

int bench_teardown(void **state)
{
    bench *b = *state;

    lk_sync_free(b->sync);
    lk_client_free(b->client);
    kit_end(&b->k);
    free(b->events);
    free(b);
    return 0;
}

void bench_fill(bench *b, size_t n, int64_t gap_ms)
{
    b->events = calloc(n, sizeof(*b->events));
    assert_non_null(b->events);
    for (size_t i = 0; i < n; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06zu", i);
        kit_make(&b->events[i], id, "dsync.user.created", NOON - (int64_t)(n - 1 - i) * gap_ms,
                 "{\"id\":\"user_%zu\",\"directory_id\":\"directory_1\"}", i);
    }
    b->feed =
        (fake_feed){ .events = b->events, .n_events = n, .clock = &b->clock, .page = b->feed.page };
    bench_use(b, fake_feed_use(&b->feed));
}

lk_sync_result bench_step(bench *b)
{
    lk_sync_result result = { 0 };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_sync_step(b->sync, &result, &err), err);
    return result;
}

size_t bench_catch_up(bench *b)
{
    size_t n_applied = 0;

    for (int i = 0; i < 1000; i++) {
        lk_sync_result result = bench_step(b);

        n_applied += result.n_applied;
        if (result.caught_up)
            return n_applied;
        assert_int_equal(lk_sync_wait_ms(b->sync), 0);
    }
    fail_msg("not caught up after 1000 steps");
    return 0;
}

lk_mirror_status bench_status(bench *b)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_status(b->k.mirror, &status, &err), err);
    return status;
}
