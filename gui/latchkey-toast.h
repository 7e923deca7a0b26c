/* Short messages over the window, some with something to do about them. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Over the window that the widget is in; elsewhere nowhere. text is no markup. */
void latchkey_toast_show(GtkWidget *widget, const char *text);

/* With a button that activates an action of the widget's. target is taken over if floating; NULL:
 * the action has none. */
void latchkey_toast_offer(GtkWidget *widget, const char *text, const char *button,
                          const char *action_name, GVariant *target);

G_END_DECLS
