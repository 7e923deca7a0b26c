/* While pages are written the next ones are read, and written together: what that must not change.
 *
 * Another connection holds the store until some request comes, so that the writer waits while the
 * reader goes on. */
#include "fake-feed.h"
#include "mirror/apply.h"
#include "mirror/mirror.h"
#include "mirror/page-walk.h"
#include "sync-bench.h"
#include "test.h"

enum { PAGE = 10, N_PAGES = 2 * LK__MAX_AHEAD + 4, N_EVENTS = PAGE * N_PAGES };

/* Somebody else on the same store. */
typedef struct other {
    bench *b;
    lk_mirror *mirror;
    lk__transaction transaction; /* holds the store */
    size_t leaves_at;            /* the request that it lets go at */
    bool is_faster;              /* it has applied the first event then */
} other;

static void apply_first(other *o)
{
    const lk_event *event = &o->b->events[0].event;
    lk_error err = LK_ERROR_INIT;
    lk__applied applied;

    assert_ok(lk__apply_event(o->mirror->store, event, NOON, &applied, &err), err);
    assert_ok(
        lk__store_run(o->mirror->store,
                      "UPDATE feed SET cursor = $1, cursor_at_ms = $2 WHERE name = 'events'",
                      LK__ARGS(lk__value_text(event->id), lk__value_number(event->created_at_ms)),
                      NULL, NULL, &err),
        err);
}

static lk_status send(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err)
{
    other *o = ctx;
    lk_transport inner = fake_feed_use(&o->b->feed);

    if (o->b->feed.n_requests + 1 == o->leaves_at) {
        if (o->is_faster)
            apply_first(o);
        LK_TRY(lk__transaction_commit(&o->transaction, err));
    }
    return inner.send(inner.ctx, request, response, err);
}

static void hold(other *o, bench *b)
{
    lk_error err = LK_ERROR_INIT;

    o->b = b;
    b->feed.page = PAGE;
    bench_fill(b, N_EVENTS, SECOND);
    bench_use(b, (lk_transport){ .send = send, .ctx = o });
    assert_ok(lk_mirror_open(b->k.store, &o->mirror, &err), err);
    assert_ok(lk__transaction_begin(&o->transaction, o->mirror->store, LK__WRITE, &err), err);
}

static void test_pages_that_came_meanwhile_are_written_together(void **state)
{
    bench *b = *state;
    other o = { .leaves_at = 1 + LK__MAX_AHEAD };

    hold(&o, b);
    assert_int_equal(bench_step(b).n_applied, PAGE);
    assert_int_equal(b->feed.n_requests, 1 + LK__MAX_AHEAD); /* and no more: memory is bounded */
    assert_int_equal(bench_status(b).n_events, PAGE);
    assert_int_equal(bench_step(b).n_fetched, PAGE * LK__MAX_AHEAD);
    assert_string_equal(bench_status(b).cursor, b->events[PAGE * (1 + LK__MAX_AHEAD) - 1].id);
    assert_int_equal(bench_catch_up(b), N_EVENTS - PAGE * (1 + LK__MAX_AHEAD));
    assert_int_equal(b->feed.n_requests, N_PAGES); /* each once */
    assert_int_equal(bench_status(b).n_events, N_EVENTS);
    lk_mirror_free(o.mirror);
}

/* Its cursor is not where ours was: nothing of what we have read may be written on top. */
static void test_pages_read_ahead_are_forgotten_when_another_was_faster(void **state)
{
    bench *b = *state;
    other o = { .leaves_at = 4, .is_faster = true };

    hold(&o, b);
    assert_int_equal(bench_step(b).n_fetched, 0);
    assert_int_equal(bench_status(b).n_events, 1);
    assert_string_equal(bench_status(b).cursor, b->events[0].id);
    assert_int_equal(bench_catch_up(b), N_EVENTS - 1);
    assert_int_equal(bench_status(b).n_events, N_EVENTS);
    assert_string_equal(bench_status(b).cursor, b->events[N_EVENTS - 1].id);
    lk_mirror_free(o.mirror);
}

/* It is told once all that came before it is written, and asked again. */
static void test_failure_far_ahead_is_told_in_its_turn(void **state)
{
    bench *b = *state;
    lk_error err = LK_ERROR_INIT;
    other o = { .leaves_at = 4 };

    hold(&o, b);
    b->feed.fails_at = 4;
    assert_int_equal(bench_step(b).n_applied, PAGE);
    assert_int_equal(bench_step(b).n_applied, 2 * PAGE);
    assert_fails(lk_sync_step(b->sync, NULL, &err), LK_ERR_NETWORK, err);
    assert_int_equal(bench_status(b).n_events, 3 * PAGE);
    assert_int_equal(bench_catch_up(b), N_EVENTS - 3 * PAGE);
    assert_int_equal(b->feed.n_requests, N_PAGES + 1);
    lk_mirror_free(o.mirror);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_pages_that_came_meanwhile_are_written_together),
        BENCH_TEST(test_pages_read_ahead_are_forgotten_when_another_was_faster),
        BENCH_TEST(test_failure_far_ahead_is_told_in_its_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
