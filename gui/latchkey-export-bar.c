/* Hidden while nothing is exported; the end is told by a toast. */
#include "latchkey-export-bar.h"

#include "latchkey-export.h"
#include "latchkey-toast.h"

#include <glib/gi18n.h>

struct _LatchkeyExportBar {
    AdwBin parent_instance;
    GtkRevealer *revealer;
    GtkLabel *label;
    GtkProgressBar *progress_bar;
    GtkFileChooserNative *chooser; /* open; NULL: none is */
    LatchkeyStore *store;          /* what the chooser is for */
    LatchkeyEventFilter *filter;
    gint64 n_events;
    char *path;                /* being written */
    GCancellable *cancellable; /* NULL: nothing is exported */
};

G_DEFINE_FINAL_TYPE(LatchkeyExportBar, latchkey_export_bar, ADW_TYPE_BIN)

static void show(LatchkeyExportBar *self, gboolean is_shown)
{
    gtk_revealer_set_reveal_child(self->revealer, is_shown);
    gtk_widget_set_visible(GTK_WIDGET(self), is_shown);
}

static void on_progress(gint64 n_events, gpointer data)
{
    LatchkeyExportBar *self = data;
    g_autofree char *text = g_strdup_printf(
        ngettext("Exporting… %d event", "Exporting… %d events", (gulong)n_events), (int)n_events);

    gtk_label_set_text(self->label, text);
    if (self->n_events > 0)
        gtk_progress_bar_set_fraction(self->progress_bar,
                                      MIN(1.0, (double)n_events / (double)self->n_events));
    else
        gtk_progress_bar_pulse(self->progress_bar);
}

static void on_exported(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyExportBar) self = data;
    g_autoptr(GError) error = NULL;
    gint64 n = latchkey_export_finish(result, &error);
    g_autofree char *path = g_steal_pointer(&self->path);

    g_clear_object(&self->cancellable);
    show(self, FALSE);
    if (error == NULL) {
        g_autofree char *name = g_path_get_basename(path);
        g_autofree char *shown = g_filename_display_name(name);
        g_autofree char *text = g_strdup_printf(
            ngettext("%d event in %s", "%d events in %s", (gulong)n), (int)n, shown);
        latchkey_toast_offer(GTK_WIDGET(self), text, _("Open Folder"), "export.open-folder",
                             g_variant_new_bytestring(path));
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_autofree char *text = g_strdup_printf(_("Nothing was exported: %s"), error->message);
        latchkey_toast_show(GTK_WIDGET(self), text);
    }
}

void latchkey_export_bar_start(LatchkeyExportBar *self, LatchkeyStore *store,
                               const LatchkeyEventFilter *filter, const char *path, gint64 n_events)
{
    if (self->cancellable != NULL)
        return;
    self->n_events = n_events;
    self->path = g_strdup(path);
    self->cancellable = g_cancellable_new();
    gtk_progress_bar_set_fraction(self->progress_bar, 0);
    gtk_label_set_text(self->label, _("Exporting…"));
    show(self, TRUE);
    latchkey_export_async(store, filter, path, on_progress, self, self->cancellable, on_exported,
                          g_object_ref(self));
}

static void on_cancel(LatchkeyExportBar *self)
{
    g_cancellable_cancel(self->cancellable);
}

/* ---- Where to ---- */

static const struct {
    const char *id;
    const char *words;
    const char *suffix;
} formats[] = {
    { "csv", N_("CSV, for a spreadsheet"), ".csv" },
    { "json", N_("JSON"), ".json" },
    { "ndjson", N_("JSON, one event a line"), ".ndjson" },
};

static char *with_suffix(const char *path, const char *format)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_str_has_suffix(path, formats[i].suffix))
            return g_strdup(path);
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_strcmp0(format, formats[i].id) == 0)
            return g_strconcat(path, formats[i].suffix, NULL);
    return g_strconcat(path, formats[0].suffix, NULL);
}

static void on_chosen(LatchkeyExportBar *self, int response)
{
    g_autoptr(GtkFileChooserNative) chooser = g_steal_pointer(&self->chooser);
    g_autoptr(GFile) file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(chooser));
    const char *format = gtk_file_chooser_get_choice(GTK_FILE_CHOOSER(chooser), "format");
    const char *chosen = file != NULL ? g_file_peek_path(file) : NULL;

    if (response != GTK_RESPONSE_ACCEPT)
        return;
    if (chosen == NULL) {
        latchkey_toast_show(GTK_WIDGET(self), _("Choose a folder on this computer"));
        return;
    }
    g_autofree char *path = with_suffix(chosen, format);
    latchkey_export_bar_start(self, self->store, self->filter, path, self->n_events);
}

static void add_formats(GtkFileChooser *chooser)
{
    const char *ids[G_N_ELEMENTS(formats) + 1] = { NULL };
    const char *words[G_N_ELEMENTS(formats) + 1] = { NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        ids[i] = formats[i].id;
        words[i] = _(formats[i].words);
    }
    gtk_file_chooser_add_choice(chooser, "format", _("Format"), ids, words);
    gtk_file_chooser_set_choice(chooser, "format", formats[0].id);
}

void latchkey_export_bar_choose(LatchkeyExportBar *self, LatchkeyStore *store,
                                const LatchkeyEventFilter *filter, gint64 n_events)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));

    if (self->cancellable != NULL || self->chooser != NULL)
        return;
    g_set_object(&self->store, store);
    latchkey_event_filter_free(self->filter);
    self->filter = latchkey_event_filter_copy(filter);
    self->n_events = n_events;
    self->chooser = gtk_file_chooser_native_new(
        _("Export Events"), GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL,
        GTK_FILE_CHOOSER_ACTION_SAVE, _("_Export"), _("_Cancel"));
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(self->chooser), _("events.csv"));
    add_formats(GTK_FILE_CHOOSER(self->chooser));
    g_signal_connect_object(self->chooser, "response", G_CALLBACK(on_chosen), self,
                            G_CONNECT_SWAPPED);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
}

/* ---- The folder ---- */

static void on_folder_opened(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyExportBar) self = data;

    if (!g_app_info_launch_default_for_uri_finish(result, NULL))
        latchkey_toast_show(GTK_WIDGET(self), _("No program could be found to open the folder"));
}

static void on_open_folder(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    g_autoptr(GFile) file = g_file_new_for_path(g_variant_get_bytestring(parameter));
    g_autoptr(GFile) folder = g_file_get_parent(file);
    g_autofree char *uri = g_file_get_uri(folder);
    g_autoptr(GdkAppLaunchContext) context =
        gdk_display_get_app_launch_context(gtk_widget_get_display(widget));

    g_app_info_launch_default_for_uri_async(uri, G_APP_LAUNCH_CONTEXT(context), NULL,
                                            on_folder_opened, g_object_ref(widget));
}

/* ---- The widget ---- */

static void latchkey_export_bar_dispose(GObject *object)
{
    LatchkeyExportBar *self = LATCHKEY_EXPORT_BAR(object);

    g_cancellable_cancel(self->cancellable);
    if (self->chooser != NULL)
        gtk_native_dialog_destroy(GTK_NATIVE_DIALOG(self->chooser));
    g_clear_object(&self->chooser);
    g_clear_object(&self->store);
    g_clear_pointer(&self->filter, latchkey_event_filter_free);
    G_OBJECT_CLASS(latchkey_export_bar_parent_class)->dispose(object);
}

static void latchkey_export_bar_class_init(LatchkeyExportBarClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_export_bar_dispose;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-export-bar.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyExportBar, revealer);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyExportBar, label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyExportBar, progress_bar);
    gtk_widget_class_bind_template_callback(widget_class, on_cancel);
    gtk_widget_class_install_action(widget_class, "export.open-folder", "ay", on_open_folder);
}

static void latchkey_export_bar_init(LatchkeyExportBar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
