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
      "_Add API Key…" },
    { { .state = LATCHKEY_FEED_NO_KEY, .is_locked = TRUE },
      -1,
      "Your keyring is locked, and the API key for new events is in it.",
      "_Unlock…" },
    /* a server is followed with the session: no key is missing */
    { { .state = LATCHKEY_FEED_NO_KEY, .is_server = TRUE }, -1, NULL, NULL },
    /* whatever else is wrong, and be it all right: nobody is signed in */
    { { .state = LATCHKEY_FEED_CURRENT, .success_at_ms = NOON, .has_ended = TRUE },
      -1,
      "Your session ended. Sign in to continue; the events received so far are kept.",
      "_Sign In" },
    { { .state = LATCHKEY_FEED_NO_KEY, .is_server = TRUE, .has_ended = TRUE },
      -1,
      "Your session ended. Sign in to continue; the events received so far are kept.",
      "_Sign In" },
    /* a locked keyring is no news while events come, with another key */
    { { .state = LATCHKEY_FEED_CURRENT, .success_at_ms = NOON, .is_locked = TRUE },
      -1,
      NULL,
      NULL },
    { { .state = LATCHKEY_FEED_FAILING, .success_at_ms = NOON - 600000, .retry_at_ms = NOON },
      LATCHKEY_ERROR_KEY,
      "WorkOS Refused the API Key. Showing events up to 11:50.",
      "_Replace API Key…" },
    { { .state = LATCHKEY_FEED_FAILING, .retry_at_ms = NOON },
      LATCHKEY_ERROR_MAY_NOT,
      "Not Allowed to Read Events. The API key needs the permission to read directories and their "
      "events.",
      "_Replace API Key…" },
    { { .state = LATCHKEY_FEED_FAILING, .retry_at_ms = NOON, .is_server = TRUE },
      LATCHKEY_ERROR_NOT_SHOWN,
      "The Server Shows You No Events. It shows events to members of an organization: switch to "
      "one, or ask whoever runs it.",
      "_Retry" },
    { { .state = LATCHKEY_FEED_BROKEN },
      LATCHKEY_ERROR_STORE,
      "Local History Could Not Be Read. A new one can be begun; the old file is kept as *.bad.",
      "Start _Fresh" },
    /* a setting that is wrong is no history to begin anew */
    { { .state = LATCHKEY_FEED_BROKEN },
      LATCHKEY_ERROR_CONFIG,
      "Latchkey Is Not Set Up. These are the events received so far.",
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
        g_assert_cmpstr(words.remedy.button, ==, rows[i].button);
        g_assert_true((words.remedy.action != NULL) == (words.remedy.button != NULL));
        g_free(words.text);
    }
}

static const struct {
    const char *what;
    lk_error err;
    gboolean is_server;
    int code;
} failures[] = {
    { "a key that is refused",
      { .status = LK_ERR_API, .http_status = 401 },
      FALSE,
      LATCHKEY_ERROR_KEY },
    { "a token that is: there is no key to replace",
      { .status = LK_ERR_API, .http_status = 401 },
      TRUE,
      LATCHKEY_ERROR_REFUSED },
    { "a key without the permission",
      { .status = LK_ERR_API, .http_status = 403 },
      FALSE,
      LATCHKEY_ERROR_MAY_NOT },
    { "a person of no organization",
      { .status = LK_ERR_API, .http_status = 403 },
      TRUE,
      LATCHKEY_ERROR_NOT_SHOWN },
    { "another refusal",
      { .status = LK_ERR_API, .http_status = 400 },
      FALSE,
      LATCHKEY_ERROR_REFUSED },
    { "no answer", { .status = LK_ERR_NETWORK }, FALSE, LATCHKEY_ERROR_NETWORK },
    { "no answer of a server", { .status = LK_ERR_NETWORK }, TRUE, LATCHKEY_ERROR_SERVER },
    { "too often",
      { .status = LK_ERR_RATE_LIMITED, .http_status = 429 },
      FALSE,
      LATCHKEY_ERROR_SLOW },
};

static void test_each_failure_has_its_class(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
        g_test_message("%s", failures[i].what);
        g_autoptr(GError) error =
            latchkey_error_new_of_feed(&failures[i].err, failures[i].is_server);
        g_assert_error(error, LATCHKEY_ERROR, failures[i].code);
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
    latchkey_banner_show(LATCHKEY_BANNER(banner),
                         &(LatchkeyHealthWords){ .text = (char *)"<b>&",
                                                 .remedy = { "_Unlock…", "win.unlock-key" },
                                                 .other = { "_Not Now", "win.leave-locked" } });
    settle();
    g_assert_nonnull(kit_find_label(window, "<b>&"));
    g_assert_nonnull(kit_find_label(window, "Unlock…"));
    g_assert_nonnull(kit_find_label(window, "Not Now"));
    latchkey_banner_show(LATCHKEY_BANNER(banner), &(LatchkeyHealthWords){ .text = (char *)"Wait" });
    settle();
    g_assert_null(kit_find_label(window, "Unlock…"));
    g_assert_null(kit_find_label(window, "Not Now"));
    latchkey_banner_show(LATCHKEY_BANNER(banner), &(LatchkeyHealthWords){ .text = NULL });
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
    kit_close_feed(&feed);
    g_assert_cmpint(g_unlink(bad), ==, 0);
    kit_end(&mirror);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/health/words", test_each_state_says_what_is_and_what_to_do);
    g_test_add_func("/health/failures", test_each_failure_has_its_class);
    g_test_add_func("/health/banner", test_banner_comes_and_goes);
    g_test_add_func("/health/fresh", test_damaged_mirror_is_set_aside_on_request);
    return g_test_run();
}
