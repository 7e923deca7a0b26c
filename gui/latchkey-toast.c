/* Toast titles are markup (libadwaita 1.2), and texts may hold names from outside. */
#include "latchkey-toast.h"

#include "latchkey-a11y.h"

#include <glib/gi18n.h>

void latchkey_toast_offer(GtkWidget *widget, const char *text, const char *button,
                          const char *action_name, GVariant *target)
{
    g_autoptr(GVariant) owned = target != NULL ? g_variant_ref_sink(target) : NULL;
    GtkWidget *overlay = gtk_widget_get_ancestor(widget, ADW_TYPE_TOAST_OVERLAY);
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    if (overlay == NULL)
        return;
    AdwToast *toast = adw_toast_new(escaped);
    adw_toast_set_button_label(toast, button);
    adw_toast_set_action_name(toast, action_name);
    adw_toast_set_action_target_value(toast, owned);
    adw_toast_overlay_add_toast(ADW_TOAST_OVERLAY(overlay), toast);
    latchkey_a11y_name_icons(overlay, "window-close-symbolic", _("Close"));
}

void latchkey_toast_show(GtkWidget *widget, const char *text)
{
    latchkey_toast_offer(widget, text, NULL, NULL, NULL);
}
