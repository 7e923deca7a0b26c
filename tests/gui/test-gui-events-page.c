/* The events page over a real mirror: following, pausing, keys, and the filter that was left. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-event-view.h"
#include "latchkey-events-page.h"
#include "latchkey-settings.h"
#include "mirror-kit.h"

typedef struct stage {
    kit mirror;
    LatchkeyFeed *feed;
    GtkWidget *window;
    LatchkeyEventsPage *page;
    LatchkeyEventView *view;
    char *copied; /* NULL: nothing was */
} stage;

static void apply(stage *s, const char *id, gint64 at_ms)
{
    kit_event event;

    kit_make(&event, id, "dsync.user.created", at_ms,
             "{\"object\":\"directory_user\",\"id\":\"directory_user_01\",\"directory_id\":"
             "\"directory_01\",\"first_name\":\"%s\",\"last_name\":\"Lovelace\"}",
             id);
    kit_apply(&s->mirror, &event);
}

static GtkWidget *find_type(GtkWidget *root, GType type)
{
    if (G_TYPE_CHECK_INSTANCE_TYPE(root, type))
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_type(child, type);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void on_copy(GSimpleAction *action, GVariant *text, gpointer data)
{
    (void)action;
    stage *s = data;

    g_free(s->copied);
    s->copied = g_variant_dup_string(text, NULL);
}

/* What the window offers to its pages. */
static void add_window_actions(stage *s)
{
    static const GActionEntry entries[] = {
        { .name = "copy-text", .activate = on_copy, .parameter_type = "s" },
    };
    g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new();

    g_action_map_add_action_entries(G_ACTION_MAP(group), entries, G_N_ELEMENTS(entries), s);
    gtk_widget_insert_action_group(s->window, "win", G_ACTION_GROUP(group));
}

static void open_page(stage *s)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    GtkWidget *overlay = adw_toast_overlay_new();

    config->client_id = g_strdup("client_01");
    config->store = g_strdup(s->mirror.store);
    s->feed = latchkey_feed_new(config, 0);
    s->window = adw_window_new();
    s->page = g_object_new(LATCHKEY_TYPE_EVENTS_PAGE, NULL);
    s->view = LATCHKEY_EVENT_VIEW(find_type(GTK_WIDGET(s->page), LATCHKEY_TYPE_EVENT_VIEW));
    add_window_actions(s);
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(overlay), GTK_WIDGET(s->page));
    adw_window_set_content(ADW_WINDOW(s->window), overlay);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 960, 480);
    latchkey_events_page_set_feed(s->page, s->feed);
    gtk_window_present(GTK_WINDOW(s->window));
    latchkey_feed_start(s->feed);
}

/* 40 events, a second apart: event_39 is the newest. */
static void open_stage(stage *s)
{
    g_autoptr(GSettings) settings = latchkey_settings_new();

    *s = (stage){ 0 };
    g_settings_reset(settings, "last-filters");
    kit_begin(&s->mirror);
    kit_open(&s->mirror);
    for (int i = 0; i < 40; i++) {
        g_autofree char *id = g_strdup_printf("event_%02d", i);
        apply(s, id, NOON + (gint64)i * 1000);
    }
    open_page(s);
    wait_until(kit_find_label(s->window, "event_39 Lovelace was added") != NULL);
}

static void close_stage(stage *s)
{
    gtk_window_destroy(GTK_WINDOW(s->window));
    kit_close_feed(&s->feed);
    g_free(s->copied);
    kit_end(&s->mirror);
}

/* A poll that found it. */
static void arrive(stage *s, const char *id, gint64 at_ms)
{
    apply(s, id, at_ms);
    g_signal_emit_by_name(s->feed, "changed");
    settle();
}

static double scrolled(stage *s)
{
    GtkWidget *scroller = find_type(GTK_WIDGET(s->view), GTK_TYPE_SCROLLED_WINDOW);

    return gtk_adjustment_get_value(
        gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scroller)));
}

/* ---- Following ---- */

static void test_new_events_are_followed_until_it_is_paused(void)
{
    stage s;

    open_stage(&s);
    arrive(&s, "event_50", NOON + 50000);
    wait_until(kit_find_label(s.window, "event_50 Lovelace was added") != NULL);
    wait_until(scrolled(&s) < 1.0);
    g_assert_cmpuint(latchkey_event_view_get_n_unseen(s.view), ==, 0);
    gtk_widget_activate_action(GTK_WIDGET(s.page), "events.pause", NULL);
    g_assert_true(latchkey_event_view_get_paused(s.view));
    arrive(&s, "event_51", NOON + 51000);
    arrive(&s, "event_52", NOON + 52000);
    wait_until(kit_find_label(s.window, "2 new events") != NULL);
    g_assert_null(kit_find_label(s.window, "event_52 Lovelace was added")); /* nothing moves */
    GtkWidget *pill =
        gtk_widget_get_ancestor(kit_find_label(s.window, "2 new events"), GTK_TYPE_BUTTON);
    g_signal_emit_by_name(pill, "clicked");
    g_assert_false(latchkey_event_view_get_paused(s.view));
    wait_until(kit_find_label(s.window, "event_52 Lovelace was added") != NULL);
    wait_until(scrolled(&s) < 1.0);
    g_assert_null(kit_find_label(s.window, "2 new events"));
    close_stage(&s);
}

static GtkWidget *find_button(GtkWidget *root, const char *tooltip)
{
    if (GTK_IS_BUTTON(root) && g_strcmp0(gtk_widget_get_tooltip_text(root), tooltip) == 0)
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_button(child, tooltip);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void test_pause_button_says_what_it_does(void)
{
    stage s;

    open_stage(&s);
    GtkWidget *button = find_button(s.window, "Pause");
    g_assert_nonnull(button);
    gtk_test_accessible_assert_property(button, GTK_ACCESSIBLE_PROPERTY_LABEL, "Pause");
    g_signal_emit_by_name(button, "clicked");
    g_assert_true(latchkey_event_view_get_paused(s.view));
    g_assert_cmpstr(gtk_widget_get_tooltip_text(button), ==, "Follow New Events");
    gtk_test_accessible_assert_property(button, GTK_ACCESSIBLE_PROPERTY_LABEL, "Follow New Events");
    g_signal_emit_by_name(button, "clicked");
    g_assert_false(latchkey_event_view_get_paused(s.view));
    close_stage(&s);
}

/* ---- Keys ---- */

/* FALSE: nobody has this key. */
static gboolean press(GtkWidget *root, const char *trigger)
{
    g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(root);
    g_autoptr(GtkShortcutTrigger) wanted = gtk_shortcut_trigger_parse_string(trigger);

    for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
        g_autoptr(GtkEventController) controller = g_list_model_get_item(controllers, i);
        for (guint j = 0; GTK_IS_SHORTCUT_CONTROLLER(controller) &&
                          j < g_list_model_get_n_items(G_LIST_MODEL(controller));
             j++) {
            g_autoptr(GtkShortcut) shortcut = g_list_model_get_item(G_LIST_MODEL(controller), j);
            if (gtk_shortcut_trigger_equal(gtk_shortcut_get_trigger(shortcut), wanted))
                return gtk_shortcut_action_activate(gtk_shortcut_get_action(shortcut), 0, root,
                                                    NULL);
        }
    }
    return FALSE;
}

static void test_keys_do_what_they_are_for(void)
{
    stage s;

    open_stage(&s);
    GtkWidget *page = GTK_WIDGET(s.page);
    GtkWidget *list = find_type(GTK_WIDGET(s.view), GTK_TYPE_LIST_VIEW);
    gtk_widget_grab_focus(list);
    g_assert_true(press(page, "<Control>p"));
    g_assert_true(latchkey_event_view_get_paused(s.view));
    g_assert_true(press(page, "space"));
    g_assert_false(latchkey_event_view_get_paused(s.view));
    g_assert_true(press(page, "space"));
    g_assert_false(press(list, "Home")); /* the list goes to its first row as well */
    g_assert_false(latchkey_event_view_get_paused(s.view));
    gtk_widget_grab_focus(find_type(page, GTK_TYPE_SEARCH_ENTRY));
    g_assert_false(press(page, "space")); /* that is a space in what is typed */
    g_assert_false(latchkey_event_view_get_paused(s.view));
    g_assert_true(press(page, "<Control>l"));
    wait_until(gtk_widget_get_mapped(find_type(page, GTK_TYPE_POPOVER)));
    kit_close_popover(page);
    close_stage(&s);
}

static void test_row_is_copied_for_people_and_for_programs(void)
{
    stage s;

    open_stage(&s);
    GtkSelectionModel *rows =
        gtk_list_view_get_model(GTK_LIST_VIEW(find_type(GTK_WIDGET(s.view), GTK_TYPE_LIST_VIEW)));
    g_assert_true(press(GTK_WIDGET(s.page), "<Control>c"));
    g_assert_null(s.copied); /* nothing is selected */
    gtk_selection_model_select_item(rows, 0, TRUE);
    g_assert_true(press(GTK_WIDGET(s.page), "<Control>c"));
    g_assert_cmpstr(s.copied, ==,
                    "Monday, 2 March 2026, 12:00:39 · event_39 Lovelace was added · User created "
                    "· directory_01 · event_39");
    g_assert_true(press(GTK_WIDGET(s.page), "<Control><Shift>c"));
    g_assert_nonnull(strstr(s.copied, "\"first_name\":\"event_39\""));
    g_settings_set_boolean(latchkey_settings_get_default(), "mask-personal-data", TRUE);
    g_clear_pointer(&s.copied, g_free);
    g_assert_true(press(GTK_WIDGET(s.page), "<Control><Shift>c"));
    g_assert_null(s.copied);
    wait_until(kit_find_label(s.window, "Personal data is masked: nothing was copied") != NULL);
    g_settings_reset(latchkey_settings_get_default(), "mask-personal-data");
    close_stage(&s);
}

/* ---- The filter that was left ---- */

static void test_filter_is_there_again_at_the_next_start(void)
{
    stage s;

    open_stage(&s);
    GtkWidget *entry = find_type(GTK_WIDGET(s.page), GTK_TYPE_SEARCH_ENTRY);
    gtk_editable_set_text(GTK_EDITABLE(entry), "event_17");
    wait_until(kit_find_label(s.window, "1 event") != NULL);
    gtk_window_destroy(GTK_WINDOW(s.window));
    kit_close_feed(&s.feed);
    open_page(&s);
    wait_until(kit_find_label(s.window, "1 event") != NULL);
    wait_until(kit_find_label(s.window, "event_17 Lovelace was added") != NULL);
    g_assert_true(press(GTK_WIDGET(s.page), "<Control><Shift>l"));
    wait_until(kit_find_label(s.window, "40 events") != NULL);
    close_stage(&s);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/events-page/follow", test_new_events_are_followed_until_it_is_paused);
    g_test_add_func("/events-page/pause", test_pause_button_says_what_it_does);
    g_test_add_func("/events-page/keys", test_keys_do_what_they_are_for);
    g_test_add_func("/events-page/copy", test_row_is_copied_for_people_and_for_programs);
    g_test_add_func("/events-page/last-filter", test_filter_is_there_again_at_the_next_start);
    return g_test_run();
}
