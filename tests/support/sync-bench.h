/* A mirror with a feed beside it: client, clock, randomness and sync, made for each test. */
#ifndef LK_TESTS_SYNC_BENCH_H
#define LK_TESTS_SYNC_BENCH_H

#include "fake-clock.h"
#include "fake-feed.h"
#include "fake-random.h"
#include "mirror-kit.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

#define DAYS_30 (INT64_C(30) * 24 * 60 * MINUTE)

typedef struct bench {
    kit k;
    fake_clock clock;
    fake_random random;
    fake_feed feed;
    lk_client *client;
    lk_sync *sync;
    kit_event *events;
    bool reconciles; /* else the sync keeps to events */
} bench;

/* For cmocka: *state is a bench. */
int bench_setup(void **state);
int bench_teardown(void **state);

/* A new client and sync on this transport, page by page: on a busy machine even an instant answer
 * may look slow. */
void bench_use(bench *b, lk_transport transport);
/* Feeds n users, created gap_ms apart; the last one at NOON. */
void bench_fill(bench *b, size_t n, int64_t gap_ms);

/* These fail the test when the call fails. */
lk_sync_result bench_step(bench *b);
/* Steps until caught up; returns how many events were new. */
size_t bench_catch_up(bench *b);
lk_mirror_status bench_status(bench *b);

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
