/* Each change closes the menu, for what takes it back stands under it. */
#include "latchkey-saved-list.h"

#include "latchkey-a11y.h"
#include "latchkey-text.h"
#include "latchkey-toast.h"

#include <glib/gi18n.h>

struct _LatchkeySavedList {
    AdwBin parent_instance;
    GtkListBox *list;
    AdwEntryRow *save_row;
    GtkLabel *unreadable_label;
    LatchkeySavedFilters *filters;
};

G_DEFINE_FINAL_TYPE(LatchkeySavedList, latchkey_saved_list, ADW_TYPE_BIN)

static const char *name_of(gpointer widget)
{
    return g_object_get_data(G_OBJECT(widget), "name");
}

static void set_name(gpointer widget, const char *name)
{
    g_object_set_data_full(G_OBJECT(widget), "name", g_strdup(name), g_free);
}

static void close_menu(LatchkeySavedList *self)
{
    GtkWidget *popover = gtk_widget_get_ancestor(GTK_WIDGET(self), GTK_TYPE_POPOVER);

    if (popover != NULL)
        gtk_popover_popdown(GTK_POPOVER(popover));
}

/* words have a place for the name. Free with g_free(). */
static char *with_name(const char *words, const char *name)
{
    g_autofree char *shown = latchkey_text_isolate(name);
    GString *text = g_string_new(words);

    g_string_replace(text, "{name}", shown, 1);
    return g_string_free(text, FALSE);
}

/* action: what "Undo" does, with its target; target NULL: there is nothing to take back. */
static void tell_with_undo(LatchkeySavedList *self, const char *words, const char *name,
                           const char *action, GVariant *target)
{
    g_autofree char *text = with_name(words, name);

    close_menu(self);
    if (target != NULL)
        latchkey_toast_offer(GTK_WIDGET(self), text, _("Undo"), action, target);
    else
        latchkey_toast_show(GTK_WIDGET(self), text);
}

/* Fit for one line; NULL: nothing was typed. */
static char *typed_name(AdwEntryRow *row)
{
    g_autofree char *name = latchkey_text_clean(gtk_editable_get_text(GTK_EDITABLE(row)));

    g_strstrip(name);
    return name[0] != '\0' ? g_steal_pointer(&name) : NULL;
}

/* ---- Saving ---- */

static void on_save(LatchkeySavedList *self)
{
    g_autofree char *name = typed_name(self->save_row);

    if (name != NULL)
        g_signal_emit_by_name(self, "save", name);
}

void latchkey_saved_list_save(LatchkeySavedList *self, const char *name,
                              const LatchkeyEventFilter *filter)
{
    g_autoptr(GVariant) old = latchkey_saved_filters_put(self->filters, name, filter);

    gtk_editable_set_text(GTK_EDITABLE(self->save_row), "");
    tell_with_undo(self, old != NULL ? _("Filter “{name}” replaced") : _("Filter “{name}” saved"),
                   name, "saved.give-back", old);
}

void latchkey_saved_list_set_can_save(LatchkeySavedList *self, gboolean can_save)
{
    gtk_widget_set_sensitive(GTK_WIDGET(self->save_row), can_save);
}

/* ---- Renaming and deleting ---- */

static void on_delete(LatchkeySavedList *self, GtkWidget *button)
{
    g_autofree char *name = g_strdup(name_of(button));
    g_autoptr(GVariant) old = latchkey_saved_filters_remove(self->filters, name);

    tell_with_undo(self, _("Filter “{name}” deleted"), name, "saved.give-back", old);
}

static void on_rename(LatchkeySavedList *self, AdwEntryRow *row)
{
    g_autofree char *old = g_strdup(name_of(row));
    g_autofree char *name = typed_name(row);

    if (name == NULL || g_str_equal(name, old))
        return;
    if (latchkey_saved_filters_rename(self->filters, old, name))
        tell_with_undo(self, _("Filter renamed to “{name}”"), name, "saved.rename",
                       g_variant_new("(ss)", name, old));
    else
        tell_with_undo(self, _("There is a filter “{name}” already"), name, NULL, NULL);
}

static void on_give_back(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    latchkey_saved_filters_give_back(LATCHKEY_SAVED_LIST(widget)->filters, parameter);
}

static void on_rename_back(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    const char *from = NULL;
    const char *to = NULL;

    g_variant_get(parameter, "(&s&s)", &from, &to);
    latchkey_saved_filters_rename(LATCHKEY_SAVED_LIST(widget)->filters, from, to);
}

/* ---- Rows ---- */

static void on_chosen(LatchkeySavedList *self, GtkWidget *row)
{
    g_autofree char *name = g_strdup(name_of(row));

    close_menu(self);
    g_signal_emit_by_name(self, "chosen", name);
}

/* In the row's own place. */
static void on_edit(LatchkeySavedList *self, GtkWidget *button)
{
    GtkWidget *row = gtk_widget_get_ancestor(button, GTK_TYPE_LIST_BOX_ROW);
    GtkWidget *entry = adw_entry_row_new();
    int index = gtk_list_box_row_get_index(GTK_LIST_BOX_ROW(row));

    set_name(entry, name_of(button));
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(entry), _("New Name"));
    gtk_editable_set_text(GTK_EDITABLE(entry), name_of(button));
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(entry), TRUE);
    g_signal_connect_object(entry, "apply", G_CALLBACK(on_rename), self, G_CONNECT_SWAPPED);
    gtk_list_box_insert(self->list, entry, index);
    gtk_list_box_remove(self->list, row);
    latchkey_a11y_name_icons(entry, "emblem-ok-symbolic", _("Apply"));
    gtk_widget_grab_focus(entry);
}

static void add_button(LatchkeySavedList *self, GtkWidget *row, const char *icon, const char *words,
                       GCallback callback)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);
    g_autofree char *label = with_name(words, name_of(row));

    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, label);
    latchkey_a11y_set_label(button, label);
    set_name(button, name_of(row));
    g_signal_connect_object(button, "clicked", callback, self, G_CONNECT_SWAPPED);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
}

static GtkWidget *row_new(LatchkeySavedList *self, const char *name)
{
    GtkWidget *row = adw_action_row_new();

    set_name(row, name);
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), name);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 1);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
    g_signal_connect_object(row, "activated", G_CALLBACK(on_chosen), self, G_CONNECT_SWAPPED);
    add_button(self, row, "document-edit-symbolic", _("Rename {name}"), G_CALLBACK(on_edit));
    add_button(self, row, "user-trash-symbolic", _("Delete {name}"), G_CALLBACK(on_delete));
    return row;
}

static void show_all(LatchkeySavedList *self)
{
    GtkListBoxRow *row = NULL;
    guint n_unreadable = latchkey_saved_filters_get_n_unreadable(self->filters);
    g_autofree char *unreadable =
        g_strdup_printf(ngettext("%u saved filter could not be read",
                                 "%u saved filters could not be read", n_unreadable),
                        n_unreadable);

    while ((row = gtk_list_box_get_row_at_index(self->list, 0)) != NULL &&
           GTK_WIDGET(row) != GTK_WIDGET(self->save_row))
        gtk_list_box_remove(self->list, GTK_WIDGET(row));
    for (guint i = 0; i < latchkey_saved_filters_get_n(self->filters); i++)
        gtk_list_box_insert(
            self->list, row_new(self, latchkey_saved_filters_get_name(self->filters, i)), (int)i);
    gtk_label_set_text(self->unreadable_label, unreadable);
    gtk_widget_set_visible(GTK_WIDGET(self->unreadable_label), n_unreadable > 0);
}

/* ---- The widget ---- */

static void latchkey_saved_list_dispose(GObject *object)
{
    g_clear_object(&LATCHKEY_SAVED_LIST(object)->filters);
    G_OBJECT_CLASS(latchkey_saved_list_parent_class)->dispose(object);
}

static void latchkey_saved_list_class_init(LatchkeySavedListClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_saved_list_dispose;
    g_signal_new("chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_STRING);
    g_signal_new("save", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-saved-list.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeySavedList, list);
    gtk_widget_class_bind_template_child(widget_class, LatchkeySavedList, save_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeySavedList, unreadable_label);
    gtk_widget_class_bind_template_callback(widget_class, on_save);
    gtk_widget_class_install_action(widget_class, "saved.give-back", "a{ss}", on_give_back);
    gtk_widget_class_install_action(widget_class, "saved.rename", "(ss)", on_rename_back);
}

static void latchkey_saved_list_init(LatchkeySavedList *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_name_icons(GTK_WIDGET(self->save_row), "emblem-ok-symbolic", _("Apply"));
}

void latchkey_saved_list_set_filters(LatchkeySavedList *self, LatchkeySavedFilters *filters)
{
    self->filters = g_object_ref(filters);
    g_signal_connect_object(filters, "changed", G_CALLBACK(show_all), self, G_CONNECT_SWAPPED);
    show_all(self);
}
