/* A directory may be called whatever its customer likes: no name widens the window. */
#include "latchkey-directory-chooser.h"

#include "latchkey-a11y.h"
#include "latchkey-directories.h"

#include <glib/gi18n.h>

struct _LatchkeyDirectoryChooser {
    AdwBin parent_instance;
    GtkDropDown *drop_down;
    GPtrArray *ids; /* beside the words of the drop-down; NULL stands for all */
    gboolean is_filling;
};

G_DEFINE_FINAL_TYPE(LatchkeyDirectoryChooser, latchkey_directory_chooser, ADW_TYPE_BIN)

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *label = gtk_label_new(NULL);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_list_item_set_child(item, label);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkStringObject *word = gtk_list_item_get_item(item);

    gtk_label_set_text(GTK_LABEL(gtk_list_item_get_child(item)),
                       gtk_string_object_get_string(word));
}

static void on_selected(LatchkeyDirectoryChooser *self)
{
    if (!self->is_filling)
        g_signal_emit_by_name(self, "changed");
}

const char *latchkey_directory_chooser_get_id(LatchkeyDirectoryChooser *self)
{
    guint selected = gtk_drop_down_get_selected(self->drop_down);

    return selected < self->ids->len ? g_ptr_array_index(self->ids, selected) : NULL;
}

void latchkey_directory_chooser_set_page(LatchkeyDirectoryChooser *self,
                                         const lk_directory_page *page)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new(NULL);
    g_autofree char *was = g_strdup(latchkey_directory_chooser_get_id(self));
    guint selected = 0;

    g_ptr_array_set_size(self->ids, 0);
    g_ptr_array_add(self->ids, NULL);
    gtk_string_list_append(words, _("All directories"));
    for (size_t i = 0; page != NULL && i < page->count; i++) {
        g_autofree char *name = latchkey_directory_words(page->items[i], g_get_real_time() / 1000);
        gtk_string_list_append(words, name);
        g_ptr_array_add(self->ids, g_strdup(page->items[i]->id));
        if (g_strcmp0(page->items[i]->id, was) == 0)
            selected = self->ids->len - 1;
    }
    self->is_filling = TRUE;
    gtk_drop_down_set_model(self->drop_down, G_LIST_MODEL(words));
    gtk_drop_down_set_selected(self->drop_down, selected);
    latchkey_a11y_name_drop_down(self->drop_down, _("Directory"));
    self->is_filling = FALSE;
    if (g_strcmp0(was, latchkey_directory_chooser_get_id(self)) != 0)
        g_signal_emit_by_name(self, "changed");
}

static void latchkey_directory_chooser_finalize(GObject *object)
{
    g_ptr_array_unref(LATCHKEY_DIRECTORY_CHOOSER(object)->ids);
    G_OBJECT_CLASS(latchkey_directory_chooser_parent_class)->finalize(object);
}

static void latchkey_directory_chooser_class_init(LatchkeyDirectoryChooserClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_directory_chooser_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_directory_chooser_init(LatchkeyDirectoryChooser *self)
{
    g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new();

    g_signal_connect(factory, "setup", G_CALLBACK(on_setup), NULL);
    g_signal_connect(factory, "bind", G_CALLBACK(on_bind), NULL);
    self->ids = g_ptr_array_new_with_free_func(g_free);
    self->drop_down = GTK_DROP_DOWN(gtk_drop_down_new(NULL, NULL));
    gtk_drop_down_set_factory(self->drop_down, factory);
    latchkey_a11y_set_label(GTK_WIDGET(self->drop_down), _("Directory"));
    adw_bin_set_child(ADW_BIN(self), GTK_WIDGET(self->drop_down));
    g_signal_connect_object(self->drop_down, "notify::selected", G_CALLBACK(on_selected), self,
                            G_CONNECT_SWAPPED);
    latchkey_directory_chooser_set_page(self, NULL);
}
