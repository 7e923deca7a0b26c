/* Three processes on one store: one polls, and when it is killed, stopped or cut off from WorkOS
 * another takes over within two lease times; what the late one still writes does not count.
 *
 * LK_ROUNDS=50 for a long run. */
#include <latchkey/mirror.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "fake-wire.h"
#include "sync-bench.h"
#include "test.h"

enum { N_WORKERS = 3, N_EVENTS = 900, PAGE = 10, LEASE_MS = 2000, SHORTEST_MS = 20 };

typedef struct worker {
    pid_t pid;
    int cut[2]; /* a byte in it: no network from now on */
} worker;

typedef struct fleet {
    kit k;
    kit_event events[N_EVENTS];
    worker workers[N_WORKERS];
    int pulse[2]; /* who asks WorkOS, as each request is sent */
} fleet;

/* ---- In the worker ---- */

typedef struct counted_wire {
    fake_feed feed;
    int number;
    int pulse;
    int cut;
    bool is_cut;
} counted_wire;

static lk_status send(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err)
{
    counted_wire *w = ctx;
    const char name = (char)('0' + w->number);
    struct pollfd cut = { .fd = w->cut, .events = POLLIN };
    lk_transport inner = fake_feed_use(&w->feed);

    w->is_cut = w->is_cut || poll(&cut, 1, 0) > 0;
    if (w->is_cut)
        return lk__fail(err, LK_ERR_NETWORK, "cut off");
    if (write(w->pulse, &name, 1) != 1)
        _exit(3);
    lk__system_sleep_ms(NULL, SHORTEST_MS); /* time to be stopped in */
    return inner.send(inner.ctx, request, response, err);
}

static _Noreturn void work(const fleet *f, int number)
{
    static fake_clock clock = { .now_ms = NOON };
    static fake_random random;
    counted_wire w = {
        .feed = { .events = f->events, .n_events = N_EVENTS, .clock = &clock, .page = PAGE },
        .number = number,
        .pulse = f->pulse[1],
        .cut = f->workers[number].cut[0]
    };
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_sync) sync = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(f->k.store, &mirror, &err) != LK_OK ||
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                        .max_retries = -1, .transport = { .send = send, .ctx = &w },
                                        .random = fake_random_use(&random)),
                      &client, &err) != LK_OK ||
        lk_sync_new(LK_SYNC_OPTIONS(.client = client, .mirror = mirror, .no_reconcile = true,
                                    .interval_ms = SHORTEST_MS, .lease_ms = LEASE_MS),
                    &sync, &err) != LK_OK) {
        fprintf(stderr, "%s\n", err.message);
        _exit(2);
    }
    _exit(lk_sync_run(sync, NULL, NULL, &err) == LK_OK ? 0 : 1); /* it is killed before */
}

/* ---- The fleet ---- */

static void start(fleet *f, int number)
{
    worker *w = &f->workers[number];

    assert_int_equal(pipe(w->cut), 0);
    w->pid = fork();
    assert_true(w->pid >= 0);
    if (w->pid == 0)
        work(f, number);
}

static void end(fleet *f, int number)
{
    worker *w = &f->workers[number];

    (void)kill(w->pid, SIGCONT);
    assert_int_equal(kill(w->pid, SIGKILL), 0); /* it is there still, or it ended by itself */
    assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
    close(w->cut[0]);
    close(w->cut[1]);
}

/* Who asks next; -1 after a while without anybody. */
static int next_pulse(fleet *f, int ms)
{
    struct pollfd ready = { .fd = f->pulse[0], .events = POLLIN };
    char name = 0;

    if (poll(&ready, 1, ms) <= 0)
        return -1;
    assert_int_equal(read(f->pulse[0], &name, 1), 1);
    return name - '0';
}

static void forget_pulses(fleet *f)
{
    while (next_pulse(f, 0) >= 0)
        ;
}

/* In the last minutes, a second apart: the workers live by the real clock. */
static void make_events(fleet *f)
{
    for (int i = 0; i < N_EVENTS; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06d", i);
        kit_make(&f->events[i], id, "dsync.user.created",
                 lk__system_now_ms(NULL) - (int64_t)(N_EVENTS - i) * SECOND,
                 "{\"id\":\"u%d\",\"directory_id\":\"d\"}", i);
    }
}

static int setup(void **state)
{
    fleet *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    make_events(f);
    kit_begin(&f->k);
    kit_open(&f->k); /* the schema is there before they begin */
    lk_mirror_freep(&f->k.mirror);
    assert_int_equal(pipe(f->pulse), 0);
    for (int i = 0; i < N_WORKERS; i++)
        start(f, i);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fleet *f = *state;

    for (int i = 0; i < N_WORKERS; i++)
        end(f, i);
    close(f->pulse[0]);
    close(f->pulse[1]);
    kit_end(&f->k);
    free(f);
    return 0;
}

static void assert_all_events_once(fleet *f)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    kit_open(&f->k);
    for (int i = 0; i < 200 && status.n_events < N_EVENTS; i++) {
        assert_ok(lk_mirror_get_status(f->k.mirror, &status, &err), err);
        lk__system_sleep_ms(NULL, 50);
    }
    assert_int_equal(status.n_events, N_EVENTS);
    assert_int_equal(status.n_users, N_EVENTS);
    assert_string_equal(status.cursor, f->events[N_EVENTS - 1].id);
    lk_mirror_freep(&f->k.mirror);
}

/* ---- Tests ---- */

static void test_only_one_polls(void **state)
{
    fleet *f = *state;
    int poller = next_pulse(f, 20 * SECOND);

    assert_in_range(poller, 0, N_WORKERS - 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(next_pulse(f, 20 * SECOND), poller);
    assert_all_events_once(f);
}

/* SQLite has no server to roll back who is stopped with the lock of its file in hand: there it is
 * stopped while it waits for WorkOS. PostgreSQL does so after 5 s (store-postgres.c). */
typedef enum harm { KILLED, STOPPED, CUT_OFF } harm;
enum { ROLLED_BACK_MS = 6 * SECOND };

static void do_harm(fleet *f, int poller, harm what)
{
    worker *w = &f->workers[poller];

    if (what == CUT_OFF)
        assert_int_equal(write(w->cut[1], "", 1), 1);
    else
        assert_int_equal(kill(w->pid, what == KILLED ? SIGKILL : SIGSTOP), 0);
}

/* It wakes up in the middle of a page, finds its fence too low, and stands by: a request that was
 * on its way may still come, and no second one. */
static void assert_stands_by(fleet *f, int poller)
{
    int n_late = 0;

    (void)kill(f->workers[poller].pid, SIGCONT);
    for (int i = 0; i < 10; i++) {
        int asks = next_pulse(f, 20 * SECOND);

        assert_in_range(asks, 0, N_WORKERS - 1);
        n_late += asks == poller;
    }
    assert_in_range(n_late, 0, 1);
}

static void heal(fleet *f, int poller, harm what)
{
    if (what == STOPPED)
        assert_stands_by(f, poller);
    end(f, poller);
    start(f, poller);
}

static void test_another_takes_over_within_two_leases(void **state)
{
    const char *rounds = getenv("LK_ROUNDS");
    int n_rounds = rounds != NULL ? atoi(rounds) : 6;
    fleet *f = *state;
    int64_t longest_ms = 0;

    for (int i = 0; i < n_rounds; i++) {
        harm what = (harm)(i % 3);
        int64_t began_ms;
        int64_t ms;
        int poller;
        int successor;

        forget_pulses(f);
        poller = next_pulse(f, 20 * SECOND);
        assert_in_range(poller, 0, N_WORKERS - 1);
        if (what != STOPPED || kit_is_postgres())
            lk__system_sleep_ms(NULL, i * 7 % 40); /* anywhere in a step */
        do_harm(f, poller, what);
        began_ms = lk__steady_now_ms();
        do
            successor = next_pulse(f, 20 * SECOND);
        while (successor == poller); /* what it had sent before */
        ms = lk__steady_now_ms() - began_ms;
        assert_in_range(successor, 0, N_WORKERS - 1);
        assert_in_range(ms, 0, 2 * LEASE_MS + (what == STOPPED ? ROLLED_BACK_MS : 0));
        longest_ms = ms > longest_ms ? ms : longest_ms;
        heal(f, poller, what);
    }
    print_message("%d takeovers, the longest after %lld ms of a lease of %d ms\n", n_rounds,
                  (long long)longest_ms, (int)LEASE_MS);
    assert_all_events_once(f);
}

/* ---- Troubles that all share, and troubles of one ---- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_one_polls),
        TEST(test_another_takes_over_within_two_leases),
        BENCH_TEST(test_rate_limit_holds_for_all),
        BENCH_TEST(test_who_has_no_network_leaves_it_to_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
