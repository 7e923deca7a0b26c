/* What goes wrong while somebody is signed in: the window says so, keeps what it has, and offers
 * the way on. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-error.h"
#include "latchkey-key-dialog.h"
#include "mirror-kit.h"

#define AUTHENTICATE "POST /user_management/authenticate"
#define JWKS                                                          \
    {                                                                 \
        "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" \
    }
#define NO_EVENTS                                                                          \
    {                                                                                      \
        "GET /events",                                                                     \
            .status = 200,                                                                 \
            .body = "{\"object\":\"list\",\"data\":[],\"list_metadata\":{\"after\":null}}" \
    }
#define ENDED "Your session ended. Sign in to continue; the events received so far are kept."

static void test_ended_session_keeps_what_is_on_show(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire =
        FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS,
                  { AUTHENTICATE, .status = 400, .body = "{\"error\":\"invalid_grant\"}" });
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    kit_sign_in(&s.kit);
    gtk_widget_activate_action(s.window, "win.show-page", "s", "profile");
    settle();
    assert_shows_not(&s, ENDED);
    s.kit.clock.now_ms += 250000;
    latchkey_account_check(s.kit.account);
    wait_until(kit_find_label(s.window, ENDED) != NULL);
    assert_shows(&s, "Ada Lovelace");
    assert_shows(&s, "Ended"); /* where it said when access is renewed */
    stage_click(&s, "Sign In");
    assert_shows(&s, "Continue in Your Browser");
    assert_shows_not(&s, "Ada Lovelace");
    stage_click(&s, "Cancel");
    assert_shows(&s, "Ada Lovelace");
    assert_shows(&s, ENDED);
    latchkey_account_sign_out(s.kit.account);
    settle();
    assert_shows(&s, "Sign In to Latchkey");
    stage_close(&s);
    fake_wire_finished(&wire);
}

/* ---- The feed ---- */

typedef struct supply {
    kit mirror;
    LatchkeyConfig *config;
    LatchkeyFeed *feed;
} supply;

static void open_supply(supply *s, fake_wire *wire, const char *key)
{
    kit_begin(&s->mirror);
    s->config = latchkey_config_new();
    s->config->client_id = g_strdup("client_01");
    s->config->api_key = g_strdup(key);
    s->config->store = g_strdup(s->mirror.store);
    s->config->transport = fake_wire_use(wire);
    s->feed = latchkey_feed_new(s->config, 3600 * 1000);
    latchkey_feed_start(s->feed);
}

static void close_supply(supply *s)
{
    kit_close_feed(&s->feed);
    latchkey_config_unref(s->config);
    kit_end(&s->mirror);
}

static void assert_fails_with(supply *s, LatchkeyErrorCode code)
{
    wait_until(latchkey_feed_get_state(s->feed) == LATCHKEY_FEED_FAILING);
    g_assert_error(latchkey_feed_get_error(s->feed), LATCHKEY_ERROR, (int)code);
}

static void test_refused_key_is_replaced(void)
{
    fake_wire wire = FAKE_WIRE(
        { "GET /directories", .header_has = "Authorization: Bearer sk_test_old", .status = 401,
          .body = "{\"message\":\"Unauthorized\"}" },
        { "GET /directories", .header_has = "Authorization: Bearer sk_test_new", .status = 200,
          .body = "{\"object\":\"list\",\"data\":[],\"list_metadata\":{}}" },
        NO_EVENTS);
    supply s = { 0 };

    open_supply(&s, &wire, "sk_test_old");
    assert_fails_with(&s, LATCHKEY_ERROR_KEY);
    latchkey_feed_set_credential(s.feed, "sk_test_new");
    wait_until(latchkey_feed_get_state(s.feed) == LATCHKEY_FEED_CURRENT);
    close_supply(&s);
    fake_wire_finished(&wire);
}

static void test_key_without_the_permission_is_said(void)
{
    fake_wire wire =
        FAKE_WIRE({ "GET /directories", .status = 403, .body = "{\"message\":\"Forbidden\"}" },
                  { "GET /events", .status = 403, .body = "{\"message\":\"Forbidden\"}" });
    supply s = { 0 };

    open_supply(&s, &wire, "sk_test_weak");
    assert_fails_with(&s, LATCHKEY_ERROR_MAY_NOT);
    close_supply(&s);
    fake_wire_finished(&wire);
}

static void test_next_poll_is_when_workos_wants_it(void)
{
    fake_wire wire = FAKE_WIRE({ "GET /directories", .status = 429, .header = "Retry-After: 45",
                                 .body = "{\"message\":\"slow down\"}" });
    supply s = { 0 };
    gint64 before_ms = g_get_real_time() / 1000;

    open_supply(&s, &wire, "sk_test_busy");
    assert_fails_with(&s, LATCHKEY_ERROR_SLOW);
    const LatchkeyHealth health = latchkey_feed_get_health(s.feed);
    gint64 after_ms = g_get_real_time() / 1000;
    g_assert_cmpint(health.retry_at_ms, >=, before_ms + 44 * 1000);
    g_assert_cmpint(health.retry_at_ms, <, after_ms + 60 * 1000);
    close_supply(&s);
    fake_wire_finished(&wire);
}

/* ---- The key ---- */

static LatchkeyKeyDialog *find_key_dialog(void)
{
    g_autoptr(GListModel) windows = g_object_ref(gtk_window_get_toplevels());

    for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWindow) window = g_list_model_get_item(windows, i);
        if (LATCHKEY_IS_KEY_DIALOG(window))
            return LATCHKEY_KEY_DIALOG(window);
    }
    return NULL;
}

static GtkEditable *find_entry(GtkWidget *root)
{
    if (ADW_IS_PASSWORD_ENTRY_ROW(root))
        return GTK_EDITABLE(root);
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkEditable *found = find_entry(child);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void test_key_is_entered_and_used(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    kit_sign_in(&s.kit);
    gtk_widget_activate_action(s.window, "win.enter-key", NULL);
    settle();
    LatchkeyKeyDialog *dialog = find_key_dialog();
    g_assert_nonnull(dialog);
    AdwMessageDialog *message = ADW_MESSAGE_DIALOG(dialog);
    GtkEditable *entry = find_entry(GTK_WIDGET(dialog));
    g_assert_false(adw_message_dialog_get_response_enabled(message, "save")); /* nothing yet */
    gtk_editable_set_text(entry, "   ");
    g_assert_false(adw_message_dialog_get_response_enabled(message, "save"));
    gtk_editable_set_text(entry, "sk_test\n_torn"); /* could end the header it is sent in */
    g_assert_false(adw_message_dialog_get_response_enabled(message, "save"));
    gtk_editable_set_text(entry, " sk_test_entered ");
    g_assert_true(adw_message_dialog_get_response_enabled(message, "save"));
    adw_message_dialog_response(message, "save");
    settle();
    char *key = latchkey_feed_dup_credential(s.feed);
    g_assert_cmpstr(key, ==, "sk_test_entered");
    latchkey_secret_free(key);
    stage_close(&s);
    fake_wire_finished(&wire);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/trouble/ended", test_ended_session_keeps_what_is_on_show);
    g_test_add_func("/trouble/refused-key", test_refused_key_is_replaced);
    g_test_add_func("/trouble/permission", test_key_without_the_permission_is_said);
    g_test_add_func("/trouble/slow", test_next_poll_is_when_workos_wants_it);
    g_test_add_func("/trouble/key", test_key_is_entered_and_used);
    return g_test_run();
}
