/* Toast titles are markup (libadwaita 1.2), and texts may hold names from outside. */
#include "latchkey-toast.h"

#include "latchkey-a11y.h"

#include <glib/gi18n.h>

/* Longer than a message that is only read. */
enum { OFFER_S = 12 };

typedef struct Offer {
    GtkWidget *widget;
    char *action_name;
    GVariant *target;
} Offer;

static void offer_free(gpointer data, GClosure *closure)
{
    (void)closure;
    Offer *offer = data;

    g_object_unref(offer->widget);
    g_free(offer->action_name);
    g_clear_pointer(&offer->target, g_variant_unref);
    g_free(offer);
}

/* Not by the toast's own action: it would be looked for around the toast, not in the widget. */
static void on_button(AdwToast *toast, const Offer *offer)
{
    (void)toast;
    gtk_widget_activate_action_variant(offer->widget, offer->action_name, offer->target);
}

void latchkey_toast_offer(GtkWidget *widget, const char *text, const char *button,
                          const char *action_name, GVariant *target)
{
    g_autoptr(GVariant) owned = target != NULL ? g_variant_ref_sink(target) : NULL;
    GtkWidget *overlay = gtk_widget_get_ancestor(widget, ADW_TYPE_TOAST_OVERLAY);
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    if (overlay == NULL)
        return;
    AdwToast *toast = adw_toast_new(escaped);
    if (action_name != NULL) {
        Offer *offer = g_new0(Offer, 1);
        *offer = (Offer){ .widget = g_object_ref(widget),
                          .action_name = g_strdup(action_name),
                          .target = g_steal_pointer(&owned) };
        adw_toast_set_button_label(toast, button);
        adw_toast_set_timeout(toast, OFFER_S);
        /* At once: behind another message it would come when nobody thinks of it any more. */
        adw_toast_set_priority(toast, ADW_TOAST_PRIORITY_HIGH);
        g_signal_connect_data(toast, "button-clicked", G_CALLBACK(on_button), offer, offer_free, 0);
    }
    adw_toast_overlay_add_toast(ADW_TOAST_OVERLAY(overlay), toast);
    latchkey_a11y_name_icons(overlay, "window-close-symbolic", _("Close"));
    latchkey_a11y_cure_mnemonics(overlay);
}

void latchkey_toast_show(GtkWidget *widget, const char *text)
{
    latchkey_toast_offer(widget, text, NULL, NULL, NULL);
}
