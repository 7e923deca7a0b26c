/* The plan of windows: a made-up feed is read through it, as from a server, and nothing may be
 * missed, passed too early or asked for without need. */
#include <stdio.h>

#include "base/error.h"
#include "mirror/window.h"
#include "test.h"

enum { SECOND = 1000, HOUR = 3600 * SECOND, PAGE = 100, N_EVENTS = 20000, WIDTH = 10 };

typedef struct world {
    int64_t at_ms[N_EVENTS]; /* by time */
    bool was_read[N_EVENTS];
    size_t n;
    size_t n_requests;
    bool ignores_end_after;
} world;

/* ---- A server ---- */

typedef struct answer {
    lk_event_page page;
    lk_event events[PAGE];
    const lk_event *items[PAGE];
    char ids[PAGE][24];
} answer;

static void ask(world *w, const lk_event_list_options *options, answer *out)
{
    int64_t end_ms =
        options->after != NULL && w->ignores_end_after ? INT64_MAX : options->range_end_ms;
    size_t i = options->after != NULL ? strtoul(options->after, NULL, 10) + 1 : 0;

    *out = (answer){ .page = { .items = out->items } };
    w->n_requests++;
    while (i < w->n && w->at_ms[i] < options->range_start_ms)
        i++;
    for (; i < w->n && w->at_ms[i] <= end_ms && out->page.count < PAGE; i++) {
        size_t n = out->page.count++;

        snprintf(out->ids[n], sizeof(out->ids[n]), "%08zu", i);
        out->events[n] = (lk_event){ .id = out->ids[n], .created_at_ms = w->at_ms[i] };
        out->items[n] = &out->events[n];
        w->was_read[i] = true;
    }
    if (out->page.count == PAGE && i < w->n && w->at_ms[i] <= end_ms)
        out->page.after = out->ids[PAGE - 1];
}

/* ---- A reader ---- */

/* All before the front was read: the cursor may stand there. */
static void assert_front_is_true(const world *w, const lk__windows *plan)
{
    const lk__window *front = lk__windows_front(plan);

    for (size_t i = 0; front != NULL && i < w->n && w->at_ms[i] < front->newest_ms; i++)
        assert_true(w->was_read[i]);
}

static void assert_side_by_side(const lk__windows *plan)
{
    for (size_t i = 1; i < plan->count; i++)
        assert_int_equal(plan->items[i].start_ms, plan->items[i - 1].end_ms);
}

/* The number of rounds. */
static size_t read_all(world *w, int64_t end_ms, int64_t span_ms)
{
    static answer answers[WIDTH];
    lk__windows plan;
    size_t places[WIDTH];
    size_t n_rounds = 0;
    size_t n;

    lk__windows_begin(&plan, 0, end_ms, span_ms);
    while ((n = lk__windows_plan(&plan, WIDTH, places)) > 0) {
        assert_side_by_side(&plan);
        for (size_t i = 0; i < n; i++) {
            lk_event_list_options options = lk__windows_ask(&plan, places[i]);

            ask(w, &options, &answers[i]);
        }
        for (size_t i = 0; i < n; i++) {
            lk_error err = LK_ERROR_INIT;
            bool honoured = false;

            assert_ok(lk__windows_note(&plan, places[i], &answers[i].page, &honoured, &err), err);
            assert_true(honoured);
        }
        assert_front_is_true(w, &plan);
        assert_in_range(++n_rounds, 1, 100000);
    }
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.items[0].end_ms, end_ms);
    lk__windows_clear(&plan);
    return n_rounds;
}

static void assert_all_read(const world *w, int64_t end_ms)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->at_ms[i] < end_ms)
            assert_true(w->was_read[i]);
}

/* ---- Feeds ---- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* Every shape that a day can have, by a number. */
static void fill(world *w, int shape, int64_t end_ms)
{
    uint32_t chance = 12345;

    *w = (world){ .n = N_EVENTS };
    for (size_t i = 0; i < w->n; i++) {
        chance = chance * 1664525 + 1013904223;
        int64_t even_ms = (int64_t)i * end_ms / N_EVENTS;
        int64_t random_ms = (int64_t)(chance / 4294967296.0 * (double)end_ms);
        const int64_t shapes[] = {
            even_ms,
            random_ms,
            i % 10 < 9 ? end_ms / 2 + random_ms % HOUR : random_ms,   /* most in one hour */
            i % 10 < 9 ? end_ms / 3 + random_ms % SECOND : random_ms, /* … in one second */
            end_ms / 3,                                               /* all in one moment */
            random_ms / HOUR * HOUR,                                  /* only on the hour */
            random_ms / 50,                                           /* then long nothing */
            end_ms - 1 - random_ms / 50,                              /* long nothing before */
        };
        w->at_ms[i] = shapes[shape];
    }
    qsort(w->at_ms, w->n, sizeof(w->at_ms[0]), compare);
}

static const struct {
    const char *name;
    size_t most_rounds; /* a tenth of 200 pages, and what finding out costs */
} shapes[] = {
    { "even", 32 },      { "random", 32 },      { "an hour", 60 }, { "a second", 240 },
    { "a moment", 240 }, { "on the hour", 32 }, { "early", 60 },   { "late", 60 },
};

static void test_all_is_read_and_the_front_is_true(void **state)
{
    static world w;
    const int64_t end_ms = INT64_C(20) * 24 * HOUR;
    const int64_t spans[] = { SECOND, 10 * HOUR, end_ms * 2 };

    (void)state;
    for (size_t shape = 0; shape < N_ROWS(shapes); shape++) {
        for (size_t i = 0; i < 2 * N_ROWS(spans); i++) {
            size_t n_rounds;

            fill(&w, (int)shape, end_ms);
            w.ignores_end_after = i >= N_ROWS(spans);
            n_rounds = read_all(&w, end_ms, spans[i % N_ROWS(spans)]);
            assert_all_read(&w, end_ms);
            if (n_rounds > shapes[shape].most_rounds)
                fail_msg("%s: %zu rounds", shapes[shape].name, n_rounds);
        }
    }
}

/* ---- Servers that do not know ranges ---- */

static bool is_honoured(const int64_t *at_ms, size_t n, const char *after)
{
    lk__windows plan;
    size_t places[1];
    lk_event events[3];
    const lk_event *items[3];
    lk_event_page page = { .items = items, .count = n, .after = after };
    lk_error err = LK_ERROR_INIT;
    bool honoured = false;

    lk__windows_begin(&plan, 100 * SECOND, 200 * SECOND, 1000 * SECOND);
    assert_int_equal(lk__windows_plan(&plan, 1, places), 1);
    (void)lk__windows_ask(&plan, places[0]);
    for (size_t i = 0; i < n; i++) {
        events[i] = (lk_event){ .id = "event_1", .created_at_ms = at_ms[i] };
        items[i] = &events[i];
    }
    assert_ok(lk__windows_note(&plan, places[0], &page, &honoured, &err), err);
    lk__windows_clear(&plan);
    return honoured;
}

/* Whoever is stopped after each round gets on, too: the first window counts as far as it is read.
 */
static void test_front_moves_before_its_window_is_done(void **state)
{
    static world w;
    static answer page;
    const int64_t end_ms = 240 * (int64_t)HOUR;
    lk__windows plan;
    size_t places[WIDTH];
    bool honoured = false;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    fill(&w, 0, end_ms);
    lk__windows_begin(&plan, 0, end_ms, 10 * PAGE * (end_ms / N_EVENTS));
    assert_true(lk__windows_plan(&plan, WIDTH, places) == WIDTH);
    assert_null(lk__windows_front(&plan));
    lk_event_list_options second = lk__windows_ask(&plan, places[1]);
    ask(&w, &second, &page);
    assert_ok(lk__windows_note(&plan, places[1], &page.page, &honoured, &err), err);
    assert_null(lk__windows_front(&plan)); /* what lies before it is not read */
    lk_event_list_options first = lk__windows_ask(&plan, places[0]);
    ask(&w, &first, &page);
    assert_ok(lk__windows_note(&plan, places[0], &page.page, &honoured, &err), err);
    assert_non_null(lk__windows_front(&plan));
    assert_string_equal(lk__windows_front(&plan)->newest, "00000099");
    lk__windows_clear(&plan);
}

static void test_events_outside_are_noticed(void **state)
{
    (void)state;
    assert_true(is_honoured(NULL, 0, NULL));
    assert_true(is_honoured((int64_t[]){ 100 * SECOND, 150 * SECOND, 200 * SECOND }, 3, NULL));
    /* Ends may be rounded to seconds, or not be part of it. */
    assert_true(is_honoured((int64_t[]){ 99 * SECOND, 202 * SECOND }, 2, NULL));
    assert_false(is_honoured((int64_t[]){ 98 * SECOND, 150 * SECOND }, 2, NULL));
    assert_false(is_honoured((int64_t[]){ 150 * SECOND, 203 * SECOND }, 2, NULL));
    assert_false(is_honoured((int64_t[]){ 150 * SECOND, 203 * SECOND }, 2, "event_1"));
}

/* The newest first, and the end unknown with a cursor: what is behind the end does not say that the
 * window is done. */
static void test_newest_first_is_not_taken_for_the_end(void **state)
{
    lk__windows plan;
    size_t places[1];
    const lk_event first = { .id = "event_2", .created_at_ms = 150 * SECOND };
    const lk_event later[] = { { .id = "event_1", .created_at_ms = 120 * SECOND },
                               { .id = "event_9", .created_at_ms = 900 * SECOND } };
    const lk_event *items[] = { &first };
    const lk_event *more[] = { &later[0], &later[1] };
    lk_error err = LK_ERROR_INIT;
    bool honoured = false;

    (void)state;
    lk__windows_begin(&plan, 100 * SECOND, 200 * SECOND, 1000 * SECOND);
    assert_int_equal(lk__windows_plan(&plan, 1, places), 1);
    (void)lk__windows_ask(&plan, places[0]);
    assert_ok(lk__windows_note(&plan, places[0],
                               &(lk_event_page){ .items = items, .count = 1, .after = "event_2" },
                               &honoured, &err),
              err);
    assert_true(honoured);
    assert_ok(lk__windows_note(&plan, places[0],
                               &(lk_event_page){ .items = more, .count = 2, .after = "event_1" },
                               &honoured, &err),
              err);
    assert_false(honoured);
    lk__windows_clear(&plan);
}

/* Else its window would be asked for without end. */
static void test_page_that_leads_nowhere_ends_its_window(void **state)
{
    static const struct {
        size_t count, skipped;
        const char *after;
        bool is_end;
    } second[] = {
        { .count = 1, .after = "event_1", .is_end = true }, /* to itself */
        { .count = 0, .after = "event_2", .is_end = true },
        { .count = 0, .skipped = 1, .after = "event_2", .is_end = false },
        { .count = 1, .after = "event_2", .is_end = false },
    };
    const lk_event event = { .id = "event_1", .created_at_ms = 150 * SECOND };
    const lk_event *items[] = { &event };

    (void)state;
    for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++) {
        const lk_event_page first = { .items = items, .count = 1, .after = "event_1" };
        const lk_event_page page = { .items = items,
                                     .count = second[i].count,
                                     .skipped = second[i].skipped,
                                     .after = second[i].after };
        lk__windows plan;
        size_t places[1];
        lk_error err = LK_ERROR_INIT;
        bool honoured = false;

        lk__windows_begin(&plan, 100 * SECOND, 200 * SECOND, 1000 * SECOND);
        assert_int_equal(lk__windows_plan(&plan, 1, places), 1);
        (void)lk__windows_ask(&plan, places[0]);
        assert_ok(lk__windows_note(&plan, places[0], &first, &honoured, &err), err);
        assert_ok(lk__windows_note(&plan, places[0], &page, &honoured, &err), err);
        assert_int_equal(plan.items[places[0]].is_done, second[i].is_end);
        lk__windows_clear(&plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_read_and_the_front_is_true),
        cmocka_unit_test(test_front_moves_before_its_window_is_done),
        cmocka_unit_test(test_events_outside_are_noticed),
        cmocka_unit_test(test_newest_first_is_not_taken_for_the_end),
        cmocka_unit_test(test_page_that_leads_nowhere_ends_its_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
