/* The mirror comes to hold what WorkOS holds, in whatever order, however often, by whichever way
 * and after whatever losses the news come: random histories live in an emulator, and the mirror is
 * compared with what its state API says at the end.
 *
 * Several histories, of a directory each, live in one world at a time. A failure prints its seed,
 * and LK_SEED=n plays it again. LK_HISTORIES and LK_ORDERS say how many: 10000 and 20 for the
 * proof. */
#include <latchkey/reconcile.h>
#include <stdio.h>

#include "chance.h"
#include "company.h"
#include "emulator-kit.h"
#include "fake-random.h"
#include "mirror/apply.h"
#include "mirror/mirror.h"
#include "test.h"

enum {
    AT_ONCE = 20, /* histories in a world */
    N_WORLDS = 3,
    N_ORDERS = 6,
    HELD_MS = 30 * 1000, /* WorkOS holds events back for so long at most */
    IN_TRANSACTION = 40,
    SLOW = 12,   /* of so many lives with a feed, one has a slow one, that is read side by side */
    SLOW_MS = 20 /* sync.c */
};

typedef struct world {
    kit k;
    company company;
    char *truth;
    char *registers; /* of the first order without a walk; NULL: none yet */
    int64_t *visible_at_ms;
    unsigned order;
    /* Of one order. */
    fake_clock clock;
    fake_random random;
    fake_feed feed;
    company_api api;
    lk_client *client;
    lk_sync *sync;
    unsigned n_events, n_same, n_delivered, n_walks, n_polls, n_windows; /* of all */
} world;

/* ---- Deliveries ---- */

/* Webhooks: whatever comes, in one transaction after the other. */
static void deliver(world *w, const size_t *order, size_t n)
{
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < n;) {
        size_t end = i + 1 + chance_below(IN_TRANSACTION);
        lk__auto_transaction transaction = { 0 };

        assert_ok(lk__transaction_begin(&transaction, w->k.mirror->store, LK__WRITE, &err), err);
        for (; i < n && i < end; i++) {
            lk__applied applied;

            assert_ok(lk__apply_event(w->k.mirror->store, &w->company.events[order[i]].event,
                                      w->clock.now_ms, &applied, &err),
                      err);
        }
        assert_ok(lk__transaction_commit(&transaction, &err), err);
    }
    w->n_delivered += (unsigned)n;
}

static void shuffle(size_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = chance_below((unsigned)i);
        size_t swap = order[i - 1];

        order[i - 1] = order[j];
        order[j] = swap;
    }
}

/* Each of the first n_events with this chance in a hundred, and some of them twice. */
static void deliver_some(world *w, size_t n_events, unsigned chance)
{
    size_t *order = calloc(2 * n_events + 1, sizeof(*order));
    size_t n = 0;

    assert_non_null(order);
    for (size_t i = 0; i < n_events; i++) {
        if (chance_below(100) >= chance)
            continue;
        order[n++] = i;
        if (chance_below(6) == 0)
            order[n++] = i;
    }
    shuffle(order, n);
    deliver(w, order, n);
    free(order);
}

/* All, of which some are lost at first. */
static void deliver_all(world *w)
{
    size_t n = w->company.n_events;
    size_t *order = calloc(2 * n, sizeof(*order));
    size_t n_kept = 0;

    assert_non_null(order);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    shuffle(order, n);
    n_kept = n * (50 + chance_below(51)) / 100;
    deliver(w, order, n_kept);
    for (size_t i = n; i < 2 * n; i++) /* what was lost comes among what was not */
        order[i] = chance_below((unsigned)n);
    n += n / 4;
    shuffle(order + n_kept, n - n_kept);
    deliver(w, order + n_kept, n - n_kept);
    free(order);
}

/* ---- Everything at once ---- */

static void advance(world *w)
{
    const moment *m = &w->company.moments[w->api.at];

    if (w->clock.now_ms < m->now_ms)
        w->clock.now_ms = m->now_ms;
    w->feed.n_events = m->n_events;
}

static void poll(world *w, unsigned n)
{
    lk_error err = LK_ERROR_INIT;

    for (unsigned i = 0; i < n; i++)
        assert_ok(lk_sync_step(w->sync, NULL, &err), err);
    w->n_polls += n;
}

/* Meanwhile events come, and the world may go on. Some walks are left in the middle: the next one
 * goes on with them. Neither where ids return, for that is nothing WorkOS does: lists have an order
 * there that stays. */
static void walk(world *w)
{
    lk_auto(lk_reconcile) walking = NULL;
    lk_error err = LK_ERROR_INIT;
    bool goes_on = true;
    bool goes_by = !w->company.ids_return;
    unsigned n_left = goes_by && chance_below(4) == 0 ? chance_below(30) : 1000;

    assert_ok(lk_reconcile_new(
                  LK_RECONCILE_OPTIONS(.client = w->client, .mirror = w->k.mirror, .force = true),
                  &walking, &err),
              err);
    while (goes_on && n_left-- > 0) {
        assert_ok(lk_reconcile_step(walking, &goes_on, &err), err);
        if (chance_below(30) == 0)
            deliver_some(w, w->feed.n_events, 5);
        if (chance_below(30) == 0)
            poll(w, 1);
        if (goes_by && chance_below(40) == 0 && w->api.at + 1 < COMPANY_MOMENTS) {
            w->api.at++;
            advance(w);
        }
    }
    w->n_walks++;
}

static void open_sync(world *w)
{
    lk_error err = LK_ERROR_INIT;

    lk_sync_freep(&w->sync);
    assert_ok(lk_sync_new(LK_SYNC_OPTIONS(.client = w->client, .mirror = w->k.mirror,
                                          .no_reconcile = chance_below(2) == 0),
                          &w->sync, &err),
              err);
}

/* Some events are seen later than younger ones. */
static void hold_back(world *w)
{
    for (size_t i = 0; i < w->company.n_events; i++)
        w->visible_at_ms[i] = w->company.events[i].event.created_at_ms +
                              (chance_below(8) == 0 ? (int64_t)chance_below(HELD_MS) : 0);
}

/* Twice: the first end may be one that was read ahead before the world went on. */
static void catch_up(world *w)
{
    lk_error err = LK_ERROR_INIT;
    int n_ends = 0;

    w->clock.now_ms += HELD_MS;
    for (int i = 0; n_ends < 2; i++) {
        lk_sync_result result = { 0 };

        assert_true(i < 1000);
        assert_ok(lk_sync_step(w->sync, &result, &err), err);
        n_ends += result.caught_up;
    }
}

static void live_through_all(world *w)
{
    bool is_slow = chance_below(SLOW) == 0;

    w->feed = (fake_feed){ .events = w->company.events,
                           .visible_at_ms = w->visible_at_ms,
                           .clock = &w->clock,
                           .page = is_slow ? 4 : 1 + chance_below(50) };
    w->api = (company_api){ .company = &w->company,
                            .feed = &w->feed,
                            .page = is_slow ? 100 : 1 + chance_below(5),
                            .slow_ms = is_slow ? SLOW_MS : 0,
                            .mutex = PTHREAD_MUTEX_INITIALIZER };
    hold_back(w);
    open_sync(w);
    for (; w->api.at < COMPANY_MOMENTS; w->api.at++) {
        advance(w);
        deliver_some(w, w->feed.n_events, chance_below(60));
        poll(w, chance_below(8));
        if (chance_below(2) == 0)
            walk(w);
        if (chance_below(4) == 0)
            open_sync(w); /* a process ended, another one began */
    }
    w->api.at = COMPANY_MOMENTS - 1;
    catch_up(w);
    w->n_windows += w->api.n_most > 2;
    deliver_some(w, w->company.n_events, 20);
}

/* ---- Worlds ---- */

static void print_missing(const char *sign, const char *from, const char *in)
{
    for (const char *line = from; *line != '\0'; line += strcspn(line, "\n") + 1) {
        int len = (int)strcspn(line, "\n");
        char *copy = strndup(line, (size_t)len + 1);

        if (strstr(in, copy) == NULL)
            print_message("%s %.*s\n", sign, len, line);
        free(copy);
    }
}

static void assert_same(const world *w, const char *what, const char *expected, const char *found)
{
    if (strcmp(expected, found) == 0)
        return;
    print_missing("-", expected, found);
    print_missing("+", found, expected);
    fail_msg("LK_SEED=%llu: after order %u the %s differ", (unsigned long long)w->company.seed,
             w->order, what);
}

static void assert_true_records(world *w)
{
    char *found = company_seen_in(w->k.mirror);

    assert_same(w, "records", w->truth, found);
    free(found);
}

/* What is live follows from them: it is looked at once. */
static void assert_same_registers(world *w)
{
    char *found = kit_dump_rows(w->k.mirror);

    if (w->registers == NULL) {
        assert_true_records(w);
        w->registers = found;
        return;
    }
    assert_same(w, "registers", w->registers, found);
    free(found);
}

static void play(world *w)
{
    bool is_plain = w->order == 0 || chance_below(3) != 0;

    kit_clear(&w->k);
    w->clock.now_ms = w->company.moments[0].now_ms;
    if (is_plain)
        deliver_all(w);
    else
        live_through_all(w);
    if (is_plain)
        assert_same_registers(w);
    else
        assert_true_records(w);
}

static void live(world *w, uint64_t seed, unsigned n_histories)
{
    company_live(&w->company, seed, n_histories);
    w->truth = company_truth(&w->company);
    w->visible_at_ms = calloc(w->company.n_events, sizeof(*w->visible_at_ms));
    assert_non_null(w->visible_at_ms);
    for (w->order = 0; w->order < chance_number("LK_ORDERS", N_ORDERS); w->order++)
        play(w);
    w->n_events += (unsigned)w->company.n_events;
    w->n_same += w->company.n_same;
    free(w->visible_at_ms);
    free(w->truth);
    free(w->registers);
    w->registers = NULL;
    company_clear(&w->company);
}

static void open_client(world *w)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                        .max_retries = -1, .transport = company_api_use(&w->api),
                                        .clock = fake_clock_use(&w->clock),
                                        .random = fake_random_use(&w->random)),
                      &w->client, &err),
        err);
}

static void test_mirror_comes_to_hold_what_the_emulator_holds(void **state)
{
    const char *seed = getenv("LK_SEED");
    unsigned n = chance_number("LK_HISTORIES", seed != NULL ? AT_ONCE : N_WORLDS * AT_ONCE);
    uint64_t first = seed != NULL ? strtoull(seed, NULL, 10) : 1;
    world w = { 0 };

    (void)state;
    kit_begin_scratch(&w.k);
    open_client(&w);
    for (unsigned done = 0; done < n; done += AT_ONCE) {
        live(&w, first + done / AT_ONCE, n - done < AT_ONCE ? n - done : AT_ONCE);
        if (done % 1000 == 0)
            fprintf(stderr, "%u of %u histories\n", done, n);
    }
    lk_sync_free(w.sync);
    lk_client_free(w.client);
    kit_end(&w.k);
    print_message("%u histories of %u events, %u of them in the same millisecond as another; in %u "
                  "orders: %u deliveries, %u polls, %u walks, %u times side by side\n",
                  n, w.n_events, w.n_same, chance_number("LK_ORDERS", N_ORDERS), w.n_delivered,
                  w.n_polls, w.n_walks, w.n_windows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mirror_comes_to_hold_what_the_emulator_holds,
                                        emulator_kit_set_up, emulator_kit_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
