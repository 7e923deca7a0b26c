/* Search by text and directory, through blocks, finds what looking at each event finds: random logs
 * of more than two blocks and random queries, in all orders, page by page. A failure prints the
 * seed; LK_SEED=n plays it again. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "mirror-kit.h"
#include "test.h"

enum { N_EVENTS = 700, N_LOGS = 4, N_QUERIES = 60 };

static uint64_t rng; /* splitmix64 */

static unsigned draw(unsigned below)
{
    uint64_t z = (rng += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (unsigned)((z ^ (z >> 31)) % below);
}

typedef struct logged {
    char id[32];
    const char *type;
    int64_t at_ms;
    const char *organization;
    const char *directory;
    char name[48];
} logged;

static logged events[N_EVENTS];

static const char *const types[] = { "dsync.user.created", "dsync.user.updated", "user.created",
                                     "session.created",    "dsyncx.other",       "Dsync.odd" };
static const char *const owners[] = { "org_1", "org_2", "org_12", "ORG_1", "o_1" };
/* What people search for, and what searching might stumble over. */
static const char *const names[] = {
    "Ada Lovelace", "ADA",     "Zo\xC3\xAB", "50%_off",        "back\\\\slash",
    "tab\\there",   "\\nline", "a",          "\\u0001control", "d1",
};

static void make_log(kit *k)
{
    kit_event event;

    for (unsigned i = 0; i < N_EVENTS; i++) {
        logged *e = &events[i];

        snprintf(e->id, sizeof(e->id), "event_%03u_%u%s", draw(1000), i, i % 7 == 0 ? "X" : "");
        e->type = types[draw(N_ROWS(types))];
        /* Mostly as time goes, with late ones, and many equal. */
        e->at_ms = 1000 + (draw(10) == 0 ? draw(100) : i / 7);
        e->organization = owners[draw(N_ROWS(owners))];
        e->directory = owners[draw(N_ROWS(owners))];
        snprintf(e->name, sizeof(e->name), "%s %u", names[draw(i < 300 ? 5 : N_ROWS(names))],
                 draw(20));
        kit_make(
            &event, e->id, e->type, e->at_ms,
            "{\"id\":\"%s\",\"directory_id\":\"%s\",\"organization_id\":\"%s\",\"name\":\"%s\"}",
            i % 2 == 0 ? "u1" : "u2", e->directory, e->organization, e->name);
        assert_true(kit_apply(k, &event));
    }
}

/* ---- Looking at each ---- */

static void lower(const char *json, char *out)
{
    static const struct {
        const char *escape;
        char byte;
    } escapes[] = { { "\\t", '\t' }, { "\\n", '\n' }, { "\\u0001", 1 }, { "\\\\", '\\' } };

    while (*json != '\0') {
        size_t taken = 1;

        *out = *json >= 'A' && *json <= 'Z' ? (char)(*json - 'A' + 'a') : *json;
        for (size_t i = 0; i < N_ROWS(escapes); i++) {
            if (strncmp(json, escapes[i].escape, strlen(escapes[i].escape)) == 0) {
                *out = escapes[i].byte;
                taken = strlen(escapes[i].escape);
                break;
            }
        }
        json += taken;
        out++;
    }
    *out = '\0';
}

static bool is_of_type(const char *type, const char *wanted)
{
    size_t len = strlen(wanted);

    return wanted[len - 1] == '.' ? strncmp(type, wanted, len) == 0 : strcmp(type, wanted) == 0;
}

static bool matches(const logged *e, const lk_mirror_event_query *query)
{
    char text[128];
    char name[128];
    char id[64];

    lower(query->text, text);
    lower(e->name, name);
    lower(e->id, id);
    if (strstr(name, text) == NULL && strstr(id, text) == NULL)
        return false;
    if (query->type != NULL && !is_of_type(e->type, query->type))
        return false;
    if (query->organization_id != NULL && strcmp(query->organization_id, e->organization) != 0)
        return false;
    if (query->directory_id != NULL && strcmp(query->directory_id, e->directory) != 0)
        return false;
    if (query->since_ms != 0 && e->at_ms < query->since_ms)
        return false;
    return query->until_ms == 0 || e->at_ms < query->until_ms;
}

static int compare_times(const void *a, const void *b)
{
    const logged *left = *(const logged *const *)a;
    const logged *right = *(const logged *const *)b;

    if (left->at_ms != right->at_ms)
        return left->at_ms < right->at_ms ? -1 : 1;
    return strcmp(left->id, right->id);
}

static size_t look_at_each(const lk_mirror_event_query *query, const logged **found)
{
    size_t n = 0;

    for (size_t i = 0; i < N_EVENTS; i++)
        if (matches(&events[i], query))
            found[n++] = &events[i];
    if (query->order == LK_OLDEST_FIRST || query->order == LK_NEWEST_FIRST)
        qsort(found, n, sizeof(*found), compare_times);
    if (query->order != LK_NEWEST_FIRST && query->order != LK_LATEST_ARRIVAL)
        return n;
    for (size_t i = 0; i < n / 2; i++) {
        const logged *swap = found[i];

        found[i] = found[n - 1 - i];
        found[n - 1 - i] = swap;
    }
    return n;
}

/* ---- Asking ---- */

static lk_mirror_event_query random_query(void)
{
    static const char *const texts[] = { "ada",  "A",    "Lovelace 1", "zo\xC3\xAB",
                                         "%_",   "\\sl", "\t",         "\n",
                                         "\x01", "x",    "no!",        "event_00",
                                         "d1 1", "0",    "\001control" };
    static const char *const asked[] = { "dsync.", "dsync.user.created", "session.created",
                                         "none.such" };
    lk_mirror_event_query query = { .size = sizeof(query) };

    query.text = texts[draw(N_ROWS(texts))];
    if (draw(6) == 0) {
        query.text = "";
        query.directory_id = owners[draw(N_ROWS(owners))];
    }
    query.order = (lk_event_order)draw(4);
    query.limit = draw(2) == 0 ? 7 : 100;
    if (draw(2) == 0)
        query.type = asked[draw(N_ROWS(asked))];
    if (draw(4) == 0)
        query.organization_id = owners[draw(N_ROWS(owners))];
    if (draw(4) == 0)
        query.directory_id = owners[draw(N_ROWS(owners))];
    if (draw(5) == 0)
        query.since_ms = 1000 + draw(100);
    if (draw(5) == 0)
        query.until_ms = 1000 + draw(100);
    return query;
}

static void check_pages(kit *k, lk_mirror_event_query query, const logged **expected, size_t n,
                        uint64_t seed)
{
    lk_error err = LK_ERROR_INIT;
    size_t at = 0;

    for (;;) {
        lk_auto(lk_mirror_event_page) page = NULL;

        query.after = at > 0 ? expected[at - 1]->id : NULL;
        assert_ok(lk_mirror_list_events(k->mirror, &query, &page, &err), err);
        for (size_t i = 0; i < page->count; i++, at++)
            if (at >= n || strcmp(page->items[i]->id, expected[at]->id) != 0)
                fail_msg("LK_SEED=%llu: \"%s\", order %d: row %zu is %s instead of %s",
                         (unsigned long long)seed, query.text, (int)query.order, at,
                         page->items[i]->id, at < n ? expected[at]->id : "none");
        if (page->count < (size_t)query.limit)
            break;
    }
    if (at != n)
        fail_msg("LK_SEED=%llu: \"%s\", order %d: %zu rows instead of %zu",
                 (unsigned long long)seed, query.text, (int)query.order, at, n);
}

static void check_log(kit *k, uint64_t seed)
{
    static const logged *expected[N_EVENTS];
    lk_error err = LK_ERROR_INIT;

    for (int i = 0; i < N_QUERIES; i++) {
        lk_mirror_event_query query = random_query();
        size_t n = look_at_each(&query, expected);
        int64_t count = -1;

        assert_ok(lk_mirror_count_events(k->mirror, &query, &count, &err), err);
        if (count != (int64_t)n)
            fail_msg("LK_SEED=%llu: \"%s\" counts %lld instead of %zu", (unsigned long long)seed,
                     query.text, (long long)count, n);
        check_pages(k, query, expected, n, seed);
    }
}

static void test_search_finds_what_looking_at_each_finds(void **state)
{
    const char *seed = getenv("LK_SEED");
    uint64_t first = seed != NULL ? strtoull(seed, NULL, 10) : 0;
    kit k;

    (void)state;
    kit_begin_scratch(&k);
    for (uint64_t i = first; i < first + (seed != NULL || kit_is_postgres() ? 1 : N_LOGS); i++) {
        rng = i;
        kit_clear(&k);
        make_log(&k);
        check_log(&k, i);
    }
    kit_end(&k);
}

static void test_a_log_of_an_earlier_version_is_found_as_well(void **state)
{
    lk_error err = LK_ERROR_INIT;
    int64_t count = 0;
    kit k;

    (void)state;
    rng = 99;
    kit_begin(&k);
    kit_open(&k);
    make_log(&k);
    kit_go_back(&k, 4);
    kit_open(&k);
    check_log(&k, 99);
    assert_ok(
        lk_mirror_count_events(k.mirror, LK_MIRROR_EVENT_QUERY(.object_id = "u1"), &count, &err),
        err);
    assert_int_equal(count, N_EVENTS / 2);
    assert_ok(lk_mirror_count_events(k.mirror, NULL, &count, &err), err);
    assert_int_equal(count, N_EVENTS);
    kit_end(&k);
}

/* Nobody has such ids; PostgreSQL's indexes could not hold them. */
static void test_endless_ids_stop_nothing(void **state)
{
    static char json[40000];
    static char id[9000];
    lk_error err = LK_ERROR_INIT;
    lk_auto(lk_mirror_event_page) page = NULL;
    kit k;

    (void)state;
    rng = 5;
    for (size_t i = 0; i + 1 < sizeof(id); i++)
        id[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[draw(62)];
    snprintf(json, sizeof(json),
             "{\"id\":\"event_1\",\"event\":\"dsync.user.created\",\"data\":{\"id\":\"%s\","
             "\"directory_id\":\"%s\",\"organization_id\":\"%s\",\"name\":\"Ada\"}}",
             id, id, id);
    const lk_event event = { .id = "event_1",
                             .type = "dsync.user.created",
                             .created_at_ms = 1,
                             .json = json,
                             .json_len = strlen(json) };

    kit_begin(&k);
    kit_open(&k);
    assert_ok(lk_mirror_apply_event(k.mirror, &event, NULL, &err), err);
    assert_ok(lk_mirror_list_events(k.mirror, LK_MIRROR_EVENT_QUERY(.text = "ada"), &page, &err),
              err);
    assert_int_equal(page->count, 1);
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search_finds_what_looking_at_each_finds),
        cmocka_unit_test(test_a_log_of_an_earlier_version_is_found_as_well),
        cmocka_unit_test(test_endless_ids_stop_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
