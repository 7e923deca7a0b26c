/* The feed over a scripted wire, and how fresh it says to be. */
#include <gio/gio.h>

#include "fake-wire.h"
#include "gui-kit.h"
#include "latchkey-error.h"
#include "latchkey-event-list.h"
#include "latchkey-event.h"
#include "latchkey-feed.h"
#include "latchkey-freshness.h"
#include "mirror-kit.h"

#define USER(first, last)                                                                     \
    "{\"object\":\"directory_user\",\"id\":\"directory_user_01\",\"directory_id\":"           \
    "\"directory_01\",\"organization_id\":\"org_01\",\"idp_id\":\"1\",\"first_name\":" first  \
    ",\"last_name\":" last ",\"email\":\"ada@example.com\",\"state\":\"active\",\"created_at" \
    "\":\"2026-03-02T08:00:00.000Z\",\"updated_at\":\"2026-03-02T08:00:00.000Z\"}"

static const struct {
    LatchkeyFeedState state;
    gint64 success_at_ms;
    gint64 retry_at_ms;
    const char *words;
    const char *age;
} freshness[] = {
    { LATCHKEY_FEED_CURRENT, NOON, 0, "Live", "0 s ago" },
    { LATCHKEY_FEED_CURRENT, NOON - 15000, 0, "Live", "15 s ago" },
    { LATCHKEY_FEED_CURRENT, NOON - 15001, 0, "Waiting for an answer…",
      NULL },                                                               /* three intervals */
    { LATCHKEY_FEED_CURRENT, NOON + 1, 0, "Waiting for an answer…", NULL }, /* a clock set back */
    { LATCHKEY_FEED_CATCHING_UP, NOON, 0, "Catching up…", NULL },
    { LATCHKEY_FEED_FAILING, NOON, NOON + 20000, "Not updating · next try in 20 s", NULL },
    { LATCHKEY_FEED_FAILING, NOON, NOON, "Not updating · trying again", NULL },
    { LATCHKEY_FEED_NO_KEY, 0, 0, "Not updating · no API key", NULL },
    { LATCHKEY_FEED_BROKEN, NOON, 0, "Not updating", NULL },
    { LATCHKEY_FEED_STARTING, 0, 0, "Connecting…", NULL },
};

static void test_live_is_said_only_when_it_is(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(freshness); i++) {
        const LatchkeyHealth health = { .state = freshness[i].state,
                                        .success_at_ms = freshness[i].success_at_ms,
                                        .retry_at_ms = freshness[i].retry_at_ms,
                                        .interval_ms = 5000 };
        g_autofree char *words = latchkey_freshness_words(&health, NOON);
        g_autofree char *age = latchkey_freshness_age(&health, NOON);
        g_assert_cmpstr(words, ==, freshness[i].words);
        g_assert_cmpstr(age, ==, freshness[i].age);
    }
}

static const struct {
    gint64 age_ms;
    const char *words;
} ages[] = {
    { 999, "0 s ago" },     { 1000, "1 s ago" },       { 59999, "59 s ago" },
    { 60000, "1 min ago" }, { 3599999, "59 min ago" }, { 3600000, "1 h ago" },
};

/* Who looks once in an hour is live for long. */
static void test_age_is_told_in_few_words(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ages); i++) {
        const LatchkeyHealth health = { .state = LATCHKEY_FEED_CURRENT,
                                        .success_at_ms = NOON - ages[i].age_ms,
                                        .interval_ms = 3600 * 1000 };
        g_autofree char *words = latchkey_freshness_age(&health, NOON);
        g_assert_cmpstr(words, ==, ages[i].words);
    }
}

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

/* What a list does on other threads is over, and nobody holds it any more. */
static void close_list(LatchkeyEventList *list)
{
    gboolean is_gone = FALSE;

    g_object_weak_ref(G_OBJECT(list), kit_on_gone, &is_gone);
    g_object_unref(list);
    wait_until(is_gone);
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
    kit_close_feed(&feed);
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
    g_assert_error(latchkey_feed_get_error(feed), LATCHKEY_ERROR, LATCHKEY_ERROR_KEY);
    g_assert_null(strstr(latchkey_feed_get_error(feed)->message, "sk_test"));
    g_assert_cmpint(stored(feed), ==, 1);
    kit_close_feed(&feed);
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
    kit_close_feed(&feed);
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
    kit_close_feed(&feed);
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
    kit_close_feed(&feed);
    kit_end(&mirror);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/feed/live", test_live_is_said_only_when_it_is);
    g_test_add_func("/feed/age", test_age_is_told_in_few_words);
    g_test_add_func("/feed/arrive", test_events_arrive_by_themselves);
    g_test_add_func("/feed/failed", test_failed_poll_keeps_the_list_and_says_so);
    g_test_add_func("/feed/no-key", test_without_a_key_old_events_are_shown);
    g_test_add_func("/feed/no-store", test_without_a_key_no_store_is_made);
    g_test_add_func("/feed/no-database", test_store_that_is_no_database_is_named_and_left_alone);
    return g_test_run();
}
