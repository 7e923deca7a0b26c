/* The page of the directories as of a time and with who was deleted, and the button that chooses
 * the time; what happened when is in moment-kit.h. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-directories.h"
#include "latchkey-directory-page.h"
#include "latchkey-moment-button.h"
#include "latchkey-record-row.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"
#include "moment-kit.h"

typedef struct stage {
    kit mirror;
    LatchkeyFeed *feed;
    GtkWidget *window;
    GtkWidget *page;
} stage;

/* The nth of the type below root, in the order of the screen. */
static GtkWidget *nth(GtkWidget *root, GType type, guint *n)
{
    if (g_type_is_a(G_OBJECT_TYPE(root), type) && (*n)-- == 0)
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *result = nth(child, type, n);
        if (result != NULL)
            return result;
    }
    return NULL;
}

static GtkWidget *find(GtkWidget *root, GType type)
{
    guint n = 0;

    return nth(root, type, &n);
}

static void open_stage(stage *s)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();

    moment_kit_begin(&s->mirror);
    config->store = g_strdup(s->mirror.store);
    s->feed = latchkey_feed_new(config, 0);
    s->window = adw_window_new();
    s->page = g_object_new(LATCHKEY_TYPE_DIRECTORY_PAGE, NULL);
    latchkey_directory_page_set_feed(LATCHKEY_DIRECTORY_PAGE(s->page), s->feed);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 1000, 600);
    adw_window_set_content(ADW_WINDOW(s->window), s->page);
    gtk_window_present(GTK_WINDOW(s->window));
    latchkey_feed_start(s->feed);
    wait_until(kit_find_label(s->window, "2 people") != NULL);
}

static void close_stage(stage *s)
{
    gtk_window_destroy(GTK_WINDOW(s->window));
    kit_close_feed(&s->feed);
    kit_end(&s->mirror);
}

static void choose_moment(stage *s, gint64 at_ms)
{
    g_signal_emit_by_name(find(s->page, LATCHKEY_TYPE_MOMENT_BUTTON), "moment-chosen", at_ms);
}

/* Of the list views below root the last one: those of the drop-down come before. */
static void find_view(GtkWidget *root, GtkListView **out)
{
    if (GTK_IS_LIST_VIEW(root))
        *out = GTK_LIST_VIEW(root);
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        find_view(child, out);
}

static char *listed(stage *s)
{
    GtkListView *view = NULL;

    find_view(s->page, &view);
    return moment_kit_names(G_LIST_MODEL(gtk_list_view_get_model(view)));
}

static void test_page_shows_a_time_and_says_so(void)
{
    g_autofree char *time = latchkey_text_moment(NOON + HOUR);
    g_autofree char *words = g_strdup_printf("As of %s", time);
    stage s = { 0 };

    open_stage(&s);
    choose_moment(&s, NOON + HOUR);
    wait_until(kit_find_label(s.window, "3 people") != NULL);
    wait_until(kit_find_label(s.window, words) != NULL); /* read by itself */
    g_autofree char *then = listed(&s);
    g_assert_cmpstr(then, ==, "Ada Byron, Bob <b>&, Dan Two");
    gtk_widget_activate_action(s.page, "directory.show-now", NULL);
    wait_until(kit_find_label(s.window, "2 people") != NULL);
    wait_until(kit_find_label(s.window, words) == NULL);
    close_stage(&s);
}

/* Short of the log, the page is no empty directory: it says what it does not know. */
static void test_page_tells_what_is_not_known(void)
{
    g_autofree char *time = latchkey_text_moment(NOON - HOUR);
    g_autofree char *begin = latchkey_text_moment(NOON);
    g_autofree char *words = g_strdup_printf(
        "As of %s. Events are kept here since %s: what was before is not known.", time, begin);
    stage s = { 0 };

    open_stage(&s);
    choose_moment(&s, NOON - HOUR);
    wait_until(kit_find_label(s.window, words) != NULL);
    wait_until(kit_find_label(s.window, "2 people") == NULL);
    wait_until(kit_find_label(s.window, "Not Known") != NULL);
    g_assert_null(kit_find_label(s.window, "0 people"));
    g_assert_null(kit_find_label(s.window, "Nobody Yet"));
    close_stage(&s);
}

static void test_page_shows_deleted_ones_and_remembers(void)
{
    GSettings *settings = latchkey_settings_get_default();
    stage s = { 0 };

    g_assert_nonnull(settings);
    open_stage(&s);
    gtk_widget_activate_action(s.page, "directory.toggle-deleted", NULL);
    wait_until(kit_find_label(s.window, "4 people") != NULL);
    g_autofree char *all = listed(&s);
    g_assert_cmpstr(all, ==, "Ada Byron, Bob <b>& deleted, Cleo Three, Dan Two deleted");
    g_assert_true(g_settings_get_boolean(settings, "show-deleted"));
    wait_until(kit_find_label(s.window, "Bob <b>&") != NULL);
    GtkWidget *row =
        gtk_widget_get_ancestor(kit_find_label(s.window, "Bob <b>&"), LATCHKEY_TYPE_RECORD_ROW);
    g_autofree char *when = latchkey_text_time(NOON + 3 * HOUR, g_get_real_time() / 1000);
    g_autofree char *spoken = g_strdup_printf("Bob <b>&, bob@x.example · Deleted %s", when);
    gtk_test_accessible_assert_property(gtk_widget_get_parent(row), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                        spoken);
    gtk_widget_activate_action(s.page, "directory.toggle-deleted", NULL);
    wait_until(kit_find_label(s.window, "2 people") != NULL);
    g_assert_false(g_settings_get_boolean(settings, "show-deleted"));
    close_stage(&s);
}

/* A deleted directory is offered as what it is; without it, all are shown again. */
static void test_page_offers_deleted_directories(void)
{
    g_autofree char *when = latchkey_text_time(NOON + 4 * HOUR, g_get_real_time() / 1000);
    g_autofree char *expected = g_strdup_printf("Entra · Deleted %s", when);
    stage s = { 0 };

    open_stage(&s);
    GtkDropDown *drop_down = GTK_DROP_DOWN(find(s.page, GTK_TYPE_DROP_DOWN));
    wait_until(g_list_model_get_n_items(gtk_drop_down_get_model(drop_down)) == 2);
    gtk_widget_activate_action(s.page, "directory.toggle-deleted", NULL);
    wait_until(g_list_model_get_n_items(gtk_drop_down_get_model(drop_down)) == 3);
    g_assert_cmpstr(
        gtk_string_list_get_string(GTK_STRING_LIST(gtk_drop_down_get_model(drop_down)), 2), ==,
        expected);
    gtk_drop_down_set_selected(drop_down, 2);
    wait_until(kit_find_label(s.window, "1 person") != NULL);
    g_autofree char *there = listed(&s);
    g_assert_cmpstr(there, ==, "Dan Two deleted");
    choose_moment(&s, NOON); /* it was there then, and so was he */
    wait_until(kit_find_label(s.window, "Entra") != NULL);
    wait_until(kit_find_label(s.window, "dan@x.example") != NULL);
    choose_moment(&s, 0);
    wait_until(kit_find_label(s.window, expected) != NULL);
    gtk_widget_activate_action(s.page, "directory.toggle-deleted", NULL);
    wait_until(kit_find_label(s.window, "2 people") != NULL);
    wait_until(gtk_drop_down_get_selected(drop_down) == 0);
    close_stage(&s);
}

static void test_next_and_previous(void)
{
    stage s = { 0 };

    open_stage(&s);
    gtk_widget_activate_action(s.page, "directory.show-next", NULL);
    wait_until(kit_find_label(s.window, "Ada King was added") != NULL);
    gtk_widget_activate_action(s.page, "directory.show-previous", NULL); /* there is none */
    gtk_widget_activate_action(s.page, "directory.show-next", NULL);
    wait_until(kit_find_label(s.window, "Cleo Three was added") != NULL);
    g_assert_null(kit_find_label(s.window, "Ada King was added"));
    gtk_widget_activate_action(s.page, "directory.show-next", NULL); /* the last one */
    gtk_widget_activate_action(s.page, "directory.show-previous", NULL);
    wait_until(kit_find_label(s.window, "Ada King was added") != NULL);
    close_stage(&s);
}

/* ---- What is known ---- */

static const struct {
    LatchkeyKnowledge known;
    gint64 at_ms;
    gboolean reaches;
    const char *words; /* {then}, {begin} and {end} stand for times */
} knowledge[] = {
    { { .log_from_ms = NOON }, 0, TRUE, NULL },
    { { .log_from_ms = NOON }, NOON, TRUE, "As of {then}" },
    { { .log_from_ms = NOON },
      NOON - 1,
      FALSE,
      "As of {then}. Events are kept here since {begin}: what was before is not known." },
    { { NOON, NOON, NOON + HOUR },
      NOON,
      TRUE,
      "As of {then}. From {begin} to {end} no events could be had: some of this may be wrong." },
    { { NOON, NOON, NOON + HOUR }, NOON + HOUR, TRUE, "As of {then}" },
    { { 0 }, NOON, FALSE, "As of {then}. No events are kept here: what was is not known." },
};

static char *put(const char *text, const char *name, gint64 ms)
{
    g_autofree char *time = latchkey_text_moment(ms);
    g_auto(GStrv) parts = g_strsplit(text, name, -1);

    return g_strjoinv(time, parts);
}

static void test_what_is_known_in_words(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(knowledge); i++) {
        g_assert_cmpint(latchkey_knowledge_reaches(&knowledge[i].known, knowledge[i].at_ms), ==,
                        knowledge[i].reaches);
        if (knowledge[i].words == NULL)
            continue;
        g_autofree char *words = latchkey_knowledge_words(&knowledge[i].known, knowledge[i].at_ms);
        g_autofree char *half = put(knowledge[i].words, "{then}", knowledge[i].at_ms);
        g_autofree char *most = put(half, "{begin}", knowledge[i].known.log_from_ms);
        g_autofree char *expected = put(most, "{end}", knowledge[i].known.gap_until_ms);
        g_assert_cmpstr(words, ==, expected);
    }
}

/* ---- The button ---- */

static void on_moment(GtkWidget *button, gint64 at_ms, gint64 *out)
{
    (void)button;
    *out = at_ms;
}

static void set_spin(GtkWidget *button, guint n, int value)
{
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(nth(button, GTK_TYPE_SPIN_BUTTON, &n)), value);
}

/* From right to left a box turns its children round: 09:05 would be read as 05:09. */
static void test_time_is_read_from_the_left(void)
{
    guint n = 0;
    GtkWidget *button = NULL;

    gtk_widget_set_default_direction(GTK_TEXT_DIR_RTL);
    button = g_object_ref_sink(g_object_new(LATCHKEY_TYPE_MOMENT_BUTTON, NULL));
    GtkWidget *hour = nth(button, GTK_TYPE_SPIN_BUTTON, &n);
    g_assert_cmpint(gtk_widget_get_direction(gtk_widget_get_parent(hour)), ==, GTK_TEXT_DIR_LTR);
    gtk_widget_set_default_direction(GTK_TEXT_DIR_LTR);
    g_object_unref(button);
}

static void test_button_offers_the_past_only(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *button = g_object_new(LATCHKEY_TYPE_MOMENT_BUTTON, NULL);
    g_autoptr(GTimeZone) zone = latchkey_settings_get_zone();
    g_autoptr(GDateTime) past = g_date_time_new(zone, 2026, 3, 2, 8, 0, 0);
    g_autoptr(GDateTime) future = g_date_time_new(zone, 2199, 3, 2, 8, 0, 0);
    gint64 chosen = -1;

    adw_window_set_content(ADW_WINDOW(window), button);
    gtk_window_present(GTK_WINDOW(window));
    g_signal_connect(button, "moment-chosen", G_CALLBACK(on_moment), &chosen);
    latchkey_moment_button_popup(LATCHKEY_MOMENT_BUTTON(button));
    wait_until(kit_find_label(button, "Show This Time") != NULL);
    GtkWidget *show =
        gtk_widget_get_ancestor(kit_find_label(button, "Show This Time"), GTK_TYPE_BUTTON);
    GtkCalendar *calendar = GTK_CALENDAR(find(button, GTK_TYPE_CALENDAR));
    gtk_calendar_select_day(calendar, future);
    g_assert_false(gtk_widget_get_sensitive(show));
    g_assert_nonnull(kit_find_label(button, "This time is still to come"));
    gtk_calendar_select_day(calendar, past);
    set_spin(button, 0, 9);
    set_spin(button, 1, 5);
    g_assert_true(gtk_widget_get_sensitive(show));
    g_assert_nonnull(kit_find_label(button, "2 March 2026, 09:05"));
    g_signal_emit_by_name(show, "clicked");
    g_assert_cmpint(chosen, ==, (g_date_time_to_unix(past) + 65 * 60) * 1000);
    gint64 before = g_get_real_time() / 1000;
    gtk_widget_activate_action(button, "moment.ago", "x", HOUR);
    g_assert_cmpint(chosen, >=, before - HOUR);
    g_assert_cmpint(chosen, <=, g_get_real_time() / 1000 - HOUR);
    gtk_widget_activate_action(button, "moment.ago", "x", (gint64)0);
    g_assert_cmpint(chosen, ==, 0);
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/moment-page/time", test_page_shows_a_time_and_says_so);
    g_test_add_func("/moment-page/not-known", test_page_tells_what_is_not_known);
    g_test_add_func("/moment-page/deleted", test_page_shows_deleted_ones_and_remembers);
    g_test_add_func("/moment-page/directories", test_page_offers_deleted_directories);
    g_test_add_func("/moment-page/next", test_next_and_previous);
    g_test_add_func("/moment-page/known", test_what_is_known_in_words);
    g_test_add_func("/moment-page/right-to-left", test_time_is_read_from_the_left);
    g_test_add_func("/moment-page/button", test_button_offers_the_past_only);
    return g_test_run();
}
