/* Counted on a thread, when the page is seen and after each poll while it is; an answer that took
 * longer than the next question is thrown away. */
#include "latchkey-activity-page.h"

#include "latchkey-a11y.h"
#include "latchkey-activity-chart.h"
#include "latchkey-busiest.h"
#include "latchkey-event.h"
#include "latchkey-settings.h"
#include "latchkey-swatch.h"

#include <glib/gi18n.h>

struct _LatchkeyActivityPage {
    AdwBin parent_instance;
    GtkStack *stack;
    GtkToggleButton *day_button;
    GtkToggleButton *week_button;
    GtkToggleButton *month_button;
    GtkLabel *time_label;
    GtkLabel *count_label;
    LatchkeyActivityChart *chart;
    GtkBox *legend;
    GtkLabel *legend_labels[LATCHKEY_N_ACTIVITY_KINDS];
    GtkWidget *show_button;
    GtkDropDown *type_choice;
    GtkLabel *busiest_label;
    GtkLabel *quiet_label;
    GPtrArray *types; /* char *, for each choice; NULL stands for all */
    LatchkeyFeed *feed;
    GArray *bars; /* NULL: nothing counted yet */
    GTimeZone *zone;
    GCancellable *cancellable; /* of the counting under way; NULL: none */
    gboolean is_stale;         /* something arrived meanwhile */
};

G_DEFINE_FINAL_TYPE(LatchkeyActivityPage, latchkey_activity_page, ADW_TYPE_BIN)

static LatchkeyActivitySpan chosen_span(LatchkeyActivityPage *self)
{
    if (gtk_toggle_button_get_active(self->day_button))
        return LATCHKEY_ACTIVITY_DAY;
    return gtk_toggle_button_get_active(self->week_button) ? LATCHKEY_ACTIVITY_WEEK
                                                           : LATCHKEY_ACTIVITY_MONTH;
}

/* NULL: all. */
static const char *chosen_type(LatchkeyActivityPage *self)
{
    return g_ptr_array_index(self->types, gtk_drop_down_get_selected(self->type_choice));
}

/* ---- What is shown ---- */

static LatchkeyActivityBar chosen_bar(LatchkeyActivityPage *self)
{
    guint first = 0;
    guint last = 0;

    if (latchkey_activity_chart_get_range(self->chart, &first, &last))
        return latchkey_activity_sum(self->bars, first, last);
    return latchkey_activity_sum(self->bars, 0, self->bars->len - 1);
}

static const char *const kinds[] = {
    [LATCHKEY_ACTIVITY_CREATED] = N_("Added"),
    [LATCHKEY_ACTIVITY_UPDATED] = N_("Changed"),
    [LATCHKEY_ACTIVITY_DELETED] = N_("Removed"),
};

static void show_legend(LatchkeyActivityPage *self, const LatchkeyActivityBar *bar)
{
    for (int kind = 0; kind < LATCHKEY_N_ACTIVITY_KINDS; kind++) {
        g_autofree char *text = g_strdup_printf("%s %d", _(kinds[kind]), (int)bar->n[kind]);
        gtk_label_set_text(self->legend_labels[kind], text);
    }
}

/* What eyes see in the bars, a screen reader says: the whole, the chosen, and where most is. */
static void describe_chart(LatchkeyActivityPage *self)
{
    LatchkeyActivityBar all = latchkey_activity_sum(self->bars, 0, self->bars->len - 1);
    g_autofree char *words = latchkey_activity_count_words(&all);
    guint busiest = 0;

    for (guint i = 1; i < self->bars->len; i++)
        if (latchkey_activity_total(&g_array_index(self->bars, LatchkeyActivityBar, i)) >
            latchkey_activity_total(&g_array_index(self->bars, LatchkeyActivityBar, busiest)))
            busiest = i;
    LatchkeyActivityBar most = latchkey_activity_sum(self->bars, busiest, busiest);
    g_autofree char *when = latchkey_activity_time_words(&most, self->zone);
    g_autofree char *count = latchkey_activity_count_words(&most);
    g_autofree char *text = latchkey_activity_total(&all) > 0
                                ? g_strdup_printf(_("%s. Most of them: %s, %s"), words, when, count)
                                : g_strdup(words);
    latchkey_a11y_set_description(GTK_WIDGET(self->chart), text);
}

static void on_range_changed(LatchkeyActivityPage *self)
{
    if (self->bars == NULL)
        return;
    LatchkeyActivityBar bar = chosen_bar(self);
    g_autofree char *time = latchkey_activity_time_words(&bar, self->zone);
    g_autofree char *count = latchkey_activity_count_words(&bar);

    gtk_label_set_text(self->time_label, time);
    gtk_label_set_text(self->count_label, count);
    gtk_widget_set_sensitive(self->show_button, latchkey_activity_total(&bar) > 0);
    show_legend(self, &bar);
}

static void on_show(LatchkeyActivityPage *self)
{
    if (self->bars == NULL)
        return;
    LatchkeyActivityBar bar = chosen_bar(self);
    g_autofree char *time = latchkey_activity_time_words(&bar, self->zone);

    if (latchkey_activity_total(&bar) > 0)
        g_signal_emit_by_name(self, "range-chosen", bar.since_ms, bar.until_ms, time,
                              chosen_type(self));
}

/* ---- Counting ---- */

typedef struct Counted {
    GArray *bars;
    LatchkeyBusiest *busiest;
} Counted;

static void counted_free(gpointer data)
{
    Counted *counted = data;

    g_clear_pointer(&counted->bars, g_array_unref);
    latchkey_busiest_free(counted->busiest);
    g_free(counted);
}

typedef struct Request {
    Counted *counted; /* its bars empty; filled on the thread */
    char *type;       /* NULL: all */
} Request;

static void request_free(gpointer data)
{
    Request *request = data;

    g_clear_pointer(&request->counted, counted_free);
    g_free(request->type);
    g_free(request);
}

static gpointer count_on_thread(lk_mirror *mirror, gpointer data, lk_error *err)
{
    Request *request = data;
    GArray *bars = request->counted->bars;
    const LatchkeyActivityBar all = latchkey_activity_sum(bars, 0, bars->len - 1);
    const lk_mirror_event_query *query =
        LK_MIRROR_EVENT_QUERY(.type = request->type != NULL ? request->type : "dsync.",
                              .since_ms = all.since_ms, .until_ms = all.until_ms);
    lk_auto(lk_mirror_activity) found = NULL;

    if (lk_mirror_count_by_time(mirror, query, latchkey_activity_step_ms(), &found, err) != LK_OK)
        return NULL;
    latchkey_activity_add(bars, found);
    request->counted->busiest = latchkey_busiest_read(mirror, query, err);
    return request->counted->busiest != NULL ? g_steal_pointer(&request->counted) : NULL;
}

static void show_counted(LatchkeyActivityPage *self, Counted *counted)
{
    LatchkeyActivityBar all = { 0 };

    g_clear_pointer(&self->bars, g_array_unref);
    self->bars = g_steal_pointer(&counted->bars);
    latchkey_activity_chart_set_bars(self->chart, self->bars, chosen_span(self), self->zone);
    describe_chart(self);
    on_range_changed(self);
    all = latchkey_activity_sum(self->bars, 0, self->bars->len - 1);
    g_autofree char *busiest = latchkey_busiest_words(counted->busiest);
    g_autofree char *quiet = latchkey_activity_quiet_words(self->bars, self->zone);
    gtk_label_set_text(self->busiest_label, busiest != NULL ? busiest : "");
    gtk_label_set_text(self->quiet_label, quiet);
    gtk_widget_set_visible(GTK_WIDGET(self->busiest_label), busiest != NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->quiet_label), latchkey_activity_total(&all) > 0);
    gtk_stack_set_visible_child_name(self->stack, "chart");
}

static void count(LatchkeyActivityPage *self);

static void on_counted(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyActivityPage) self = data;
    g_autoptr(GError) error = NULL;
    Counted *counted = latchkey_store_read_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    g_clear_object(&self->cancellable);
    if (counted != NULL) {
        show_counted(self, counted);
        counted_free(counted);
    } else {
        g_warning("activity: %s", error->message);
    }
    if (self->is_stale)
        count(self);
}

static void count(LatchkeyActivityPage *self)
{
    LatchkeyStore *store = self->feed != NULL ? latchkey_feed_get_store(self->feed) : NULL;

    self->is_stale = self->cancellable != NULL;
    if (store == NULL || self->cancellable != NULL || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    Request *request = g_new0(Request, 1);
    request->type = g_strdup(chosen_type(self));
    request->counted = g_new0(Counted, 1);
    request->counted->bars =
        latchkey_activity_bars_new(chosen_span(self), self->zone, g_get_real_time() / 1000);
    self->cancellable = g_cancellable_new();
    latchkey_store_read_async(store, count_on_thread, request, request_free, counted_free,
                              self->cancellable, on_counted, g_object_ref(self));
}

static void count_anew(LatchkeyActivityPage *self)
{
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    count(self);
}

/* Three buttons, of which two change at once: one of them counts. */
static void on_span_toggled(LatchkeyActivityPage *self, GtkToggleButton *button)
{
    if (gtk_toggle_button_get_active(button))
        count_anew(self);
}

static void on_type_chosen(LatchkeyActivityPage *self)
{
    if (self->types->len > 1) /* else it is being filled */
        count_anew(self);
}

static void on_zone_changed(LatchkeyActivityPage *self)
{
    g_time_zone_unref(self->zone);
    self->zone = latchkey_settings_get_zone();
    count_anew(self);
}

/* ---- The widget ---- */

static void latchkey_activity_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(latchkey_activity_page_parent_class)->map(widget);
    count(LATCHKEY_ACTIVITY_PAGE(widget));
}

static gboolean latchkey_activity_page_grab_focus(GtkWidget *widget)
{
    return gtk_widget_grab_focus(GTK_WIDGET(LATCHKEY_ACTIVITY_PAGE(widget)->chart));
}

static void latchkey_activity_page_dispose(GObject *object)
{
    LatchkeyActivityPage *self = LATCHKEY_ACTIVITY_PAGE(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    g_clear_object(&self->feed);
    G_OBJECT_CLASS(latchkey_activity_page_parent_class)->dispose(object);
}

static void latchkey_activity_page_finalize(GObject *object)
{
    LatchkeyActivityPage *self = LATCHKEY_ACTIVITY_PAGE(object);

    g_clear_pointer(&self->bars, g_array_unref);
    g_ptr_array_unref(self->types);
    g_time_zone_unref(self->zone);
    G_OBJECT_CLASS(latchkey_activity_page_parent_class)->finalize(object);
}

static void latchkey_activity_page_class_init(LatchkeyActivityPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_ACTIVITY_CHART);
    G_OBJECT_CLASS(class)->dispose = latchkey_activity_page_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_activity_page_finalize;
    widget_class->map = latchkey_activity_page_map;
    widget_class->grab_focus = latchkey_activity_page_grab_focus;
    g_signal_new("range-chosen", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 4, G_TYPE_INT64, G_TYPE_INT64, G_TYPE_STRING, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-activity-page.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, stack);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, day_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, week_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, month_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, time_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, count_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, chart);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, legend);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, show_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, type_choice);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, busiest_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyActivityPage, quiet_label);
    gtk_widget_class_bind_template_callback(widget_class, on_range_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_show);
    gtk_widget_class_bind_template_callback(widget_class, on_span_toggled);
    gtk_widget_class_bind_template_callback(widget_class, on_type_chosen);
}

static void add_legend(LatchkeyActivityPage *self)
{
    for (int kind = 0; kind < LATCHKEY_N_ACTIVITY_KINDS; kind++) {
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
        self->legend_labels[kind] = GTK_LABEL(gtk_label_new(NULL));
        gtk_widget_add_css_class(GTK_WIDGET(self->legend_labels[kind]), "numeric");
        gtk_widget_add_css_class(GTK_WIDGET(self->legend_labels[kind]), "caption");
        gtk_label_set_ellipsize(self->legend_labels[kind], PANGO_ELLIPSIZE_END);
        gtk_box_append(GTK_BOX(box), latchkey_swatch_new((LatchkeyActivityKind)kind));
        gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->legend_labels[kind]));
        gtk_box_append(self->legend, box);
    }
}

static void add_type(LatchkeyActivityPage *self, GtkStringList *words, const char *word,
                     const char *type)
{
    gtk_string_list_append(words, word);
    g_ptr_array_add(self->types, g_strdup(type));
}

static void add_types(LatchkeyActivityPage *self)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new(NULL);
    const char *kind = NULL;
    const char *type = NULL;

    add_type(self, words, _("All types"), NULL);
    gtk_drop_down_set_model(self->type_choice, G_LIST_MODEL(words));
    add_type(self, words, _("People"), "dsync.user.");
    add_type(self, words, _("Groups and members"), "dsync.group.");
    for (guint i = 0; (type = latchkey_event_nth_type(i, &kind)) != NULL; i++)
        add_type(self, words, kind, type);
    latchkey_a11y_name_drop_down(self->type_choice, _("Type"));
}

static void latchkey_activity_page_init(LatchkeyActivityPage *self)
{
    GSettings *settings = latchkey_settings_get_default();

    self->types = g_ptr_array_new_with_free_func(g_free);
    self->zone = latchkey_settings_get_zone();
    if (settings != NULL)
        g_signal_connect_object(settings, "changed::use-utc", G_CALLBACK(on_zone_changed), self,
                                G_CONNECT_SWAPPED);
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
    add_legend(self);
    add_types(self);
}

void latchkey_activity_page_set_feed(LatchkeyActivityPage *self, LatchkeyFeed *feed)
{
    self->feed = g_object_ref(feed);
    g_signal_connect_object(feed, "changed", G_CALLBACK(count), self, G_CONNECT_SWAPPED);
}
