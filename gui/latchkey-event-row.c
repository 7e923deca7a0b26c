/* Plain labels only: no text of a row is ever taken for markup. */
#include "latchkey-event-row.h"

#include "latchkey-text.h"

#include <glib/gi18n.h>

struct _LatchkeyEventRow {
    GtkWidget parent_instance;
    GtkWidget *box;
    GtkImage *icon;
    GtkLabel *title_label;
    GtkLabel *subtitle_label;
    GtkLabel *time_label;
    GtkWidget *dot;
    LatchkeyEvent *event;
    const char *tone; /* the CSS class set now; NULL: none */
    GtkWidget *above; /* words of a gap; NULL: never needed */
    GtkWidget *below;
};

G_DEFINE_FINAL_TYPE(LatchkeyEventRow, latchkey_event_row, GTK_TYPE_WIDGET)

void latchkey_event_row_set_event(LatchkeyEventRow *self, LatchkeyEvent *event, gint64 now_ms)
{
    g_set_object(&self->event, event);
    gint64 at_ms = latchkey_event_get_created_at_ms(event);
    g_autofree char *time = latchkey_text_time(at_ms, now_ms);

    gtk_image_set_from_icon_name(self->icon, latchkey_event_get_icon_name(event));
    if (self->tone != NULL)
        gtk_widget_remove_css_class(GTK_WIDGET(self->icon), self->tone);
    self->tone = latchkey_event_get_tone(event);
    gtk_widget_add_css_class(GTK_WIDGET(self->icon), self->tone);
    gtk_label_set_text(self->title_label, latchkey_event_get_title(event));
    gtk_label_set_text(self->subtitle_label, latchkey_event_get_subtitle(event));
    gtk_label_set_text(self->time_label, time);
}

/* On demand: setting a tooltip asks the display where the pointer is, for each row that is bound.
 */
static gboolean on_query_tooltip(LatchkeyEventRow *self, int x, int y, gboolean is_keyboard,
                                 GtkTooltip *tooltip)
{
    (void)x, (void)y, (void)is_keyboard;
    if (self->event == NULL)
        return FALSE;
    g_autofree char *full_time =
        latchkey_text_full_time(latchkey_event_get_created_at_ms(self->event));
    gtk_tooltip_set_text(tooltip, full_time);
    return TRUE;
}

LatchkeyEvent *latchkey_event_row_get_event(LatchkeyEventRow *self)
{
    return self->event;
}

void latchkey_event_row_set_new(LatchkeyEventRow *self, gboolean is_new)
{
    gtk_widget_set_visible(self->dot, is_new);
    if (is_new)
        gtk_widget_add_css_class(GTK_WIDGET(self->title_label), "heading");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->title_label), "heading");
}

/* Made when it is needed: hardly a row ever has one. */
static void show_gap(LatchkeyEventRow *self, GtkWidget **place, const char *words)
{
    if (*place == NULL && words != NULL) {
        GtkWidget *label = gtk_label_new(NULL);
        *place = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);
        gtk_widget_add_css_class(*place, "event-gap");
        gtk_box_append(GTK_BOX(*place), gtk_image_new_from_icon_name("dialog-warning-symbolic"));
        gtk_box_append(GTK_BOX(*place), label);
        gtk_label_set_wrap(GTK_LABEL(label), TRUE);
        gtk_label_set_xalign(GTK_LABEL(label), 0);
        gtk_widget_insert_before(*place, GTK_WIDGET(self),
                                 place == &self->above ? self->box : NULL);
    }
    if (*place == NULL)
        return;
    gtk_label_set_text(GTK_LABEL(gtk_widget_get_last_child(*place)), words != NULL ? words : "");
    gtk_widget_set_visible(*place, words != NULL);
}

void latchkey_event_row_set_gaps(LatchkeyEventRow *self, const char *above, const char *below)
{
    show_gap(self, &self->above, above);
    show_gap(self, &self->below, below);
}

char *latchkey_event_row_spoken(LatchkeyEvent *event, gboolean is_new, gint64 now_ms)
{
    g_autofree char *time = latchkey_text_time(latchkey_event_get_created_at_ms(event), now_ms);

    return g_strdup_printf(is_new ? _("New: %s, %s, %s") : "%s, %s, %s",
                           latchkey_event_get_title(event), latchkey_event_get_subtitle(event),
                           time);
}

char *latchkey_event_row_text(LatchkeyEvent *event)
{
    g_autofree char *time = latchkey_text_full_time(latchkey_event_get_created_at_ms(event));

    return g_strdup_printf("%s · %s · %s · %s", time, latchkey_event_get_title(event),
                           latchkey_event_get_subtitle(event), latchkey_event_get_id(event));
}

static void latchkey_event_row_dispose(GObject *object)
{
    LatchkeyEventRow *self = LATCHKEY_EVENT_ROW(object);

    g_clear_pointer(&self->above, gtk_widget_unparent);
    g_clear_pointer(&self->box, gtk_widget_unparent);
    g_clear_pointer(&self->below, gtk_widget_unparent);
    g_clear_object(&self->event);
    G_OBJECT_CLASS(latchkey_event_row_parent_class)->dispose(object);
}

static void latchkey_event_row_class_init(LatchkeyEventRowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_event_row_dispose;
    gtk_widget_class_set_layout_manager_type(widget_class, GTK_TYPE_BOX_LAYOUT);
    gtk_widget_class_set_css_name(widget_class, "eventrow");
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-event-row.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventRow, box);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventRow, icon);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventRow, title_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventRow, subtitle_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventRow, time_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventRow, dot);
    gtk_widget_class_bind_template_callback(widget_class, on_query_tooltip);
}

static void latchkey_event_row_init(LatchkeyEventRow *self)
{
    GtkLayoutManager *layout = gtk_widget_get_layout_manager(GTK_WIDGET(self));

    gtk_orientable_set_orientation(GTK_ORIENTABLE(layout), GTK_ORIENTATION_VERTICAL);
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *latchkey_event_row_new(void)
{
    return g_object_new(LATCHKEY_TYPE_EVENT_ROW, NULL);
}
