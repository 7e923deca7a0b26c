/* A line over the pages that says what is wrong, with what helps: what later libadwaitas call a
 * banner. */
#pragma once

#include "latchkey-health.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_BANNER (latchkey_banner_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyBanner, latchkey_banner, LATCHKEY, BANNER, AdwBin)

/* A text of NULL hides it. */
void latchkey_banner_show(LatchkeyBanner *self, const LatchkeyHealthWords *words);

/* For a button elsewhere that does the same; hides it where there is nothing to do. label is in it.
 */
void latchkey_remedy_show(LatchkeyRemedy remedy, GtkWidget *button, GtkLabel *label);

G_END_DECLS
