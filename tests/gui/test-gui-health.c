/* What the window says about how things are, and a damaged mirror begun anew. */
#include <adwaita.h>
#include <glib/gstdio.h>

#include "fake-wire.h"
#include "gui-kit.h"
#include "latchkey-banner.h"
#include "latchkey-error.h"
#include "latchkey-feed.h"
#include "latchkey-health.h"
#include "mirror-kit.h"

static const struct {
    LatchkeyHealth health;
    int error; /* -1: none */
    const char *text;
    const char *button;
} rows[] = {
    { { .state = LATCHKEY_FEED_CURRENT, .success_at_ms = NOON, .interval_ms = 5000 },
      -1,
      NULL,
      NULL },
    { { .state = LATCHKEY_FEED_CURRENT, .success_at_ms = NOON - 59000, .interval_ms = 5000 },
      -1,
      NULL,
      NULL },
    { { .state = LATCHKEY_FEED_CURRENT, .success_at_ms = NOON - 61000, .interval_ms = 5000 },
      -1,
      "No answer for 61 seconds. Showing events up to 11:58.",
      "_Retry" },
    /* whoever polls each half hour is not late after an hour */
    { { .state = LATCHKEY_FEED_CURRENT, .success_at_ms = NOON - 3600000, .interval_ms = 1800000 },
      -1,
      NULL,
      NULL },
    { { .state = LATCHKEY_FEED_FAILING,
        .success_at_ms = NOON - 600000,
        .retry_at_ms = NOON + 20000 },
      LATCHKEY_ERROR_NETWORK,
      "Could Not Reach WorkOS. Showing events up to 11:50. Next try in 20 seconds.",
      "_Retry" },
    { { .state = LATCHKEY_FEED_FAILING, .retry_at_ms = NOON + 1 },
      LATCHKEY_ERROR_NETWORK,
      "Could Not Reach WorkOS. These are the events received so far. Next try in 1 second.",
      "_Retry" },
    { { .state = LATCHKEY_FEED_FAILING, .success_at_ms = NOON, .retry_at_ms = NOON },
      LATCHKEY_ERROR_REFUSED,
      "WorkOS Refused the Request. Showing events up to 12:00. Trying again now.",
      "_Retry" },
    /* the one thing not to do is to ask again at once */
    { { .state = LATCHKEY_FEED_FAILING, .success_at_ms = NOON, .retry_at_ms = NOON + 300000 },
      LATCHKEY_ERROR_SLOW,
      "WorkOS Asks to Slow Down. Showing events up to 12:00. Next try in 5 minutes.",
      NULL },
    { { .state = LATCHKEY_FEED_NO_KEY },
      -1,
      "New events need an API key. These are the events received so far.",
      "_Environments…" },
    { { .state = LATCHKEY_FEED_BROKEN },
      LATCHKEY_ERROR_STORE,
      "Local History Could Not Be Opened. These are the events received so far.",
      "_Retry" },
    /* three seconds are nobody's business */
    { { .state = LATCHKEY_FEED_CATCHING_UP,
        .catching_up_since_ms = NOON - 2999,
        .n_caught_up = 9000 },
      -1,
      NULL,
      NULL },
    /* ten seconds for half the way */
    { { .state = LATCHKEY_FEED_CATCHING_UP,
        .catching_up_since_ms = NOON - 10000,
        .n_caught_up = 12000,
        .first_reached_ms = NOON - 200000,
        .reached_ms = NOON - 100000 },
      -1,
      "Catching up: 12000 events, 1200 a second, about 10 seconds left.",
      NULL },
    { { .state = LATCHKEY_FEED_CATCHING_UP,
        .catching_up_since_ms = NOON - 10000,
        .n_caught_up = 100,
        .first_reached_ms = NOON,
        .reached_ms = NOON },
      -1,
      "Catching up: 100 events, 10 a second.",
      NULL },
    { { .state = LATCHKEY_FEED_STARTING }, -1, NULL, NULL },
};

static void test_each_state_says_what_is_and_what_to_do(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error =
            rows[i].error >= 0 ? g_error_new_literal(LATCHKEY_ERROR, rows[i].error, "x") : NULL;
        LatchkeyHealth health = rows[i].health;
        health.error = error;
        LatchkeyHealthWords words = latchkey_health_words(&health, NOON);
        g_assert_cmpstr(words.text, ==, rows[i].text);
        g_assert_cmpstr(words.button, ==, rows[i].button);
        g_assert_true((words.action != NULL) == (words.button != NULL));
        g_free(words.text);
    }
}

static void test_banner_comes_and_goes(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *banner = g_object_new(LATCHKEY_TYPE_BANNER, NULL);

    adw_window_set_content(ADW_WINDOW(window), banner);
    gtk_window_present(GTK_WINDOW(window));
    settle();
    g_assert_false(gtk_widget_get_visible(banner));
    latchkey_banner_show(LATCHKEY_BANNER(banner), "<b>&", "_Retry", "win.check-events");
    settle();
    g_assert_nonnull(kit_find_label(window, "<b>&"));
    g_assert_nonnull(kit_find_label(window, "Retry"));
    latchkey_banner_show(LATCHKEY_BANNER(banner), "Wait", NULL, NULL);
    settle();
    g_assert_null(kit_find_label(window, "Retry"));
    latchkey_banner_show(LATCHKEY_BANNER(banner), NULL, NULL, NULL);
    g_assert_false(gtk_widget_get_visible(banner));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

/* The damaged file is kept, with every byte, and the next one is filled. */
static void test_damaged_mirror_is_set_aside_on_request(void)
{
    static const char text[] = "my shopping list, which is long enough to be read as a header";
    fake_wire wire = FAKE_WIRE(
        { "GET /directories", .status = 200, .body = "{\"data\":[],\"list_metadata\":{}}" },
        { "GET /events", .status = 200,
          .body = "{\"object\":\"list\",\"data\":[],\"list_metadata\":{\"after\":null}}" });
    kit mirror;

    kit_begin(&mirror);
    g_assert_true(g_file_set_contents(mirror.path, text, -1, NULL));
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    config->client_id = g_strdup("client_01");
    config->api_key = g_strdup("sk_test_feed");
    config->store = g_strdup(mirror.store);
    config->transport = fake_wire_use(&wire);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 3600 * 1000);
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_BROKEN);
    latchkey_feed_start_fresh(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_CURRENT);
    g_assert_nonnull(latchkey_feed_get_store(feed));
    g_autofree char *bad = g_strconcat(mirror.path, ".bad", NULL);
    g_autofree char *kept = NULL;
    g_assert_true(g_file_get_contents(bad, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, text);
    /* what can be read is never thrown away */
    latchkey_feed_start_fresh(feed);
    g_assert_nonnull(latchkey_feed_get_store(feed));
    g_assert_true(g_file_test(mirror.path, G_FILE_TEST_EXISTS));
    g_clear_object(&feed);
    settle();
    g_assert_cmpint(g_unlink(bad), ==, 0);
    kit_end(&mirror);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/health/words", test_each_state_says_what_is_and_what_to_do);
    g_test_add_func("/health/banner", test_banner_comes_and_goes);
    g_test_add_func("/health/fresh", test_damaged_mirror_is_set_aside_on_request);
    return g_test_run();
}
