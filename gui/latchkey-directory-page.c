/* The list is read when the page is first seen and when something else is asked for, not at each
 * poll: rows must not jump under the hand. What is open beside it is read anew.
 *
 * All of it is as of one time. What the log of events does not tell of then is said in the bar: a
 * list that is short without a word is worse than none. */
#include "latchkey-directory-page.h"

#include "latchkey-a11y.h"
#include "latchkey-banner.h"
#include "latchkey-directories.h"
#include "latchkey-directory-chooser.h"
#include "latchkey-event.h"
#include "latchkey-moment-button.h"
#include "latchkey-page.h"
#include "latchkey-record-details.h"
#include "latchkey-record-list.h"
#include "latchkey-record-row.h"
#include "latchkey-settings.h"

#include <glib/gi18n.h>

struct _LatchkeyDirectoryPage {
    AdwBin parent_instance;
    LatchkeyBanner *banner;
    AdwLeaflet *leaflet;
    GtkWidget *list_pane;
    LatchkeyDirectoryChooser *directory_chooser;
    GtkToggleButton *people_button;
    GtkSearchEntry *entry;
    LatchkeyMomentButton *moment_button;
    GtkLabel *count_label;
    GtkCheckButton *deleted_button;
    GtkStack *list_stack;
    GtkListView *view;
    AdwStatusPage *nothing_page;
    LatchkeyRecordDetails *details;
    LatchkeyFeed *feed;
    LatchkeyRecordList *list; /* NULL: nothing read yet */
    GCancellable *cancellable;
    gint64 at_ms;            /* all is as it was then; 0: now */
    LatchkeyKnowledge known; /* of that time */
};

static void page_init(LatchkeyPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LatchkeyDirectoryPage, latchkey_directory_page, ADW_TYPE_BIN,
                              G_IMPLEMENT_INTERFACE(LATCHKEY_TYPE_PAGE, page_init))

/* ---- As a page of the window ---- */

static const char *get_title(LatchkeyPage *page)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(page);
    gboolean is_over_list =
        adw_leaflet_get_folded(self->leaflet) &&
        g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "details") == 0;

    return is_over_list ? _("Directory") : NULL;
}

static void go_back(LatchkeyPage *page)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(page);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    gtk_widget_grab_focus(GTK_WIDGET(self->view));
}

static void search(LatchkeyPage *page)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(page);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

static void page_init(LatchkeyPageInterface *iface)
{
    iface->get_title = get_title;
    iface->go_back = go_back;
    iface->search = search;
}

static void on_leaflet_changed(LatchkeyDirectoryPage *self)
{
    gboolean is_folded = adw_leaflet_get_folded(self->leaflet);
    gboolean is_list = g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "details") != 0;

    latchkey_a11y_set_hidden(self->list_pane, is_folded && !is_list);
    latchkey_a11y_set_hidden(GTK_WIDGET(self->details), is_folded && is_list);
    latchkey_page_place_changed(LATCHKEY_PAGE(self));
}

/* ---- One of them ---- */

void latchkey_directory_page_show(LatchkeyDirectoryPage *self, LatchkeyRecordKind kind,
                                  const char *id, const char *name)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);
    if (store == NULL)
        return;

    latchkey_record_details_show(self->details, store, kind, id, name);
    if (adw_leaflet_get_folded(self->leaflet))
        adw_leaflet_set_visible_child_name(self->leaflet, "details");
}

static void on_record_chosen(LatchkeyDirectoryPage *self, int kind, const char *id,
                             const char *name)
{
    latchkey_directory_page_show(self, (LatchkeyRecordKind)kind, id, name);
}

static void on_event_chosen(LatchkeyDirectoryPage *self, LatchkeyEvent *event)
{
    g_signal_emit_by_name(self, "event-chosen", event);
}

static void on_activate(LatchkeyDirectoryPage *self, guint position)
{
    g_autoptr(LatchkeyRecord) record =
        g_list_model_get_item(G_LIST_MODEL(gtk_list_view_get_model(self->view)), position);

    if (record != NULL)
        latchkey_directory_page_show(self, latchkey_record_get_kind(record),
                                     latchkey_record_get_id(record),
                                     latchkey_record_get_name(record));
}

/* The one before or behind what is open; the first one when nothing is. */
static void step(LatchkeyDirectoryPage *self, int by)
{
    const char *id = latchkey_record_details_get_id(self->details);
    GtkSelectionModel *selection = gtk_list_view_get_model(self->view);

    if (self->list == NULL || selection == NULL)
        return;
    guint at = id != NULL ? latchkey_record_list_find(self->list, id) : GTK_INVALID_LIST_POSITION;
    guint position = at != GTK_INVALID_LIST_POSITION ? at + (guint)by : 0;
    if (position >= g_list_model_get_n_items(G_LIST_MODEL(selection)))
        return; /* also in front of the first one: it is unsigned */
    gtk_selection_model_select_item(selection, position, TRUE);
    gtk_widget_activate_action(GTK_WIDGET(self->view), "list.scroll-to-item", "u", position);
    on_activate(self, position);
}

static void on_show_next(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    step(LATCHKEY_DIRECTORY_PAGE(widget), 1);
}

static void on_show_previous(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    step(LATCHKEY_DIRECTORY_PAGE(widget), -1);
}

/* ---- Rows ---- */

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    gtk_list_item_set_child(item, latchkey_record_row_new());
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *row = gtk_list_item_get_child(item);
    LatchkeyRecord *record = gtk_list_item_get_item(item);
    gint64 now_ms = g_get_real_time() / 1000;
    g_autofree char *spoken = latchkey_record_row_spoken(record, now_ms);

    latchkey_record_row_set_record(LATCHKEY_RECORD_ROW(row), record, now_ms);
    latchkey_a11y_set_label(gtk_widget_get_parent(row), spoken);
}

/* ---- The list ---- */

static gboolean shows_people(LatchkeyDirectoryPage *self)
{
    return gtk_toggle_button_get_active(self->people_button);
}

static void show_nothing(LatchkeyDirectoryPage *self)
{
    gboolean is_search = gtk_editable_get_text(GTK_EDITABLE(self->entry))[0] != '\0';
    gboolean is_unknown = !latchkey_knowledge_reaches(&self->known, self->at_ms);
    const char *title = _("Nobody Yet");
    const char *words = _("Who is in your customers’ directories appears here by itself.");

    if (is_unknown) {
        title = _("Not Known");
        words = _("The events that are kept here do not go back to that time.");
    } else if (is_search) {
        title = _("No Results");
        words = _("Nobody matches. Look for something else.");
    } else if (self->at_ms != 0) {
        title = shows_people(self) ? _("Nobody Then") : _("No Groups Then");
        words = _("There was nothing at that time.");
    }
    adw_status_page_set_title(self->nothing_page, title);
    adw_status_page_set_description(self->nothing_page, words);
}

/* Until the end is read, all that is known is "at least". */
static void show_count(LatchkeyDirectoryPage *self)
{
    if (self->list == NULL)
        return;
    guint n = g_list_model_get_n_items(G_LIST_MODEL(self->list));
    g_autofree char *text = NULL;

    if (!latchkey_knowledge_reaches(&self->known, self->at_ms) && n == 0)
        text = g_strdup(""); /* that there is nobody is not known either */
    else if (!latchkey_record_list_is_complete(self->list))
        text = g_strdup_printf(shows_people(self) ? _("%u+ people") : _("%u+ groups"), n);
    else if (shows_people(self))
        text = g_strdup_printf(ngettext("%u person", "%u people", n), n);
    else
        text = g_strdup_printf(ngettext("%u group", "%u groups", n), n);
    gtk_label_set_text(self->count_label, text);
}

static void on_loaded(LatchkeyDirectoryPage *self, LatchkeyRecordList *list)
{
    gboolean is_empty = g_list_model_get_n_items(G_LIST_MODEL(list)) == 0;
    GtkSelectionModel *shown = gtk_list_view_get_model(self->view);

    if (list != self->list)
        return;
    if (shown == NULL ||
        gtk_single_selection_get_model(GTK_SINGLE_SELECTION(shown)) != G_LIST_MODEL(list)) {
        GtkSingleSelection *selection = gtk_single_selection_new(NULL);
        gtk_single_selection_set_autoselect(selection, FALSE);
        gtk_single_selection_set_can_unselect(selection, TRUE);
        gtk_single_selection_set_model(selection, G_LIST_MODEL(list));
        gtk_list_view_set_model(self->view, GTK_SELECTION_MODEL(selection));
        g_object_unref(selection);
    }
    show_nothing(self);
    show_count(self);
    gtk_stack_set_visible_child_name(self->list_stack, is_empty ? "nothing" : "rows");
}

static void on_filter_changed(LatchkeyDirectoryPage *self)
{
    LatchkeyStore *store = self->feed != NULL ? latchkey_feed_get_store(self->feed) : NULL;
    g_autofree char *text = g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry)));

    if (store == NULL)
        return;
    g_strstrip(text);
    const LatchkeyRecordFilter filter = {
        .kind = shows_people(self) ? LATCHKEY_RECORD_PERSON : LATCHKEY_RECORD_GROUP,
        .directory_id = (char *)latchkey_directory_chooser_get_id(self->directory_chooser),
        .text = text[0] != '\0' ? text : NULL,
        .at_ms = self->at_ms,
        .with_deleted = gtk_check_button_get_active(self->deleted_button),
    };
    if (self->list != NULL)
        latchkey_record_list_stop(self->list);
    g_clear_object(&self->list);
    self->list = latchkey_record_list_new(store, &filter);
    g_signal_connect_object(self->list, "loaded", G_CALLBACK(on_loaded), self, G_CONNECT_SWAPPED);
}

static void on_stop_search(LatchkeyDirectoryPage *self)
{
    gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
}

/* ---- The directories ---- */

static void show_moment(LatchkeyDirectoryPage *self)
{
    g_autofree char *words = latchkey_knowledge_words(&self->known, self->at_ms);

    latchkey_banner_show(
        self->banner,
        &(LatchkeyHealthWords){ .text = self->at_ms != 0 ? words : NULL,
                                .remedy = { N_("Back to _Now"), "directory.show-now" } });
}

static void on_directories(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyDirectoryPage) self = data;
    LatchkeyDirectories *found = latchkey_store_read_finish(result, NULL);

    if (found == NULL)
        return;
    self->known = found->known;
    latchkey_directory_chooser_set_page(self->directory_chooser, found->page);
    show_moment(self);
    show_nothing(self);
    show_count(self);
    latchkey_directories_free(found);
}

static void reload(LatchkeyDirectoryPage *self)
{
    LatchkeyStore *store = self->feed != NULL ? latchkey_feed_get_store(self->feed) : NULL;

    if (store == NULL || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    /* Whichever is read first: only the last one counts. */
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    self->cancellable = g_cancellable_new();
    latchkey_directories_read_async(store, self->at_ms,
                                    gtk_check_button_get_active(self->deleted_button),
                                    self->cancellable, on_directories, g_object_ref(self));
    on_filter_changed(self);
}

/* ---- The time ---- */

static void on_moment_chosen(LatchkeyDirectoryPage *self, gint64 at_ms)
{
    self->at_ms = at_ms;
    latchkey_moment_button_set_moment(self->moment_button, at_ms);
    latchkey_record_details_set_moment(self->details, at_ms);
    show_moment(self);
    reload(self);
    gtk_widget_grab_focus(GTK_WIDGET(self->view));
}

static void on_show_now(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    on_moment_chosen(LATCHKEY_DIRECTORY_PAGE(widget), 0);
}

static void on_choose_time(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(widget);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    latchkey_moment_button_popup(self->moment_button);
}

static void on_toggle_deleted(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    GtkCheckButton *button = LATCHKEY_DIRECTORY_PAGE(widget)->deleted_button;

    gtk_check_button_set_active(button, !gtk_check_button_get_active(button));
}

/* Until there is something to show, each poll may bring it. */
static void on_feed_changed(LatchkeyDirectoryPage *self)
{
    if (self->list == NULL || g_list_model_get_n_items(G_LIST_MODEL(self->list)) == 0)
        reload(self);
}

/* ---- The widget ---- */

static const struct {
    const char *name;
    guint key;
    GdkModifierType modifiers;
    GtkWidgetActionActivateFunc activate;
} actions[] = {
    { "directory.choose-time", GDK_KEY_t, GDK_CONTROL_MASK, on_choose_time },
    { "directory.toggle-deleted", GDK_KEY_h, GDK_CONTROL_MASK, on_toggle_deleted },
    { "directory.show-next", GDK_KEY_Down, GDK_ALT_MASK, on_show_next },
    { "directory.show-previous", GDK_KEY_Up, GDK_ALT_MASK, on_show_previous },
};

/* Their keys are heard wherever the focus is in the window, as long as the page is seen. */
static void enable_actions(GtkWidget *widget, gboolean is_enabled)
{
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
        gtk_widget_action_set_enabled(widget, actions[i].name, is_enabled);
}

static void latchkey_directory_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(latchkey_directory_page_parent_class)->map(widget);
    enable_actions(widget, TRUE);
    reload(LATCHKEY_DIRECTORY_PAGE(widget));
}

static void latchkey_directory_page_unmap(GtkWidget *widget)
{
    enable_actions(widget, FALSE);
    GTK_WIDGET_CLASS(latchkey_directory_page_parent_class)->unmap(widget);
}

static gboolean latchkey_directory_page_grab_focus(GtkWidget *widget)
{
    return gtk_widget_grab_focus(GTK_WIDGET(LATCHKEY_DIRECTORY_PAGE(widget)->view));
}

static void latchkey_directory_page_dispose(GObject *object)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(object);

    g_cancellable_cancel(self->cancellable);
    if (self->list != NULL)
        latchkey_record_list_stop(self->list);
    g_clear_object(&self->list);
    g_clear_object(&self->feed);
    G_OBJECT_CLASS(latchkey_directory_page_parent_class)->dispose(object);
}

static void latchkey_directory_page_finalize(GObject *object)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(object);

    g_object_unref(self->cancellable);
    G_OBJECT_CLASS(latchkey_directory_page_parent_class)->finalize(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, banner);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, leaflet);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, list_pane);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, directory_chooser);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, people_button);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, entry);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, moment_button);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, count_label);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, deleted_button);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, list_stack);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, view);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, nothing_page);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, details);
}

static void bind_callbacks(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_callback(class, on_activate);
    gtk_widget_class_bind_template_callback(class, on_bind);
    gtk_widget_class_bind_template_callback(class, on_event_chosen);
    gtk_widget_class_bind_template_callback(class, on_filter_changed);
    gtk_widget_class_bind_template_callback(class, on_leaflet_changed);
    gtk_widget_class_bind_template_callback(class, on_moment_chosen);
    gtk_widget_class_bind_template_callback(class, on_record_chosen);
    gtk_widget_class_bind_template_callback(class, on_setup);
    gtk_widget_class_bind_template_callback(class, on_stop_search);
    gtk_widget_class_bind_template_callback(class, reload);
}

static void latchkey_directory_page_class_init(LatchkeyDirectoryPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_BANNER);
    g_type_ensure(LATCHKEY_TYPE_DIRECTORY_CHOOSER);
    g_type_ensure(LATCHKEY_TYPE_MOMENT_BUTTON);
    g_type_ensure(LATCHKEY_TYPE_RECORD_DETAILS);
    G_OBJECT_CLASS(class)->dispose = latchkey_directory_page_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_directory_page_finalize;
    widget_class->grab_focus = latchkey_directory_page_grab_focus;
    widget_class->map = latchkey_directory_page_map;
    widget_class->unmap = latchkey_directory_page_unmap;
    g_signal_new("event-chosen", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 1, LATCHKEY_TYPE_EVENT);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-directory-page.ui");
    bind_children(widget_class);
    bind_callbacks(widget_class);
    gtk_widget_class_install_action(widget_class, "directory.show-now", NULL, on_show_now);
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
        gtk_widget_class_install_action(widget_class, actions[i].name, NULL, actions[i].activate);
}

static void add_shortcuts(GtkWidget *widget)
{
    GtkShortcutController *controller = GTK_SHORTCUT_CONTROLLER(gtk_shortcut_controller_new());

    gtk_shortcut_controller_set_scope(controller, GTK_SHORTCUT_SCOPE_GLOBAL);
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
        gtk_shortcut_controller_add_shortcut(
            controller,
            gtk_shortcut_new(gtk_keyval_trigger_new(actions[i].key, actions[i].modifiers),
                             gtk_named_action_new(actions[i].name)));
    gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(controller));
    enable_actions(widget, FALSE);
}

static void latchkey_directory_page_init(LatchkeyDirectoryPage *self)
{
    GSettings *settings = latchkey_settings_get_default();

    self->cancellable = g_cancellable_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_list_view_set_single_click_activate(self->view, TRUE);
    latchkey_a11y_follow_stack(GTK_WIDGET(self->list_stack));
    on_leaflet_changed(self);
    gtk_search_entry_set_key_capture_widget(self->entry, self->list_pane);
    add_shortcuts(GTK_WIDGET(self));
    if (settings != NULL)
        g_settings_bind(settings, "show-deleted", self->deleted_button, "active",
                        G_SETTINGS_BIND_DEFAULT);
}

void latchkey_directory_page_set_feed(LatchkeyDirectoryPage *self, LatchkeyFeed *feed)
{
    self->feed = g_object_ref(feed);
    g_signal_connect_object(feed, "changed", G_CALLBACK(on_feed_changed), self, G_CONNECT_SWAPPED);
}
