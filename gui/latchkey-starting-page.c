/* The keyring mostly answers before anybody could see a spinner turn: it turns for who waits. */
#include "latchkey-starting-page.h"

enum { PATIENCE_MS = 300 };

struct _LatchkeyStartingPage {
    AdwBin parent_instance;
    GtkSpinner *spinner;
    guint patience_source;
};

G_DEFINE_FINAL_TYPE(LatchkeyStartingPage, latchkey_starting_page, ADW_TYPE_BIN)

static gboolean on_patience_ended(gpointer data)
{
    LatchkeyStartingPage *self = data;

    self->patience_source = 0;
    gtk_spinner_start(self->spinner);
    return G_SOURCE_REMOVE;
}

static void latchkey_starting_page_map(GtkWidget *widget)
{
    LatchkeyStartingPage *self = LATCHKEY_STARTING_PAGE(widget);

    GTK_WIDGET_CLASS(latchkey_starting_page_parent_class)->map(widget);
    self->patience_source = g_timeout_add(PATIENCE_MS, on_patience_ended, self);
}

static void latchkey_starting_page_unmap(GtkWidget *widget)
{
    LatchkeyStartingPage *self = LATCHKEY_STARTING_PAGE(widget);

    g_clear_handle_id(&self->patience_source, g_source_remove);
    gtk_spinner_stop(self->spinner);
    GTK_WIDGET_CLASS(latchkey_starting_page_parent_class)->unmap(widget);
}

static void latchkey_starting_page_class_init(LatchkeyStartingPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    widget_class->map = latchkey_starting_page_map;
    widget_class->unmap = latchkey_starting_page_unmap;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-starting-page.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyStartingPage, spinner);
}

static void latchkey_starting_page_init(LatchkeyStartingPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
