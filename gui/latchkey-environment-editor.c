/* Nothing is saved that cannot work: a server is asked how to sign in for it, and the settings of
 * WorkOS go through the library's own checks. The API key goes to the keyring and stays in memory;
 * where there is no keyring it is gone with the program. */
#include "latchkey-environment-editor.h"

#include "latchkey-a11y.h"
#include "latchkey-secrets.h"
#include "latchkey-server.h"

#include <glib/gi18n.h>

enum { SOURCE_SERVER, SOURCE_WORKOS };

struct _LatchkeyEnvironmentEditor {
    AdwBin parent_instance;
    AdwEntryRow *name_row;
    AdwComboRow *source_row;
    GtkWidget *server_group;
    AdwEntryRow *server_row;
    GtkWidget *workos_group;
    AdwEntryRow *client_id_row;
    AdwEntryRow *base_url_row;
    AdwPasswordEntryRow *api_key_row;
    GtkLabel *error_label;
    GtkWidget *spinner;
    GtkWidget *save_button;
    GtkWidget *remove_button;
    LatchkeyEnvironments *environments;
    char *id; /* NULL: a new one */
    GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE(LatchkeyEnvironmentEditor, latchkey_environment_editor, ADW_TYPE_BIN)

/* NULL for nothing but spaces. Free with g_free(). */
static char *text_of(gpointer row)
{
    char *text = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(row))));

    if (text[0] == '\0')
        g_clear_pointer(&text, g_free);
    return text;
}

static void set_text(gpointer row, const char *text)
{
    gtk_editable_set_text(GTK_EDITABLE(row), text != NULL ? text : "");
}

static void set_busy(LatchkeyEnvironmentEditor *self, gboolean is_busy)
{
    gtk_widget_set_visible(self->spinner, is_busy);
    gtk_widget_set_sensitive(self->save_button, !is_busy);
}

static void show_problem(LatchkeyEnvironmentEditor *self, const char *text)
{
    gtk_label_set_text(self->error_label, text != NULL ? text : "");
    gtk_widget_set_visible(GTK_WIDGET(self->error_label), text != NULL);
}

static void on_key_stored(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(LatchkeyEnvironments) environments = data;
    g_autoptr(GError) error = NULL;

    if (latchkey_secrets_store_finish(LATCHKEY_SECRETS(source), result, &error))
        return;
    g_debug("keyring: %s", error->message); /* the profile page says why */
    g_signal_emit_by_name(environments, "notice", _("API key kept for this run only"));
}

static void keep_key(LatchkeyEnvironments *environments, const LatchkeyConfig *config)
{
    g_autoptr(LatchkeySecrets) secrets = latchkey_secrets_new(config, LATCHKEY_SECRETS_API_KEY);

    latchkey_secrets_store_async(secrets, config->api_key, TRUE, NULL, on_key_stored,
                                 g_object_ref(environments));
}

/* Takes config over. */
static void save(LatchkeyEnvironmentEditor *self, LatchkeyConfig *config)
{
    g_autoptr(LatchkeyConfig) owned = config;

    owned->id = self->id != NULL ? g_strdup(self->id) : g_uuid_string_random();
    owned->name = text_of(self->name_row);
    if (owned->name == NULL)
        owned->name = g_strdup(owned->server != NULL ? owned->server : owned->client_id);
    if (owned->api_key != NULL)
        keep_key(self->environments, owned);
    latchkey_environments_put(self->environments, owned);
    g_signal_emit_by_name(self, "done");
}

static void on_described(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GError) error = NULL;
    LatchkeyConfig *config = latchkey_server_describe_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* and the form is gone */
    LatchkeyEnvironmentEditor *self = data;
    set_busy(self, FALSE);
    if (config != NULL)
        save(self, config);
    else
        show_problem(self, error->message);
}

static void save_server(LatchkeyEnvironmentEditor *self)
{
    g_autofree char *url = text_of(self->server_row);

    if (url == NULL) {
        show_problem(self, _("Enter the address of the server, like https://people.example.com."));
        return;
    }
    set_busy(self, TRUE);
    latchkey_server_describe_async(url, self->cancellable, on_described, self);
}

static void save_workos(LatchkeyEnvironmentEditor *self)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(GError) error = NULL;

    config->client_id = text_of(self->client_id_row);
    config->base_url = text_of(self->base_url_row);
    config->api_key = text_of(self->api_key_row);
    if (config->client_id == NULL) {
        show_problem(self, _("Enter the client ID of your WorkOS environment (client_…)."));
        return;
    }
    lk_client *client = latchkey_config_new_feed_client(config, config->api_key, &error);
    lk_client_free(client);
    if (client == NULL)
        show_problem(self, error->message);
    else
        save(self, g_steal_pointer(&config));
}

static void on_save(LatchkeyEnvironmentEditor *self)
{
    show_problem(self, NULL);
    if (adw_combo_row_get_selected(self->source_row) == SOURCE_SERVER)
        save_server(self);
    else
        save_workos(self);
}

static void on_cancel(LatchkeyEnvironmentEditor *self)
{
    g_signal_emit_by_name(self, "done");
}

static void on_remove(LatchkeyEnvironmentEditor *self)
{
    latchkey_environments_remove(self->environments, self->id);
    g_signal_emit_by_name(self, "done");
}

static void on_source_changed(LatchkeyEnvironmentEditor *self)
{
    gboolean is_server = adw_combo_row_get_selected(self->source_row) == SOURCE_SERVER;

    gtk_widget_set_visible(self->server_group, is_server);
    gtk_widget_set_visible(self->workos_group, !is_server);
    show_problem(self, NULL);
}

static void latchkey_environment_editor_dispose(GObject *object)
{
    LatchkeyEnvironmentEditor *self = LATCHKEY_ENVIRONMENT_EDITOR(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    g_clear_object(&self->environments);
    g_clear_pointer(&self->id, g_free);
    G_OBJECT_CLASS(latchkey_environment_editor_parent_class)->dispose(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, name_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, source_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, server_group);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, server_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, workos_group);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, client_id_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, base_url_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, api_key_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, error_label);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, spinner);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, save_button);
    gtk_widget_class_bind_template_child(class, LatchkeyEnvironmentEditor, remove_button);
}

static void latchkey_environment_editor_class_init(LatchkeyEnvironmentEditorClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_environment_editor_dispose;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-environment-editor.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, on_save);
    gtk_widget_class_bind_template_callback(widget_class, on_cancel);
    gtk_widget_class_bind_template_callback(widget_class, on_remove);
    gtk_widget_class_bind_template_callback(widget_class, on_source_changed);
    g_signal_new("done", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_environment_editor_init(LatchkeyEnvironmentEditor *self)
{
    self->cancellable = g_cancellable_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_name_lists(GTK_WIDGET(self), _("Environment"));
    latchkey_a11y_name_icons(GTK_WIDGET(self->api_key_row), "view-reveal-symbolic",
                             _("Show or Hide the API Key"));
    on_source_changed(self);
}

void latchkey_environment_editor_edit(LatchkeyEnvironmentEditor *self,
                                      LatchkeyEnvironments *environments, LatchkeyConfig *config)
{
    gboolean is_workos = config != NULL && config->server == NULL;

    g_set_object(&self->environments, environments);
    g_free(self->id);
    self->id = config != NULL ? g_strdup(config->id) : NULL;
    set_text(self->name_row, config != NULL ? config->name : NULL);
    set_text(self->server_row, config != NULL ? config->server : NULL);
    set_text(self->client_id_row, is_workos ? config->client_id : NULL);
    set_text(self->base_url_row, is_workos ? config->base_url : NULL);
    set_text(self->api_key_row, NULL);
    adw_combo_row_set_selected(self->source_row, is_workos ? SOURCE_WORKOS : SOURCE_SERVER);
    gtk_widget_set_visible(self->remove_button, config != NULL);
    set_busy(self, FALSE);
    on_source_changed(self);
}
