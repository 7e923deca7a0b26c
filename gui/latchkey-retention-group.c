/* What takes long is done on a thread, and goes on where the preferences are closed meanwhile. */
#include "latchkey-retention-group.h"

#include "latchkey-a11y.h"
#include "latchkey-error.h"
#include "latchkey-retention.h"

#include <glib/gi18n.h>

struct _LatchkeyRetentionGroup {
    AdwPreferencesGroup parent_instance;
    AdwComboRow *keep_row;
    AdwActionRow *size_row;
    GtkWidget *clear_button;
    GtkWidget *spinner;
    LatchkeyFeed *feed;
    GSettings *settings;
    GCancellable *cancellable; /* cancelled once nobody sees this any more */
    gboolean is_clearing;
};

G_DEFINE_FINAL_TYPE(LatchkeyRetentionGroup, latchkey_retention_group, ADW_TYPE_PREFERENCES_GROUP)

static const guint days[] = { 30, 90, 0 };

/* ---- For how long ---- */

/* A value that somebody set elsewhere is shown as the next longer one. */
static void show_choice(LatchkeyRetentionGroup *self)
{
    guint kept = (guint)latchkey_retention_get_keep_days(self->settings);
    guint i = 0;

    while (days[i] != 0 && (kept == 0 || kept > days[i]))
        i++;
    adw_combo_row_set_selected(self->keep_row, i);
}

static void on_keep_chosen(LatchkeyRetentionGroup *self)
{
    guint chosen = adw_combo_row_get_selected(self->keep_row);

    if (self->settings != NULL && chosen < G_N_ELEMENTS(days) &&
        (int)days[chosen] != latchkey_retention_get_keep_days(self->settings))
        g_settings_set_uint(self->settings, "keep-days", days[chosen]);
}

/* ---- How much ---- */

static void say(LatchkeyRetentionGroup *self, const char *words)
{
    adw_action_row_set_subtitle(self->size_row, words);
    latchkey_a11y_set_description(GTK_WIDGET(self->size_row), words);
}

static void on_measured(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRetentionGroup) self = data;
    g_autoptr(GError) error = NULL;
    LatchkeyRetentionSize size = { 0 };

    if (!latchkey_retention_measure_finish(result, &size, &error)) {
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            say(self, latchkey_error_heading(error));
        return;
    }
    g_autofree char *bytes = g_format_size((guint64)size.n_bytes);
    g_autofree char *words =
        g_strdup_printf(ngettext("%d event, %s", "%d events, %s", (gulong)size.n_events),
                        (int)size.n_events, bytes);
    say(self, words);
    gtk_widget_set_sensitive(self->clear_button, size.n_events > 0);
}

static void measure(LatchkeyRetentionGroup *self)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);

    gtk_widget_set_sensitive(self->clear_button, FALSE);
    if (store == NULL) {
        say(self, _("None yet"));
        return;
    }
    latchkey_retention_measure_async(latchkey_store_get_location(store), self->cancellable,
                                     on_measured, g_object_ref(self));
}

/* ---- The end of it ---- */

static void show_clearing(LatchkeyRetentionGroup *self, gboolean is_clearing)
{
    self->is_clearing = is_clearing;
    gtk_spinner_set_spinning(GTK_SPINNER(self->spinner), is_clearing);
    gtk_widget_set_visible(self->spinner, is_clearing);
    gtk_widget_set_sensitive(self->clear_button, !is_clearing);
}

static void on_progress(gint64 n_forgotten, gpointer data)
{
    LatchkeyRetentionGroup *self = data;
    g_autofree char *words = g_strdup_printf(
        ngettext("%d event removed…", "%d events removed…", (gulong)n_forgotten), (int)n_forgotten);

    if (!g_cancellable_is_cancelled(self->cancellable))
        say(self, words);
}

static void on_cleared(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRetentionGroup) self = data;
    g_autoptr(GError) error = NULL;
    gint64 n = 0;
    gboolean is_done = latchkey_retention_clear_finish(result, &n, &error);

    latchkey_feed_forgot(self->feed); /* all or some of it */
    if (g_cancellable_is_cancelled(self->cancellable))
        return;
    show_clearing(self, FALSE);
    if (is_done)
        measure(self);
    else
        say(self, error->message);
}

static void on_answered(AdwMessageDialog *dialog, const char *response,
                        LatchkeyRetentionGroup *self)
{
    (void)dialog;
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);

    if (!g_str_equal(response, "clear") || store == NULL || self->is_clearing)
        return;
    show_clearing(self, TRUE);
    latchkey_retention_clear_async(latchkey_store_get_location(store), on_progress, on_cleared,
                                   g_object_ref(self));
}

static void on_clear(LatchkeyRetentionGroup *self)
{
    GtkWidget *dialog = adw_message_dialog_new(
        GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), _("Clear Local History?"),
        _("All events that were received so far are removed from this computer, except the very "
          "last ones. People and groups stay. WorkOS keeps events for 30 days, but they are not "
          "fetched again."));

    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "clear",
                                     _("C_lear"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "clear",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    latchkey_a11y_cure_mnemonics(dialog);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_answered), self, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

/* ---- The widget ---- */

static void latchkey_retention_group_dispose(GObject *object)
{
    g_cancellable_cancel(LATCHKEY_RETENTION_GROUP(object)->cancellable);
    G_OBJECT_CLASS(latchkey_retention_group_parent_class)->dispose(object);
}

static void latchkey_retention_group_finalize(GObject *object)
{
    LatchkeyRetentionGroup *self = LATCHKEY_RETENTION_GROUP(object);

    g_object_unref(self->cancellable);
    g_clear_object(&self->feed);
    g_clear_object(&self->settings);
    G_OBJECT_CLASS(latchkey_retention_group_parent_class)->finalize(object);
}

static void latchkey_retention_group_class_init(LatchkeyRetentionGroupClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_retention_group_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_retention_group_finalize;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-retention-group.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyRetentionGroup, keep_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyRetentionGroup, size_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyRetentionGroup, clear_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyRetentionGroup, spinner);
    gtk_widget_class_bind_template_callback(widget_class, on_keep_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_clear);
}

static void latchkey_retention_group_init(LatchkeyRetentionGroup *self)
{
    self->cancellable = g_cancellable_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_name_lists(GTK_WIDGET(self->keep_row), _("Keep Events"));
}

void latchkey_retention_group_set_feed(LatchkeyRetentionGroup *self, LatchkeyFeed *feed,
                                       GSettings *settings)
{
    self->feed = g_object_ref(feed);
    self->settings = g_object_ref(settings);
    show_choice(self);
    measure(self);
}
