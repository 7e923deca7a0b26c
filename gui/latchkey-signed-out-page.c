/* Where a sign-in begins, and in which environment. */
#include "latchkey-signed-out-page.h"

#include "latchkey-a11y.h"

#include <glib/gi18n.h>

struct _LatchkeySignedOutPage {
    AdwBin parent_instance;
    GtkWidget *sign_in_button;
    GtkWidget *environment_button;
    GtkLabel *environment_label;
    GtkMenuButton *environment_menu;
    LatchkeyAccount *account;
    LatchkeyEnvironments *environments; /* NULL: none to choose from */
};

G_DEFINE_FINAL_TYPE(LatchkeySignedOutPage, latchkey_signed_out_page, ADW_TYPE_BIN)

static GMenuModel *environment_menu_new(LatchkeyEnvironments *environments)
{
    GMenu *menu = g_menu_new();
    g_autoptr(GMenu) choices = g_menu_new();
    g_autoptr(GMenu) rest = g_menu_new();

    for (guint i = 0; i < latchkey_environments_get_n(environments); i++) {
        const LatchkeyConfig *config = latchkey_environments_get(environments, i);
        g_auto(GStrv) parts = g_strsplit(config->name, "_", -1);
        g_autofree char *label = g_strjoinv("__", parts); /* else it would be a mnemonic */
        g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);
        g_menu_item_set_action_and_target(item, "app.environment", "s", config->id);
        g_menu_append_item(choices, item);
    }
    g_menu_append(rest, _("_Environments…"), "app.environments");
    g_menu_append_section(menu, NULL, G_MENU_MODEL(choices));
    g_menu_append_section(menu, NULL, G_MENU_MODEL(rest));
    return G_MENU_MODEL(menu);
}

/* One alone is no choice: the button leads to where others are set up. */
static void show_environment(LatchkeySignedOutPage *self)
{
    const char *name = latchkey_account_get_config(self->account)->name;
    guint n = self->environments != NULL ? latchkey_environments_get_n(self->environments) : 0;
    g_autofree char *text = g_strdup_printf(_("Environment: %s"), name != NULL ? name : "");

    gtk_label_set_text(self->environment_label, text);
    gtk_widget_set_visible(self->environment_button, name != NULL && n < 2);
    gtk_widget_set_visible(GTK_WIDGET(self->environment_menu), n > 1);
    if (n < 2)
        return;
    g_autoptr(GMenuModel) menu = environment_menu_new(self->environments);
    gtk_menu_button_set_label(self->environment_menu, text);
    latchkey_a11y_set_label(GTK_WIDGET(self->environment_menu), text);
    gtk_menu_button_set_menu_model(self->environment_menu, menu);
}

static void on_use_code(LatchkeySignedOutPage *self)
{
    latchkey_account_sign_in_with_code(self->account);
}

static void on_changed(LatchkeyAccount *account, LatchkeySignedOutPage *self)
{
    if (latchkey_account_get_state(account) == LATCHKEY_ACCOUNT_SIGNED_OUT)
        gtk_widget_grab_focus(self->sign_in_button);
}

static void latchkey_signed_out_page_dispose(GObject *object)
{
    LatchkeySignedOutPage *self = LATCHKEY_SIGNED_OUT_PAGE(object);

    g_clear_object(&self->account);
    g_clear_object(&self->environments);
    G_OBJECT_CLASS(latchkey_signed_out_page_parent_class)->dispose(object);
}

static void latchkey_signed_out_page_class_init(LatchkeySignedOutPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_signed_out_page_dispose;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-signed-out-page.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeySignedOutPage, sign_in_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeySignedOutPage, environment_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeySignedOutPage, environment_label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeySignedOutPage, environment_menu);
    gtk_widget_class_bind_template_callback(widget_class, on_use_code);
}

static void latchkey_signed_out_page_init(LatchkeySignedOutPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void latchkey_signed_out_page_set_environments(LatchkeySignedOutPage *self,
                                               LatchkeyEnvironments *environments)
{
    if (self->environments != NULL)
        g_signal_handlers_disconnect_by_data(self->environments, self);
    if (g_set_object(&self->environments, environments) && environments != NULL)
        g_signal_connect_object(environments, "changed", G_CALLBACK(show_environment), self,
                                G_CONNECT_SWAPPED);
    show_environment(self);
}

void latchkey_signed_out_page_set_account(LatchkeySignedOutPage *self, LatchkeyAccount *account)
{
    self->account = g_object_ref(account);
    show_environment(self);
    g_signal_connect_object(account, "changed", G_CALLBACK(on_changed), self, 0);
    on_changed(account, self);
}
