/* A choice takes effect at once: the window behind turns to it. */
#include "latchkey-environments-window.h"

#include "latchkey-a11y.h"
#include "latchkey-environment-editor.h"

#include <glib/gi18n.h>

struct _LatchkeyEnvironmentsWindow {
    AdwWindow parent_instance;
    GtkStack *stack;
    AdwPreferencesGroup *group;
    GtkWidget *add_button;
    LatchkeyEnvironmentEditor *editor;
    LatchkeyEnvironments *environments;
    GPtrArray *rows; /* borrowed from group */
};

G_DEFINE_FINAL_TYPE(LatchkeyEnvironmentsWindow, latchkey_environments_window, ADW_TYPE_WINDOW)

static const char *id_of(gpointer widget)
{
    return g_object_get_data(G_OBJECT(widget), "environment");
}

static void set_id(gpointer widget, const char *id)
{
    g_object_set_data_full(G_OBJECT(widget), "environment", g_strdup(id), g_free);
}

static void on_chosen(LatchkeyEnvironmentsWindow *self, GtkCheckButton *button)
{
    if (gtk_check_button_get_active(button))
        latchkey_environments_choose(self->environments, id_of(button));
}

static void edit(LatchkeyEnvironmentsWindow *self, LatchkeyConfig *config)
{
    latchkey_environment_editor_edit(self->editor, self->environments, config);
    gtk_stack_set_visible_child_name(self->stack, "editor");
}

static void on_edit(LatchkeyEnvironmentsWindow *self, GtkWidget *button)
{
    edit(self, latchkey_environments_find(self->environments, id_of(button)));
}

static void on_add(LatchkeyEnvironmentsWindow *self)
{
    edit(self, NULL);
}

static void on_done(LatchkeyEnvironmentsWindow *self)
{
    gtk_stack_set_visible_child_name(self->stack, "list");
    gtk_widget_grab_focus(self->add_button);
}

static const char *origin_of(const LatchkeyConfig *config)
{
    if (config->server != NULL)
        return config->server;
    return config->base_url != NULL ? config->base_url : _("WorkOS");
}

static GtkWidget *edit_button_new(LatchkeyEnvironmentsWindow *self, const LatchkeyConfig *config)
{
    GtkWidget *button = gtk_button_new_from_icon_name("document-edit-symbolic");
    g_autofree char *label = g_strdup_printf(_("Edit %s"), config->name);

    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, label);
    latchkey_a11y_set_label(button, label);
    set_id(button, config->id);
    g_signal_connect_object(button, "clicked", G_CALLBACK(on_edit), self, G_CONNECT_SWAPPED);
    return button;
}

static GtkWidget *row_new(LatchkeyEnvironmentsWindow *self, const LatchkeyConfig *config,
                          GtkWidget *check)
{
    GtkWidget *row = adw_action_row_new();

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), config->name);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), origin_of(config));
    latchkey_a11y_set_description(row, origin_of(config));
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), check);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), check);
    if (latchkey_environments_is_kept(self->environments, config->id))
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), edit_button_new(self, config));
    return row;
}

static void show_all(LatchkeyEnvironmentsWindow *self)
{
    GtkWidget *first = NULL;

    for (guint i = 0; i < self->rows->len; i++)
        adw_preferences_group_remove(self->group, g_ptr_array_index(self->rows, i));
    g_ptr_array_set_size(self->rows, 0);
    for (guint i = 0; i < latchkey_environments_get_n(self->environments); i++) {
        LatchkeyConfig *config = latchkey_environments_get(self->environments, i);
        GtkWidget *check = gtk_check_button_new();

        gtk_widget_set_valign(check, GTK_ALIGN_CENTER);
        /* One alone is no choice, and would be drawn as something to turn off. */
        gtk_widget_set_visible(check, latchkey_environments_get_n(self->environments) > 1);
        gtk_check_button_set_group(GTK_CHECK_BUTTON(check), GTK_CHECK_BUTTON(first));
        first = first != NULL ? first : check;
        gtk_check_button_set_active(GTK_CHECK_BUTTON(check),
                                    config ==
                                        latchkey_environments_get_current(self->environments));
        latchkey_a11y_set_label(check, config->name);
        set_id(check, config->id);
        g_signal_connect_object(check, "toggled", G_CALLBACK(on_chosen), self, G_CONNECT_SWAPPED);
        GtkWidget *row = row_new(self, config, check);
        adw_preferences_group_add(self->group, row);
        g_ptr_array_add(self->rows, row);
    }
    latchkey_a11y_name_lists(GTK_WIDGET(self->group), _("Environments"));
}

static void latchkey_environments_window_dispose(GObject *object)
{
    LatchkeyEnvironmentsWindow *self = LATCHKEY_ENVIRONMENTS_WINDOW(object);

    g_clear_object(&self->environments);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    G_OBJECT_CLASS(latchkey_environments_window_parent_class)->dispose(object);
}

static void latchkey_environments_window_class_init(LatchkeyEnvironmentsWindowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_ENVIRONMENT_EDITOR);
    G_OBJECT_CLASS(class)->dispose = latchkey_environments_window_dispose;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-environments-window.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEnvironmentsWindow, stack);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEnvironmentsWindow, group);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEnvironmentsWindow, add_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyEnvironmentsWindow, editor);
    gtk_widget_class_bind_template_callback(widget_class, on_add);
    gtk_widget_class_bind_template_callback(widget_class, on_done);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void latchkey_environments_window_init(LatchkeyEnvironmentsWindow *self)
{
    self->rows = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
}

GtkWidget *latchkey_environments_window_new(GtkWindow *parent, LatchkeyEnvironments *environments)
{
    LatchkeyEnvironmentsWindow *self =
        g_object_new(LATCHKEY_TYPE_ENVIRONMENTS_WINDOW, "transient-for", parent, NULL);

    self->environments = g_object_ref(environments);
    g_signal_connect_object(environments, "changed", G_CALLBACK(show_all), self, G_CONNECT_SWAPPED);
    show_all(self);
    if (latchkey_environments_get_n(environments) == 0)
        on_add(self);
    return GTK_WIDGET(self);
}
