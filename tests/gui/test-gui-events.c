/* Words, the lazy list over a real SQLite mirror, and the feed over a scripted wire. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake-wire.h"
#include "gui-kit.h"
#include "latchkey-error.h"
#include "latchkey-event-list.h"
#include "latchkey-event.h"
#include "latchkey-feed.h"
#include "latchkey-text.h"
#include "mirror-kit.h"

#define USER(first, last)                                                                     \
    "{\"object\":\"directory_user\",\"id\":\"directory_user_01\",\"directory_id\":"           \
    "\"directory_01\",\"organization_id\":\"org_01\",\"idp_id\":\"1\",\"first_name\":" first  \
    ",\"last_name\":" last ",\"email\":\"ada@example.com\",\"state\":\"active\",\"created_at" \
    "\":\"2026-03-02T08:00:00.000Z\",\"updated_at\":\"2026-03-02T08:00:00.000Z\"}"
#define GROUP(name)                                                                   \
    "{\"object\":\"directory_group\",\"id\":\"directory_group_01\",\"directory_id\":" \
    "\"directory_01\",\"organization_id\":\"org_01\",\"idp_id\":\"g\",\"name\":" name \
    ",\"created_at\":\"2026-03-02T08:00:00.000Z\",\"updated_at\":\"2026-03-02T08:00:00.000Z\"}"

/* ---- Words ---- */

static const struct {
    const char *type;
    const char *data;
    const char *title;
} sentences[] = {
    { "dsync.user.created", USER("\"Ada\"", "\"Lovelace\""), "Ada Lovelace was added" },
    { "dsync.user.deleted", USER("\"Ada\"", "null"), "Ada was removed" },
    { "dsync.user.updated", USER("null", "null"), "ada@example.com was changed" },
    { "dsync.group.created", GROUP("\"Night shift\""), "Group Night shift was created" },
    { "dsync.group.user_added",
      "{\"directory_id\":\"directory_01\",\"user\":" USER(
          "\"Ada\"", "\"Lovelace\"") ",\"group\":" GROUP("\"Engineering\"") "}",
      "Ada Lovelace joined Engineering" },
    { "dsync.group.user_removed",
      "{\"directory_id\":\"directory_01\",\"user\":" USER(
          "\"Ada\"", "\"Lovelace\"") ",\"group\":" GROUP("\"\"") "}",
      "Ada Lovelace left a group" },
    /* a name that looks like a place in the sentence */
    { "dsync.group.user_added",
      "{\"directory_id\":\"directory_01\",\"user\":" USER(
          "\"{group}\"", "\"{who}\"") ",\"group\":" GROUP("\"{who}\"") "}",
      "{group} {who} joined {who}" },
    /* markup stays text */
    { "dsync.user.created", USER("\"<b>A&B</b>\"", "\"O'Neil\""), "<b>A&B</b> O'Neil was added" },
    /* right-to-left override, line feed, isolate */
    { "dsync.user.created", USER("\"Ad\\u202ea\\nx\"", "\"\\u2066L\""), "Ada x L was added" },
    /* a name that runs from right to left does not turn the sentence around */
    { "dsync.user.created", USER("\"\u0644\u064a\"", "null"),
      "\u200e\u2068\u0644\u064a\u2069 was added" },
    /* a type that did not exist when this was written */
    { "dsync.robot.created", "{\"object\":\"robot\",\"name\":\"R2\"}", "R2" },
    /* no name at all */
    { "dsync.user.created", "{\"object\":\"directory_user\"}", "Somebody was added" },
};

static void test_each_type_gets_its_sentence(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sentences); i++) {
        g_autofree char *json = g_strdup_printf("{\"data\":%s}", sentences[i].data);
        const lk_mirror_event row = { .id = "event_01",
                                      .type = sentences[i].type,
                                      .created_at_ms = NOON,
                                      .json = json,
                                      .json_len = strlen(json) };
        g_autoptr(LatchkeyEvent) event = latchkey_event_new(&row, "Acme Okta");
        g_assert_cmpstr(latchkey_event_get_title(event), ==, sentences[i].title);
        g_assert_true(g_str_has_suffix(latchkey_event_get_subtitle(event), "Acme Okta"));
    }
}

static void test_damaged_event_still_has_words(void)
{
    const lk_mirror_event row = { .id = "event_01",
                                  .type = "dsync.user.created",
                                  .subject = "Ada \xff\xfe",
                                  .json = "{\"data\":",
                                  .json_len = 8 };
    g_autoptr(LatchkeyEvent) event = latchkey_event_new(&row, NULL);

    g_assert_true(g_utf8_validate(latchkey_event_get_title(event), -1, NULL));
    g_assert_true(g_str_has_prefix(latchkey_event_get_title(event), "Ada"));
}

static void test_long_name_is_cut(void)
{
    g_autofree char *name = g_strnfill(10000, 'x');
    g_autofree char *clean = latchkey_text_clean(name);

    g_assert_cmpint(g_utf8_strlen(clean, -1), ==, 201);
    g_assert_true(g_str_has_suffix(clean, "…"));
}

static const struct {
    LatchkeyFeedState state;
    gint64 success_at_ms;
    gint64 retry_at_ms;
    const char *words;
} freshness[] = {
    { LATCHKEY_FEED_CURRENT, NOON, 0, "Live" },
    { LATCHKEY_FEED_CURRENT, NOON - 15000, 0, "Live" },
    { LATCHKEY_FEED_CURRENT, NOON - 15001, 0, "Waiting for an answer…" }, /* three intervals */
    { LATCHKEY_FEED_CURRENT, NOON + 1, 0, "Waiting for an answer…" },     /* a clock set back */
    { LATCHKEY_FEED_CATCHING_UP, NOON, 0, "Catching up…" },
    { LATCHKEY_FEED_FAILING, NOON, NOON + 20000, "Not updating · next try in 20 s" },
    { LATCHKEY_FEED_FAILING, NOON, NOON, "Not updating · trying again" },
    { LATCHKEY_FEED_NO_KEY, 0, 0, "Not updating · no API key" },
    { LATCHKEY_FEED_BROKEN, NOON, 0, "Not updating" },
    { LATCHKEY_FEED_STARTING, 0, 0, "Connecting…" },
};

static void test_live_is_said_only_when_it_is(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(freshness); i++) {
        g_autofree char *words = latchkey_feed_words(freshness[i].state, freshness[i].success_at_ms,
                                                     freshness[i].retry_at_ms, 5000, NOON);
        g_assert_cmpstr(words, ==, freshness[i].words);
    }
}

/* ---- The list ---- */

static void apply(kit *mirror, int n, gint64 at_ms)
{
    g_autofree char *id = g_strdup_printf("event_%06d", n);
    kit_event event;

    kit_make(&event, id, "dsync.user.created", at_ms, "%s", USER("\"Ada\"", "\"Lovelace\""));
    kit_apply(mirror, &event);
}

/* count events, a second apart, the last of them at noon. */
static void fill(kit *mirror, int count)
{
    for (int i = 0; i < count; i++)
        apply(mirror, i, NOON - (gint64)(count - 1 - i) * 1000);
}

static LatchkeyEventList *open_filtered(kit *mirror, const LatchkeyEventFilter *filter)
{
    lk_mirror *reader = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(mirror->store, &reader, &err) != LK_OK)
        g_error("%s", err.message);
    g_autoptr(LatchkeyStore) store = latchkey_store_new(mirror->store, reader);
    LatchkeyEventList *list = latchkey_event_list_new(store, filter);
    wait_until(!latchkey_event_list_is_loading(list));
    return list;
}

static LatchkeyEventList *open_list(kit *mirror)
{
    return open_filtered(mirror, NULL);
}

/* What a list does on other threads is over, and nobody holds it any more. */
static void close_list(LatchkeyEventList *list)
{
    gboolean is_gone = FALSE;

    g_object_weak_ref(G_OBJECT(list), kit_on_gone, &is_gone);
    g_object_unref(list);
    wait_until(is_gone);
}

static void refresh(LatchkeyEventList *list)
{
    latchkey_event_list_refresh(list);
    wait_until(!latchkey_event_list_is_loading(list));
}

static guint length(LatchkeyEventList *list)
{
    return g_list_model_get_n_items(G_LIST_MODEL(list));
}

static char *id_at(LatchkeyEventList *list, guint position)
{
    g_autoptr(LatchkeyEvent) event = g_list_model_get_item(G_LIST_MODEL(list), position);

    return event != NULL ? g_strdup(latchkey_event_get_id(event)) : NULL;
}

/* Every row is where it belongs: newest first, none twice, none missing. */
static void assert_ordered(LatchkeyEventList *list)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gint64 last_ms = G_MAXINT64;

    for (guint i = 0; i < length(list); i++) {
        g_autoptr(LatchkeyEvent) event = g_list_model_get_item(G_LIST_MODEL(list), i);
        g_assert_cmpint(latchkey_event_get_created_at_ms(event), <=, last_ms);
        last_ms = latchkey_event_get_created_at_ms(event);
        g_assert_true(g_hash_table_add(seen, g_strdup(latchkey_event_get_id(event))));
    }
}

/* Asks for the last row, as a view does that was scrolled down: the list may grow then. */
static void look_at_end(LatchkeyEventList *list)
{
    g_free(id_at(list, length(list) - 1));
    wait_until(!latchkey_event_list_is_loading(list));
}

static void load_all(LatchkeyEventList *list)
{
    while (!latchkey_event_list_is_complete(list))
        look_at_end(list);
}

static void test_empty_mirror_is_an_empty_list(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    LatchkeyEventList *list = open_list(&mirror);
    g_assert_cmpuint(length(list), ==, 0);
    g_assert_true(latchkey_event_list_is_complete(list));
    apply(&mirror, 1, NOON);
    refresh(list);
    g_assert_cmpuint(length(list), ==, 1);
    close_list(list);
    kit_end(&mirror);
}

static void test_list_grows_to_the_oldest_in_bounded_memory(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 4500);
    LatchkeyEventList *list = open_list(&mirror);
    g_assert_cmpuint(length(list), ==, 24); /* a view makes widgets for all of them at once */
    load_all(list);
    g_assert_cmpuint(length(list), ==, 4500);
    g_autofree char *first = id_at(list, 0);
    g_autofree char *last = id_at(list, 4499);
    g_assert_cmpstr(first, ==, "event_004499");
    g_assert_cmpstr(last, ==, "event_000000");
    for (int i = 0; i < 500; i++) {
        guint position = (guint)g_test_rand_int_range(0, 4500);
        g_autofree char *id = id_at(list, position);
        g_autofree char *expected = g_strdup_printf("event_%06u", 4499 - position);
        g_assert_cmpstr(id, ==, expected);
    }
    g_assert_cmpuint(latchkey_event_list_get_n_cached(list), <=, 33);
    close_list(list);
    kit_end(&mirror);
}

typedef struct changes {
    guint position;
    guint n;
} changes;

static void on_items_changed(GListModel *model, guint position, guint removed, guint added,
                             changes *seen)
{
    (void)model;
    g_assert_cmpuint(removed, ==, 0);
    g_assert_cmpuint(added, ==, 1);
    seen->position = position;
    seen->n++;
}

static void test_new_event_appears_at_the_top(void)
{
    kit mirror;
    changes seen = { 0 };

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 10);
    LatchkeyEventList *list = open_list(&mirror);
    g_signal_connect(list, "items-changed", G_CALLBACK(on_items_changed), &seen);
    refresh(list);
    g_assert_cmpuint(seen.n, ==, 0); /* nothing new: nothing is said */
    apply(&mirror, 777, NOON + 1000);
    refresh(list);
    g_assert_cmpuint(seen.n, ==, 1);
    g_assert_cmpuint(seen.position, ==, 0);
    g_autofree char *id = id_at(list, 0);
    g_assert_cmpstr(id, ==, "event_000777");
    close_list(list);
    kit_end(&mirror);
}

static void test_late_event_goes_where_it_belongs(void)
{
    kit mirror;
    changes seen = { 0 };

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 600);
    LatchkeyEventList *list = open_list(&mirror);
    load_all(list);
    g_signal_connect(list, "items-changed", G_CALLBACK(on_items_changed), &seen);
    apply(&mirror, 7001, NOON - 300 * 1000 - 500); /* between rows 300 and 301 */
    apply(&mirror, 7002, NOON - 1000000);          /* older than all */
    refresh(list);
    g_assert_cmpuint(seen.n, ==, 2);
    g_autofree char *middle = id_at(list, 301);
    g_autofree char *last = id_at(list, 601);
    g_assert_cmpstr(middle, ==, "event_007001");
    g_assert_cmpstr(last, ==, "event_007002");
    assert_ordered(list);
    close_list(list);
    kit_end(&mirror);
}

/* Arrivals, growth and eviction in any order: the list is the mirror. */
static void test_list_equals_the_mirror_under_random_arrivals(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 300);
    LatchkeyEventList *list = open_list(&mirror);
    for (int i = 0; i < 700; i++) {
        apply(&mirror, 1000 + i, NOON + g_test_rand_int_range(-400000, 400000));
        if (g_test_rand_int_range(0, 4) == 0)
            refresh(list);
        if (g_test_rand_int_range(0, 20) == 0)
            look_at_end(list); /* a page may come that holds events not yet refreshed */
    }
    refresh(list);
    load_all(list);
    g_assert_cmpuint(length(list), ==, 1000);
    assert_ordered(list);
    close_list(list);
    kit_end(&mirror);
}

/* ---- Filters ---- */

static void apply_as(kit *mirror, int n, const char *type, const char *name, gint64 at_ms)
{
    g_autofree char *id = g_strdup_printf("event_%06d", n);
    kit_event event;

    kit_make(&event, id, type, at_ms,
             "{\"id\":\"directory_user_%s\",\"directory_id\":\"directory_01\",\"email\":\"%s@x\"}",
             name, name);
    kit_apply(mirror, &event);
}

#define WORD(text) ((char[]){ text })

static const struct {
    LatchkeyEventFilter filter;
    const char *ids; /* the last digits, newest first */
} filters[] = {
    { { 0 }, "54321" },
    { { .type = WORD("dsync.user.") }, "5321" },
    { { .type = WORD("dsync.user.deleted") }, "5" },
    { { .text = WORD("ADA") }, "531" },
    { { .text = WORD("ada"), .type = WORD("dsync.user.created") }, "31" },
    { { .text = WORD("000004") }, "4" }, /* an id */
    { { .text = WORD("%") }, "" },
    { { .object_id = WORD("directory_user_bob") }, "42" },
    { { .since_ms = NOON - 2000 }, "543" },
    { { .directory_id = WORD("directory_02") }, "" },
    { { .organization_id = WORD("org_01") }, "" },
};

static void test_filtered_lists_hold_what_passes(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    apply_as(&mirror, 1, "dsync.user.created", "ada", NOON - 4000);
    apply_as(&mirror, 2, "dsync.user.created", "bob", NOON - 3000);
    apply_as(&mirror, 3, "dsync.user.created", "ada", NOON - 2000);
    apply_as(&mirror, 4, "dsync.group.updated", "bob", NOON - 1000);
    apply_as(&mirror, 5, "dsync.user.deleted", "ada", NOON);
    apply_as(&mirror, 6, "user.created", "ada", NOON); /* no directory event */
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        LatchkeyEventList *list = open_filtered(&mirror, &filters[i].filter);
        g_autoptr(GString) ids = g_string_new(NULL);
        for (guint at = 0; at < length(list); at++) {
            g_autofree char *id = id_at(list, at);
            g_string_append_c(ids, id[strlen(id) - 1]);
        }
        g_assert_cmpstr(ids->str, ==, filters[i].ids);
        g_assert_cmpint(latchkey_event_list_get_n_total(list), ==, strlen(filters[i].ids));
        close_list(list);
    }
    kit_end(&mirror);
}

/* The number is known long before the oldest event is read, and grows with arrivals. */
static void test_events_are_counted_before_they_are_read(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 500);
    LatchkeyEventList *list = open_list(&mirror);
    wait_until(latchkey_event_list_get_n_total(list) == 500);
    g_assert_cmpuint(length(list), ==, 24); /* a view makes widgets for all of them at once */
    apply(&mirror, 777, NOON + 1000);
    refresh(list);
    wait_until(latchkey_event_list_get_n_total(list) == 501);
    close_list(list);
    kit_end(&mirror);
}

/* A filtered list takes in only what passes, and is not confused by what does not. */
static void test_filtered_list_follows_arrivals(void)
{
    const LatchkeyEventFilter filter = { .text = WORD("ada") };
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    LatchkeyEventList *list = open_filtered(&mirror, &filter);
    g_assert_true(latchkey_event_list_is_complete(list));
    for (int i = 0; i < 400; i++) {
        apply_as(&mirror, i, "dsync.user.created", i % 3 == 0 ? "ada" : "bob",
                 NOON + g_test_rand_int_range(-400000, 400000));
        if (g_test_rand_int_range(0, 6) == 0)
            latchkey_event_list_refresh(list); /* also while a page is on its way */
        settle();
    }
    wait_until(!latchkey_event_list_is_loading(list));
    refresh(list);
    load_all(list);
    g_assert_cmpuint(length(list), ==, 134);
    assert_ordered(list);
    close_list(list);
    kit_end(&mirror);
}

/* ---- The feed ---- */

#define EVENT(id, time, first)                                                                 \
    "{\"object\":\"event\",\"id\":\"" id "\",\"event\":\"dsync.user.created\",\"data\":" USER( \
        "\"" first "\"", "\"Lovelace\"") ",\"created_at\":\"" time "\"}"
#define PAGE(events) \
    "{\"object\":\"list\",\"data\":[" events "],\"list_metadata\":{\"after\":null}}"

static LatchkeyConfig *feed_config(kit *mirror, fake_wire *wire)
{
    LatchkeyConfig *config = latchkey_config_new();

    config->client_id = g_strdup("client_01");
    config->store = g_strdup(mirror->store);
    if (wire != NULL) {
        config->api_key = g_strdup("sk_test_feed");
        config->transport = fake_wire_use(wire);
    }
    return config;
}

static gint64 stored(LatchkeyFeed *feed)
{
    lk_error err = LK_ERROR_INIT;
    int64_t count = -1;

    if (lk_mirror_count_events(latchkey_store_get_mirror(latchkey_feed_get_store(feed)), NULL,
                               &count, &err) != LK_OK)
        g_error("%s", err.message);
    return count;
}

/* What an empty mirror asks first. */
#define NO_DIRECTORIES                                                                  \
    {                                                                                   \
        "GET /directories", .status = 200, .body = "{\"data\":[],\"list_metadata\":{}}" \
    }

static void test_events_arrive_by_themselves(void)
{
    fake_wire wire = FAKE_WIRE(
        NO_DIRECTORIES,
        { "GET /events", .header_has = "Authorization: Bearer sk_test_feed", .status = 200,
          .body = PAGE(EVENT("event_01", "2026-03-02T08:00:00.000Z", "Ada")) },
        { "GET /events", .status = 200,
          .body = PAGE(EVENT("event_02", "2026-03-02T09:00:00.000Z", "Augusta")) });
    kit mirror;

    kit_begin(&mirror);
    g_autoptr(LatchkeyConfig) config = feed_config(&mirror, &wire);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 3600 * 1000);
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_CURRENT);
    LatchkeyEventList *list = latchkey_event_list_new(latchkey_feed_get_store(feed), NULL);
    wait_until(length(list) == 1);
    g_signal_connect_swapped(feed, "changed", G_CALLBACK(latchkey_event_list_refresh), list);
    latchkey_feed_wake(feed); /* the interval is an hour */
    wait_until(length(list) == 2);
    g_autofree char *id = id_at(list, 0);
    g_assert_cmpstr(id, ==, "event_02");
    g_signal_handlers_disconnect_by_data(feed, list);
    close_list(list);
    g_clear_object(&feed);
    settle();
    fake_wire_finished(&wire);
    kit_end(&mirror);
}

static void test_failed_poll_keeps_the_list_and_says_so(void)
{
    fake_wire wire =
        FAKE_WIRE(NO_DIRECTORIES,
                  { "GET /events", .status = 200,
                    .body = PAGE(EVENT("event_01", "2026-03-02T08:00:00.000Z", "Ada")) },
                  { "GET /events", .status = 401, .body = "{\"message\":\"Unauthorized\"}" });
    kit mirror;

    kit_begin(&mirror);
    g_autoptr(LatchkeyConfig) config = feed_config(&mirror, &wire);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 3600 * 1000);
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_CURRENT);
    latchkey_feed_wake(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_FAILING);
    g_assert_error(latchkey_feed_get_error(feed), LATCHKEY_ERROR, LATCHKEY_ERROR_REFUSED);
    g_assert_null(strstr(latchkey_feed_get_error(feed)->message, "sk_test"));
    g_assert_cmpint(stored(feed), ==, 1);
    g_clear_object(&feed);
    settle();
    fake_wire_finished(&wire);
    kit_end(&mirror);
}

static void test_without_a_key_old_events_are_shown(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 3);
    g_autoptr(LatchkeyConfig) config = feed_config(&mirror, NULL);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 0);
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_NO_KEY);
    g_assert_cmpint(stored(feed), ==, 3);
    g_clear_object(&feed);
    kit_end(&mirror);
}

static void test_without_a_key_no_store_is_made(void)
{
    kit mirror;

    kit_begin(&mirror);
    g_autoptr(LatchkeyConfig) config = feed_config(&mirror, NULL);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 0);
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_NO_KEY);
    g_assert_null(latchkey_feed_get_store(feed));
    g_assert_false(g_file_test(mirror.path, G_FILE_TEST_EXISTS));
    g_clear_object(&feed);
    kit_end(&mirror);
}

static void test_store_that_is_no_database_is_named_and_left_alone(void)
{
    static const char text[] = "my shopping list, which is long enough to be read as a header";
    fake_wire wire = FAKE_WIRE_SILENT;
    kit mirror;

    kit_begin(&mirror);
    g_assert_true(g_file_set_contents(mirror.path, text, -1, NULL));
    g_autoptr(LatchkeyConfig) config = feed_config(&mirror, &wire);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 0);
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_BROKEN);
    g_assert_error(latchkey_feed_get_error(feed), LATCHKEY_ERROR, LATCHKEY_ERROR_STORE);
    g_assert_nonnull(strstr(latchkey_feed_get_error(feed)->message, mirror.path));
    g_autofree char *left = NULL;
    g_assert_true(g_file_get_contents(mirror.path, &left, NULL, NULL));
    g_assert_cmpstr(left, ==, text);
    g_clear_object(&feed);
    kit_end(&mirror);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* Thousands of commits: in memory they take a second, on a busy disk a minute. */
    if (g_access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    g_test_add_func("/events/sentences", test_each_type_gets_its_sentence);
    g_test_add_func("/events/damaged", test_damaged_event_still_has_words);
    g_test_add_func("/events/long-name", test_long_name_is_cut);
    g_test_add_func("/events/live", test_live_is_said_only_when_it_is);
    g_test_add_func("/events/list/empty", test_empty_mirror_is_an_empty_list);
    g_test_add_func("/events/list/grows", test_list_grows_to_the_oldest_in_bounded_memory);
    g_test_add_func("/events/list/new", test_new_event_appears_at_the_top);
    g_test_add_func("/events/list/late", test_late_event_goes_where_it_belongs);
    g_test_add_func("/events/list/random", test_list_equals_the_mirror_under_random_arrivals);
    g_test_add_func("/events/filter/passes", test_filtered_lists_hold_what_passes);
    g_test_add_func("/events/filter/count", test_events_are_counted_before_they_are_read);
    g_test_add_func("/events/filter/follow", test_filtered_list_follows_arrivals);
    g_test_add_func("/events/feed/arrive", test_events_arrive_by_themselves);
    g_test_add_func("/events/feed/failed", test_failed_poll_keeps_the_list_and_says_so);
    g_test_add_func("/events/feed/no-key", test_without_a_key_old_events_are_shown);
    g_test_add_func("/events/feed/no-store", test_without_a_key_no_store_is_made);
    g_test_add_func("/events/feed/no-database",
                    test_store_that_is_no_database_is_named_and_left_alone);
    return g_test_run();
}
