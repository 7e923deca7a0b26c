/* Leases: one holder at a time, each under a higher fence, and what it leaves to the others. */
#include <pthread.h>
#include <stdio.h>

#include "mirror-kit.h"
#include "mirror/mirror.h"
#include "test.h"

#define T0  INT64_C(1772438400000) /* 2026-03-02T08:00:00Z */
#define TTL 20000

typedef struct answer {
    int64_t fence;
    char result[64]; /* "" : none */
} answer;

static answer acquire(lk_mirror *mirror, const char *name, int64_t now_ms)
{
    lk_error err = LK_ERROR_INIT;
    answer a = { 0 };
    char *result = NULL;

    assert_ok(lk_mirror_acquire_lease(mirror, name, now_ms, TTL, &a.fence, &result, &err), err);
    if (result != NULL)
        snprintf(a.result, sizeof(a.result), "%s", result);
    lk_free_secret(result);
    return a;
}

static bool renew(kit *k, int64_t fence, int64_t now_ms)
{
    lk_error err = LK_ERROR_INIT;
    bool held = !fence;

    assert_ok(lk_mirror_renew_lease(k->mirror, "a", fence, now_ms, TTL, &held, &err), err);
    return held;
}

static bool finish(kit *k, int64_t fence, int64_t now_ms, const char *result)
{
    lk_error err = LK_ERROR_INIT;
    bool held = !fence;

    assert_ok(lk_mirror_finish_lease(k->mirror, "a", fence, now_ms, 30000, result, &held, &err),
              err);
    return held;
}

static void expect_busy(answer a)
{
    assert_int_equal(a.fence, 0);
    assert_string_equal(a.result, "");
}

static void test_one_holds_it_and_others_wait(void **state)
{
    kit *k = *state;

    assert_true(acquire(k->mirror, "a", T0).fence > 0);
    expect_busy(acquire(k->mirror, "a", T0));
    expect_busy(acquire(k->mirror, "a", T0 + TTL - 1));
    assert_true(acquire(k->mirror, "b", T0).fence > 0);
}

static void test_result_is_left_to_the_others_for_its_time(void **state)
{
    kit *k = *state;
    int64_t fence = acquire(k->mirror, "a", T0).fence;

    assert_true(finish(k, fence, T0 + 1000, "done"));
    assert_string_equal(acquire(k->mirror, "a", T0 + 1000).result, "done");
    assert_string_equal(acquire(k->mirror, "a", T0 + 30999).result, "done");
    answer next = acquire(k->mirror, "a", T0 + 31000);
    assert_string_equal(next.result, "");
    assert_true(next.fence > fence);
    expect_busy(acquire(k->mirror, "a", T0 + 31000)); /* the old result is gone */
}

static void test_lease_that_ended_is_taken_over_and_the_late_holder_fenced(void **state)
{
    kit *k = *state;
    int64_t late = acquire(k->mirror, "a", T0).fence;
    int64_t next = acquire(k->mirror, "a", T0 + TTL).fence;

    assert_true(next > late);
    assert_false(renew(k, late, T0 + TTL));
    assert_false(finish(k, late, T0 + TTL, "late"));
    expect_busy(acquire(k->mirror, "a", T0 + TTL));
    assert_true(renew(k, next, T0 + TTL));
    assert_true(finish(k, next, T0 + TTL, "in time"));
    assert_false(finish(k, late, T0 + TTL, "late"));
    assert_string_equal(acquire(k->mirror, "a", T0 + TTL).result, "in time");
}

static void test_renewed_lease_is_not_taken_over(void **state)
{
    kit *k = *state;
    int64_t fence = acquire(k->mirror, "a", T0).fence;

    assert_true(renew(k, fence, T0 + TTL / 2));
    expect_busy(acquire(k->mirror, "a", T0 + TTL));
    assert_true(acquire(k->mirror, "a", T0 + TTL + TTL / 2).fence > fence);
}

/* Late, but nobody came in between: nothing was done twice. */
static void test_holder_may_finish_late_where_nobody_took_over(void **state)
{
    kit *k = *state;
    int64_t fence = acquire(k->mirror, "a", T0).fence;

    acquire(k->mirror, "b", T0 + 2 * TTL); /* clears up what is long over, not this */
    assert_true(finish(k, fence, T0 + 2 * TTL, "late"));
    assert_string_equal(acquire(k->mirror, "a", T0 + 2 * TTL).result, "late");
}

static void test_finished_lease_is_finished_once(void **state)
{
    kit *k = *state;
    int64_t fence = acquire(k->mirror, "a", T0).fence;

    assert_true(finish(k, fence, T0, "first"));
    assert_false(finish(k, fence, T0, "second"));
    assert_false(renew(k, fence, T0));
    assert_string_equal(acquire(k->mirror, "a", T0).result, "first");
}

/* Fences are times, so that one from before a row was forgotten is never given again; and they
 * grow even where the clock does not. */
static void test_fences_grow_whatever_the_clock_does(void **state)
{
    kit *k = *state;
    int64_t first = acquire(k->mirror, "a", T0).fence;

    /* An hour back: the lease would hold for an hour. */
    int64_t second = acquire(k->mirror, "a", T0 - 3600000).fence;
    assert_true(second > first);
    acquire(k->mirror, "b", T0 + 3600000); /* forgets both */
    assert_true(acquire(k->mirror, "a", T0 + 3600000).fence > second);
    assert_false(finish(k, second, T0 + 3600000, "from before"));
}

static void test_leases_that_are_over_do_not_pile_up(void **state)
{
    kit *k = *state;

    for (int i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        acquire(k->mirror, name, T0 + i * 60000LL);
    }
    assert_true(kit_number(k, "SELECT COUNT(*) FROM lease") <= 7);
}

static void test_impossible_arguments_are_refused(void **state)
{
    kit *k = *state;
    lk_error err = LK_ERROR_INIT;
    char long_name[300];
    char *result = NULL;
    int64_t fence = 0;
    bool held = false;
    const struct {
        const char *name;
        int64_t now_ms, ttl_ms;
    } rows[] = {
        { NULL, T0, TTL },     { "", T0, TTL }, { long_name, T0, TTL }, { "a", 0, TTL },
        { "a", INT64_MAX, 1 }, { "a", T0, 0 },  { "a", T0, -1 },        { "a", T0, 300001 },
    };

    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        assert_fails(lk_mirror_acquire_lease(k->mirror, rows[i].name, rows[i].now_ms,
                                             rows[i].ttl_ms, &fence, &result, &err),
                     LK_ERR_INVALID, err);
        assert_fails(lk_mirror_renew_lease(k->mirror, rows[i].name, 1, rows[i].now_ms,
                                           rows[i].ttl_ms, &held, &err),
                     LK_ERR_INVALID, err);
        assert_fails(lk_mirror_finish_lease(k->mirror, rows[i].name, 1, rows[i].now_ms,
                                            rows[i].ttl_ms, "r", &held, &err),
                     LK_ERR_INVALID, err);
    }
    assert_fails(lk_mirror_finish_lease(k->mirror, "a", 1, T0, TTL, NULL, &held, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_mirror_acquire_lease(NULL, "a", T0, TTL, &fence, &result, &err), LK_ERR_INVALID,
                 err);
    assert_int_equal(fence, 0);
    assert_null(result);
}

/* ---- Many at once ---- */

enum { N_THREADS = 8, N_ROUNDS = 25 };

typedef struct racer {
    const kit *kit;
    pthread_barrier_t *start;
    int n_won[N_ROUNDS];
    int64_t fences[N_ROUNDS];
} racer;

static void *race(void *ctx)
{
    racer *self = ctx;
    lk_mirror *mirror = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(self->kit->store, &mirror, &err) != LK_OK)
        fprintf(stderr, "%s\n", err.message);
    for (int i = 0; i < N_ROUNDS; i++) {
        char *result = NULL;
        pthread_barrier_wait(self->start);
        if (lk_mirror_acquire_lease(mirror, "race", T0 + i * (int64_t)TTL, TTL, &self->fences[i],
                                    &result, &err) != LK_OK)
            self->n_won[i] = 100;
        else
            self->n_won[i] = self->fences[i] != 0;
        lk_free_secret(result);
    }
    lk_mirror_free(mirror);
    return NULL;
}

static void test_of_many_connections_one_takes_over(void **state)
{
    kit *k = *state;
    pthread_barrier_t start;
    pthread_t threads[N_THREADS];
    racer racers[N_THREADS] = { 0 };

    pthread_barrier_init(&start, NULL, N_THREADS);
    for (int i = 0; i < N_THREADS; i++) {
        racers[i] = (racer){ .kit = k, .start = &start };
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    for (int round = 0; round < N_ROUNDS; round++) {
        int n_won = 0;
        for (int i = 0; i < N_THREADS; i++)
            n_won += racers[i].n_won[round];
        assert_int_equal(n_won, 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_holds_it_and_others_wait),
        TEST(test_result_is_left_to_the_others_for_its_time),
        TEST(test_lease_that_ended_is_taken_over_and_the_late_holder_fenced),
        TEST(test_renewed_lease_is_not_taken_over),
        TEST(test_holder_may_finish_late_where_nobody_took_over),
        TEST(test_finished_lease_is_finished_once),
        TEST(test_fences_grow_whatever_the_clock_does),
        TEST(test_leases_that_are_over_do_not_pile_up),
        TEST(test_impossible_arguments_are_refused),
        TEST(test_of_many_connections_one_takes_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
