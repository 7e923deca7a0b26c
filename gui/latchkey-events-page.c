/* Follows the newest event while the list is at its top; scrolled away, it stays where the reader
 * is and offers the way back. The status line is the feed's own sentence, refreshed every second: a
 * list that says "Live" while nothing is being fetched is worse than none. */
#include "latchkey-events-page.h"

#include "latchkey-a11y.h"
#include "latchkey-banner.h"
#include "latchkey-error.h"
#include "latchkey-event-details.h"
#include "latchkey-event-list.h"
#include "latchkey-event-row.h"
#include "latchkey-export-bar.h"
#include "latchkey-filter-bar.h"
#include "latchkey-freshness.h"
#include "latchkey-page.h"
#include "latchkey-settings.h"

#include <glib/gi18n.h>

struct _LatchkeyEventsPage {
    AdwBin parent_instance;
    GtkStack *stack;
    GtkWidget *remedy_button;
    GtkLabel *remedy_label;
    GtkWidget *other_button;
    GtkLabel *other_label;
    GtkLabel *count_label;
    GtkLabel *status_label;
    GtkImage *status_icon;
    GtkScrolledWindow *scroller;
    GtkListView *view;
    GtkRevealer *pill_revealer;
    GtkLabel *pill_label;
    AdwStatusPage *broken_page;
    AdwLeaflet *leaflet;
    GtkWidget *list_pane;
    LatchkeyEventDetails *details;
    LatchkeyFilterBar *filter_bar;
    GtkStack *list_stack;
    LatchkeyExportBar *export_bar;
    LatchkeyFeed *feed;
    LatchkeyNews *news;       /* NULL: nobody tells what is new */
    LatchkeyEventList *model; /* what is shown; NULL: nothing yet */
    LatchkeyEventList *next;  /* of the filter chosen last, until its first page is here */
    guint tick_source;
    gulong active_handler; /* of the window, while the page is seen */
    guint n_unseen;
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

/* Of two panes that lie on each other, one is not there for a screen reader. */
static void on_leaflet_changed(LatchkeyEventsPage *self)
{
    gboolean is_folded = adw_leaflet_get_folded(self->leaflet);
    gboolean is_list = g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "details") != 0;

    latchkey_a11y_set_hidden(self->list_pane, is_folded && !is_list);
    latchkey_a11y_set_hidden(GTK_WIDGET(self->details), is_folded && is_list);
    latchkey_page_place_changed(LATCHKEY_PAGE(self));
}

static void on_selected(LatchkeyEventsPage *self, GParamSpec *pspec, GtkSingleSelection *selection)
{
    (void)pspec;
    LatchkeyEvent *event = gtk_single_selection_get_selected_item(selection);

    /* A new list has nothing selected; what is being read stays. */
    if (event != NULL)
        latchkey_event_details_set_event(self->details, event);
}

void latchkey_events_page_show(LatchkeyEventsPage *self, LatchkeyEvent *event)
{
    GtkSelectionModel *selection = gtk_list_view_get_model(self->view);

    if (selection != NULL)
        gtk_selection_model_unselect_all(selection);
    latchkey_event_details_set_event(self->details, event);
    if (adw_leaflet_get_folded(self->leaflet))
        adw_leaflet_set_visible_child_name(self->leaflet, "details");
}

void latchkey_events_page_show_range(LatchkeyEventsPage *self, gint64 since_ms, gint64 until_ms,
                                     const char *words)
{
    adw_leaflet_set_visible_child_name(self->leaflet, "list");
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

static void on_activate(LatchkeyEventsPage *self, guint position)
{
    GtkSelectionModel *selection = gtk_list_view_get_model(self->view);

    gtk_selection_model_select_item(selection, position, TRUE);
    if (adw_leaflet_get_folded(self->leaflet))
        adw_leaflet_set_visible_child_name(self->leaflet, "details");
}

/* A single click selects. Where only one pane fits, it opens, too: there is nothing to be seen of a
 * selection there. */
static void on_clicked(GtkGestureClick *gesture, int n_press, double x, double y, GtkListItem *item)
{
    (void)n_press, (void)x, (void)y;
    GtkWidget *row = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture));
    GtkWidget *page = gtk_widget_get_ancestor(row, LATCHKEY_TYPE_EVENTS_PAGE);

    if (page != NULL && adw_leaflet_get_folded(LATCHKEY_EVENTS_PAGE(page)->leaflet))
        on_activate(LATCHKEY_EVENTS_PAGE(page), gtk_list_item_get_position(item));
}

/* ---- Rows ---- */

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *row = latchkey_event_row_new();
    GtkGesture *gesture = gtk_gesture_click_new();

    g_signal_connect(gesture, "released", G_CALLBACK(on_clicked), item);
    gtk_widget_add_controller(row, GTK_EVENT_CONTROLLER(gesture));
    gtk_list_item_set_child(item, row);
}

/* NULL: the row is in no page yet, as the first ones of a list. */
static LatchkeyEventsPage *page_of(GtkWidget *row)
{
    GtkWidget *page = gtk_widget_get_ancestor(row, LATCHKEY_TYPE_EVENTS_PAGE);

    return page != NULL ? LATCHKEY_EVENTS_PAGE(page) : NULL;
}

static void show_mark(LatchkeyEventsPage *self, GtkWidget *row)
{
    LatchkeyEvent *event = latchkey_event_row_get_event(LATCHKEY_EVENT_ROW(row));
    gboolean is_new = self != NULL && self->news != NULL && event != NULL &&
                      latchkey_news_is_unread(self->news, latchkey_event_get_id(event));

    if (event == NULL)
        return;
    g_autofree char *spoken = latchkey_event_row_spoken(event, is_new, now_ms());
    latchkey_event_row_set_new(LATCHKEY_EVENT_ROW(row), is_new);
    /* GTK 4.8 has no name for a list row: the widget around ours is the row that is read out. */
    latchkey_a11y_set_label(gtk_widget_get_parent(row), spoken);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *row = gtk_list_item_get_child(item);
    LatchkeyEvent *event = gtk_list_item_get_item(item);

    latchkey_event_row_set_event(LATCHKEY_EVENT_ROW(row), event, now_ms());
    show_mark(page_of(row), row);
}

/* ---- What is new ---- */

static void on_news(LatchkeyEventsPage *self)
{
    for (GtkWidget *row = gtk_widget_get_first_child(GTK_WIDGET(self->view)); row != NULL;
         row = gtk_widget_get_next_sibling(row))
        if (LATCHKEY_IS_EVENT_ROW(gtk_widget_get_first_child(row)))
            show_mark(self, gtk_widget_get_first_child(row));
}

/* What the rows say depends on them. */
static void on_settings_changed(LatchkeyEventsPage *self)
{
    gint64 at_ms = now_ms();

    for (GtkWidget *row = gtk_widget_get_first_child(GTK_WIDGET(self->view)); row != NULL;
         row = gtk_widget_get_next_sibling(row)) {
        GtkWidget *child = gtk_widget_get_first_child(row);
        LatchkeyEvent *event = LATCHKEY_IS_EVENT_ROW(child)
                                   ? latchkey_event_row_get_event(LATCHKEY_EVENT_ROW(child))
                                   : NULL;
        if (event == NULL)
            continue;
        latchkey_event_row_set_event(LATCHKEY_EVENT_ROW(child), event, at_ms);
        show_mark(self, child);
    }
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
    g_signal_connect_object(news, "changed", G_CALLBACK(on_news), self, G_CONNECT_SWAPPED);
}

/* ---- Following ---- */

static gboolean is_at_top(LatchkeyEventsPage *self)
{
    return gtk_adjustment_get_value(gtk_scrolled_window_get_vadjustment(self->scroller)) < 1.0;
}

static void show_unseen(LatchkeyEventsPage *self)
{
    g_autofree char *text =
        g_strdup_printf(ngettext("%u new event", "%u new events", self->n_unseen), self->n_unseen);

    gtk_label_set_text(self->pill_label, text);
    gtk_revealer_set_reveal_child(self->pill_revealer, self->n_unseen > 0);
    gtk_widget_set_visible(GTK_WIDGET(self->pill_revealer), self->n_unseen > 0);
}

static void scroll_to_top(LatchkeyEventsPage *self)
{
    self->n_unseen = 0;
    show_unseen(self);
    gtk_widget_activate_action(GTK_WIDGET(self->view), "list.scroll-to-item", "u", 0);
}

static void on_items_changed(LatchkeyEventsPage *self, guint position, guint removed, guint added)
{
    if (position != 0 || added == 0 || removed != 0)
        return;
    if (is_at_top(self)) {
        /* GTK keeps the first visible row in place, so the view would drift down. */
        scroll_to_top(self);
        return;
    }
    self->n_unseen += added;
    show_unseen(self);
}

static void on_scrolled(LatchkeyEventsPage *self)
{
    if (self->n_unseen > 0 && is_at_top(self)) {
        self->n_unseen = 0;
        show_unseen(self);
    }
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
    LatchkeyFeedState state = latchkey_feed_get_state(self->feed);
    const LatchkeyHealth health = latchkey_feed_get_health(self->feed);
    g_autofree char *words = latchkey_freshness_words(&health, now_ms());
    g_autofree char *count = count_text(self);
    gboolean is_live = state == LATCHKEY_FEED_CURRENT;

    if (g_strcmp0(words, gtk_label_get_text(self->status_label)) != 0)
        gtk_label_set_text(self->status_label, words);
    if (g_strcmp0(count, gtk_label_get_text(self->count_label)) != 0)
        gtk_label_set_text(self->count_label, count);
    gtk_image_set_from_icon_name(self->status_icon,
                                 is_live ? "media-record-symbolic" : "content-loading-symbolic");
    if (state == LATCHKEY_FEED_FAILING || state == LATCHKEY_FEED_BROKEN ||
        state == LATCHKEY_FEED_NO_KEY)
        gtk_image_set_from_icon_name(self->status_icon, "network-offline-symbolic");
    if (is_live)
        gtk_widget_add_css_class(GTK_WIDGET(self->status_icon), "success");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->status_icon), "success");
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

/* The view gets another model, which GTK shows sooner than one that changed all over. */
static void take_next(LatchkeyEventsPage *self)
{
    GtkSingleSelection *selection = gtk_single_selection_new(NULL);

    if (self->model != NULL)
        g_signal_handlers_disconnect_by_data(self->model, self);
    g_set_object(&self->model, self->next);
    g_clear_object(&self->next);
    gtk_single_selection_set_autoselect(selection, FALSE);
    gtk_single_selection_set_can_unselect(selection, TRUE);
    gtk_single_selection_set_model(selection, G_LIST_MODEL(self->model));
    g_signal_connect_object(selection, "notify::selected-item", G_CALLBACK(on_selected), self,
                            G_CONNECT_SWAPPED);
    gtk_list_view_set_model(self->view, GTK_SELECTION_MODEL(selection));
    /* After the view's own handler, which must know of the rows before we scroll to them. */
    g_signal_connect_object(self->model, "items-changed", G_CALLBACK(on_items_changed), self,
                            G_CONNECT_SWAPPED);
    g_object_unref(selection);
    self->n_unseen = 0;
    show_unseen(self);
}

/* What was found before stays in sight until there is something to take its place. */
static void on_loaded(LatchkeyEventsPage *self, LatchkeyEventList *list)
{
    if (list == self->next && !latchkey_event_list_is_loading(list))
        take_next(self);
    show_page(self);
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
    if (self->next != NULL)
        g_signal_handlers_disconnect_by_data(self->next, self);
    g_clear_object(&self->next);
    self->next = latchkey_event_list_new(store, filter);
    g_signal_connect_object(self->next, "loaded", G_CALLBACK(on_loaded), self, G_CONNECT_SWAPPED);
}

static void on_changed(LatchkeyEventsPage *self)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);

    if (store != NULL && self->model == NULL && self->next == NULL) {
        latchkey_filter_bar_set_store(self->filter_bar, store);
        on_filter_changed(self);
    }
    if (self->model != NULL)
        latchkey_event_list_refresh(self->model);
    show_page(self);
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
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, count_label);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, status_label);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, status_icon);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, scroller);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, view);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, pill_revealer);
    gtk_widget_class_bind_template_child(class, LatchkeyEventsPage, pill_label);
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
    gtk_widget_class_bind_template_callback(widget_class, on_setup);
    gtk_widget_class_bind_template_callback(widget_class, on_bind);
    gtk_widget_class_bind_template_callback(widget_class, on_activate);
    gtk_widget_class_bind_template_callback(widget_class, on_filter_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_record_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_leaflet_changed);
    gtk_widget_class_bind_template_callback(widget_class, scroll_to_top);
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
    g_signal_connect_object(gtk_scrolled_window_get_vadjustment(self->scroller), "value-changed",
                            G_CALLBACK(on_scrolled), self, G_CONNECT_SWAPPED);
}

gboolean latchkey_events_page_is_listing(LatchkeyEventsPage *self)
{
    return g_strcmp0(gtk_stack_get_visible_child_name(self->stack), "list") == 0;
}

void latchkey_events_page_set_feed(LatchkeyEventsPage *self, LatchkeyFeed *feed)
{
    self->feed = g_object_ref(feed);
    g_signal_connect_object(feed, "changed", G_CALLBACK(on_changed), self, G_CONNECT_SWAPPED);
    on_changed(self);
}
