/* No event is lost, whatever the life of a mirror is like: feeds of all shapes, some of whose
 * events are held back, are followed while processes end and begin, requests and writes fail,
 * webhooks are faster, and time stands still or jumps. After each step all is there up to shortly
 * before the cursor, and at the end all of it.
 *
 * A failure prints its seed, and LK_SEED=n plays that life again. LK_LIVES says how many. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "chance.h"
#include "fake-feed.h"
#include "fake-random.h"
#include "sync-bench.h"
#include "test.h"

enum {
    N_LIVES = 48,
    MOST = 900,
    HELD_MS = 30 * SECOND, /* WorkOS holds events back for so long at most */
    SLOW = 4,              /* of so many lives one has a slow feed, that is read side by side */
    SLOW_MS = 21           /* sync.c: 20 */
};

typedef struct life {
    uint64_t seed;
    kit k;
    fake_clock clock; /* WorkOS' */
    fake_clock ours;
    int64_t ahead_ms; /* of the process that runs */
    fake_random random;
    fake_feed feed;
    pthread_mutex_t mutex;
    bool is_slow;
    unsigned n_between_failures; /* of requests; 0: none fails */
    lk_client *client;
    lk_sync *sync;
    size_t n_events;
    kit_event events[MOST];
    int64_t visible_at_ms[MOST];
} life;

/* ---- The feed ---- */

static lk_status answer(life *l, const lk_http_request *request, lk_http_response *response,
                        lk_error *err)
{
    lk_transport inner = fake_feed_use(&l->feed);

    if (l->n_between_failures > 0 && chance_below(l->n_between_failures) == 0)
        return lk__fail(err, LK_ERR_NETWORK, "cut off");
    return inner.send(inner.ctx, request, response, err);
}

static lk_status send(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err)
{
    life *l = ctx;
    lk_status status;

    pthread_mutex_lock(&l->mutex);
    status = answer(l, request, response, err);
    pthread_mutex_unlock(&l->mutex);
    if (l->is_slow)
        lk__system_sleep_ms(NULL, SLOW_MS);
    return status;
}

/* Bursts, busy minutes, quiet days. */
static int64_t next_gap_ms(unsigned pace)
{
    static const unsigned most_ms[] = { 1, 5, 300, MINUTE, 60 * MINUTE, 180 * MINUTE };

    return chance_below(most_ms[pace]);
}

static void make_feed(life *l)
{
    int64_t at_ms = NOON;
    unsigned pace = 0;

    l->n_events = 50 + chance_below(MOST - 50);
    for (size_t i = 0; i < l->n_events; i++) {
        char id[32];

        if (i % 20 == 0)
            pace = chance_below(6);
        at_ms += next_gap_ms(pace);
        snprintf(id, sizeof(id), "event_%06zu", i);
        kit_make(&l->events[i], id, "dsync.user.updated", at_ms,
                 "{\"id\":\"user_%zu\",\"directory_id\":\"d\"}", i % 97);
        l->visible_at_ms[i] = at_ms + (chance_below(8) == 0 ? (int64_t)chance_below(HELD_MS) : 0);
    }
    l->feed = (fake_feed){ .events = l->events,
                           .n_events = l->n_events,
                           .visible_at_ms = l->visible_at_ms,
                           .clock = &l->clock,
                           .dated_by = &l->clock,
                           .page = 4 + chance_below(30) };
}

/* ---- The mirror ---- */

/* A process ended, another one began, with a clock of its own. */
static void begin_process(life *l)
{
    lk_error err = LK_ERROR_INIT;

    l->ahead_ms = chance_below(2) == 0 ? 0 : (int64_t)chance_below(40 * MINUTE) - 20 * MINUTE;
    l->ours.now_ms = l->clock.now_ms + l->ahead_ms;
    lk_sync_freep(&l->sync);
    lk_client_freep(&l->client);
    kit_open(&l->k);
    assert_ok(
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                        .max_retries = -1, .transport = { .send = send, .ctx = l },
                                        .clock = fake_clock_use(&l->clock),
                                        .random = fake_random_use(&l->random)),
                      &l->client, &err),
        err);
    assert_ok(lk_sync_new(LK_SYNC_OPTIONS(.client = l->client, .mirror = l->k.mirror,
                                          .no_reconcile = true,
                                          .n_windows = l->is_slow ? 2 + (int)chance_below(9) : 1),
                          &l->sync, &err),
              err);
}

/* All is there that the cursor has passed by more than what may still be held back. */
static void assert_cursor_is_true(life *l)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;
    int64_t n_older = 0;
    int64_t limit_ms;
    char sql[96];

    assert_ok(lk_mirror_get_status(l->k.mirror, &status, &err), err);
    limit_ms = status.cursor_at_ms - HELD_MS;
    for (size_t i = 0; i < l->n_events; i++)
        n_older += l->events[i].event.created_at_ms < limit_ms;
    snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM event WHERE created_at_ms < %" PRId64,
             limit_ms);
    if (kit_number(&l->k, sql) != n_older)
        fail_msg("LK_SEED=%" PRIu64 ": before %s events are missing", l->seed, status.cursor);
}

static bool step(life *l)
{
    lk_sync_result result = { 0 };
    lk_status status = lk_sync_step(l->sync, &result, NULL);

    assert_cursor_is_true(l); /* whether it failed or not */
    return status == LK_OK && result.caught_up;
}

static void step_with_full_disk(life *l)
{
    kit_fill_disk(&l->k);
    (void)step(l);
    kit_empty_disk(&l->k);
}

/* Any that can be seen, the newest rather. */
static void deliver_webhooks(life *l)
{
    for (size_t i = l->n_events; i-- > 0;) {
        if (l->visible_at_ms[i] > l->clock.now_ms)
            continue;
        if (chance_below(10) == 0)
            return;
        if (chance_below(3) == 0)
            (void)kit_apply(&l->k, &l->events[i]);
    }
}

static void set_clock(life *l, int64_t now_ms)
{
    l->clock.now_ms = now_ms;
    l->ours.now_ms = now_ms + l->ahead_ms;
}

static void let_time_pass(life *l)
{
    static const int64_t steps_ms[] = { 100,         2 * SECOND,   20 * SECOND,
                                        90 * SECOND, 120 * MINUTE, 3 * 24 * 60 * (int64_t)MINUTE };

    set_clock(l, l->clock.now_ms + steps_ms[chance_below(6)]);
}

static void live(life *l)
{
    int64_t end_ms = l->events[l->n_events - 1].event.created_at_ms;

    for (int i = 0; i < 60 && l->clock.now_ms < end_ms; i++) {
        unsigned what = chance_below(10);

        l->n_between_failures = chance_below(3) == 0 ? 6 : 0;
        let_time_pass(l);
        if (what == 0)
            begin_process(l);
        else if (what == 1)
            step_with_full_disk(l);
        else if (what < 4)
            deliver_webhooks(l);
        else
            for (unsigned n = chance_below(8); n > 0; n--)
                (void)step(l);
    }
    l->n_between_failures = 0;
    set_clock(l, end_ms + 2 * MINUTE);
}

/* Two ends: the first may be one that was read ahead before time went on. */
static void assert_all_there(life *l)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;
    int n_ends = 0;

    for (int i = 0; i < 1000 && n_ends < 2; i++)
        n_ends += step(l);
    if (n_ends < 2)
        fail_msg("LK_SEED=%" PRIu64 ": not caught up", l->seed);
    assert_ok(lk_mirror_get_status(l->k.mirror, &status, &err), err);
    if ((size_t)status.n_events != l->n_events ||
        strcmp(status.cursor, l->events[l->n_events - 1].id) != 0)
        fail_msg("LK_SEED=%" PRIu64 ": %" PRId64 " of %zu events up to %s", l->seed,
                 (int64_t)status.n_events, l->n_events, status.cursor);
}

/* ---- Lives ---- */

static void test_no_life_loses_an_event(void **state)
{
    const char *seed = getenv("LK_SEED");
    unsigned n_lives = seed != NULL ? 1 : chance_number("LK_LIVES", N_LIVES);
    uint64_t first = seed != NULL ? strtoull(seed, NULL, 10) : 1;
    static life l;

    (void)state;
    for (unsigned i = 0; i < n_lives; i++) {
        l = (life){ .seed = first + i, .mutex = PTHREAD_MUTEX_INITIALIZER };
        chance_begin(l.seed);
        l.is_slow = chance_below(SLOW) == 0;
        make_feed(&l);
        l.clock.now_ms = NOON;
        kit_begin(&l.k);
        begin_process(&l);
        live(&l);
        assert_all_there(&l);
        lk_sync_free(l.sync);
        lk_client_free(l.client);
        kit_end(&l.k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_no_life_loses_an_event) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
