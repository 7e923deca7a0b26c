/* What is shown of the feed: its events, or what to do where there are none. How fresh they are is
 * said anew every second. */
#include "latchkey-events-page.h"

#include "latchkey-a11y.h"
#include "latchkey-banner.h"
#include "latchkey-error.h"
#include "latchkey-event-details.h"
#include "latchkey-event-list.h"
#include "latchkey-event-status.h"
#include "latchkey-event-view.h"
#include "latchkey-export-bar.h"
#include "latchkey-filter-bar.h"
#include "latchkey-keys.h"
#include "latchkey-page.h"
#include "latchkey-saved-filters.h"
#include "latchkey-settings.h"
#include "latchkey-toast.h"

#include <glib/gi18n.h>

struct _LatchkeyEventsPage {
    AdwBin parent_instance;
    GtkStack *stack;
    GtkWidget *remedy_button;
    GtkLabel *remedy_label;
    GtkWidget *other_button;
    GtkLabel *other_label;
    LatchkeyEventStatus *status;
    LatchkeyEventView *view;
    AdwStatusPage *broken_page;
    AdwLeaflet *leaflet;
    GtkWidget *list_pane;
    GtkWidget *separator;
    LatchkeyEventDetails *details;
    LatchkeyFilterBar *filter_bar;
    GtkStack *list_stack;
    LatchkeyExportBar *export_bar;
    LatchkeyFeed *feed;
    LatchkeyNews *news; /* NULL: nobody tells what is new */
    LatchkeySavedFilters *saved;
    LatchkeyEventList *model; /* what is shown; NULL: nothing yet */
    LatchkeyEventList *next;  /* of the filter chosen last, until its first page is here */
    guint tick_source;
    gulong active_handler; /* of the window, while the page is seen */
};

static void page_init(LatchkeyPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LatchkeyEventsPage, latchkey_events_page, ADW_TYPE_BIN,
                              G_IMPLEMENT_INTERFACE(LATCHKEY_TYPE_PAGE, page_init))

static gint64 now_ms(void)
{
    return g_get_real_time() / 1000;
}

/* ---- As a page of the window ---- */

static const char *get_title(LatchkeyPage *page)
{
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(page);
    gboolean is_over_list =
        adw_leaflet_get_folded(self->leaflet) &&
        g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "details") == 0 &&
        g_strcmp0(gtk_stack_get_visible_child_name(self->stack), "list") == 0;

    return is_over_list ? _("Event") : NULL;
}

/* The way back leads to the row that was left. */
static void go_back(LatchkeyPage *page)
{
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(page);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    gtk_widget_grab_focus(GTK_WIDGET(self->view));
}

static void search(LatchkeyPage *page)
{
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(page);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    latchkey_filter_bar_focus(self->filter_bar);
}

static void page_init(LatchkeyPageInterface *iface)
{
    iface->get_title = get_title;
    iface->go_back = go_back;
    iface->search = search;
}

/* Beside the list. Where only one pane fits there is nothing to hide. */
static void show_details(LatchkeyEventsPage *self, gboolean is_shown)
{
    gtk_widget_set_visible(GTK_WIDGET(self->details), is_shown);
    gtk_widget_set_visible(self->separator, is_shown);
}

/* Of two panes that lie on each other, one is not there for a screen reader. */
static void on_leaflet_changed(LatchkeyEventsPage *self)
{
    gboolean is_folded = adw_leaflet_get_folded(self->leaflet);
    gboolean is_list = g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "details") != 0;

    latchkey_a11y_set_hidden(self->list_pane, is_folded && !is_list);
    latchkey_a11y_set_hidden(GTK_WIDGET(self->details), is_folded && is_list);
    latchkey_event_view_set_click_opens(self->view, is_folded);
    latchkey_page_place_changed(LATCHKEY_PAGE(self));
}

static void on_selected(LatchkeyEventsPage *self, LatchkeyEvent *event)
{
    latchkey_event_details_set_event(self->details, event);
}

static void on_activated(LatchkeyEventsPage *self, LatchkeyEvent *event)
{
    latchkey_event_details_set_event(self->details, event);
    show_details(self, TRUE);
    if (adw_leaflet_get_folded(self->leaflet))
        adw_leaflet_set_visible_child_name(self->leaflet, "details");
}

void latchkey_events_page_show(LatchkeyEventsPage *self, LatchkeyEvent *event)
{
    latchkey_event_view_unselect(self->view);
    on_activated(self, event);
}

void latchkey_events_page_show_range(LatchkeyEventsPage *self, gint64 since_ms, gint64 until_ms,
                                     const char *words, const char *type)
{
    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    latchkey_filter_bar_set_type(self->filter_bar, type);
    latchkey_filter_bar_set_range(self->filter_bar, since_ms, until_ms, words);
}

void latchkey_events_page_export(LatchkeyEventsPage *self)
{
    if (self->model != NULL)
        latchkey_export_bar_choose(self->export_bar, latchkey_feed_get_store(self->feed),
                                   latchkey_event_list_get_filter(self->model),
                                   latchkey_event_list_get_n_total(self->model));
}

static void on_record_chosen(LatchkeyEventsPage *self, int kind, const char *id, const char *name)
{
    g_signal_emit_by_name(self, "record-chosen", kind, id, name);
}

/* ---- What is new ---- */

/* What the rows say depends on them. */
static void on_settings_changed(LatchkeyEventsPage *self)
{
    latchkey_event_view_refresh(self->view);
    latchkey_event_details_refresh(self->details);
}

/* Somebody who looks away has seen what was there. */
static void on_active_changed(LatchkeyEventsPage *self, GParamSpec *pspec, GtkWindow *window)
{
    (void)pspec;
    if (self->news != NULL && gtk_widget_get_mapped(GTK_WIDGET(self)) &&
        !gtk_window_is_active(window))
        latchkey_news_mark_read(self->news);
}

void latchkey_events_page_set_news(LatchkeyEventsPage *self, LatchkeyNews *news)
{
    self->news = g_object_ref(news);
    latchkey_event_view_set_news(self->view, news);
}

/* ---- State ---- */

static guint n_events(LatchkeyEventsPage *self)
{
    return self->model != NULL ? g_list_model_get_n_items(G_LIST_MODEL(self->model)) : 0;
}

/* Until they have been counted, all that is known is "at least". */
static char *count_text(LatchkeyEventsPage *self)
{
    gint64 n = self->model != NULL ? latchkey_event_list_get_n_total(self->model) : 0;

    if (n < 0)
        return g_strdup_printf(_("%u+ events"), n_events(self));
    return g_strdup_printf(ngettext("%d event", "%d events", (gulong)n), (int)n);
}

static void show_status(LatchkeyEventsPage *self)
{
    const LatchkeyHealth health = latchkey_feed_get_health(self->feed);
    g_autofree char *count = count_text(self);

    latchkey_event_status_set_count(self->status, count);
    latchkey_event_status_show(self->status, &health, latchkey_event_view_get_paused(self->view),
                               now_ms());
}

static gboolean is_filtered(LatchkeyEventList *model)
{
    const LatchkeyEventFilter *filter =
        model != NULL ? latchkey_event_list_get_filter(model) : NULL;

    return filter != NULL && (filter->text != NULL || !latchkey_event_filter_is_open(filter));
}

static const char *page_name(LatchkeyEventsPage *self)
{
    LatchkeyFeedState state = latchkey_feed_get_state(self->feed);

    if (n_events(self) > 0 || is_filtered(self->model))
        return "list";
    if (state == LATCHKEY_FEED_NO_KEY)
        return "no-key";
    if (state == LATCHKEY_FEED_BROKEN || state == LATCHKEY_FEED_FAILING)
        return "broken";
    return state == LATCHKEY_FEED_CURRENT ? "empty" : "loading";
}

static void show_problem(LatchkeyEventsPage *self)
{
    const GError *error = latchkey_feed_get_error(self->feed);

    if (error == NULL)
        return;
    g_autofree char *details =
        g_strdup_printf("%s\n\n%s", latchkey_error_advice(error), error->message);
    g_autofree char *escaped = g_markup_escape_text(details, -1);
    adw_status_page_set_title(self->broken_page, latchkey_error_heading(error));
    adw_status_page_set_description(self->broken_page, escaped);
    const LatchkeyHealth health = latchkey_feed_get_health(self->feed);
    LatchkeyHealthWords words = latchkey_health_words(&health, now_ms());
    latchkey_remedy_show(words.remedy, self->remedy_button, self->remedy_label);
    latchkey_remedy_show(words.other, self->other_button, self->other_label);
    g_free(words.text);
}

static void show_page(LatchkeyEventsPage *self)
{
    show_status(self);
    show_problem(self);
    gtk_stack_set_visible_child_name(self->list_stack, n_events(self) > 0 ? "rows" : "nothing");
    gtk_stack_set_visible_child_name(self->stack, page_name(self));
    latchkey_page_place_changed(LATCHKEY_PAGE(self));
}

/* ---- The list ---- */

static void take_next(LatchkeyEventsPage *self)
{
    g_set_object(&self->model, self->next);
    g_clear_object(&self->next);
    latchkey_event_view_set_list(self->view, self->model);
}

/* What was found before stays in sight until there is something to take its place. */
static void on_loaded(LatchkeyEventsPage *self, LatchkeyEventList *list)
{
    if (list == self->next && !latchkey_event_list_is_loading(list))
        take_next(self);
    show_page(self);
}

static void list_anew(LatchkeyEventsPage *self, LatchkeyStore *store,
                      const LatchkeyEventFilter *filter)
{
    if (self->next != NULL)
        g_signal_handlers_disconnect_by_data(self->next, self);
    g_clear_object(&self->next);
    self->next = latchkey_event_list_new(store, filter);
    g_signal_connect_object(self->next, "loaded", G_CALLBACK(on_loaded), self, G_CONNECT_SWAPPED);
}

/* Much of what was listed is gone. */
static void on_forgot(LatchkeyEventsPage *self)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);
    g_autoptr(LatchkeyEventFilter) filter =
        latchkey_filter_bar_get_filter(self->filter_bar, now_ms());

    if (store != NULL)
        list_anew(self, store, filter);
}

static void on_filter_changed(LatchkeyEventsPage *self)
{
    LatchkeyStore *store = self->feed != NULL ? latchkey_feed_get_store(self->feed) : NULL;
    g_autoptr(LatchkeyEventFilter) filter =
        latchkey_filter_bar_get_filter(self->filter_bar, now_ms());
    LatchkeyEventList *last = self->next != NULL ? self->next : self->model;

    if (store == NULL ||
        (last != NULL && latchkey_event_filter_equal(latchkey_event_list_get_filter(last), filter)))
        return;
    latchkey_saved_filters_keep_last(self->saved, filter);
    list_anew(self, store, filter);
}

/* The first list is the one that was left. */
static void begin_listing(LatchkeyEventsPage *self, LatchkeyStore *store)
{
    gboolean is_unreadable = FALSE;
    g_autoptr(LatchkeyEventFilter) last =
        latchkey_saved_filters_dup_last(self->saved, &is_unreadable);

    latchkey_filter_bar_set_store(self->filter_bar, store);
    if (last != NULL)
        latchkey_filter_bar_set_filter(self->filter_bar, last);
    else
        on_filter_changed(self);
    if (is_unreadable)
        latchkey_toast_show(GTK_WIDGET(self), _("The last filter could not be read"));
}

static void on_changed(LatchkeyEventsPage *self)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);

    if (store != NULL && self->model == NULL && self->next == NULL)
        begin_listing(self, store);
    if (store != NULL)
        latchkey_event_view_look_for_gaps(self->view, store);
    if (self->model != NULL)
        latchkey_event_list_refresh(self->model);
    show_page(self);
}

/* ---- Keys ---- */

static void toggle_pause(LatchkeyEventsPage *self)
{
    latchkey_event_view_set_paused(self->view, !latchkey_event_view_get_paused(self->view));
}

static void on_pause(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    toggle_pause(LATCHKEY_EVENTS_PAGE(widget));
}

static void on_filter(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(widget);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    latchkey_filter_bar_open(self->filter_bar);
}

static void on_clear(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_filter_bar_clear(LATCHKEY_EVENTS_PAGE(widget)->filter_bar);
}

static void on_toggle_details(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(widget);

    if (!adw_leaflet_get_folded(self->leaflet))
        show_details(self, !gtk_widget_get_visible(GTK_WIDGET(self->details)));
}

static void on_copy(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_event_details_copy_text(LATCHKEY_EVENTS_PAGE(widget)->details);
}

static void on_copy_json(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_event_details_copy_json(LATCHKEY_EVENTS_PAGE(widget)->details);
}

static void install_actions(GtkWidgetClass *class)
{
    gtk_widget_class_install_action(class, "events.pause", NULL, on_pause);
    gtk_widget_class_install_action(class, "events.filter", NULL, on_filter);
    gtk_widget_class_install_action(class, "events.clear-filters", NULL, on_clear);
    gtk_widget_class_install_action(class, "events.toggle-details", NULL, on_toggle_details);
    gtk_widget_class_install_action(class, "events.copy", NULL, on_copy);
    gtk_widget_class_install_action(class, "events.copy-json", NULL, on_copy_json);
}

/* Space opens and presses things elsewhere. */
static gboolean on_space(GtkWidget *widget, GVariant *arguments, gpointer data)
{
    (void)widget, (void)arguments;
    LatchkeyEventsPage *self = data;

    if (!gtk_widget_get_mapped(GTK_WIDGET(self->view)) || !latchkey_event_view_has_keys(self->view))
        return FALSE;
    toggle_pause(self);
    return TRUE;
}

static void add_keys(LatchkeyEventsPage *self)
{
    static const LatchkeyKey keys[] = {
        { "<Control>p", "events.pause" },
        { "<Control>l", "events.filter" },
        { "<Control><Shift>l", "events.clear-filters" },
        { "F9", "events.toggle-details" },
        { "<Control>c", "events.copy" },
        { "<Control><Shift>c", "events.copy-json" },
    };
    GtkEventController *controller = gtk_shortcut_controller_new();

    latchkey_keys_add(GTK_WIDGET(self), keys, G_N_ELEMENTS(keys));
    /* Before the row that has the focus, which would be selected once more. */
    gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_CAPTURE);
    gtk_shortcut_controller_set_scope(GTK_SHORTCUT_CONTROLLER(controller),
                                      GTK_SHORTCUT_SCOPE_GLOBAL);
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(controller),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_space, 0),
                         gtk_callback_action_new(on_space, self, NULL)));
    gtk_widget_add_controller(GTK_WIDGET(self), controller);
}

static gboolean on_tick(gpointer data)
{
    show_status(data);
    return G_SOURCE_CONTINUE;
}

static void latchkey_events_page_map(GtkWidget *widget)
{
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(widget);

    GTK_WIDGET_CLASS(latchkey_events_page_parent_class)->map(widget);
    show_status(self);
    self->tick_source = g_timeout_add_seconds(1, on_tick, self);
    self->active_handler = g_signal_connect_swapped(
        gtk_widget_get_root(widget), "notify::is-active", G_CALLBACK(on_active_changed), self);
}

static void latchkey_events_page_unmap(GtkWidget *widget)
{
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(widget);

    g_clear_handle_id(&self->tick_source, g_source_remove);
    g_clear_signal_handler(&self->active_handler, gtk_widget_get_root(widget));
    if (self->news != NULL)
        latchkey_news_mark_read(self->news);
    GTK_WIDGET_CLASS(latchkey_events_page_parent_class)->unmap(widget);
}

/* Where the page is asked for by key, the list answers to the next ones. */
static gboolean latchkey_events_page_grab_focus(GtkWidget *widget)
{
    return gtk_widget_grab_focus(GTK_WIDGET(LATCHKEY_EVENTS_PAGE(widget)->view));
}

static void latchkey_events_page_dispose(GObject *object)
{
    LatchkeyEventsPage *self = LATCHKEY_EVENTS_PAGE(object);

    g_clear_handle_id(&self->tick_source, g_source_remove);
    g_clear_object(&self->next);
    g_clear_object(&self->model);
    g_clear_object(&self->news);
    g_clear_object(&self->saved);
    g_clear_object(&self->feed);
    G_OBJECT_CLASS(latchkey_events_page_parent_class)->dispose(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, stack);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, remedy_button);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, remedy_label);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, other_button);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, other_label);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, view);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, status);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, separator);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, broken_page);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, leaflet);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, list_pane);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, details);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, filter_bar);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, list_stack);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, export_bar);
}

static void latchkey_events_page_class_init(LatchkeyEventsPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_EVENT_DETAILS);
    g_type_ensure(LATCHKEY_TYPE_EVENT_STATUS);
    g_type_ensure(LATCHKEY_TYPE_EVENT_VIEW);
    g_type_ensure(LATCHKEY_TYPE_EXPORT_BAR);
    g_type_ensure(LATCHKEY_TYPE_FILTER_BAR);
    G_OBJECT_CLASS(class)->dispose = latchkey_events_page_dispose;
    g_signal_new("record-chosen", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 3, G_TYPE_INT, G_TYPE_STRING, G_TYPE_STRING);
    widget_class->grab_focus = latchkey_events_page_grab_focus;
    widget_class->map = latchkey_events_page_map;
    widget_class->unmap = latchkey_events_page_unmap;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-events-page.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, on_selected);
    gtk_widget_class_bind_template_callback(widget_class, on_activated);
    gtk_widget_class_bind_template_callback(widget_class, on_filter_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_record_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_leaflet_changed);
    gtk_widget_class_bind_template_callback(widget_class, show_status);
    gtk_widget_class_bind_template_callback(widget_class, toggle_pause);
    install_actions(widget_class);
}

static void latchkey_events_page_init(LatchkeyEventsPage *self)
{
    GSettings *settings = latchkey_settings_get_default();

    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->list_stack));
    latchkey_filter_bar_capture_keys(self->filter_bar, self->list_pane);
    on_leaflet_changed(self);
    if (settings != NULL) {
        g_signal_connect_object(settings, "changed::mask-personal-data",
                                G_CALLBACK(on_settings_changed), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(settings, "changed::use-utc", G_CALLBACK(on_settings_changed), self,
                                G_CONNECT_SWAPPED);
    }
    add_keys(self);
}

gboolean latchkey_events_page_is_listing(LatchkeyEventsPage *self)
{
    return g_strcmp0(gtk_stack_get_visible_child_name(self->stack), "list") == 0;
}

void latchkey_events_page_set_feed(LatchkeyEventsPage *self, LatchkeyFeed *feed)
{
    self->feed = g_object_ref(feed);
    self->saved = latchkey_saved_filters_new(latchkey_settings_get_default(),
                                             latchkey_feed_get_environment(feed));
    latchkey_filter_bar_set_saved(self->filter_bar, self->saved);
    g_signal_connect_object(feed, "changed", G_CALLBACK(on_changed), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(feed, "forgot", G_CALLBACK(on_forgot), self, G_CONNECT_SWAPPED);
    on_changed(self);
}
