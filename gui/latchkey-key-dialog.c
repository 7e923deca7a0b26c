/* The entry's text lies in memory that is not swapped out; a copy is made to be handed on. */
#include "latchkey-key-dialog.h"

#include "latchkey-a11y.h"

#include <glib/gi18n.h>
#include <string.h>

struct _LatchkeyKeyDialog {
    AdwMessageDialog parent_instance;
    GtkEditable *key_row;
    GtkLabel *error_label;
    LatchkeyConfig *config;
};

G_DEFINE_FINAL_TYPE(LatchkeyKeyDialog, latchkey_key_dialog, ADW_TYPE_MESSAGE_DIALOG)

/* The library says what is wrong with a key, without asking anybody. */
static void on_changed(LatchkeyKeyDialog *self)
{
    g_autoptr(GError) error = NULL;
    char *key = latchkey_key_dialog_dup_key(self);
    gboolean is_empty = key[0] == '\0';
    lk_client *client =
        is_empty ? NULL : latchkey_config_new_feed_client(self->config, key, &error);

    gtk_label_set_text(self->error_label, error != NULL ? error->message : "");
    gtk_widget_set_visible(GTK_WIDGET(self->error_label), error != NULL);
    adw_message_dialog_set_response_enabled(ADW_MESSAGE_DIALOG(self), "save", client != NULL);
    lk_client_free(client);
    latchkey_secret_free(key);
}

static void on_entry_activated(LatchkeyKeyDialog *self)
{
    if (adw_message_dialog_get_response_enabled(ADW_MESSAGE_DIALOG(self), "save"))
        adw_message_dialog_response(ADW_MESSAGE_DIALOG(self), "save");
}

static void latchkey_key_dialog_finalize(GObject *object)
{
    g_clear_pointer(&LATCHKEY_KEY_DIALOG(object)->config, latchkey_config_unref);
    G_OBJECT_CLASS(latchkey_key_dialog_parent_class)->finalize(object);
}

static void latchkey_key_dialog_class_init(LatchkeyKeyDialogClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = latchkey_key_dialog_finalize;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-key-dialog.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyKeyDialog, key_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyKeyDialog, error_label);
    gtk_widget_class_bind_template_callback(widget_class, on_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_entry_activated);
}

static void latchkey_key_dialog_init(LatchkeyKeyDialog *self)
{
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(self);

    gtk_widget_init_template(GTK_WIDGET(self));
    adw_message_dialog_add_responses(dialog, "cancel", _("_Cancel"), "save", _("_Save"), NULL);
    adw_message_dialog_set_response_appearance(dialog, "save", ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(dialog, "save");
    adw_message_dialog_set_close_response(dialog, "cancel");
    adw_message_dialog_set_response_enabled(dialog, "save", FALSE);
    latchkey_a11y_cure_mnemonics(GTK_WIDGET(self));
    latchkey_a11y_name_lists(GTK_WIDGET(self), _("API Key"));
    latchkey_a11y_name_icons(GTK_WIDGET(self->key_row), "view-reveal-symbolic",
                             _("Show or Hide the API Key"));
}

GtkWidget *latchkey_key_dialog_new(GtkWindow *parent, LatchkeyConfig *config)
{
    LatchkeyKeyDialog *self =
        g_object_new(LATCHKEY_TYPE_KEY_DIALOG, "transient-for", parent, "modal", TRUE, NULL);

    self->config = latchkey_config_ref(config);
    gtk_widget_grab_focus(GTK_WIDGET(self->key_row));
    return GTK_WIDGET(self);
}

char *latchkey_key_dialog_dup_key(LatchkeyKeyDialog *self)
{
    const char *text = gtk_editable_get_text(self->key_row);
    gsize len = 0;

    /* Not by g_strstrip(): what it moves away from would not be wiped. */
    while (g_ascii_isspace(*text))
        text++;
    for (len = strlen(text); len > 0 && g_ascii_isspace(text[len - 1]); len--)
        continue;
    return g_strndup(text, len);
}
