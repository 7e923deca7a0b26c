/* Around a GtkInfoBar. What did not change is not set again: a screen reader would say it again. */
#include "latchkey-banner.h"

struct _LatchkeyBanner {
    AdwBin parent_instance;
    GtkInfoBar *bar;
    GtkLabel *label;
    GtkWidget *button;
    GtkLabel *button_label;
};

G_DEFINE_FINAL_TYPE(LatchkeyBanner, latchkey_banner, ADW_TYPE_BIN)

void latchkey_banner_show(LatchkeyBanner *self, const char *text, const char *button,
                          const char *action)
{
    if (text != NULL && g_strcmp0(text, gtk_label_get_text(self->label)) != 0)
        gtk_label_set_text(self->label, text);
    if (button != NULL && g_strcmp0(button, gtk_label_get_label(self->button_label)) != 0)
        gtk_label_set_text_with_mnemonic(self->button_label, button);
    if (button != NULL)
        gtk_actionable_set_action_name(GTK_ACTIONABLE(self->button), action);
    gtk_widget_set_visible(self->button, button != NULL);
    gtk_widget_set_visible(GTK_WIDGET(self), text != NULL);
}

static void latchkey_banner_class_init(LatchkeyBannerClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/io/github/latchkey/Latchkey/latchkey-banner.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyBanner, bar);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyBanner, label);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyBanner, button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyBanner, button_label);
}

static void latchkey_banner_init(LatchkeyBanner *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
