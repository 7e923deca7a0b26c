/* How a kind of event looks in the chart, and a small piece of it for the legend. Each kind has a
 * colour and a pattern, for eyes and screens that do not tell colours apart. */
#pragma once

#include "latchkey-activity.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_SWATCH (latchkey_swatch_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySwatch, latchkey_swatch, LATCHKEY, SWATCH, GtkWidget)

GtkWidget *latchkey_swatch_new(LatchkeyActivityKind kind);

/* Fills an area in the colours of the widget's theme. */
void latchkey_swatch_draw(GtkWidget *widget, GtkSnapshot *snapshot, const graphene_rect_t *area,
                          LatchkeyActivityKind kind);

G_END_DECLS
