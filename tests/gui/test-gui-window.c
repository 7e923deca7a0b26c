/* The window in each state: which page is shown, what it says, and that no text from outside is
 * ever taken for markup. GTK_A11Y=test; warnings are fatal. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-account.h"
#include "latchkey-feed.h"
#include "latchkey-filter-bar.h"
#include "latchkey-profile-page.h"
#include "latchkey-settings.h"
#include "latchkey-sign-in-page.h"
#include "latchkey-signed-out-page.h"
#include "latchkey-window.h"

#define AUTHENTICATE "POST /user_management/authenticate"
#define JWKS                                                          \
    {                                                                 \
        "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" \
    }

/* A button that shows no text needs a name, and a tooltip is none. */
static void lint(GtkWidget *root)
{
    gboolean is_iconic =
        (GTK_IS_MENU_BUTTON(root) &&
         gtk_menu_button_get_icon_name(GTK_MENU_BUTTON(root)) != NULL) ||
        (GTK_IS_BUTTON(root) && gtk_button_get_icon_name(GTK_BUTTON(root)) != NULL &&
         gtk_widget_get_ancestor(root, GTK_TYPE_WINDOW_CONTROLS) == NULL &&
         gtk_widget_get_ancestor(root, GTK_TYPE_MENU_BUTTON) == NULL);

    if (is_iconic)
        gtk_test_accessible_assert_property(root, GTK_ACCESSIBLE_PROPERTY_LABEL,
                                            gtk_widget_get_tooltip_text(root));
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        lint(child);
}

static void test_not_set_up(void)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(LatchkeyAccount) account = latchkey_account_new(config);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 0);
    GtkWidget *window = GTK_WIDGET(latchkey_window_new(NULL, account, feed, NULL));

    gtk_window_present(GTK_WINDOW(window));
    settle();
    g_assert_nonnull(kit_find_label(window, "Latchkey Is Not Set Up"));
    g_assert_null(kit_find_label(window, "Sign In"));
    lint(window);
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

static void test_each_state_has_its_page(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    assert_shows(&s, "Getting Ready");
    latchkey_account_start(s.kit.account);
    wait_until(kit_find_label(s.window, "Sign In to Latchkey") != NULL);
    lint(s.window);
    stage_click(&s, "Sign In");
    assert_shows(&s, "Continue in Your Browser");
    assert_shows(&s, "Waiting for sign-in · 5:00 left");
    assert_shows(&s, latchkey_account_get_url(s.kit.account));
    assert_shows_not(&s, "Sign In to Latchkey");
    lint(s.window);
    stage_click(&s, "Cancel");
    assert_shows(&s, "Sign In to Latchkey");
    stage_click(&s, "Sign In");
    kit_visit(&s.kit, "error=access_denied", NULL);
    wait_until(kit_find_label(s.window, "Access Was Denied") != NULL);
    lint(s.window);
    stage_click(&s, "Try Again");
    assert_shows(&s, "Continue in Your Browser");
    kit_visit(&s.kit, "error=access_denied", NULL);
    wait_until(kit_find_label(s.window, "Access Was Denied") != NULL);
    stage_click(&s, "Go Back");
    assert_shows(&s, "Sign In to Latchkey");
    stage_close(&s);
    fake_wire_finished(&wire);
}

static void test_hidden_pages_leave_the_accessibility_tree(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    latchkey_account_start(s.kit.account);
    wait_until(kit_find_label(s.window, "Sign In to Latchkey") != NULL);
    GtkWidget *label = kit_find_label(s.window, "Sign In to Latchkey");
    GtkWidget *page = gtk_widget_get_ancestor(label, LATCHKEY_TYPE_SIGNED_OUT_PAGE);
    g_assert_false(
        gtk_test_accessible_has_state(GTK_ACCESSIBLE(page), GTK_ACCESSIBLE_STATE_HIDDEN));
    stage_click(&s, "Sign In");
    gtk_test_accessible_assert_state(page, GTK_ACCESSIBLE_STATE_HIDDEN, TRUE);
    stage_close(&s);
    fake_wire_finished(&wire);
}

static void test_profile_is_shown(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    kit_sign_in(&s.kit);
    gtk_widget_activate_action(s.window, "win.show-page", "s", "profile");
    settle();
    assert_shows(&s, "Ada Lovelace");
    assert_shows(&s, "ada@example.com");
    assert_shows(&s, "org_01");
    assert_shows(&s, "admin");
    assert_shows(&s, "1 permission");
    assert_shows(&s, "Renews in 5 minutes");
    assert_shows(&s, "Google");
    wait_until(kit_find_label(s.window, "Memory, for this run only") != NULL);
    lint(s.window);
    stage_close(&s);
    fake_wire_finished(&wire);
}

/* For a shared screen: neither name nor address, and no face. */
static void test_profile_can_be_masked(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
    GSettings *settings = latchkey_settings_get_default();
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    kit_sign_in(&s.kit);
    gtk_widget_activate_action(s.window, "win.show-page", "s", "profile");
    settle();
    assert_shows(&s, "Token Claims");
    g_settings_set_boolean(settings, "mask-personal-data", TRUE);
    settle();
    assert_shows(&s, "A. L.");
    assert_shows(&s, "a…@…");
    assert_shows(&s, "org_01"); /* nobody's name */
    assert_shows_not(&s, "Ada Lovelace");
    assert_shows_not(&s, "ada@example.com");
    assert_shows_not(&s, "Token Claims");
    g_settings_reset(settings, "mask-personal-data");
    settle();
    assert_shows(&s, "Ada Lovelace");
    stage_close(&s);
    fake_wire_finished(&wire);
}

static void put_environment(LatchkeyEnvironments *environments, const char *id, const char *name)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();

    config->id = g_strdup(id);
    config->name = g_strdup(name);
    config->client_id = g_strdup("client_01");
    latchkey_environments_put(environments, config);
}

static GtkMenuButton *find_menu(GtkWidget *root, const char *label)
{
    if (GTK_IS_MENU_BUTTON(root) && gtk_widget_get_visible(root) &&
        g_strcmp0(gtk_menu_button_get_label(GTK_MENU_BUTTON(root)), label) == 0)
        return GTK_MENU_BUTTON(root);
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkMenuButton *found = find_menu(child, label);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void test_more_than_one_environment_is_a_choice(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    g_autoptr(LatchkeyEnvironments) environments = latchkey_environments_new(NULL);
    g_autofree char *label = NULL;
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    latchkey_account_start(s.kit.account);
    wait_until(kit_find_label(s.window, "Sign In to Latchkey") != NULL);
    put_environment(environments, "one", "Production");
    latchkey_window_set_environments(LATCHKEY_WINDOW(s.window), environments);
    g_assert_null(find_menu(s.window, "Environment: ")); /* one is no choice */
    put_environment(environments, "two", "my_own_one");
    GtkMenuButton *button = find_menu(s.window, "Environment: ");
    g_assert_nonnull(button);
    g_autoptr(GMenuModel) choices =
        g_menu_model_get_item_link(gtk_menu_button_get_menu_model(button), 0, G_MENU_LINK_SECTION);
    g_assert_cmpint(g_menu_model_get_n_items(choices), ==, 2);
    g_assert_true(g_menu_model_get_item_attribute(choices, 1, "label", "s", &label));
    g_assert_cmpstr(label, ==, "my__own__one"); /* no mnemonic is lost in it */
    latchkey_environments_remove(environments, "two");
    g_assert_null(find_menu(s.window, "Environment: "));
    stage_close(&s);
    fake_wire_finished(&wire);
}

/* Names that would blank a row, become a link or end a sentence, were they read as markup. */
static const char *const hostile[] = {
    "A&B", "<b>bold", "<a href='https://evil.example'>Ada</a>", "&amp;lt;", "_Ada", "%s%n",
};

static void test_hostile_names_are_plain_text(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autofree char *grant = kit_grant(NOON, hostile[i], "rt_1");
        fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = grant }, JWKS);
        g_autofree char *name = g_strdup_printf("%s Lovelace", hostile[i]);
        gui_stage s = { 0 };

        stage_open(&s, &wire);
        kit_sign_in(&s.kit);
        gtk_widget_activate_action(s.window, "win.show-page", "s", "profile");
        settle();
        assert_shows(&s, name);
        stage_close(&s);
        fake_wire_finished(&wire);
    }
}

static void count_change(guint *n)
{
    ++*n;
}

/* The nth combo row below root, in the order of the screen. */
static AdwComboRow *find_combo(GtkWidget *root, guint *n)
{
    if (ADW_IS_COMBO_ROW(root) && (*n)-- == 0)
        return ADW_COMBO_ROW(root);
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        AdwComboRow *found = find_combo(child, n);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void choose(GtkWidget *bar, guint row, guint choice)
{
    AdwComboRow *combo = find_combo(bar, &row);

    g_assert_nonnull(combo);
    adw_combo_row_set_selected(combo, choice);
}

static GtkWidget *find_chip(GtkWidget *root, const char *text)
{
    if (GTK_IS_BUTTON(root) && gtk_widget_has_css_class(root, "chip") &&
        kit_find_label(root, text) != NULL)
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_chip(child, text);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* A time from the chart is one choice more, and goes like the others. */
static void test_filter_bar_takes_a_range(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *bar = g_object_new(LATCHKEY_TYPE_FILTER_BAR, NULL);

    adw_window_set_content(ADW_WINDOW(window), bar);
    gtk_window_present(GTK_WINDOW(window));
    settle();
    for (int i = 1; i <= 2; i++) {
        latchkey_filter_bar_set_range(LATCHKEY_FILTER_BAR(bar), i, i + 10, "<b>Mon & Tue");
        g_autoptr(LatchkeyEventFilter) filter =
            latchkey_filter_bar_get_filter(LATCHKEY_FILTER_BAR(bar), NOON);
        g_assert_cmpint(filter->since_ms, ==, i);
        g_assert_cmpint(filter->until_ms, ==, i + 10);
        g_assert_false(latchkey_event_filter_is_open(filter));
    }
    GtkWidget *chip = find_chip(bar, "<b>Mon & Tue");
    g_assert_nonnull(chip);
    g_signal_emit_by_name(chip, "clicked");
    settle();
    g_assert_null(find_chip(bar, "<b>Mon & Tue"));
    g_autoptr(LatchkeyEventFilter) none =
        latchkey_filter_bar_get_filter(LATCHKEY_FILTER_BAR(bar), NOON);
    g_assert_true(latchkey_event_filter_is_open(none));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

static void test_filter_bar_says_what_is_chosen(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *bar = g_object_new(LATCHKEY_TYPE_FILTER_BAR, NULL);
    guint n_changes = 0;

    adw_window_set_content(ADW_WINDOW(window), bar);
    gtk_window_present(GTK_WINDOW(window));
    settle();
    g_signal_connect_swapped(bar, "changed", G_CALLBACK(count_change), &n_changes);
    g_autoptr(LatchkeyEventFilter) none =
        latchkey_filter_bar_get_filter(LATCHKEY_FILTER_BAR(bar), NOON);
    g_assert_true(latchkey_event_filter_is_open(none));
    g_assert_null(kit_find_label(window, "_Clear Filters"));
    choose(bar, 0, 1);
    choose(bar, 3, 2);
    g_assert_cmpuint(n_changes, ==, 2);
    g_autoptr(LatchkeyEventFilter) two =
        latchkey_filter_bar_get_filter(LATCHKEY_FILTER_BAR(bar), NOON);
    g_assert_cmpstr(two->type, ==, "dsync.user.");
    g_assert_cmpint(two->since_ms, ==, NOON - 86400000);
    g_assert_nonnull(find_chip(bar, "People"));
    g_assert_nonnull(find_chip(bar, "Last 24 hours"));
    latchkey_filter_bar_clear(LATCHKEY_FILTER_BAR(bar));
    g_assert_cmpuint(n_changes, ==, 3); /* once for all of them */
    g_assert_null(find_chip(bar, "People"));
    g_autoptr(LatchkeyEventFilter) cleared =
        latchkey_filter_bar_get_filter(LATCHKEY_FILTER_BAR(bar), NOON);
    g_assert_true(latchkey_event_filter_equal(none, cleared));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

static const struct {
    gint64 expires_at_ms;
    gboolean is_failing;
    const char *text;
} renewals[] = {
    { NOON + 300000, FALSE, "Renews in 5 minutes" },
    { NOON + 119999, FALSE, "Renews in 1 minute" },
    { NOON + 59000, FALSE, "Renews in less than a minute" },
    { NOON, FALSE, "Expired · renewing now" },
    { NOON - 1, TRUE, "Expired · could not be renewed yet" },
    { NOON + 61000, TRUE, "Could not be renewed yet · 1:01 left" },
    { 0, FALSE, "Until you sign out" },
};

static void test_renewal_in_words(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(renewals); i++) {
        g_autofree char *text = latchkey_profile_page_renewal_text(renewals[i].expires_at_ms, NOON,
                                                                   renewals[i].is_failing);
        g_assert_cmpstr(text, ==, renewals[i].text);
    }
}

static void test_time_left_in_words(void)
{
    g_autofree char *full = latchkey_sign_in_page_time_left_text(300000);
    g_autofree char *second = latchkey_sign_in_page_time_left_text(500);
    g_autofree char *over = latchkey_sign_in_page_time_left_text(-1);

    g_assert_cmpstr(full, ==, "Waiting for sign-in · 5:00 left");
    g_assert_cmpstr(second, ==, "Waiting for sign-in · 0:01 left");
    g_assert_cmpstr(over, ==, "Waiting for sign-in · 0:00 left");
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/window/not-set-up", test_not_set_up);
    g_test_add_func("/window/states", test_each_state_has_its_page);
    g_test_add_func("/window/hidden-pages", test_hidden_pages_leave_the_accessibility_tree);
    g_test_add_func("/window/profile", test_profile_is_shown);
    g_test_add_func("/window/masked", test_profile_can_be_masked);
    g_test_add_func("/window/environments", test_more_than_one_environment_is_a_choice);
    g_test_add_func("/window/hostile-names", test_hostile_names_are_plain_text);
    g_test_add_func("/window/filter-bar", test_filter_bar_says_what_is_chosen);
    g_test_add_func("/window/filter-bar/range", test_filter_bar_takes_a_range);
    g_test_add_func("/window/renewal", test_renewal_in_words);
    g_test_add_func("/window/time-left", test_time_left_in_words);
    return g_test_run();
}
