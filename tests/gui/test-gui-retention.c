/* What is kept of the past: for how long, how much it is, and the end of it. */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "gui-kit.h"
#include "latchkey-event-view.h"
#include "latchkey-events-page.h"
#include "latchkey-preferences.h"
#include "latchkey-retention.h"
#include "latchkey-settings.h"
#include "mirror-kit.h"

static GSettings *fresh_settings(void)
{
    GSettings *settings = latchkey_settings_get_default();

    g_assert_nonnull(settings);
    g_settings_reset(settings, "keep-days");
    g_settings_reset(settings, "last-filters");
    return settings;
}

/* ---- For how long ---- */

static void test_own_store_is_kept_for_90_days_another_for_ever(void)
{
    GSettings *settings = fresh_settings();

    g_assert_cmpint(latchkey_retention_get_keep_days(settings), ==, 90);
    g_assert_cmpint(latchkey_retention_get_keep_days(NULL), ==, 0);
    g_setenv("LATCHKEY_STORE", "sqlite:/somebody's", TRUE);
    g_assert_cmpint(latchkey_retention_get_keep_days(settings), ==, 0);
    g_settings_set_uint(settings, "keep-days", 30); /* somebody means it */
    g_assert_cmpint(latchkey_retention_get_keep_days(settings), ==, 30);
    g_unsetenv("LATCHKEY_STORE");
    g_settings_set_uint(settings, "keep-days", 0);
    g_assert_cmpint(latchkey_retention_get_keep_days(settings), ==, 0);
}

/* ---- In the preferences ---- */

typedef struct stage {
    kit mirror;
    LatchkeyFeed *feed;
    GtkWidget *preferences;
} stage;

static void apply(stage *s, int n, gint64 at_ms)
{
    g_autofree char *id = g_strdup_printf("event_%04d", n);
    kit_event event;

    kit_make(&event, id, "dsync.user.created", at_ms,
             "{\"object\":\"directory_user\",\"id\":\"u%d\",\"directory_id\":\"directory_01\"}", n);
    kit_apply(&s->mirror, &event);
}

static void open_stage(stage *s, int n_events)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();

    kit_begin(&s->mirror);
    kit_open(&s->mirror);
    for (int i = 0; i < n_events; i++)
        apply(s, i, NOON + (gint64)i * 1000);
    config->client_id = g_strdup("client_01");
    config->store = g_strdup(s->mirror.store);
    s->feed = latchkey_feed_new(config, 0);
    latchkey_feed_start(s->feed);
    wait_until(latchkey_feed_get_store(s->feed) != NULL);
    s->preferences = latchkey_preferences_new(fresh_settings());
    latchkey_preferences_set_feed(LATCHKEY_PREFERENCES(s->preferences), s->feed);
    gtk_window_present(GTK_WINDOW(s->preferences));
    settle();
}

static void close_stage(stage *s)
{
    gtk_window_destroy(GTK_WINDOW(s->preferences));
    kit_close_feed(&s->feed);
    kit_end(&s->mirror);
}

static GtkWidget *find_row(GtkWidget *root, const char *title)
{
    if (ADW_IS_ACTION_ROW(root) &&
        g_str_equal(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(root)), title))
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_row(child, title);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static gboolean says(stage *s, const char *prefix)
{
    GtkWidget *row = find_row(s->preferences, "On This Computer");
    const char *words = adw_action_row_get_subtitle(ADW_ACTION_ROW(row));

    return words != NULL && g_str_has_prefix(words, prefix);
}

static void test_choice_is_kept_in_days(void)
{
    stage s = { 0 };

    open_stage(&s, 1);
    GSettings *settings = latchkey_settings_get_default();
    AdwComboRow *row = ADW_COMBO_ROW(find_row(s.preferences, "Keep Events"));
    g_assert_cmpuint(adw_combo_row_get_selected(row), ==, 1);
    g_assert_null(g_settings_get_user_value(settings, "keep-days")); /* looking is no choice */
    adw_combo_row_set_selected(row, 0);
    g_assert_cmpuint(g_settings_get_uint(settings, "keep-days"), ==, 30);
    adw_combo_row_set_selected(row, 2);
    g_assert_cmpuint(g_settings_get_uint(settings, "keep-days"), ==, 0);
    close_stage(&s);
}

static GtkWindow *find_dialog(void)
{
    GListModel *windows = gtk_window_get_toplevels();

    for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWindow) window = g_list_model_get_item(windows, i);
        if (ADW_IS_MESSAGE_DIALOG(window))
            return window;
    }
    return NULL;
}

static void answer(stage *s, const char *response)
{
    GtkWidget *label = kit_find_label(s->preferences, "Clear…");

    g_assert_nonnull(label);
    g_signal_emit_by_name(gtk_widget_get_ancestor(label, GTK_TYPE_BUTTON), "clicked");
    wait_until(find_dialog() != NULL);
    GtkWindow *dialog = find_dialog();
    adw_message_dialog_response(ADW_MESSAGE_DIALOG(dialog), response);
    gtk_window_destroy(dialog); /* it stays open, and would be found by the next answer */
    settle();
}

static void on_forgot(guint *n)
{
    ++*n;
}

static void test_history_is_cleared_once_somebody_has_confirmed(void)
{
    stage s = { 0 };
    guint n_forgot = 0;

    open_stage(&s, 600);
    g_signal_connect_swapped(s.feed, "forgot", G_CALLBACK(on_forgot), &n_forgot);
    wait_until(says(&s, "600 events, "));
    answer(&s, "cancel");
    g_assert_true(says(&s, "600 events, "));
    g_assert_cmpint(kit_number(&s.mirror, "SELECT count(*) FROM event"), ==, 600);
    answer(&s, "clear");
    wait_until(says(&s, "1 event, ")); /* the newest: a place to go on from */
    g_assert_cmpuint(n_forgot, ==, 1);
    g_assert_cmpint(kit_number(&s.mirror, "SELECT count(*) FROM event"), ==, 1);
    g_assert_cmpint(kit_number(&s.mirror, "SELECT count(*) FROM directory_user"), >, 0);
    close_stage(&s);
}

/* Whoever closes the preferences meanwhile has not called it off. */
static void test_clearing_goes_on_without_the_preferences(void)
{
    stage s = { 0 };
    guint n_forgot = 0;

    open_stage(&s, 600);
    g_signal_connect_swapped(s.feed, "forgot", G_CALLBACK(on_forgot), &n_forgot);
    wait_until(says(&s, "600 events, "));
    answer(&s, "clear");
    gtk_window_destroy(GTK_WINDOW(s.preferences));
    wait_until(n_forgot == 1);
    g_assert_cmpint(kit_number(&s.mirror, "SELECT count(*) FROM event"), ==, 1);
    s.preferences = adw_window_new();
    close_stage(&s);
}

/* ---- Where it is listed ---- */

static void test_list_begins_anew(void)
{
    stage s = { 0 };

    open_stage(&s, 300);
    GtkWidget *window = adw_window_new();
    GtkWidget *page = g_object_new(LATCHKEY_TYPE_EVENTS_PAGE, NULL);
    latchkey_events_page_set_feed(LATCHKEY_EVENTS_PAGE(page), s.feed);
    adw_window_set_content(ADW_WINDOW(window), page);
    gtk_window_present(GTK_WINDOW(window));
    wait_until(kit_find_label(window, "300 events") != NULL);
    wait_until(says(&s, "300 events, "));
    answer(&s, "clear");
    wait_until(kit_find_label(window, "1 event") != NULL);
    g_signal_emit_by_name(s.feed, "changed"); /* a poll, for which nothing is where it was */
    settle();
    apply(&s, 999, g_get_real_time() / 1000 + 60000); /* younger than the clearing */
    g_signal_emit_by_name(s.feed, "changed");
    wait_until(kit_find_label(window, "2 events") != NULL);
    gtk_window_destroy(GTK_WINDOW(window));
    close_stage(&s);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    /* Thousands of commits: in memory they take a second, on a busy disk a minute. */
    if (g_access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    g_test_add_func("/retention/days", test_own_store_is_kept_for_90_days_another_for_ever);
    g_test_add_func("/retention/choice", test_choice_is_kept_in_days);
    g_test_add_func("/retention/clear", test_history_is_cleared_once_somebody_has_confirmed);
    g_test_add_func("/retention/closed", test_clearing_goes_on_without_the_preferences);
    g_test_add_func("/retention/list", test_list_begins_anew);
    return g_test_run();
}
