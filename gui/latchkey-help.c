/* Text only; see latchkey-help.ui. */
#include "latchkey-help.h"

struct _LatchkeyHelp {
    AdwWindow parent_instance;
};

G_DEFINE_FINAL_TYPE(LatchkeyHelp, latchkey_help, ADW_TYPE_WINDOW)

static void latchkey_help_class_init(LatchkeyHelpClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/io/github/latchkey/Latchkey/latchkey-help.ui");
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void latchkey_help_init(LatchkeyHelp *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void latchkey_help_show(GtkWindow *parent)
{
    g_autoptr(GListModel) windows = g_object_ref(gtk_window_get_toplevels());

    for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWindow) window = g_list_model_get_item(windows, i);
        if (LATCHKEY_IS_HELP(window)) {
            gtk_window_present(window);
            return;
        }
    }
    gtk_window_present(g_object_new(LATCHKEY_TYPE_HELP, "transient-for", parent, NULL));
}
