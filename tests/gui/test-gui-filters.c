/* Filters that are kept: what the settings hold, what is made of what they should not hold, and the
 * menu in which they are chosen. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-filter-bar.h"
#include "latchkey-saved-filters.h"
#include "latchkey-settings.h"

#define WORD(text) ((char[]){ text })

static GSettings *fresh_settings(void)
{
    GSettings *settings = latchkey_settings_new();

    g_assert_nonnull(settings);
    g_settings_reset(settings, "saved-filters");
    g_settings_reset(settings, "last-filters");
    g_settings_reset(settings, "restore-last-filter");
    return settings;
}

/* ---- The settings ---- */

static void test_saved_filters_are_there_again(void)
{
    g_autoptr(GSettings) settings = fresh_settings();
    g_autoptr(LatchkeySavedFilters) saved = latchkey_saved_filters_new(settings, "env_1");
    const LatchkeyEventFilter people = { .type = WORD("dsync.user."),
                                         .directory_id = WORD("directory_01"),
                                         .organization_id = WORD("org_01"),
                                         .text = WORD("ada & <b>bob"),
                                         .span_ms = 3600000,
                                         .since_ms = NOON };
    const LatchkeyEventFilter range = { .since_ms = NOON, .until_ms = NOON + 1 };

    g_assert_null(latchkey_saved_filters_put(saved, "People", &people));
    g_assert_null(latchkey_saved_filters_put(saved, "A time", &range));
    g_autoptr(LatchkeySavedFilters) again = latchkey_saved_filters_new(settings, "env_1");
    g_autoptr(LatchkeySavedFilters) elsewhere = latchkey_saved_filters_new(settings, "env_2");
    g_assert_cmpuint(latchkey_saved_filters_get_n(again), ==, 2);
    g_assert_cmpuint(latchkey_saved_filters_get_n(elsewhere), ==, 0);
    g_assert_cmpstr(latchkey_saved_filters_get_name(again, 0), ==, "A time");
    const LatchkeyEventFilter *filter = latchkey_saved_filters_find(again, "People");
    g_assert_cmpstr(filter->type, ==, "dsync.user.");
    g_assert_cmpstr(filter->directory_id, ==, "directory_01");
    g_assert_cmpstr(filter->organization_id, ==, "org_01");
    g_assert_cmpstr(filter->text, ==, "ada & <b>bob");
    g_assert_cmpint(filter->span_ms, ==, 3600000);
    g_assert_cmpint(filter->since_ms, ==, 0); /* it was of that moment */
    g_assert_true(
        latchkey_event_filter_equal(latchkey_saved_filters_find(again, "A time"), &range));
}

static void test_what_is_taken_away_can_be_given_back(void)
{
    g_autoptr(GSettings) settings = fresh_settings();
    g_autoptr(LatchkeySavedFilters) saved = latchkey_saved_filters_new(settings, "env_1");
    g_autoptr(LatchkeySavedFilters) other = latchkey_saved_filters_new(settings, "env_2");
    const LatchkeyEventFilter ada = { .text = WORD("ada") };
    const LatchkeyEventFilter bob = { .text = WORD("bob") };

    latchkey_saved_filters_put(saved, "One", &ada);
    latchkey_saved_filters_put(other, "One", &bob); /* the same name, another environment */
    g_autoptr(GVariant) replaced = latchkey_saved_filters_put(saved, "One", &bob);
    g_assert_nonnull(replaced);
    g_assert_cmpstr(latchkey_saved_filters_find(saved, "One")->text, ==, "bob");
    latchkey_saved_filters_give_back(saved, replaced);
    g_assert_cmpstr(latchkey_saved_filters_find(saved, "One")->text, ==, "ada");
    g_autoptr(GVariant) removed = latchkey_saved_filters_remove(saved, "One");
    g_assert_cmpuint(latchkey_saved_filters_get_n(saved), ==, 0);
    g_assert_cmpuint(latchkey_saved_filters_get_n(other), ==, 1);
    g_assert_null(latchkey_saved_filters_remove(saved, "One"));
    latchkey_saved_filters_give_back(saved, removed);
    g_assert_cmpstr(latchkey_saved_filters_find(saved, "One")->text, ==, "ada");
    latchkey_saved_filters_put(saved, "Two", &bob);
    g_assert_false(latchkey_saved_filters_rename(saved, "One", "Two"));
    g_assert_false(latchkey_saved_filters_rename(saved, "Three", "Four"));
    g_assert_true(latchkey_saved_filters_rename(saved, "One", "Zero"));
    g_assert_null(latchkey_saved_filters_find(saved, "One"));
    g_assert_cmpstr(latchkey_saved_filters_find(saved, "Zero")->text, ==, "ada");
}

static const struct {
    const char *entry; /* behind the environment */
    gboolean is_readable;
} entries[] = {
    { "'name': 'n'", TRUE },
    { "'name': 'n', 'type': 'dsync.robot.'", TRUE }, /* not known here, but a type */
    { "'name': 'n', 'span': '1'", TRUE },
    { "'name': 'n', 'since': '1', 'until': '2'", TRUE },
    { "'text': 'x'", FALSE },                                          /* no name */
    { "'name': ''", FALSE },                                           /* no name either */
    { "'name': 'n', 'colour': 'red'", FALSE },                         /* another version's */
    { "'name': 'n', 'span': '0'", FALSE },                             /* no span */
    { "'name': 'n', 'span': '-1'", FALSE },                            /* into the future */
    { "'name': 'n', 'span': '1h'", FALSE },                            /* no number */
    { "'name': 'n', 'span': '9223372036854775808'", FALSE },           /* too large a number */
    { "'name': 'n', 'since': '2', 'until': '2'", FALSE },              /* nothing in between */
    { "'name': 'n', 'since': '2'", FALSE },                            /* half a range */
    { "'name': 'n', 'span': '1', 'since': '1', 'until': '2'", FALSE }, /* which one? */
    { "'name': 'n', 'type': ''", FALSE },
};

static void test_what_cannot_be_read_is_counted_and_left_alone(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
        g_autoptr(GSettings) settings = fresh_settings();
        const LatchkeyEventFilter ada = { .text = WORD("ada") };
        g_autofree char *text = g_strdup_printf("[{'environment': 'env_1', %s}]", entries[i].entry);
        g_autoptr(GVariant) value =
            g_variant_parse(G_VARIANT_TYPE("aa{ss}"), text, NULL, NULL, NULL);
        g_assert_nonnull(value);
        g_settings_set_value(settings, "saved-filters", value);
        g_autoptr(LatchkeySavedFilters) saved = latchkey_saved_filters_new(settings, "env_1");
        g_assert_cmpuint(latchkey_saved_filters_get_n(saved), ==, entries[i].is_readable ? 1 : 0);
        g_assert_cmpuint(latchkey_saved_filters_get_n_unreadable(saved), ==,
                         entries[i].is_readable ? 0 : 1);
        latchkey_saved_filters_put(saved, "Another", &ada);
        g_autoptr(GVariant) after = g_settings_get_value(settings, "saved-filters");
        g_autoptr(GVariant) first = g_variant_get_child_value(after, 0);
        g_autoptr(GVariant) before = g_variant_get_child_value(value, 0);
        g_assert_cmpuint(g_variant_n_children(after), ==, 2);
        g_assert_true(g_variant_equal(first, before));
    }
}

static void test_long_name_and_second_of_a_name_are_not_read(void)
{
    g_autoptr(GSettings) settings = fresh_settings();
    g_autofree char *name = g_strnfill(201, 'x');
    g_autofree char *text =
        g_strdup_printf("[{'environment': 'e', 'name': '%s'}, {'environment': 'e', 'name': '%s'},"
                        " {'environment': 'e', 'name': '%s'}]",
                        name, name + 1, name + 1);
    g_autoptr(GVariant) value = g_variant_parse(G_VARIANT_TYPE("aa{ss}"), text, NULL, NULL, NULL);

    g_settings_set_value(settings, "saved-filters", value);
    g_autoptr(LatchkeySavedFilters) saved = latchkey_saved_filters_new(settings, "e");
    g_assert_cmpuint(latchkey_saved_filters_get_n(saved), ==, 1);
    g_assert_cmpuint(latchkey_saved_filters_get_n_unreadable(saved), ==, 2);
}

static void test_last_filter_is_there_again_where_it_is_wanted(void)
{
    g_autoptr(GSettings) settings = fresh_settings();
    g_autoptr(LatchkeySavedFilters) saved = latchkey_saved_filters_new(settings, "env_1");
    g_autoptr(LatchkeySavedFilters) other = latchkey_saved_filters_new(settings, "env_2");
    const LatchkeyEventFilter ada = { .text = WORD("ada"), .span_ms = 1, .since_ms = NOON };
    gboolean is_unreadable = TRUE;

    g_assert_null(latchkey_saved_filters_dup_last(saved, &is_unreadable));
    g_assert_false(is_unreadable);
    latchkey_saved_filters_keep_last(other, &ada);
    latchkey_saved_filters_keep_last(saved, &ada);
    g_autoptr(LatchkeyEventFilter) last = latchkey_saved_filters_dup_last(saved, &is_unreadable);
    g_autoptr(LatchkeyEventFilter) others = latchkey_saved_filters_dup_last(other, &is_unreadable);
    g_assert_cmpstr(last->text, ==, "ada");
    g_assert_cmpint(last->span_ms, ==, 1);
    g_assert_nonnull(others);
    g_settings_set_boolean(settings, "restore-last-filter", FALSE);
    g_assert_null(latchkey_saved_filters_dup_last(saved, &is_unreadable));
    g_settings_set_boolean(settings, "restore-last-filter", TRUE);
    g_autoptr(GVariant) value = g_variant_parse(G_VARIANT_TYPE("a{sa{ss}}"),
                                                "{'env_1': {'colour': 'red'}}", NULL, NULL, NULL);
    g_settings_set_value(settings, "last-filters", value);
    g_assert_null(latchkey_saved_filters_dup_last(saved, &is_unreadable));
    g_assert_true(is_unreadable);
}

/* ---- The menu ---- */

typedef struct stage {
    GSettings *settings;
    LatchkeySavedFilters *saved;
    GtkWidget *window;
    LatchkeyFilterBar *bar;
} stage;

static void open_stage(stage *s)
{
    GtkWidget *overlay = adw_toast_overlay_new();

    s->settings = fresh_settings();
    s->saved = latchkey_saved_filters_new(s->settings, "env_1");
    s->window = adw_window_new();
    s->bar = g_object_new(LATCHKEY_TYPE_FILTER_BAR, NULL);
    latchkey_filter_bar_set_saved(s->bar, s->saved);
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(overlay), GTK_WIDGET(s->bar));
    adw_window_set_content(ADW_WINDOW(s->window), overlay);
    gtk_window_present(GTK_WINDOW(s->window));
    latchkey_filter_bar_open(s->bar);
    settle();
}

static void close_stage(stage *s)
{
    kit_close_popover(s->window);
    gtk_window_destroy(GTK_WINDOW(s->window));
    settle();
    g_object_unref(s->saved);
    g_object_unref(s->settings);
}

static char *text_of(stage *s)
{
    g_autoptr(LatchkeyEventFilter) filter = latchkey_filter_bar_get_filter(s->bar, NOON);

    return g_strdup(filter->text);
}

static GtkWidget *find_named(GtkWidget *root, const char *tooltip)
{
    if (GTK_IS_BUTTON(root) && g_strcmp0(gtk_widget_get_tooltip_text(root), tooltip) == 0)
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_named(child, tooltip);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void click(GtkWidget *button)
{
    g_assert_nonnull(button);
    g_signal_emit_by_name(button, "clicked");
    settle();
}

/* The toast's own. */
static void click_undo(stage *s)
{
    GtkWidget *label = NULL;

    wait_until((label = kit_find_label(s->window, "Undo")) != NULL);
    click(gtk_widget_get_ancestor(label, GTK_TYPE_BUTTON));
}

static GtkWidget *find_row(GtkWidget *root, GType type, const char *title)
{
    if (G_TYPE_CHECK_INSTANCE_TYPE(root, type) &&
        g_str_equal(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(root)), title))
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_row(child, type, title);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void type_name(stage *s, const char *title, const char *name)
{
    GtkWidget *row = find_row(s->window, ADW_TYPE_ENTRY_ROW, title);

    g_assert_nonnull(row);
    gtk_editable_set_text(GTK_EDITABLE(row), name);
    g_signal_emit_by_name(row, "apply");
    settle();
}

static void test_filter_is_saved_chosen_renamed_and_deleted(void)
{
    const LatchkeyEventFilter ada = { .text = WORD("ada") };
    const LatchkeyEventFilter nothing = { 0 };
    stage s = { 0 };

    open_stage(&s);
    GtkWidget *save = find_row(s.window, ADW_TYPE_ENTRY_ROW, "Save This Filter As");
    g_assert_false(gtk_widget_get_sensitive(save)); /* there is nothing to save */
    latchkey_filter_bar_set_filter(s.bar, &ada);
    g_assert_true(gtk_widget_get_sensitive(save));
    type_name(&s, "Save This Filter As", "  A & <b>B\n ");
    g_assert_cmpuint(latchkey_saved_filters_get_n(s.saved), ==, 1);
    GtkWidget *row = find_row(s.window, ADW_TYPE_ACTION_ROW, "A & <b>B");
    g_assert_nonnull(row);
    latchkey_filter_bar_set_filter(s.bar, &nothing);
    g_signal_emit_by_name(row, "activated");
    g_autofree char *chosen = text_of(&s);
    g_assert_cmpstr(chosen, ==, "ada");

    click(find_named(s.window, "Rename A & <b>B"));
    type_name(&s, "New Name", "Ada");
    g_assert_nonnull(latchkey_saved_filters_find(s.saved, "Ada"));
    click_undo(&s);
    g_assert_nonnull(latchkey_saved_filters_find(s.saved, "A & <b>B"));

    click(find_named(s.window, "Delete A & <b>B"));
    g_assert_cmpuint(latchkey_saved_filters_get_n(s.saved), ==, 0);
    close_stage(&s);
}

static void test_deleted_filter_is_given_back(void)
{
    const LatchkeyEventFilter ada = { .text = WORD("ada") };
    stage s = { 0 };

    open_stage(&s);
    latchkey_saved_filters_put(s.saved, "Ada", &ada);
    click(find_named(s.window, "Delete Ada"));
    g_assert_cmpuint(latchkey_saved_filters_get_n(s.saved), ==, 0);
    click_undo(&s);
    g_assert_cmpuint(latchkey_saved_filters_get_n(s.saved), ==, 1);
    close_stage(&s);
}

static void test_menu_says_what_it_cannot_read(void)
{
    stage s = { 0 };

    open_stage(&s);
    g_assert_null(kit_find_label(s.window, "1 saved filter could not be read"));
    g_autoptr(GVariant) value =
        g_variant_parse(G_VARIANT_TYPE("aa{ss}"), "[{'environment': 'env_1'}]", NULL, NULL, NULL);
    g_settings_set_value(s.settings, "saved-filters", value);
    settle();
    g_assert_nonnull(kit_find_label(s.window, "1 saved filter could not be read"));
    close_stage(&s);
}

/* A filter is what it was, also where the menu has no such choice. */
static void test_bar_takes_any_filter(void)
{
    const LatchkeyEventFilter filter = { .type = WORD("dsync.robot.created"),
                                         .directory_id = WORD("directory_gone"),
                                         .organization_id = WORD("org_gone"),
                                         .since_ms = NOON - 1,
                                         .until_ms = NOON };
    const LatchkeyEventFilter hour = { .span_ms = 3600000 };
    stage s = { 0 };

    open_stage(&s);
    latchkey_filter_bar_set_filter(s.bar, &filter);
    g_autoptr(LatchkeyEventFilter) same = latchkey_filter_bar_get_filter(s.bar, NOON);
    g_assert_true(latchkey_event_filter_equal(same, &filter));
    latchkey_filter_bar_clear(s.bar);
    g_autoptr(LatchkeyEventFilter) none = latchkey_filter_bar_get_filter(s.bar, NOON);
    g_assert_true(latchkey_event_filter_is_open(none));
    click_undo(&s);
    g_autoptr(LatchkeyEventFilter) again = latchkey_filter_bar_get_filter(s.bar, NOON);
    g_assert_true(latchkey_event_filter_equal(again, &filter));
    latchkey_filter_bar_set_filter(s.bar, &hour);
    g_autoptr(LatchkeyEventFilter) moving = latchkey_filter_bar_get_filter(s.bar, NOON);
    g_assert_cmpint(moving->since_ms, ==, NOON - 3600000);
    close_stage(&s);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/filters/saved", test_saved_filters_are_there_again);
    g_test_add_func("/filters/undo", test_what_is_taken_away_can_be_given_back);
    g_test_add_func("/filters/unreadable", test_what_cannot_be_read_is_counted_and_left_alone);
    g_test_add_func("/filters/names", test_long_name_and_second_of_a_name_are_not_read);
    g_test_add_func("/filters/last", test_last_filter_is_there_again_where_it_is_wanted);
    g_test_add_func("/filters/menu", test_filter_is_saved_chosen_renamed_and_deleted);
    g_test_add_func("/filters/menu/undo", test_deleted_filter_is_given_back);
    g_test_add_func("/filters/menu/unreadable", test_menu_says_what_it_cannot_read);
    g_test_add_func("/filters/bar", test_bar_takes_any_filter);
    return g_test_run();
}
