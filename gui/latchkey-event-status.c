/* Shown anew each second, so a widget is told only what is another. */
#include "latchkey-event-status.h"

#include "latchkey-a11y.h"
#include "latchkey-freshness.h"

#include <glib/gi18n.h>

struct _LatchkeyEventStatus {
    AdwBin parent_instance;
    GtkLabel *count_label;
    GtkImage *status_icon;
    GtkLabel *status_label;
    GtkLabel *age_label;
    GtkButton *pause_button;
};

G_DEFINE_FINAL_TYPE(LatchkeyEventStatus, latchkey_event_status, ADW_TYPE_BIN)

static void set_text(GtkLabel *label, const char *text)
{
    if (g_strcmp0(text, gtk_label_get_text(label)) != 0)
        gtk_label_set_text(label, text);
}

void latchkey_event_status_set_count(LatchkeyEventStatus *self, const char *words)
{
    set_text(self->count_label, words);
}

static const char *icon_of(LatchkeyFeedState state, gboolean is_paused)
{
    if (state == LATCHKEY_FEED_FAILING || state == LATCHKEY_FEED_BROKEN ||
        state == LATCHKEY_FEED_NO_KEY)
        return "network-offline-symbolic";
    if (state != LATCHKEY_FEED_CURRENT)
        return "content-loading-symbolic";
    return is_paused ? "media-playback-pause-symbolic" : "media-record-symbolic";
}

static void show_pause(LatchkeyEventStatus *self, gboolean is_paused)
{
    const char *words = is_paused ? _("Follow New Events") : _("Pause");

    if (g_strcmp0(words, gtk_widget_get_tooltip_text(GTK_WIDGET(self->pause_button))) == 0)
        return;
    gtk_button_set_icon_name(self->pause_button, is_paused ? "media-playback-start-symbolic"
                                                           : "media-playback-pause-symbolic");
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->pause_button), words);
    latchkey_a11y_set_label(GTK_WIDGET(self->pause_button), words);
}

/* Events still come while the list is held: only that is another word. */
void latchkey_event_status_show(LatchkeyEventStatus *self, const LatchkeyHealth *health,
                                gboolean is_paused, gint64 now_ms)
{
    g_autofree char *age = latchkey_freshness_age(health, now_ms);
    g_autofree char *words =
        is_paused && age != NULL ? g_strdup(_("Paused")) : latchkey_freshness_words(health, now_ms);
    g_autofree char *dotted = age != NULL ? g_strdup_printf("· %s", age) : g_strdup("");

    set_text(self->status_label, words);
    set_text(self->age_label, dotted);
    gtk_widget_set_visible(GTK_WIDGET(self->age_label), age != NULL);
    gtk_image_set_from_icon_name(self->status_icon, icon_of(health->state, is_paused));
    if (age != NULL && !is_paused)
        gtk_widget_add_css_class(GTK_WIDGET(self->status_icon), "success");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->status_icon), "success");
    show_pause(self, is_paused);
}

static void on_pause(LatchkeyEventStatus *self)
{
    g_signal_emit_by_name(self, "pause-clicked");
}

static void latchkey_event_status_class_init(LatchkeyEventStatusClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_signal_new("pause-clicked", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-event-status.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventStatus, count_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventStatus, status_icon);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventStatus, status_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventStatus, age_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEventStatus, pause_button);
    gtk_widget_class_bind_template_callback(widget_class, on_pause);
}

static void latchkey_event_status_init(LatchkeyEventStatus *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    show_pause(self, FALSE);
}
