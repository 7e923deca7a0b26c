/* Three processes on one store: one polls, and when it is killed, stopped, or cut off from WorkOS
 * or from the store, another takes over within two lease times; what the late one still writes does
 * not count. A trigger keeps who wrote each page, and under which fence.
 *
 * LK_ROUNDS=50 for a long run. A failure prints its seed; LK_SEED=n strikes at the same moments. */
#include <latchkey/mirror.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "chance.h"
#include "cut-proxy.h"
#include "mirror/mirror.h"
#include "sync-bench.h"
#include "test.h"

enum {
    N_WORKERS = 3,
    N_EVENTS = 8000,
    EVENT_MS = 100, /* one comes each */
    PAGE = 10,
    LEASE_MS = 2000,
    SHORTEST_MS = 20,
    PATIENCE_MS = 30 * SECOND,
    N_ROUNDS = 6
};

typedef struct worker {
    pid_t pid;
    char store[POSTGRES_URL_SIZE];
    cut_proxy proxy; /* to the store; with SQLite there is none */
    int cut[2];      /* a byte in it: no network from now on */
} worker;

typedef struct fleet {
    kit k;
    kit_event events[N_EVENTS];
    int64_t visible_at_ms[N_EVENTS];
    worker workers[N_WORKERS];
    int pulse[2]; /* who asks WorkOS, as each request is sent */
} fleet;

/* ---- In the worker ---- */

typedef struct counted_wire {
    fake_feed feed;
    fake_clock clock;
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
    w->clock.now_ms = lk__system_now_ms(NULL);
    return inner.send(inner.ctx, request, response, err);
}

/* On PostgreSQL the trigger knows the worker by the name of its connection. SQLite drops triggers
 * of this kind when it is told where to keep what is temporary: that comes first. */
static lk_status note_writes(lk_mirror *mirror, int number, lk_error *err)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "CREATE TEMP TRIGGER note_writer AFTER UPDATE ON main.feed BEGIN"
             " INSERT INTO writes (worker, fence) SELECT 'worker%d', fence FROM lease"
             " WHERE name = 'feed'; END",
             number);
    lk__store_expect_writes(mirror->store);
    return kit_is_postgres() ? LK_OK
                             : lk__store_run(mirror->store, sql, LK__NO_ARGS, NULL, NULL, err);
}

static _Noreturn void work(const fleet *f, int number)
{
    static fake_random random;
    static counted_wire w;
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_sync) sync = NULL;
    lk_error err = LK_ERROR_INIT;

    w = (counted_wire){ .feed = { .events = f->events,
                                  .n_events = N_EVENTS,
                                  .visible_at_ms = f->visible_at_ms,
                                  .clock = &w.clock,
                                  .page = PAGE },
                        .number = number,
                        .pulse = f->pulse[1],
                        .cut = f->workers[number].cut[0] };
    if (lk_mirror_open(f->workers[number].store, &mirror, &err) != LK_OK ||
        note_writes(mirror, number, &err) != LK_OK ||
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                        .max_retries = -1, .transport = { .send = send, .ctx = &w },
                                        .random = fake_random_use(&random)),
                      &client, &err) != LK_OK ||
        lk_sync_new(LK_SYNC_OPTIONS(.client = client, .n_windows = 1, .mirror = mirror,
                                    .no_reconcile = true, .interval_ms = SHORTEST_MS,
                                    .lease_ms = LEASE_MS),
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

/* The workers live by the real clock. */
static void make_events(fleet *f)
{
    for (int i = 0; i < N_EVENTS; i++) {
        char id[32];

        f->visible_at_ms[i] = lk__system_now_ms(NULL) + (int64_t)i * EVENT_MS;
        snprintf(id, sizeof(id), "event_%06d", i);
        kit_make(&f->events[i], id, "dsync.user.created", f->visible_at_ms[i],
                 "{\"id\":\"u%d\",\"directory_id\":\"d\"}", i);
    }
}

static void prepare_store(fleet *f)
{
    kit_open(&f->k);
    if (!kit_is_postgres()) {
        kit_run(&f->k, "CREATE TABLE writes (n INTEGER PRIMARY KEY, worker TEXT, fence INTEGER)");
        return;
    }
    kit_run(&f->k, "CREATE TABLE writes (n BIGINT GENERATED ALWAYS AS IDENTITY, worker TEXT,"
                   " fence BIGINT)");
    kit_run(&f->k, "CREATE FUNCTION note_writer() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
                   " INSERT INTO latchkey.writes (worker, fence)"
                   " SELECT current_setting('application_name'), fence FROM latchkey.lease"
                   " WHERE name = 'feed'; RETURN NULL; END$$");
    kit_run(&f->k, "CREATE TRIGGER note_writer AFTER UPDATE ON feed"
                   " FOR EACH ROW EXECUTE FUNCTION note_writer()");
}

static void choose_store(const fleet *f, worker *w, int number)
{
    char socket[108];
    char name[24];

    memcpy(w->store, f->k.store, sizeof(w->store));
    if (!kit_is_postgres())
        return;
    postgres_socket(socket);
    cut_proxy_start(&w->proxy, socket);
    snprintf(name, sizeof(name), "worker%d", number);
    postgres_url_by_port(w->store, f->k.store, w->proxy.port, name);
}

static int setup(void **state)
{
    fleet *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    kit_begin(&f->k);
    prepare_store(f);
    lk_mirror_freep(&f->k.mirror); /* SQLite's must not be there in the children */
    for (int i = 0; i < N_WORKERS; i++)
        choose_store(f, &f->workers[i], i);
    make_events(f);
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
        if (f->workers[i].pid != 0)
            end(f, i);
    for (int i = 0; i < N_WORKERS; i++)
        cut_proxy_end(&f->workers[i].proxy);
    close(f->pulse[0]);
    close(f->pulse[1]);
    kit_end(&f->k);
    free(f);
    return 0;
}

/* ---- What they wrote ---- */

typedef struct writes {
    int64_t n;
    int64_t n_fences;
    int64_t fence;
    char worker[32];
} writes;

/* Under one fence one worker writes, and a lower one never comes after a higher one. */
static lk_status take_write(void *ctx, const lk__row *row, lk_error *err)
{
    writes *seen = ctx;
    const char *who = row->columns[0].text;
    int64_t fence = row->columns[1].number;

    (void)err;
    if (fence < seen->fence || (fence == seen->fence && strcmp(who, seen->worker) != 0))
        fail_msg("page %lld: %s wrote under fence %lld after %s under %lld", (long long)seen->n,
                 who, (long long)fence, seen->worker, (long long)seen->fence);
    seen->n_fences += fence > seen->fence;
    seen->fence = fence;
    snprintf(seen->worker, sizeof(seen->worker), "%s", who);
    seen->n++;
    return LK_OK;
}

static writes assert_one_writer(fleet *f)
{
    writes seen = { 0 };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__store_run(f->k.mirror->store, "SELECT worker, fence FROM writes ORDER BY n",
                            LK__NO_ARGS, take_write, &seen, &err),
              err);
    return seen;
}

/* Those that could be seen by now; each once, none left out. Ends the fleet. */
static void assert_all_events_once(fleet *f)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;
    int64_t now_ms = lk__system_now_ms(NULL);
    int64_t n_visible = 0;

    while (n_visible < N_EVENTS && f->visible_at_ms[n_visible] <= now_ms)
        n_visible++;
    assert_true(n_visible < N_EVENTS); /* or else the last rounds had no news */
    kit_open(&f->k);
    for (int i = 0; i < 600 && status.n_events < n_visible; i++) {
        assert_ok(lk_mirror_get_status(f->k.mirror, &status, &err), err);
        lk__system_sleep_ms(NULL, 50);
    }
    for (int i = 0; i < N_WORKERS; i++) {
        end(f, i);
        f->workers[i].pid = 0;
    }
    assert_ok(lk_mirror_get_status(f->k.mirror, &status, &err), err);
    assert_true(status.n_events >= n_visible);
    assert_int_equal(status.n_users, status.n_events); /* each makes one */
    assert_string_equal(status.cursor, f->events[status.n_events - 1].id);
}

/* ---- Tests ---- */

static void test_only_one_polls(void **state)
{
    fleet *f = *state;
    int poller = next_pulse(f, PATIENCE_MS);

    assert_in_range(poller, 0, N_WORKERS - 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(next_pulse(f, PATIENCE_MS), poller);
    assert_all_events_once(f);
    assert_int_equal(assert_one_writer(f).n_fences, 1);
}

typedef enum harm { KILLED, STOPPED, CUT_FROM_WORKOS, CUT_FROM_STORE } harm;

static void do_harm(fleet *f, int poller, harm what)
{
    worker *w = &f->workers[poller];

    switch (what) {
    case KILLED:
    case STOPPED:
        assert_int_equal(kill(w->pid, what == KILLED ? SIGKILL : SIGSTOP), 0);
        break;
    case CUT_FROM_WORKOS:
        assert_int_equal(write(w->cut[1], "", 1), 1);
        break;
    case CUT_FROM_STORE:
        w->proxy.orders->holds = true;
        break;
    }
}

/* It wakes up in the middle of a page, finds its fence too low, and stands by: a request that was
 * on its way may still come, and no second one. */
static void assert_stands_by(fleet *f, int poller)
{
    int n_late = 0;

    for (int i = 0; i < 10; i++) {
        int asks = next_pulse(f, PATIENCE_MS);

        assert_in_range(asks, 0, N_WORKERS - 1);
        n_late += asks == poller;
    }
    assert_in_range(n_late, 0, 1);
}

/* Who was late lives on beside the others. */
static void heal(fleet *f, int poller, harm what, bool is_late)
{
    worker *w = &f->workers[poller];

    if (what == KILLED || what == CUT_FROM_WORKOS) {
        end(f, poller);
        start(f, poller);
        return;
    }
    if (what == STOPPED)
        (void)kill(w->pid, SIGCONT);
    else
        w->proxy.orders->holds = false;
    if (is_late)
        assert_stands_by(f, poller);
}

static bool is_in_transaction(fleet *f, int number)
{
    char sql[160];

    snprintf(sql, sizeof(sql),
             "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'worker%d'"
             " AND state = 'idle in transaction'",
             number);
    return kit_number(&f->k, sql) > 0;
}

/* SQLite has no server to roll back who is stopped with the lock of its file in hand: the others
 * wait for it, and say so. */
static bool is_file_locked(fleet *f)
{
    lk_error err = LK_ERROR_INIT;

    kit_run(&f->k, "PRAGMA busy_timeout=0");
    if (lk__store_run(f->k.mirror->store, "BEGIN IMMEDIATE", LK__NO_ARGS, NULL, NULL, &err) ==
        LK_OK) {
        kit_run(&f->k, "ROLLBACK");
        return false;
    }
    assert_contains(err.message, "another program keeps it locked");
    return true;
}

/* Whether the one that came to harm holds the lock of all writers. */
static bool holds_lock(fleet *f, int number, harm what)
{
    bool holds = false;

    if (what != STOPPED && what != CUT_FROM_STORE)
        return false;
    kit_open(&f->k);
    holds = kit_is_postgres() ? is_in_transaction(f, number) : is_file_locked(f);
    lk_mirror_freep(&f->k.mirror);
    return holds;
}

/* How long it took until another one asked; -1 when none can. */
static int64_t wait_for_successor(fleet *f, int poller, bool is_locked, int64_t began_ms)
{
    int64_t ms;
    int successor;

    do
        successor = next_pulse(f, 2 * LEASE_MS);
    while (successor == poller); /* what it had sent before */
    ms = lk__steady_now_ms() - began_ms;
    if (successor < 0 && is_locked && !kit_is_postgres())
        return -1;
    if (successor < 0 || ms > 2 * LEASE_MS)
        fail_msg("%lld ms after the harm nobody had taken over", (long long)ms);
    return ms;
}

static void test_another_takes_over_within_two_leases(void **state)
{
    int n_rounds = (int)chance_number("LK_ROUNDS", N_ROUNDS);
    unsigned seed = chance_number("LK_SEED", 1);
    unsigned n_harms = kit_is_postgres() ? CUT_FROM_STORE + 1 : CUT_FROM_WORKOS + 1;
    fleet *f = *state;
    int64_t longest_ms = 0;
    int n_locked = 0;
    int n_takeovers = 0;
    writes seen;

    chance_begin(seed);
    for (int i = 0; i < n_rounds; i++) {
        harm what = (harm)((unsigned)i % n_harms);
        int64_t began_ms;
        bool is_locked;
        int poller;
        int64_t ms;

        forget_pulses(f);
        poller = next_pulse(f, PATIENCE_MS);
        assert_in_range(poller, 0, N_WORKERS - 1);
        /* Anywhere in a step, and more often in the page than while WorkOS is asked. */
        lk__system_sleep_ms(NULL, SHORTEST_MS / 2 + chance_below(SHORTEST_MS));
        do_harm(f, poller, what);
        began_ms = lk__steady_now_ms();
        is_locked = holds_lock(f, poller, what);
        ms = wait_for_successor(f, poller, is_locked, began_ms);
        n_locked += is_locked;
        n_takeovers += ms >= 0;
        longest_ms = ms > longest_ms ? ms : longest_ms;
        heal(f, poller, what, ms >= 0);
    }
    assert_all_events_once(f);
    seen = assert_one_writer(f);
    assert_true(seen.n_fences > n_takeovers / 2); /* some come to harm before their first page */
    print_message(
        "LK_SEED=%u: %d takeovers in %d rounds, the longest after %lld ms of a lease of %d "
        "ms; %d times in the middle of a page; %lld pages under %lld fences\n",
        seed, n_takeovers, n_rounds, (long long)longest_ms, (int)LEASE_MS, n_locked,
        (long long)seen.n, (long long)seen.n_fences);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_one_polls),
        TEST(test_another_takes_over_within_two_leases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
