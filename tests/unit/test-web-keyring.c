/* Cookie passwords exchanged under the feet of requests. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "web/keyring.h"

static lk__keyring *open_ring(const char *password, const char *previous)
{
    lk__keyring *ring = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__keyring_new(password, previous, &ring, &err), err);
    return ring;
}

static void set(lk__keyring *ring, const char *password, const char *previous)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__keyring_set(ring, password, previous, &err), err);
}

static void test_what_is_given_is_there_and_copied(void **unused)
{
    (void)unused;
    char first[] = "first";
    lk__keyring *ring = open_ring(first, NULL);

    first[0] = '?';
    assert_int_equal(lk__keyring_now(ring)->n_items, 1);
    assert_string_equal(lk__keyring_now(ring)->items[0], "first");
    uint64_t before = lk__keyring_id(ring);
    set(ring, "second", "first");
    assert_int_equal(lk__keyring_now(ring)->n_items, 2);
    assert_string_equal(lk__keyring_now(ring)->items[0], "second");
    assert_string_equal(lk__keyring_now(ring)->items[1], "first");
    assert_true(lk__keyring_id(ring) != before);
    lk__keyring_free(ring);
}

/* A sanitizer sees to it that nothing here has been freed. */
static void test_passwords_live_until_the_last_request_that_may_know_them_ends(void **unused)
{
    (void)unused;
    lk__keyring *ring = open_ring("first", NULL);
    lk__keyring_visit early = lk__keyring_enter(ring);
    const lk__passwords *first = lk__keyring_now(ring);

    set(ring, "second", "first");
    lk__keyring_visit late = lk__keyring_enter(ring);
    const lk__passwords *second = lk__keyring_now(ring);
    set(ring, "third", NULL);
    /* Of the age that nobody began in, early may have read as well. */
    lk__keyring_leave(&late);
    assert_string_equal(first->items[0], "first");
    assert_string_equal(second->items[0], "second");
    lk__keyring_leave(&early);
    assert_string_equal(lk__keyring_now(ring)->items[0], "third");
    lk__keyring_free(ring);
}

enum { N_READERS = 4, N_ROUNDS = 2000 };

typedef struct readers {
    lk__keyring *ring;
    atomic_bool enough;
    atomic_int n_torn;
} readers;

static void *read_on(void *ctx)
{
    readers *all = ctx;

    while (!atomic_load(&all->enough)) {
        lk__auto_keyring_visit visit = lk__keyring_enter(all->ring);
        const lk__passwords *now = lk__keyring_now(visit.ring);
        /* Each pair belongs together: "p17" and "p16". */
        int current = -1;
        int previous = -1;
        if (sscanf(now->items[0], "p%d", &current) != 1 ||
            sscanf(now->items[1], "p%d", &previous) != 1 || current != previous + 1)
            atomic_fetch_add(&all->n_torn, 1);
    }
    return NULL;
}

static void test_readers_see_one_pair_or_the_other(void **unused)
{
    (void)unused;
    readers all = { .ring = open_ring("p1", "p0") };
    pthread_t threads[N_READERS];

    for (size_t i = 0; i < N_READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &all), 0);
    for (int i = 2; i < N_ROUNDS; i++) {
        char password[16];
        char previous[16];
        snprintf(password, sizeof(password), "p%d", i);
        snprintf(previous, sizeof(previous), "p%d", i - 1);
        set(all.ring, password, previous);
    }
    atomic_store(&all.enough, true);
    for (size_t i = 0; i < N_READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&all.n_torn), 0);
    lk__keyring_free(all.ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_given_is_there_and_copied),
        cmocka_unit_test(test_passwords_live_until_the_last_request_that_may_know_them_ends),
        cmocka_unit_test(test_readers_see_one_pair_or_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
