/* Days and hours are those of the time zone in the settings, as all times that are shown. */
#include "latchkey-moment-button.h"

#include "latchkey-a11y.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>

struct _LatchkeyMomentButton {
    AdwBin parent_instance;
    GtkMenuButton *button;
    GtkCalendar *calendar;
    GtkWidget *time_box;
    GtkSpinButton *hour_spin;
    GtkSpinButton *minute_spin;
    GtkLabel *moment_label;
    GtkWidget *show_button;
    gint64 at_ms;
};

G_DEFINE_FINAL_TYPE(LatchkeyMomentButton, latchkey_moment_button, ADW_TYPE_BIN)

static gint64 now_ms(void)
{
    return g_get_real_time() / 1000;
}

/* ---- Choosing ---- */

static void choose(LatchkeyMomentButton *self, gint64 at_ms)
{
    gtk_menu_button_popdown(self->button);
    g_signal_emit_by_name(self, "moment-chosen", at_ms);
}

static void on_ago(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    gint64 ago_ms = g_variant_get_int64(parameter);

    choose(LATCHKEY_MOMENT_BUTTON(widget), ago_ms != 0 ? now_ms() - ago_ms : 0);
}

/* What the calendar and the hours say; an hour that a change of clocks leaves out is the next. */
static gint64 entered_ms(LatchkeyMomentButton *self)
{
    g_autoptr(GDateTime) day = gtk_calendar_get_date(self->calendar);
    g_autoptr(GTimeZone) zone = latchkey_settings_get_zone();
    g_autoptr(GDateTime) moment = g_date_time_new(
        zone, g_date_time_get_year(day), g_date_time_get_month(day),
        g_date_time_get_day_of_month(day), gtk_spin_button_get_value_as_int(self->hour_spin),
        gtk_spin_button_get_value_as_int(self->minute_spin), 0);

    return moment != NULL ? g_date_time_to_unix(moment) * 1000 : 0;
}

static void on_entered(LatchkeyMomentButton *self)
{
    gint64 at_ms = entered_ms(self);
    gboolean is_past = at_ms > 0 && at_ms <= now_ms();
    g_autofree char *words = latchkey_text_moment(at_ms);

    gtk_label_set_text(self->moment_label, is_past ? words : _("This time is still to come"));
    gtk_widget_set_sensitive(self->show_button, is_past);
}

static void on_show(LatchkeyMomentButton *self)
{
    choose(self, entered_ms(self));
}

/* "09", so that the two look like a time. */
static gboolean on_output(GtkSpinButton *spin)
{
    g_autofree char *text = g_strdup_printf("%02d", gtk_spin_button_get_value_as_int(spin));

    gtk_editable_set_text(GTK_EDITABLE(spin), text);
    return TRUE;
}

static void on_opened(LatchkeyMomentButton *self)
{
    gint64 at_ms = self->at_ms != 0 ? self->at_ms : now_ms();
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_ms / 1000);
    g_autoptr(GTimeZone) zone = latchkey_settings_get_zone();
    g_autoptr(GDateTime) then = g_date_time_to_timezone(utc, zone);

    gtk_calendar_select_day(self->calendar, then);
    gtk_spin_button_set_value(self->hour_spin, g_date_time_get_hour(then));
    gtk_spin_button_set_value(self->minute_spin, g_date_time_get_minute(then));
    on_entered(self);
}

/* ---- The widget ---- */

/* The four arrows over a GtkCalendar have no names. */
static void name_arrows(GtkWidget *widget, guint *n)
{
    static const char *const names[] = { N_("Previous month"), N_("Next month"),
                                         N_("Previous year"), N_("Next year") };

    if (GTK_IS_BUTTON(widget) && *n < G_N_ELEMENTS(names))
        latchkey_a11y_set_label(widget, _(names[(*n)++]));
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        name_arrows(child, n);
}

static void latchkey_moment_button_class_init(LatchkeyMomentButtonClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_signal_new("moment-chosen", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 1, G_TYPE_INT64);
    gtk_widget_class_install_action(widget_class, "moment.ago", "x", on_ago);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-moment-button.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMomentButton, button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMomentButton, calendar);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMomentButton, hour_spin);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMomentButton, time_box);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMomentButton, minute_spin);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMomentButton, moment_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMomentButton, show_button);
    gtk_widget_class_bind_template_callback(widget_class, on_entered);
    gtk_widget_class_bind_template_callback(widget_class, on_opened);
    gtk_widget_class_bind_template_callback(widget_class, on_output);
    gtk_widget_class_bind_template_callback(widget_class, on_show);
}

static void latchkey_moment_button_init(LatchkeyMomentButton *self)
{
    guint n_arrows = 0;

    gtk_widget_init_template(GTK_WIDGET(self));
    name_arrows(GTK_WIDGET(self->calendar), &n_arrows);
    /* Hours stand before minutes, whichever way the words around them run. */
    gtk_widget_set_direction(self->time_box, GTK_TEXT_DIR_LTR);
}

void latchkey_moment_button_set_moment(LatchkeyMomentButton *self, gint64 at_ms)
{
    self->at_ms = at_ms;
}

void latchkey_moment_button_popup(LatchkeyMomentButton *self)
{
    gtk_menu_button_popup(self->button);
}
