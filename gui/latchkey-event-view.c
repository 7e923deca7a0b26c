/* GTK keeps the first visible row in place when others come above it, so following is to scroll
 * after each arrival, and pausing is not to. */
#include "latchkey-event-view.h"

#include "latchkey-a11y.h"
#include "latchkey-event-row.h"
#include "latchkey-gaps.h"

#include <glib/gi18n.h>

struct _LatchkeyEventView {
    AdwBin parent_instance;
    GtkScrolledWindow *scroller;
    GtkListView *view;
    GtkRevealer *pill_revealer;
    GtkLabel *pill_label;
    LatchkeyEventList *list; /* NULL: nothing yet */
    LatchkeyNews *news;      /* NULL: nobody tells what is new */
    GArray *gaps;            /* of LatchkeyGap; NULL: not read yet */
    GArray *gaps_in_sight;   /* those that the list's filter leaves; NULL: none */
    GCancellable *cancellable;
    guint n_unseen;
    gboolean is_paused;
    gboolean click_opens;
};

G_DEFINE_FINAL_TYPE(LatchkeyEventView, latchkey_event_view, ADW_TYPE_BIN)

static gint64 now_ms(void)
{
    return g_get_real_time() / 1000;
}

/* ---- Rows ---- */

/* NULL: the row is in no view yet, as the first ones of a list. */
static LatchkeyEventView *view_of(GtkWidget *row)
{
    GtkWidget *view = gtk_widget_get_ancestor(row, LATCHKEY_TYPE_EVENT_VIEW);

    return view != NULL ? LATCHKEY_EVENT_VIEW(view) : NULL;
}

static void on_activate(LatchkeyEventView *self, guint position)
{
    g_autoptr(LatchkeyEvent) event = g_list_model_get_item(G_LIST_MODEL(self->list), position);

    gtk_selection_model_select_item(gtk_list_view_get_model(self->view), position, TRUE);
    if (event != NULL)
        g_signal_emit_by_name(self, "activated", event);
}

static void on_clicked(GtkGestureClick *gesture, int n_press, double x, double y, GtkListItem *item)
{
    (void)n_press, (void)x, (void)y;
    LatchkeyEventView *self =
        view_of(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture)));

    if (self != NULL && self->click_opens)
        on_activate(self, gtk_list_item_get_position(item));
}

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *row = latchkey_event_row_new();
    GtkGesture *gesture = gtk_gesture_click_new();

    g_signal_connect(gesture, "released", G_CALLBACK(on_clicked), item);
    gtk_widget_add_controller(row, GTK_EVENT_CONTROLLER(gesture));
    g_object_set_data(G_OBJECT(row), "item", item); /* lives longer */
    gtk_list_item_set_child(item, row);
}

/* G_MAXINT64: there is no newer one. */
static gint64 time_above(LatchkeyEventView *self, guint position)
{
    g_autoptr(LatchkeyEvent) above =
        position > 0 ? g_list_model_get_item(G_LIST_MODEL(self->list), position - 1) : NULL;

    return above != NULL ? latchkey_event_get_created_at_ms(above) : G_MAXINT64;
}

/* What is missing above and below it, on the row and as one text; NULL: nothing. */
static char *show_gaps(LatchkeyEventView *self, GtkWidget *row)
{
    g_autofree char *above = NULL;
    g_autofree char *below = NULL;

    if (self != NULL && self->gaps_in_sight != NULL && self->gaps_in_sight->len > 0) {
        GtkListItem *item = g_object_get_data(G_OBJECT(row), "item");
        guint position = gtk_list_item_get_position(item);
        gint64 at_ms =
            latchkey_event_get_created_at_ms(latchkey_event_row_get_event(LATCHKEY_EVENT_ROW(row)));
        gboolean is_oldest = latchkey_event_list_is_complete(self->list) &&
                             position + 1 == g_list_model_get_n_items(G_LIST_MODEL(self->list));
        above =
            latchkey_gaps_words(self->gaps_in_sight, at_ms, time_above(self, position), now_ms());
        below = is_oldest ? latchkey_gaps_words(self->gaps_in_sight, G_MININT64, at_ms, now_ms())
                          : NULL;
    }
    latchkey_event_row_set_gaps(LATCHKEY_EVENT_ROW(row), above, below);
    if (above != NULL && below != NULL)
        return g_strdup_printf("%s. %s", above, below);
    return g_strdup(above != NULL ? above : below);
}

static void show_mark(LatchkeyEventView *self, GtkWidget *row)
{
    LatchkeyEvent *event = latchkey_event_row_get_event(LATCHKEY_EVENT_ROW(row));
    gboolean is_new = self != NULL && self->news != NULL && event != NULL &&
                      latchkey_news_is_unread(self->news, latchkey_event_get_id(event));

    if (event == NULL)
        return;
    g_autofree char *gaps = show_gaps(self, row);
    g_autofree char *words = latchkey_event_row_spoken(event, is_new, now_ms());
    g_autofree char *spoken =
        gaps != NULL ? g_strdup_printf("%s. %s", words, gaps) : g_strdup(words);
    latchkey_event_row_set_new(LATCHKEY_EVENT_ROW(row), is_new);
    /* GTK 4.8 has no name for a list row: the widget around ours is the row that is read out. */
    latchkey_a11y_set_label(gtk_widget_get_parent(row), spoken);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *row = gtk_list_item_get_child(item);

    latchkey_event_row_set_event(LATCHKEY_EVENT_ROW(row), gtk_list_item_get_item(item), now_ms());
    show_mark(view_of(row), row);
}

typedef void DoWithRow(LatchkeyEventView *self, GtkWidget *row);

/* With those that have an event. */
static void for_each_row(LatchkeyEventView *self, DoWithRow *act)
{
    for (GtkWidget *place = gtk_widget_get_first_child(GTK_WIDGET(self->view)); place != NULL;
         place = gtk_widget_get_next_sibling(place)) {
        GtkWidget *row = gtk_widget_get_first_child(place);
        if (LATCHKEY_IS_EVENT_ROW(row) &&
            latchkey_event_row_get_event(LATCHKEY_EVENT_ROW(row)) != NULL)
            act(self, row);
    }
}

static void on_news(LatchkeyEventView *self)
{
    for_each_row(self, show_mark);
}

void latchkey_event_view_set_news(LatchkeyEventView *self, LatchkeyNews *news)
{
    self->news = g_object_ref(news);
    g_signal_connect_object(news, "changed", G_CALLBACK(on_news), self, G_CONNECT_SWAPPED);
}

/* ---- What could not be fetched ---- */

static gboolean has_gaps(LatchkeyEventView *self)
{
    return self->gaps_in_sight != NULL && self->gaps_in_sight->len > 0;
}

/* Mostly there are none, and rows cost time. */
static void choose_gaps(LatchkeyEventView *self)
{
    gboolean had_gaps = has_gaps(self);

    g_clear_pointer(&self->gaps_in_sight, g_array_unref);
    if (self->gaps != NULL && self->list != NULL)
        self->gaps_in_sight =
            latchkey_gaps_within(self->gaps, latchkey_event_list_get_filter(self->list));
    if (had_gaps || has_gaps(self))
        for_each_row(self, show_mark);
}

static gpointer read_gaps(lk_mirror *mirror, gpointer data, lk_error *err)
{
    (void)data;
    return latchkey_gaps_read(mirror, err);
}

static void gaps_free(gpointer gaps)
{
    g_array_unref(gaps);
}

static void on_gaps(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyEventView) self = data;
    GArray *gaps = latchkey_store_read_finish(result, NULL);

    if (gaps == NULL)
        return; /* nobody waits for them, or the next poll finds them */
    gboolean is_another = self->gaps == NULL || self->gaps->len != gaps->len;
    g_clear_pointer(&self->gaps, g_array_unref);
    self->gaps = gaps;
    if (is_another)
        choose_gaps(self);
}

void latchkey_event_view_look_for_gaps(LatchkeyEventView *self, LatchkeyStore *store)
{
    latchkey_store_read_async(store, read_gaps, NULL, NULL, gaps_free, self->cancellable, on_gaps,
                              g_object_ref(self));
}

/* ---- Settings ---- */

static void show_again(LatchkeyEventView *self, GtkWidget *row)
{
    LatchkeyEvent *event = latchkey_event_row_get_event(LATCHKEY_EVENT_ROW(row));

    latchkey_event_row_set_event(LATCHKEY_EVENT_ROW(row), event, now_ms());
    show_mark(self, row);
}

void latchkey_event_view_refresh(LatchkeyEventView *self)
{
    for_each_row(self, show_again);
}

/* ---- Following ---- */

static gboolean is_at_top(LatchkeyEventView *self)
{
    return gtk_adjustment_get_value(gtk_scrolled_window_get_vadjustment(self->scroller)) < 1.0;
}

static void set_unseen(LatchkeyEventView *self, guint n)
{
    self->n_unseen = n;
    g_autofree char *text = g_strdup_printf(ngettext("%u new event", "%u new events", n), n);
    gtk_label_set_text(self->pill_label, text);
    gtk_revealer_set_reveal_child(self->pill_revealer, n > 0);
    gtk_widget_set_visible(GTK_WIDGET(self->pill_revealer), n > 0);
}

static void scroll_to_top(LatchkeyEventView *self)
{
    set_unseen(self, 0);
    gtk_widget_activate_action(GTK_WIDGET(self->view), "list.scroll-to-item", "u", 0);
}

static void on_items_changed(LatchkeyEventView *self, guint position, guint removed, guint added)
{
    if (position != 0 || added == 0 || removed != 0)
        return;
    if (is_at_top(self))
        scroll_to_top(self);
    else
        set_unseen(self, self->n_unseen + added);
}

static void on_loaded(LatchkeyEventView *self)
{
    /* A gap may have another neighbour now, or the oldest event be here. */
    if (has_gaps(self))
        for_each_row(self, show_mark);
    if (self->is_paused)
        set_unseen(self, latchkey_event_list_get_n_held(self->list));
}

static void on_scrolled(LatchkeyEventView *self)
{
    if (self->n_unseen > 0 && !self->is_paused && is_at_top(self))
        set_unseen(self, 0);
}

gboolean latchkey_event_view_get_paused(LatchkeyEventView *self)
{
    return self->is_paused;
}

void latchkey_event_view_set_paused(LatchkeyEventView *self, gboolean is_paused)
{
    if (is_paused == self->is_paused)
        return;
    self->is_paused = is_paused;
    if (self->list != NULL)
        latchkey_event_list_hold(self->list, is_paused);
    if (!is_paused)
        scroll_to_top(self);
    g_signal_emit_by_name(self, "pause-changed");
}

void latchkey_event_view_show_newest(LatchkeyEventView *self)
{
    latchkey_event_view_set_paused(self, FALSE);
    scroll_to_top(self);
}

guint latchkey_event_view_get_n_unseen(LatchkeyEventView *self)
{
    return self->n_unseen;
}

gboolean latchkey_event_view_has_keys(LatchkeyEventView *self)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
    GtkWidget *focus = root != NULL ? gtk_root_get_focus(root) : NULL;

    return focus == NULL || focus == GTK_WIDGET(self->view) ||
           gtk_widget_is_ancestor(focus, GTK_WIDGET(self->view));
}

/* The list itself goes to its first row then. */
static gboolean on_home(GtkWidget *widget, GVariant *arguments, gpointer data)
{
    (void)widget, (void)arguments;
    latchkey_event_view_show_newest(data);
    return FALSE;
}

static void catch_home(LatchkeyEventView *self)
{
    GtkEventController *controller = gtk_shortcut_controller_new();

    gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_CAPTURE);
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(controller),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Home, 0),
                         gtk_callback_action_new(on_home, self, NULL)));
    gtk_widget_add_controller(GTK_WIDGET(self->view), controller);
}

/* ---- The widget ---- */

static void on_selected(LatchkeyEventView *self, GParamSpec *pspec, GtkSingleSelection *selection)
{
    (void)pspec;
    LatchkeyEvent *event = gtk_single_selection_get_selected_item(selection);

    if (event != NULL) /* a new list has nothing selected */
        g_signal_emit_by_name(self, "selected", event);
}

/* The view gets another model, which GTK shows sooner than one that changed all over. */
void latchkey_event_view_set_list(LatchkeyEventView *self, LatchkeyEventList *list)
{
    GtkSingleSelection *selection = gtk_single_selection_new(NULL);

    if (self->list != NULL)
        g_signal_handlers_disconnect_by_data(self->list, self);
    g_set_object(&self->list, list);
    gtk_single_selection_set_autoselect(selection, FALSE);
    gtk_single_selection_set_can_unselect(selection, TRUE);
    gtk_single_selection_set_model(selection, G_LIST_MODEL(list));
    g_signal_connect_object(selection, "notify::selected-item", G_CALLBACK(on_selected), self,
                            G_CONNECT_SWAPPED);
    gtk_list_view_set_model(self->view, GTK_SELECTION_MODEL(selection));
    /* After the view's own handler, which must know of the rows before we scroll to them. */
    g_signal_connect_object(list, "items-changed", G_CALLBACK(on_items_changed), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(list, "loaded", G_CALLBACK(on_loaded), self, G_CONNECT_SWAPPED);
    g_object_unref(selection);
    set_unseen(self, 0);
    choose_gaps(self);
    if (self->is_paused)
        latchkey_event_list_hold(list, TRUE);
}

void latchkey_event_view_unselect(LatchkeyEventView *self)
{
    GtkSelectionModel *selection = gtk_list_view_get_model(self->view);

    if (selection != NULL)
        gtk_selection_model_unselect_all(selection);
}

void latchkey_event_view_set_click_opens(LatchkeyEventView *self, gboolean click_opens)
{
    self->click_opens = click_opens;
}

static gboolean latchkey_event_view_grab_focus(GtkWidget *widget)
{
    return gtk_widget_grab_focus(GTK_WIDGET(LATCHKEY_EVENT_VIEW(widget)->view));
}

static void latchkey_event_view_dispose(GObject *object)
{
    LatchkeyEventView *self = LATCHKEY_EVENT_VIEW(object);

    g_clear_object(&self->list);
    g_clear_object(&self->news);
    g_clear_pointer(&self->gaps, g_array_unref);
    g_clear_pointer(&self->gaps_in_sight, g_array_unref);
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    G_OBJECT_CLASS(latchkey_event_view_parent_class)->dispose(object);
}

static void latchkey_event_view_class_init(LatchkeyEventViewClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_event_view_dispose;
    widget_class->grab_focus = latchkey_event_view_grab_focus;
    g_signal_new("selected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 LATCHKEY_TYPE_EVENT);
    g_signal_new("activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 LATCHKEY_TYPE_EVENT);
    g_signal_new("pause-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-event-view.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventView, scroller);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventView, view);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventView, pill_revealer);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventView, pill_label);
    gtk_widget_class_bind_template_callback(widget_class, on_setup);
    gtk_widget_class_bind_template_callback(widget_class, on_bind);
    gtk_widget_class_bind_template_callback(widget_class, on_activate);
    gtk_widget_class_bind_template_callback(widget_class, latchkey_event_view_show_newest);
}

static void latchkey_event_view_init(LatchkeyEventView *self)
{
    self->cancellable = g_cancellable_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    catch_home(self);
    g_signal_connect_object(gtk_scrolled_window_get_vadjustment(self->scroller), "value-changed",
                            G_CALLBACK(on_scrolled), self, G_CONNECT_SWAPPED);
}
