/* One widget that draws itself: a bar is a stack of swatches. The cursor is where the pointer or
 * the arrow keys are, the anchor where a range began; what lies between them is chosen. */
#include "latchkey-activity-chart.h"

#include "latchkey-swatch.h"

#include <glib/gi18n.h>

enum { HEIGHT = 220, MINIMUM_HEIGHT = 140, GAP = 2, LABEL_GAP = 6, N_TICKS = 4 };

struct _LatchkeyActivityChart {
    GtkWidget parent_instance;
    GArray *bars; /* NULL: nothing yet */
    LatchkeyActivitySpan span;
    GTimeZone *zone;
    int anchor; /* -1: nothing is chosen */
    int cursor; /* the other end */
    int hover;  /* -1: the pointer is elsewhere */
};

G_DEFINE_FINAL_TYPE(LatchkeyActivityChart, latchkey_activity_chart, GTK_TYPE_WIDGET)

/* Where the bars are: between the labels of the scale and the edge, above those of the time. */
typedef struct Plot {
    float x;
    float y;
    float width;
    float height;
    gint64 tick;
    gint64 top; /* what the height stands for */
} Plot;

static const LatchkeyActivityBar *bar_at(LatchkeyActivityChart *self, guint i)
{
    return &g_array_index(self->bars, LatchkeyActivityBar, i);
}

static gboolean is_rtl(LatchkeyActivityChart *self)
{
    return gtk_widget_get_direction(GTK_WIDGET(self)) == GTK_TEXT_DIR_RTL;
}

static void get_color(LatchkeyActivityChart *self, const char *name, float alpha, GdkRGBA *out)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));

    if (name == NULL || !gtk_style_context_lookup_color(style, name, out))
        gtk_style_context_get_color(style, out);
    out->alpha *= alpha;
}

/* ---- Where things are ---- */

static PangoLayout *new_layout(LatchkeyActivityChart *self, const char *text, int *width,
                               int *height)
{
    PangoLayout *layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
    PangoAttrList *attributes = pango_attr_list_new();

    pango_attr_list_insert(attributes, pango_attr_scale_new(PANGO_SCALE_SMALL));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    pango_layout_get_pixel_size(layout, width, height);
    return layout;
}

static Plot plot_of(LatchkeyActivityChart *self)
{
    gint64 highest = 0;
    int width = 0;
    int height = 0;

    for (guint i = 0; i < self->bars->len; i++)
        highest = MAX(highest, latchkey_activity_total(bar_at(self, i)));
    Plot plot = { .tick = latchkey_activity_tick(highest) };
    plot.top = MAX(plot.tick, (highest + plot.tick - 1) / plot.tick * plot.tick);
    g_autofree char *text = g_strdup_printf("%d", (int)plot.top);
    g_object_unref(new_layout(self, text, &width, &height)); /* for its size alone */
    float labels = (float)(width + LABEL_GAP);
    plot.x = is_rtl(self) ? 0 : labels;
    plot.y = (float)height / 2;
    plot.width = (float)gtk_widget_get_width(GTK_WIDGET(self)) - labels;
    plot.height =
        (float)gtk_widget_get_height(GTK_WIDGET(self)) - plot.y - (float)height - LABEL_GAP;
    return plot;
}

static float left_of(LatchkeyActivityChart *self, const Plot *plot, guint i)
{
    float step = plot->width / (float)self->bars->len;

    return plot->x + step * (float)(is_rtl(self) ? self->bars->len - 1 - i : i);
}

static int index_at(LatchkeyActivityChart *self, double x)
{
    if (self->bars == NULL || self->bars->len == 0)
        return -1;
    Plot plot = plot_of(self);
    int n = (int)self->bars->len;
    int i = CLAMP((int)((x - plot.x) / plot.width * n), 0, n - 1);
    return is_rtl(self) ? n - 1 - i : i;
}

/* ---- Drawing ---- */

/* Where a text begins that is aligned to x, within the chart. */
static float place_of(LatchkeyActivityChart *self, int width, float x, float align)
{
    float space = (float)(gtk_widget_get_width(GTK_WIDGET(self)) - width);

    return CLAMP(x - (float)width * align, 0, MAX(space, 0));
}

static void draw_text(LatchkeyActivityChart *self, GtkSnapshot *snapshot, const char *text, float x,
                      float y, float align)
{
    int width = 0;
    int height = 0;
    g_autoptr(PangoLayout) layout = new_layout(self, text, &width, &height);
    GdkRGBA color;
    graphene_point_t at;

    graphene_point_init(&at, place_of(self, width, x, align), y);
    get_color(self, NULL, 0.7F, &color);
    gtk_snapshot_save(snapshot);
    gtk_snapshot_translate(snapshot, &at);
    gtk_snapshot_append_layout(snapshot, layout, &color);
    gtk_snapshot_restore(snapshot);
}

static void draw_scale(LatchkeyActivityChart *self, GtkSnapshot *snapshot, const Plot *plot)
{
    GdkRGBA line;

    get_color(self, NULL, 0.15F, &line);
    for (gint64 value = 0; value <= plot->top; value += plot->tick) {
        float y = plot->y + plot->height * (1 - (float)value / (float)plot->top);
        g_autofree char *text = g_strdup_printf("%d", (int)value);
        graphene_rect_t rule;
        graphene_rect_init(&rule, plot->x, y, plot->width, 1);
        gtk_snapshot_append_color(snapshot, &line, &rule);
        draw_text(self, snapshot, text,
                  is_rtl(self) ? plot->x + plot->width + LABEL_GAP : plot->x - LABEL_GAP,
                  y - plot->y, is_rtl(self) ? 0 : 1);
    }
}

/* Every sixth hour, every day of a week, every seventh of a month. */
static char *label_of(LatchkeyActivityChart *self, guint i)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(bar_at(self, i)->since_ms / 1000);
    g_autoptr(GDateTime) at = g_date_time_to_timezone(utc, self->zone);
    guint from_end = self->bars->len - 1 - i;

    if (self->span == LATCHKEY_ACTIVITY_DAY)
        return g_date_time_get_hour(at) % 6 == 0 ? g_date_time_format(at, _("%H:%M")) : NULL;
    if (self->span == LATCHKEY_ACTIVITY_WEEK)
        return g_date_time_get_hour(at) == 0 ? g_date_time_format(at, _("%a")) : NULL;
    return from_end % 7 == 0 ? g_date_time_format(at, _("%-d %b")) : NULL;
}

/* From the latest on: one that would run into its neighbour, as with large text, is left out. */
static void draw_times(LatchkeyActivityChart *self, GtkSnapshot *snapshot, const Plot *plot)
{
    float step = plot->width / (float)self->bars->len;
    float taken_from = -G_MAXFLOAT;
    float taken_to = -G_MAXFLOAT;

    for (guint i = self->bars->len; i-- > 0;) {
        g_autofree char *text = label_of(self, i);
        float x = left_of(self, plot, i) + step / 2;
        int width = 0;
        int height = 0;
        if (text == NULL)
            continue;
        g_object_unref(new_layout(self, text, &width, &height)); /* for its size alone */
        float from = place_of(self, width, x, 0.5F);
        float to = from + (float)width;
        if (from < taken_to + LABEL_GAP && to + LABEL_GAP > taken_from)
            continue;
        draw_text(self, snapshot, text, x, plot->y + plot->height + LABEL_GAP, 0.5F);
        taken_from = from;
        taken_to = to;
    }
}

static void draw_bar(LatchkeyActivityChart *self, GtkSnapshot *snapshot, const Plot *plot, guint i)
{
    float width = MAX(plot->width / (float)self->bars->len - GAP, 1);
    float bottom = plot->y + plot->height;

    for (int kind = 0; kind < LATCHKEY_N_ACTIVITY_KINDS; kind++) {
        gint64 n = bar_at(self, i)->n[kind];
        float height = plot->height * (float)n / (float)plot->top;
        graphene_rect_t area;
        if (n == 0)
            continue;
        height = MAX(height, 1); /* one in a million is still there */
        graphene_rect_init(&area, left_of(self, plot, i) + (float)GAP / 2, bottom - height, width,
                           height);
        latchkey_swatch_draw(GTK_WIDGET(self), snapshot, &area, (LatchkeyActivityKind)kind);
        bottom -= height;
    }
}

static void draw_range(LatchkeyActivityChart *self, GtkSnapshot *snapshot, const Plot *plot,
                       guint first, guint last, float alpha)
{
    float step = plot->width / (float)self->bars->len;
    float from = MIN(left_of(self, plot, first), left_of(self, plot, last));
    graphene_rect_t area;
    GdkRGBA color;

    graphene_rect_init(&area, from, plot->y, step * (float)(last - first + 1), plot->height);
    get_color(self, "accent_bg_color", alpha, &color);
    gtk_snapshot_append_color(snapshot, &color, &area);
}

static void latchkey_activity_chart_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    LatchkeyActivityChart *self = LATCHKEY_ACTIVITY_CHART(widget);
    guint first = 0;
    guint last = 0;

    if (self->bars == NULL || self->bars->len == 0)
        return;
    Plot plot = plot_of(self);
    if (plot.width <= 0 || plot.height <= 0)
        return;
    draw_scale(self, snapshot, &plot);
    draw_times(self, snapshot, &plot);
    if (latchkey_activity_chart_get_range(self, &first, &last))
        draw_range(self, snapshot, &plot, first, last, 0.3F);
    if (self->hover >= 0)
        draw_range(self, snapshot, &plot, (guint)self->hover, (guint)self->hover, 0.15F);
    for (guint i = 0; i < self->bars->len; i++)
        draw_bar(self, snapshot, &plot, i);
}

static void latchkey_activity_chart_measure(GtkWidget *widget, GtkOrientation orientation,
                                            int for_size, int *minimum, int *natural,
                                            int *minimum_baseline, int *natural_baseline)
{
    (void)widget, (void)for_size, (void)minimum_baseline, (void)natural_baseline;
    gboolean is_vertical = orientation == GTK_ORIENTATION_VERTICAL;

    *minimum = is_vertical ? MINIMUM_HEIGHT : 200;
    *natural = is_vertical ? HEIGHT : 600;
}

/* ---- Choosing ---- */

static void choose(LatchkeyActivityChart *self, int anchor, int cursor)
{
    if (anchor == self->anchor && cursor == self->cursor)
        return;
    self->anchor = anchor;
    self->cursor = cursor;
    gtk_widget_queue_draw(GTK_WIDGET(self));
    g_signal_emit_by_name(self, "range-changed");
}

static void move_to(LatchkeyActivityChart *self, int to, gboolean is_extending)
{
    int n = self->bars != NULL ? (int)self->bars->len : 0;

    if (n == 0)
        return;
    to = CLAMP(to, 0, n - 1);
    choose(self, is_extending && self->anchor >= 0 ? self->anchor : to, to);
}

/* steps: towards the right of the screen; G_MININT and G_MAXINT stand for the first and last. */
static gboolean on_key(GtkWidget *widget, GVariant *arguments, gpointer data)
{
    (void)data;
    LatchkeyActivityChart *self = LATCHKEY_ACTIVITY_CHART(widget);
    int steps = 0;
    gboolean is_extending = FALSE;
    int n = self->bars != NULL ? (int)self->bars->len : 0;

    g_variant_get(arguments, "(ib)", &steps, &is_extending);
    if (steps == G_MININT)
        move_to(self, 0, is_extending);
    else if (steps == G_MAXINT || self->anchor < 0)
        move_to(self, n - 1, is_extending); /* begins at now */
    else
        move_to(self, self->cursor + (is_rtl(self) ? -steps : steps), is_extending);
    return TRUE;
}

static gboolean on_enter(GtkWidget *widget, GVariant *arguments, gpointer data)
{
    (void)arguments, (void)data;
    g_signal_emit_by_name(widget, "activated");
    return TRUE;
}

/* FALSE: nothing to let go of, so the key is somebody else's. */
static gboolean on_escape(GtkWidget *widget, GVariant *arguments, gpointer data)
{
    (void)arguments, (void)data;
    LatchkeyActivityChart *self = LATCHKEY_ACTIVITY_CHART(widget);

    if (self->anchor < 0)
        return FALSE;
    latchkey_activity_chart_clear_range(self);
    return TRUE;
}

static void on_motion(LatchkeyActivityChart *self, double x, double y)
{
    (void)y;
    self->hover = index_at(self, x);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void on_leave(LatchkeyActivityChart *self)
{
    self->hover = -1;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void on_drag_begin(LatchkeyActivityChart *self, double x, double y)
{
    (void)y;
    int at = index_at(self, x);

    gtk_widget_grab_focus(GTK_WIDGET(self));
    if (at >= 0)
        choose(self, at, at);
}

static void on_drag_update(LatchkeyActivityChart *self, double dx, double dy, GtkGestureDrag *drag)
{
    (void)dy;
    double x = 0;
    double y = 0;

    if (self->anchor >= 0 && gtk_gesture_drag_get_start_point(drag, &x, &y))
        choose(self, self->anchor, index_at(self, x + dx));
}

static void on_pressed(LatchkeyActivityChart *self, int n_press)
{
    if (n_press == 2 && self->anchor >= 0)
        g_signal_emit_by_name(self, "activated");
}

static gboolean on_tooltip(GtkWidget *widget, int x, int y, gboolean is_keyboard,
                           GtkTooltip *tooltip)
{
    (void)y;
    LatchkeyActivityChart *self = LATCHKEY_ACTIVITY_CHART(widget);
    int at = is_keyboard ? self->cursor : index_at(self, x);

    if (at < 0 || self->bars == NULL || at >= (int)self->bars->len)
        return FALSE;
    g_autofree char *time = latchkey_activity_time_words(bar_at(self, (guint)at), self->zone);
    g_autofree char *count = latchkey_activity_count_words(bar_at(self, (guint)at));
    g_autofree char *text = g_strdup_printf("%s\n%s", time, count);
    gtk_tooltip_set_text(tooltip, text);
    return TRUE;
}

/* ---- The widget ---- */

static void latchkey_activity_chart_finalize(GObject *object)
{
    LatchkeyActivityChart *self = LATCHKEY_ACTIVITY_CHART(object);

    g_clear_pointer(&self->bars, g_array_unref);
    g_clear_pointer(&self->zone, g_time_zone_unref);
    G_OBJECT_CLASS(latchkey_activity_chart_parent_class)->finalize(object);
}

static void bind_keys(GtkWidgetClass *class)
{
    static const struct {
        guint key;
        int steps;
    } keys[] = {
        { GDK_KEY_Left, -1 },    { GDK_KEY_Right, 1 },       { GDK_KEY_KP_Left, -1 },
        { GDK_KEY_KP_Right, 1 }, { GDK_KEY_Home, G_MININT }, { GDK_KEY_End, G_MAXINT },
        { GDK_KEY_Page_Up, -6 }, { GDK_KEY_Page_Down, 6 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        gtk_widget_class_add_binding(class, keys[i].key, 0, on_key, "(ib)", keys[i].steps, FALSE);
        gtk_widget_class_add_binding(class, keys[i].key, GDK_SHIFT_MASK, on_key, "(ib)",
                                     keys[i].steps, TRUE);
    }
    gtk_widget_class_add_binding(class, GDK_KEY_Return, 0, on_enter, NULL);
    gtk_widget_class_add_binding(class, GDK_KEY_KP_Enter, 0, on_enter, NULL);
    gtk_widget_class_add_binding(class, GDK_KEY_Escape, 0, on_escape, NULL);
}

static void latchkey_activity_chart_class_init(LatchkeyActivityChartClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = latchkey_activity_chart_finalize;
    widget_class->snapshot = latchkey_activity_chart_snapshot;
    widget_class->measure = latchkey_activity_chart_measure;
    widget_class->query_tooltip = on_tooltip;
    g_signal_new("range-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    g_signal_new("activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_css_name(widget_class, "activitychart");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
    bind_keys(widget_class);
}

static void latchkey_activity_chart_init(LatchkeyActivityChart *self)
{
    GtkWidget *widget = GTK_WIDGET(self);
    GtkEventController *motion = gtk_event_controller_motion_new();
    GtkGesture *drag = gtk_gesture_drag_new();
    GtkGesture *click = gtk_gesture_click_new();

    self->anchor = -1;
    self->cursor = -1;
    self->hover = -1;
    gtk_widget_set_focusable(widget, TRUE);
    gtk_widget_set_has_tooltip(widget, TRUE);
    g_signal_connect_swapped(motion, "enter", G_CALLBACK(on_motion), self);
    g_signal_connect_swapped(motion, "motion", G_CALLBACK(on_motion), self);
    g_signal_connect_swapped(motion, "leave", G_CALLBACK(on_leave), self);
    g_signal_connect_swapped(drag, "drag-begin", G_CALLBACK(on_drag_begin), self);
    g_signal_connect_swapped(drag, "drag-update", G_CALLBACK(on_drag_update), self);
    g_signal_connect_swapped(click, "pressed", G_CALLBACK(on_pressed), self);
    gtk_widget_add_controller(widget, motion);
    gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(drag));
    gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(click));
}

void latchkey_activity_chart_set_bars(LatchkeyActivityChart *self, GArray *bars,
                                      LatchkeyActivitySpan span, GTimeZone *zone)
{
    gboolean is_same =
        self->bars != NULL && span == self->span && self->bars->len == bars->len &&
        bar_at(self, 0)->since_ms == g_array_index(bars, LatchkeyActivityBar, 0).since_ms;

    g_array_ref(bars);
    g_clear_pointer(&self->bars, g_array_unref);
    self->bars = bars;
    self->span = span;
    g_clear_pointer(&self->zone, g_time_zone_unref);
    self->zone = g_time_zone_ref(zone);
    self->hover = -1;
    gtk_widget_queue_draw(GTK_WIDGET(self));
    if (!is_same)
        latchkey_activity_chart_clear_range(self);
}

gboolean latchkey_activity_chart_get_range(LatchkeyActivityChart *self, guint *first, guint *last)
{
    if (self->anchor < 0)
        return FALSE;
    *first = (guint)MIN(self->anchor, self->cursor);
    *last = (guint)MAX(self->anchor, self->cursor);
    return TRUE;
}

void latchkey_activity_chart_clear_range(LatchkeyActivityChart *self)
{
    choose(self, -1, -1);
}
