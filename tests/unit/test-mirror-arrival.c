/* The order of arrival: what a follower by sequence sees, also while many write at once. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "mirror-kit.h"
#include "mirror/feed.h"
#include "mirror/mirror.h"
#include "test.h"

static void add(kit *k, const char *id, const char *type)
{
    kit_event event;

    kit_make(&event, id, type, 1, "{\"organization_id\":\"org_%c\"}", id[6]);
    assert_true(kit_apply(k, &event));
}

/* The last letters of the ids, in the order of arrival. */
static void assert_found(kit *k, const lk_mirror_event_query *query, const char *letters)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char found[16] = "";

    assert_ok(lk_mirror_list_events(k->mirror, query, &page, &err), err);
    assert_true(page->count < sizeof(found));
    for (size_t i = 0; i < page->count; i++)
        found[i] = page->items[i]->id[6];
    assert_string_equal(found, letters);
}

#define TYPES(...)                                 \
    .types = (const char *const[]){ __VA_ARGS__ }, \
    .n_types = sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

static void test_any_of_several_types(void **state)
{
    kit *k = *state;

    add(k, "event_a", "dsync.user.created");
    add(k, "event_b", "dsync.user_x");
    add(k, "event_c", "user.created");
    add(k, "event_d", "dsync");
    add(k, "event_e", "dsync.user.deleted");
    assert_found(k, LK_MIRROR_EVENT_QUERY(TYPES("dsync", "user.created")), "cd");
    assert_found(k, LK_MIRROR_EVENT_QUERY(TYPES("dsync.user.*")), "ae");
    assert_found(k, LK_MIRROR_EVENT_QUERY(TYPES("user.created", "dsync.user.")), "ace");
    assert_found(k, LK_MIRROR_EVENT_QUERY(TYPES("nothing", "*")), "abcde");
    assert_found(k, LK_MIRROR_EVENT_QUERY(TYPES("dsync*")), ""); /* no family: a strange name */
    assert_found(k, LK_MIRROR_EVENT_QUERY(TYPES("dsync.*"), .organization_id = "org_e"), "e");
    assert_found(
        k, LK_MIRROR_EVENT_QUERY(TYPES("dsync.*", "dsync"), .order = LK_LATEST_ARRIVAL, .limit = 3),
        "edb");
}

static int64_t sequence_of(kit *k, const char *id)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_event(k->mirror, id, &page, &err), err);
    return page->items[0]->sequence;
}

static void test_place_by_sequence(void **state)
{
    kit *k = *state;
    int64_t b;

    add(k, "event_a", "a");
    add(k, "event_b", "b");
    add(k, "event_c", "c");
    b = sequence_of(k, "event_b");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .after_sequence = b), "c");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.order = LK_LATEST_ARRIVAL, .after_sequence = b), "a");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .after_sequence = b - 1), "bc");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .after_sequence = b + 99), "");
    assert_found(k, LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .after_sequence = 0), "abc");
}

static void test_impossible_queries_are_refused(void **state)
{
    kit *k = *state;
    const char *many[25];
    const lk_mirror_event_query *queries[] = {
        LK_MIRROR_EVENT_QUERY(.after_sequence = 1),
        LK_MIRROR_EVENT_QUERY(.order = LK_NEWEST_FIRST, .after_sequence = 1),
        LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .after_sequence = 1, .after = "event_a"),
        LK_MIRROR_EVENT_QUERY(.types = many, .n_types = N_ROWS(many)),
        LK_MIRROR_EVENT_QUERY(TYPES("a"), .type = "a"),
        LK_MIRROR_EVENT_QUERY(TYPES("a", "")),
        LK_MIRROR_EVENT_QUERY(TYPES("a", NULL)),
    };

    for (size_t i = 0; i < N_ROWS(many); i++)
        many[i] = "a.*";
    add(k, "event_a", "a.b");
    for (size_t i = 0; i < N_ROWS(queries); i++) {
        lk_mirror_event_page *page = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_fails(lk_mirror_list_events(k->mirror, queries[i], &page, &err), LK_ERR_INVALID,
                     err);
        assert_null(page);
    }
    assert_found(k,
                 LK_MIRROR_EVENT_QUERY(.types = many, .n_types = N_ROWS(many) - 1, .text = "event",
                                       .organization_id = "org_a", .since_ms = 1, .until_ms = 9,
                                       .order = LK_ARRIVAL, .after_sequence = -1),
                 "a");
}

static void test_types_that_no_sync_asks_for_are_told(void **state)
{
    kit *k = *state;
    lk_auto(lk_type_count_page) page = NULL;
    lk_auto(lk_type_count_page) none = NULL;
    lk_error err = LK_ERROR_INIT;

    add(k, "event_a", "dsync.user.created");
    add(k, "event_b", "user.created");
    assert_ok(lk_mirror_list_other_types(k->mirror, &none, &err), err);
    assert_int_equal(none->count, 0);
    add(k, "event_c", "directory_user.created");
    add(k, "event_d", "user.created.x"); /* near, and another one */
    add(k, "event_e", "directory_user.created");
    assert_ok(lk_mirror_list_other_types(k->mirror, &page, &err), err);
    assert_int_equal(page->count, 2);
    assert_string_equal(page->items[0].type, "directory_user.created");
    assert_int_equal(page->items[0].n_events, 2);
    assert_string_equal(page->items[1].type, "user.created.x");
    assert_int_equal(page->items[1].n_events, 1);
    assert_fails(lk_mirror_list_other_types(k->mirror, NULL, &err), LK_ERR_INVALID, err);
}

/* ---- Many writers, one follower ---- */

enum { N_WRITERS = 4, N_EACH = 150, N_ALL = N_WRITERS * N_EACH };
/* On a busy machine one may find the store locked for longer than it waits: it is sent again. */
enum { N_TRIES = 20 };

typedef struct crowd {
    const kit *kit;
    atomic_int n_ready;
    atomic_int next;
} crowd;

/* As webhooks come: each on its own connection, in a transaction of its own. */
static void *write_events(void *ctx)
{
    crowd *c = ctx;
    lk_mirror *mirror = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(c->kit->store, &mirror, &err) != LK_OK)
        return NULL; /* the count tells */
    atomic_fetch_add(&c->n_ready, 1);
    for (int i = 0; i < N_EACH; i++) {
        int n = atomic_fetch_add(&c->next, 1);
        kit_event event;
        char id[32];

        snprintf(id, sizeof(id), "event_%04d", n);
        kit_make(&event, id, "dsync.user.created", N_ALL - n,
                 "{\"id\":\"u%d\",\"directory_id\":\"d\"}", n % 7);
        lk_status status = LK_ERR_STORE;
        for (int tries = 0; status == LK_ERR_STORE && tries < N_TRIES; tries++)
            status = lk_mirror_apply_event(mirror, &event.event, NULL, &err);
        if (status != LK_OK)
            fprintf(stderr, "%s\n", err.message);
    }
    lk_mirror_free(mirror);
    return NULL;
}

static lk_status apply_page(lk_mirror *mirror, lk_event_page *page, lk_error *err)
{
    lk__auto_feed feed = { 0 };
    lk__feed_move next = { .polled_at_ms = 1 };
    lk_sync_result result = { 0 };
    const lk__pages pages = { .items = { page }, .n = 1 };
    bool moved = false;

    LK_TRY(lk__feed_read(mirror->store, &feed, err));
    next.cursor = lk__place_newest((lk__place){ .id = feed.cursor, .at_ms = feed.cursor_at_ms },
                                   page, INT64_MAX);
    return lk__feed_apply(mirror->store, &feed, &next, &pages, &result, &moved, err);
}

/* As the feed does: several in one transaction, which takes its time. */
static void *write_pages(void *ctx)
{
    crowd *c = ctx;
    lk_mirror *mirror = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(c->kit->store, &mirror, &err) != LK_OK)
        return NULL;
    atomic_fetch_add(&c->n_ready, 1);
    for (int i = 0; i < N_EACH; i += 10) {
        kit_event events[10];
        const lk_event *items[10];
        lk_event_page page = { .items = items, .count = 10 };

        for (int j = 0; j < 10; j++) {
            char id[32];

            snprintf(id, sizeof(id), "event_%04d", atomic_fetch_add(&c->next, 1));
            kit_make(&events[j], id, "user.created", 1000 + i + j, "{\"id\":\"u\"}");
            items[j] = &events[j].event;
        }
        lk_status status = LK_ERR_STORE;
        for (int tries = 0; status == LK_ERR_STORE && tries < N_TRIES; tries++)
            status = apply_page(mirror, &page, &err);
        if (status != LK_OK)
            fprintf(stderr, "%s\n", err.message);
    }
    lk_mirror_free(mirror);
    return NULL;
}

/* A sequence that becomes visible behind a higher one that was seen before would be missed by
 * whoever follows; the follower would end with less than all. */
static void test_follower_misses_none_of_many_writers(void **state)
{
    kit *k = *state;
    crowd c = { .kit = k };
    pthread_t threads[N_WRITERS];
    int64_t until_ms = lk__steady_now_ms() + 180 * 1000;
    int64_t position = 0;
    int n_seen = 0;

    for (int i = 0; i < N_WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i == 0 ? write_pages : write_events, &c),
                         0);
    while (n_seen < N_ALL && lk__steady_now_ms() < until_ms) {
        lk_auto(lk_mirror_event_page) page = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk_mirror_list_events(k->mirror,
                                        LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .limit = 7,
                                                              .after_sequence = position),
                                        &page, &err),
                  err);
        for (size_t i = 0; i < page->count; i++) {
            assert_true(page->items[i]->sequence > position);
            position = page->items[i]->sequence;
        }
        n_seen += (int)page->count;
    }
    for (int i = 0; i < N_WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(c.n_ready, N_WRITERS);
    assert_int_equal(n_seen, N_ALL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_any_of_several_types),
        TEST(test_place_by_sequence),
        TEST(test_impossible_queries_are_refused),
        TEST(test_types_that_no_sync_asks_for_are_told),
        TEST(test_follower_misses_none_of_many_writers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
