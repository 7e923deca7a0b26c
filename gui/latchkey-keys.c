/* Not by accelerators of the application: those are asked before an entry that has the focus, and
 * know no page. */
#include "latchkey-keys.h"

static gboolean on_key(GtkWidget *page, GVariant *arguments, gpointer data)
{
    (void)arguments;
    const LatchkeyKey *key = data;

    return gtk_widget_get_mapped(page) &&
           gtk_widget_activate_action_variant(page, key->action, NULL);
}

void latchkey_keys_add(GtkWidget *page, const LatchkeyKey *keys, guint n_keys)
{
    GtkEventController *controller = gtk_shortcut_controller_new();

    gtk_shortcut_controller_set_scope(GTK_SHORTCUT_CONTROLLER(controller),
                                      GTK_SHORTCUT_SCOPE_GLOBAL);
    for (guint i = 0; i < n_keys; i++)
        gtk_shortcut_controller_add_shortcut(
            GTK_SHORTCUT_CONTROLLER(controller),
            gtk_shortcut_new(gtk_shortcut_trigger_parse_string(keys[i].trigger),
                             gtk_callback_action_new(on_key, (gpointer)&keys[i], NULL)));
    gtk_widget_add_controller(page, controller);
}
