/* Around a GtkInfoBar. What did not change is not set again: a screen reader would say it again. */
#include "latchkey-banner.h"

#include <glib/gi18n.h>

struct _LatchkeyBanner {
    AdwBin parent_instance;
    GtkInfoBar *bar;
    GtkLabel *label;
    GtkWidget *button;
    GtkLabel *button_label;
    GtkWidget *other_button;
    GtkLabel *other_label;
};

G_DEFINE_FINAL_TYPE(LatchkeyBanner, latchkey_banner, ADW_TYPE_BIN)

void latchkey_remedy_show(LatchkeyRemedy remedy, GtkWidget *button, GtkLabel *label)
{
    gtk_widget_set_visible(button, remedy.button != NULL);
    if (remedy.button == NULL)
        return;
    if (g_strcmp0(_(remedy.button), gtk_label_get_label(label)) != 0)
        gtk_label_set_text_with_mnemonic(label, _(remedy.button));
    gtk_actionable_set_action_name(GTK_ACTIONABLE(button), remedy.action);
}

void latchkey_banner_show(LatchkeyBanner *self, const LatchkeyHealthWords *words)
{
    gtk_widget_set_visible(GTK_WIDGET(self), words->text != NULL);
    if (words->text == NULL)
        return;
    if (g_strcmp0(words->text, gtk_label_get_text(self->label)) != 0)
        gtk_label_set_text(self->label, words->text);
    latchkey_remedy_show(words->remedy, self->button, self->button_label);
    latchkey_remedy_show(words->other, self->other_button, self->other_label);
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
    gtk_widget_class_bind_template_child(widget_class, LatchkeyBanner, other_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyBanner, other_label);
}

static void latchkey_banner_init(LatchkeyBanner *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
