/* A process that is killed at any moment loses nothing and doubles nothing; several processes on
 * one mirror do each event once. */
#include <latchkey/mirror.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "sync-bench.h"
#include "test.h"

enum { N_EVENTS = 600, PAGE = 10, N_KILLS = 40, N_THREADS = 3 };

/* A history in which each kind of change occurs again and again, a second apart. */
static void make_events(kit_event *events)
{
    for (int i = 0; i < N_EVENTS; i++) {
        static const char *const types[] = { "dsync.user.created", "dsync.group.user_added",
                                             "dsync.user.updated", "dsync.group.user_removed",
                                             "dsync.user.deleted" };
        int64_t at_ms = NOON - (int64_t)(N_EVENTS - i) * SECOND;
        const char *type = types[i % 5];
        bool is_membership = i % 5 == 1 || i % 5 == 3;
        int user = i * 7 % 40;
        char id[32];

        snprintf(id, sizeof(id), "event_%06d", i);
        if (is_membership)
            kit_make(&events[i], id, type, at_ms,
                     "{\"user\":{\"id\":\"u%d\",\"directory_id\":\"d\"},"
                     "\"group\":{\"id\":\"g%d\",\"directory_id\":\"d\"}}",
                     user, i % 3);
        else
            kit_make(&events[i], id, type, at_ms, "{\"id\":\"u%d\",\"directory_id\":\"d\"}", user);
    }
}

/* One process or thread: its own mirror, client and sync. */
typedef struct worker {
    const char *store;
    fake_feed feed;
    fake_clock clock;
    fake_random random;
    int pulse; /* a byte is written here before each answer; -1: nowhere */
    size_t n_applied;
    lk_status status;
    lk_error err;
} worker;

static lk_status send_with_pulse(void *ctx, const lk_http_request *request,
                                 lk_http_response *response, lk_error *err)
{
    worker *w = ctx;
    lk_transport inner = fake_feed_use(&w->feed);

    if (w->pulse >= 0 && write(w->pulse, "", 1) != 1)
        return lk__fail(err, LK_ERR_NETWORK, "nobody is listening");
    return inner.send(inner.ctx, request, response, err);
}

static lk_status work(worker *w)
{
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_sync) sync = NULL;
    lk_sync_result result = { 0 };
    lk_status status = lk_mirror_open(w->store, &mirror, &w->err);

    if (status == LK_OK)
        status = lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                                 .transport = { .send = send_with_pulse, .ctx = w },
                                                 .clock = fake_clock_use(&w->clock),
                                                 .random = fake_random_use(&w->random)),
                               &client, &w->err);
    if (status == LK_OK)
        status = lk_sync_new(LK_SYNC_OPTIONS(.client = client, .n_windows = 1, .mirror = mirror,
                                             .no_reconcile = true),
                             &sync, &w->err);
    while (status == LK_OK && !result.caught_up) {
        status = lk_sync_step(sync, &result, &w->err);
        w->n_applied += status == LK_OK ? result.n_applied : 0;
    }
    return status;
}

static void init_worker(worker *w, const char *store, const kit_event *events)
{
    memset(w, 0, sizeof(*w));
    w->store = store;
    w->clock.now_ms = NOON;
    w->pulse = -1;
    w->feed =
        (fake_feed){ .events = events, .n_events = N_EVENTS, .clock = &w->clock, .page = PAGE };
}

static void assert_worked(worker *w)
{
    if (w->status != LK_OK)
        fail_msg("%s: %s", lk_status_name(w->status), w->err.message);
}

/* What a mirror looks like that got the first n events without trouble. */
static char *undisturbed(const kit_event *events, size_t n)
{
    char *dump;
    kit k;

    kit_begin_scratch(&k);
    for (size_t i = 0; i < n; i++)
        assert_true(kit_apply(&k, &events[i]));
    dump = kit_dump(k.mirror);
    kit_end(&k);
    return dump;
}

static void assert_same(lk_mirror *mirror, const kit_event *events, size_t n)
{
    char *expected = undisturbed(events, n);
    char *found = kit_dump(mirror);

    if (strcmp(expected, found) != 0)
        fail_msg("after %zu events the mirror is not what it should be", n);
    free(expected);
    free(found);
}

/* ---- Killed ---- */

/* Kills the child some microseconds after it was about to answer the n-th request: while it reads,
 * applies or commits a page, whatever the speed of the machine. */
static void run_and_kill(const char *store, const kit_event *events, int n_requests, unsigned us)
{
    int pulse[2];
    int status = 0;
    char byte;
    pid_t child;

    assert_int_equal(pipe(pulse), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static worker w;

        init_worker(&w, store, events);
        w.pulse = pulse[1];
        _exit(work(&w) == LK_OK ? 0 : 1);
    }
    close(pulse[1]);
    while (n_requests-- > 0 && read(pulse[0], &byte, 1) == 1)
        ;
    usleep(us);
    (void)kill(child, SIGKILL); /* it may be done already */
    assert_int_equal(waitpid(child, &status, 0), child);
    close(pulse[0]);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) != 0);
}

/* Whole pages, in order, and a cursor that says so. Returns how many events there are. */
static size_t assert_prefix(kit *k, const kit_event *events)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;
    size_t n;

    kit_open(k);
    assert_ok(lk_mirror_get_status(k->mirror, &status, &err), err);
    n = (size_t)status.n_events;
    assert_int_equal(n % PAGE, 0);
    assert_string_equal(status.cursor, n > 0 ? events[n - 1].id : "");
    assert_same(k->mirror, events, n);
    lk_mirror_freep(&k->mirror);
    return n;
}

static void test_killed_at_any_moment_loses_and_doubles_nothing(void **state)
{
    static kit_event events[N_EVENTS];
    static worker w;
    int n_in_the_middle = 0;
    size_t n = N_EVENTS; /* begins with a new store */
    kit k;

    (void)state;
    make_events(events);
    kit_begin(&k);
    for (int i = 0; i < N_KILLS; i++) {
        if (n == N_EVENTS) {
            kit_end(&k);
            kit_begin(&k);
        }
        run_and_kill(k.store, events, i % 9 * 3, (unsigned)(i * 7919 % 23) * 100);
        n = assert_prefix(&k, events);
        n_in_the_middle += n > 0 && n < N_EVENTS;
    }
    assert_true(n_in_the_middle >= N_KILLS / 2); /* or else little was shown */
    init_worker(&w, k.store, events);
    w.status = work(&w);
    assert_worked(&w);
    assert_int_equal(assert_prefix(&k, events), N_EVENTS);
    kit_end(&k);
}

/* ---- Several at once ---- */

static void *work_in_thread(void *ctx)
{
    worker *w = ctx;

    w->status = work(w);
    return NULL;
}

static void test_several_on_one_mirror_do_each_event_once(void **state)
{
    static kit_event events[N_EVENTS];
    static worker workers[N_THREADS];
    pthread_t threads[N_THREADS];
    size_t n_applied = 0;
    kit k;

    (void)state;
    make_events(events);
    kit_begin(&k);
    kit_open(&k);
    for (int i = 0; i < N_THREADS; i++) {
        init_worker(&workers[i], k.store, events);
        assert_int_equal(pthread_create(&threads[i], NULL, work_in_thread, &workers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_worked(&workers[i]);
        n_applied += workers[i].n_applied;
    }
    assert_int_equal(n_applied, N_EVENTS);
    assert_same(k.mirror, events, N_EVENTS);
    kit_end(&k);
}

/* A reader sees whole pages only, and never waits. */
static void test_reader_sees_whole_pages_while_the_feed_runs(void **state)
{
    static kit_event events[N_EVENTS];
    static worker w;
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;
    pthread_t thread;
    kit k;

    (void)state;
    make_events(events);
    kit_begin(&k);
    kit_open(&k);
    init_worker(&w, k.store, events);
    assert_int_equal(pthread_create(&thread, NULL, work_in_thread, &w), 0);
    while (status.n_events < N_EVENTS) {
        assert_ok(lk_mirror_get_status(k.mirror, &status, &err), err);
        assert_int_equal(status.n_events % PAGE, 0);
        if (status.n_events > 0)
            assert_string_equal(status.cursor, events[status.n_events - 1].id);
    }
    pthread_join(thread, NULL);
    assert_worked(&w);
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_any_moment_loses_and_doubles_nothing),
        cmocka_unit_test(test_several_on_one_mirror_do_each_event_once),
        cmocka_unit_test(test_reader_sees_whole_pages_while_the_feed_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
