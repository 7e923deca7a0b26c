/* A long catch-up through windows side by side ends where one page after the other does: with a
 * server that is slow, strange or failing, and whenever it is killed. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/http.h"
#include "mirror/mirror.h"
#include "mirror/store.h"
#include "sync-bench.h"
#include "test.h"

enum { N_EVENTS = 1200, PAGE = 40, ANSWER_MS = 25, MOST_SENT = 4000 };

/* ---- A feed over a slow wire ---- */

typedef struct slow_feed {
    fake_feed feed;
    pthread_mutex_t mutex;
    int n_now, n_most; /* requests at once */
    int64_t sent_ms[MOST_SENT];
    size_t n_sent;
    size_t n_ranged;    /* that said range_end */
    size_t limited_at;  /* this one, counted from 1, is answered 429; 0: none */
    size_t cut_every;   /* each so-and-so-many-eth finds no network; 0: none */
    int64_t limited_ms; /* when that was */
    atomic_int *n_done; /* answers, for another process; NULL: nobody looks */
} slow_feed;

static lk_status answer(slow_feed *self, const lk_http_request *request, lk_http_response *response,
                        lk_error *err)
{
    lk_transport inner = fake_feed_use(&self->feed);
    size_t number = ++self->n_sent;

    assert_true(number < MOST_SENT);
    self->sent_ms[number] = lk__steady_now_ms();
    self->n_ranged += strstr(request->url, "range_end=") != NULL;
    if (self->cut_every != 0 && number % self->cut_every == 0)
        return lk__fail(err, LK_ERR_NETWORK, "cut off");
    if (number == self->limited_at) {
        self->limited_ms = lk__steady_now_ms();
        lk_http_response_set_status(response, 429);
        LK_TRY(lk_http_response_add_header(response, "Retry-After", "0"));
        return lk_http_response_append(response, "\"Ratelimited\"", 13);
    }
    return inner.send(inner.ctx, request, response, err);
}

static lk_status send(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err)
{
    slow_feed *self = ctx;
    lk_status status;

    pthread_mutex_lock(&self->mutex);
    self->n_now++;
    self->n_most = self->n_now > self->n_most ? self->n_now : self->n_most;
    status = answer(self, request, response, err);
    pthread_mutex_unlock(&self->mutex);
    lk__system_sleep_ms(NULL, ANSWER_MS);
    pthread_mutex_lock(&self->mutex);
    self->n_now--;
    pthread_mutex_unlock(&self->mutex);
    if (self->n_done != NULL)
        atomic_fetch_add(self->n_done, 1);
    return status;
}

static size_t busiest_second(const slow_feed *self)
{
    size_t most = 0;
    size_t from = 1;

    for (size_t to = 1; to <= self->n_sent; to++) {
        while (self->sent_ms[to] - self->sent_ms[from] >= SECOND)
            from++;
        most = to - from + 1 > most ? to - from + 1 : most;
    }
    return most;
}

/* ---- A feed to catch up with ---- */

typedef struct scene {
    bench b;
    slow_feed slow;
    kit_event events[N_EVENTS];
    int64_t visible_at_ms[N_EVENTS];
} scene;

/* Twenty days in which all happens that windows could trip over: hours with many, a day without
 * any, hundreds in one moment, and some on each whole second where a window may end. */
static int64_t time_of(int i)
{
    const int64_t begin_ms = NOON - 20 * 24 * 60 * (int64_t)MINUTE;

    if (i < 300)
        return begin_ms + (int64_t)i * 20 * MINUTE;
    if (i < 550)
        return begin_ms + INT64_C(6) * 24 * 60 * MINUTE;
    if (i < 800)
        return begin_ms + INT64_C(8) * 24 * 60 * MINUTE + (int64_t)(i - 550) / 10 * SECOND;
    return NOON - (int64_t)(N_EVENTS - 1 - i) * 30 * MINUTE;
}

static void use(scene *s, int n_windows)
{
    lk_error err = LK_ERROR_INIT;

    lk_sync_freep(&s->b.sync);
    assert_ok(lk_sync_new(LK_SYNC_OPTIONS(.client = s->b.client, .mirror = s->b.k.mirror,
                                          .no_reconcile = true, .n_windows = n_windows),
                          &s->b.sync, &err),
              err);
}

static int setup(void **state)
{
    scene *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->b.clock.now_ms = NOON;
    pthread_mutex_init(&s->slow.mutex, NULL);
    for (int i = 0; i < N_EVENTS; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06d", i);
        kit_make(&s->events[i], id, i % 7 == 6 ? "dsync.user.deleted" : "dsync.user.updated",
                 time_of(i), "{\"id\":\"user_%d\",\"directory_id\":\"d\",\"first_name\":\"%d\"}",
                 i % 97, i);
    }
    s->slow.feed = (fake_feed){
        .events = s->events, .n_events = N_EVENTS, .clock = &s->b.clock, .page = PAGE
    };
    kit_begin(&s->b.k);
    kit_open(&s->b.k);
    bench_use(&s->b, (lk_transport){ .send = send, .ctx = &s->slow });
    use(s, 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;

    lk_sync_free(s->b.sync);
    lk_client_free(s->b.client);
    kit_end(&s->b.k);
    pthread_mutex_destroy(&s->slow.mutex);
    free(s);
    return 0;
}

/* ---- What must hold ---- */

/* All that is older than the cursor is there. */
static void assert_cursor_is_true(scene *s)
{
    lk_mirror_status status = bench_status(&s->b);
    int64_t n_older = 0;
    char sql[96];

    for (int i = 0; i < N_EVENTS; i++)
        n_older += s->events[i].event.created_at_ms < status.cursor_at_ms;
    snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM event WHERE created_at_ms < %" PRId64,
             status.cursor_at_ms);
    assert_int_equal(kit_number(&s->b.k, sql), n_older);
}

/* The same rows as with one event after the other. */
static void assert_same_mirror(scene *s)
{
    char *ours = kit_dump(s->b.k.mirror);
    char *theirs;
    kit k;

    assert_string_equal(bench_status(&s->b).cursor, s->events[N_EVENTS - 1].id);
    kit_begin_scratch(&k);
    for (int i = 0; i < N_EVENTS; i++)
        assert_true(kit_apply(&k, &s->events[i]));
    theirs = kit_dump(k.mirror);
    assert_string_equal(ours, theirs);
    free(ours);
    free(theirs);
    kit_end(&k);
}

/* How many steps failed. */
static int catch_up(scene *s)
{
    int n_failures = 0;

    for (int i = 0; i < 2000; i++) {
        lk_sync_result result = { 0 };

        if (lk_sync_step(s->b.sync, &result, NULL) != LK_OK) {
            n_failures++;
            s->b.clock.now_ms += lk_sync_wait_ms(s->b.sync);
        }
        assert_cursor_is_true(s);
        assert_int_equal(s->slow.n_now, 0); /* nothing goes on between steps */
        if (result.caught_up)
            return n_failures;
    }
    fail_msg("not caught up");
    return 0;
}

/* ---- Tests ---- */

static void test_windows_end_where_pages_do(void **state)
{
    scene *s = *state;

    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
    assert_int_equal(s->slow.n_most, 10);
    assert_in_range(busiest_second(&s->slow), 11, 100);
    assert_in_range(s->slow.n_sent, N_EVENTS / PAGE, N_EVENTS / PAGE * 3);
}

static void test_one_window_is_none(void **state)
{
    scene *s = *state;

    use(s, 1);
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
    assert_int_equal(s->slow.n_ranged, 0);
    assert_int_equal(s->slow.n_most, 1);
}

static void test_as_many_as_are_wanted(void **state)
{
    scene *s = *state;
    lk_sync *none = NULL;

    use(s, 3);
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
    assert_int_equal(s->slow.n_most, 3);
    for (int n = -1; n <= 21; n += 22)
        assert_int_equal(lk_sync_new(LK_SYNC_OPTIONS(.client = s->b.client, .mirror = s->b.k.mirror,
                                                     .n_windows = n),
                                     &none, NULL),
                         LK_ERR_INVALID);
}

/* Each of them is seen, costs one round, and is not tried again. */
static void test_server_that_does_not_know_ranges(void **state)
{
    scene *s = *state;

    s->slow.feed.ignores_range = true;
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
    assert_in_range(s->slow.n_ranged, 1, 10);
    assert_in_range(s->slow.n_sent, N_EVENTS / PAGE, N_EVENTS / PAGE * 2 + 15);
}

static void test_server_that_refuses_ranges(void **state)
{
    scene *s = *state;

    s->slow.feed.refuses_end = true;
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
    assert_in_range(s->slow.n_ranged, 1, 10);
}

static void test_end_that_counts_without_a_cursor_only(void **state)
{
    scene *s = *state;

    s->slow.feed.ignores_end_after = true;
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
    assert_true(s->slow.n_ranged > 10);
}

/* WorkOS limits the key, not the window: nobody asks before the time is over. */
static void test_limit_of_one_holds_for_all(void **state)
{
    scene *s = *state;

    s->slow.limited_at = 17;
    for (int i = 0; i < 100 && s->slow.limited_ms == 0; i++)
        (void)bench_step(&s->b);
    size_t n_sent = s->slow.n_sent;
    assert_true(bench_step(&s->b).n_fetched > 0); /* what came beside it is applied */
    assert_int_equal(lk_sync_step(s->b.sync, NULL, NULL), LK_ERR_RATE_LIMITED);
    assert_int_equal(s->slow.n_sent, n_sent);
    assert_true(lk_sync_wait_ms(s->b.sync) >= SECOND);
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
}

static void test_requests_that_fail_are_repeated(void **state)
{
    scene *s = *state;

    s->slow.cut_every = 6;
    assert_true(catch_up(s) >= 5);
    assert_same_mirror(s);
}

static void test_all_requests_failing_is_told_at_once(void **state)
{
    scene *s = *state;

    while (s->slow.n_ranged == 0)
        (void)bench_step(&s->b);
    s->slow.cut_every = 1;
    (void)bench_step(&s->b); /* applies that, and sends the next in vain */
    for (int i = 0; i < 3; i++)
        assert_int_equal(lk_sync_step(s->b.sync, NULL, NULL), LK_ERR_NETWORK);
    assert_true(lk_sync_wait_ms(s->b.sync) >= 2 * SECOND); /* one failure after the other */
    s->slow.cut_every = 0;
    (void)catch_up(s);
    assert_same_mirror(s);
}

/* Before windows, where they begin, and in them: what could not be written is read again. */
static void test_full_disk_at_any_step_loses_nothing(void **state)
{
    (void)state;
    for (int n_steps = 1; n_steps < 4; n_steps++) { /* at 1 they begin, behind what is written */
        void *fresh = NULL;
        scene *s;

        setup(&fresh);
        s = fresh;
        for (int i = 0; i < n_steps; i++)
            (void)bench_step(&s->b);
        kit_fill_disk(&s->b.k);
        assert_int_equal(lk_sync_step(s->b.sync, NULL, NULL), LK_ERR_STORE);
        kit_empty_disk(&s->b.k);
        assert_int_equal(catch_up(s), 0);
        assert_same_mirror(s);
        assert_true(s->slow.n_ranged > 0);
        teardown(&fresh);
    }
}

/* What WorkOS holds back is in no window: it turns up between events that were read before. */
static void test_what_is_held_back_is_read_later(void **state)
{
    scene *s = *state;

    for (int i = 0; i < N_EVENTS; i++)
        s->visible_at_ms[i] = 0;
    for (int i = N_EVENTS - 40; i < N_EVENTS; i++) {
        char time[LK__TIME_SIZE];
        int64_t at_ms = NOON - (int64_t)(N_EVENTS - 1 - i) * SECOND;

        lk__time_format(at_ms, time);
        memcpy(strstr(s->events[i].json, "\"created_at\":\"") + 14, time, strlen(time));
        s->events[i].event.created_at_ms = at_ms;
        s->visible_at_ms[i] = i % 2 == 1 ? 0 : NOON + 3 * SECOND;
    }
    s->slow.feed.visible_at_ms = s->visible_at_ms;
    (void)bench_catch_up(&s->b);
    assert_true(s->slow.n_ranged > 10);
    assert_int_equal(bench_status(&s->b).n_events, N_EVENTS - 20);
    s->b.clock.now_ms += 5 * SECOND;
    (void)bench_catch_up(&s->b);
    assert_same_mirror(s);
}

/* Three pages happened within the minute before the mirror went away, and one event of it was held
 * back then: the overlap is read to its end, whatever windows follow. */
static void test_what_was_held_back_before_the_windows_is_read(void **state)
{
    scene *s = *state;
    const int64_t away_ms = NOON - 10 * 24 * 60 * (int64_t)MINUTE;
    enum { LATE = 299 };

    for (int i = 0; i < N_EVENTS; i++) {
        char id[32];
        int64_t at_ms =
            i < 400 ? away_ms - (400 - i) * 200 : away_ms + (int64_t)(i - 399) * 15 * MINUTE;

        snprintf(id, sizeof(id), "event_%06d", i);
        kit_make(&s->events[i], id, "dsync.user.updated", at_ms,
                 "{\"id\":\"user_%d\",\"directory_id\":\"d\"}", i % 97);
        s->visible_at_ms[i] = at_ms;
    }
    s->visible_at_ms[LATE] = away_ms + 5 * SECOND;
    s->slow.feed.visible_at_ms = s->visible_at_ms;
    s->b.clock.now_ms = away_ms;
    (void)bench_catch_up(&s->b);
    assert_int_equal(bench_status(&s->b).n_events, 399);
    s->b.clock.now_ms = NOON;
    use(s, 0);
    (void)bench_catch_up(&s->b);
    assert_true(s->slow.n_ranged > 10);
    assert_int_equal(bench_status(&s->b).n_events, N_EVENTS);
    assert_same_mirror(s);
}

static void test_another_process_in_between(void **state)
{
    scene *s = *state;
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_sync) other = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_open(s->b.k.store, &mirror, &err), err);
    assert_ok(
        lk_sync_new(LK_SYNC_OPTIONS(.client = s->b.client, .mirror = mirror, .no_reconcile = true),
                    &other, &err),
        err);
    for (int i = 0; i < 30; i++) {
        assert_ok(lk_sync_step(s->b.sync, NULL, &err), err);
        assert_ok(lk_sync_step(other, NULL, &err), err);
        assert_cursor_is_true(s);
    }
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
}

/* All in one second, and nothing since: no number of pages tells how much time is left. */
static void test_burst_before_a_quiet_time_is_read_to_its_end(void **state)
{
    scene *s = *state;

    for (int i = 0; i < N_EVENTS; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06d", i);
        kit_make(&s->events[i], id, "dsync.user.updated", NOON - 10 * MINUTE + i / 4,
                 "{\"id\":\"user_%d\",\"directory_id\":\"d\"}", i % 97);
    }
    assert_int_equal(catch_up(s), 0);
    assert_true(s->slow.n_sent < 1000); /* and not again and again */
    assert_same_mirror(s);
}

/* The same while time goes on: what has happened since the windows were cut is no more to be read
 * side by side. */
static void test_burst_is_read_once_while_time_goes_on(void **state)
{
    scene *s = *state;
    bool caught_up = false;

    for (int i = 0; i < N_EVENTS; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06d", i);
        kit_make(&s->events[i], id, "dsync.user.updated", NOON - 10 * MINUTE + i / 4,
                 "{\"id\":\"user_%d\",\"directory_id\":\"d\"}", i % 97);
    }
    for (int i = 0; i < 200 && !caught_up; i++) {
        caught_up = bench_step(&s->b).caught_up;
        s->b.clock.now_ms += SECOND;
    }
    assert_true(caught_up);
    assert_in_range(s->slow.n_sent, N_EVENTS / PAGE, N_EVENTS / PAGE * 4);
    assert_same_mirror(s);
}

/* ---- Killed ---- */

/* Or until there is nothing left to ask for. false when neither comes. */
static bool wait_for_answers(scene *s, int n)
{
    int64_t until_ms = lk__steady_now_ms() + 60 * SECOND;

    while (atomic_load(s->slow.n_done) < n && bench_status(&s->b).n_events < N_EVENTS) {
        if (lk__steady_now_ms() >= until_ms)
            return false;
        lk__system_sleep_ms(NULL, 5);
    }
    return true;
}

static void run_and_kill(scene *s, int n_answers, int after_ms)
{
    atomic_store(s->slow.n_done, 0);
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        lk_error err = LK_ERROR_INIT;

        s->b.k.mirror = NULL; /* the parent's connection is not ours */
        if (lk_mirror_open(s->b.k.store, &s->b.k.mirror, &err) != LK_OK)
            _exit(2);
        s->b.sync = NULL;
        use(s, 10);
        _exit(lk_sync_run(s->b.sync, NULL, NULL, &err) == LK_OK ? 0 : 3);
    }
    bool came = wait_for_answers(s, n_answers);
    lk__system_sleep_ms(NULL, after_ms);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(came);
}

static void test_killed_at_any_moment(void **state)
{
    scene *s = *state;
    const char *wanted = getenv("LK_ROUNDS");
    int n_rounds = wanted != NULL ? atoi(wanted) : 8;
    int n_within = 0;

    s->slow.n_done =
        mmap(NULL, sizeof(atomic_int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(s->slow.n_done, MAP_FAILED);
    for (int i = 0; i < n_rounds; i++) {
        int64_t n;

        run_and_kill(s, 5 + i * 37 % 90, i * 11 % ANSWER_MS);
        assert_cursor_is_true(s);
        n = bench_status(&s->b).n_events;
        n_within += n > 2 * PAGE && n < N_EVENTS;
        if (n >= N_EVENTS - 2 * PAGE)
            kit_clear(&s->b.k); /* the rest would be no middle */
    }
    assert_true(n_within > n_rounds / 3); /* or else little was shown */
    assert_int_equal(catch_up(s), 0);
    assert_same_mirror(s);
    assert_int_equal(munmap(s->slow.n_done, sizeof(atomic_int)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_windows_end_where_pages_do),
        TEST(test_one_window_is_none),
        TEST(test_as_many_as_are_wanted),
        TEST(test_server_that_does_not_know_ranges),
        TEST(test_server_that_refuses_ranges),
        TEST(test_end_that_counts_without_a_cursor_only),
        TEST(test_limit_of_one_holds_for_all),
        TEST(test_requests_that_fail_are_repeated),
        TEST(test_all_requests_failing_is_told_at_once),
        cmocka_unit_test(test_full_disk_at_any_step_loses_nothing),
        TEST(test_what_is_held_back_is_read_later),
        TEST(test_what_was_held_back_before_the_windows_is_read),
        TEST(test_another_process_in_between),
        TEST(test_burst_before_a_quiet_time_is_read_to_its_end),
        TEST(test_burst_is_read_once_while_time_goes_on),
        TEST(test_killed_at_any_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
