/* Waiting for news of the mirror: whoever applied them, those who wait hear of it. */
#include <latchkey/mirror.h>
#include <pthread.h>

#include "base/clock.h"
#include "mirror-kit.h"
#include "test.h"

enum { SOON_MS = 20 * 1000, SHORT_MS = 150 };

typedef struct pair {
    kit k;             /* the one that applies */
    lk_mirror *waiter; /* the same store */
} pair;

static bool wait_for(lk_mirror *mirror, int ms)
{
    lk_error err = LK_ERROR_INIT;
    bool news = false;

    assert_ok(lk_mirror_wait(mirror, ms, &news, &err), err);
    return news;
}

static int setup(void **state)
{
    pair *p = calloc(1, sizeof(*p));
    lk_error err = LK_ERROR_INIT;

    kit_begin(&p->k);
    kit_open(&p->k);
    assert_ok(lk_mirror_open(p->k.store, &p->waiter, &err), err);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    pair *p = *state;

    lk_mirror_free(p->waiter);
    kit_end(&p->k);
    free(p);
    return 0;
}

static bool apply(pair *p, const char *id)
{
    kit_event event;

    kit_make(&event, id, "user.created", 1, "{}");
    return kit_apply(&p->k, &event);
}

/* Who begins to wait may have missed something, so the first answer is "look". */
static void test_first_wait_says_look(void **state)
{
    pair *p = *state;

    assert_true(wait_for(p->waiter, SOON_MS));
    assert_false(wait_for(p->waiter, SHORT_MS));
}

static void test_event_between_two_waits_is_heard(void **state)
{
    pair *p = *state;

    (void)wait_for(p->waiter, 0);
    assert_true(apply(p, "event_1"));
    assert_true(wait_for(p->waiter, SOON_MS));
    assert_false(wait_for(p->waiter, 0));
}

static void *apply_later(void *ctx)
{
    lk__system_sleep_ms(NULL, SHORT_MS);
    assert_true(apply(ctx, "event_1"));
    return NULL;
}

static void test_event_ends_the_wait(void **state)
{
    pair *p = *state;
    pthread_t thread;
    int64_t began_ms;

    (void)wait_for(p->waiter, 0);
    began_ms = lk__steady_now_ms();
    assert_int_equal(pthread_create(&thread, NULL, apply_later, p), 0);
    assert_true(wait_for(p->waiter, SOON_MS));
    assert_true(lk__steady_now_ms() - began_ms < SOON_MS / 2);
    pthread_join(thread, NULL);
}

static void test_nothing_new_is_no_news(void **state)
{
    pair *p = *state;

    assert_true(apply(p, "event_1"));
    (void)wait_for(p->waiter, 0);
    assert_false(wait_for(p->waiter, SHORT_MS));
    if (kit_is_postgres()) { /* SQLite tells of any commit, and a duplicate makes one */
        assert_false(apply(p, "event_1"));
        assert_false(wait_for(p->waiter, SHORT_MS));
    }
}

static void test_impossible_times_are_refused(void **state)
{
    pair *p = *state;
    lk_error err = LK_ERROR_INIT;
    bool news = false;

    assert_fails(lk_mirror_wait(p->waiter, -1, &news, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_wait(p->waiter, 60001, &news, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_wait(p->waiter, 1, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_wait(NULL, 1, &news, &err), LK_ERR_INVALID, err);
}

static void test_lost_connection_counts_as_news(void **state)
{
    pair *p = *state;

    if (!kit_is_postgres())
        skip();
    (void)wait_for(p->waiter, 0);
    postgres_kill();
    postgres_restart();
    assert_true(wait_for(p->waiter, SOON_MS));
    assert_false(wait_for(p->waiter, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_wait_says_look),         TEST(test_event_between_two_waits_is_heard),
        TEST(test_event_ends_the_wait),          TEST(test_nothing_new_is_no_news),
        TEST(test_impossible_times_are_refused), TEST(test_lost_connection_counts_as_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
