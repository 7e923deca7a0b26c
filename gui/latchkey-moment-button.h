/* Chooses the time that something is shown as of: a button with the usual ones, a calendar and the
 * hours behind it. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_MOMENT_BUTTON (latchkey_moment_button_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyMomentButton, latchkey_moment_button, LATCHKEY, MOMENT_BUTTON, AdwBin)

/* Signal: "moment-chosen" (gint64: Unix milliseconds in the past; 0: now). */

/* What the calendar begins with; 0: now. */
void latchkey_moment_button_set_moment(LatchkeyMomentButton *self, gint64 at_ms);
void latchkey_moment_button_popup(LatchkeyMomentButton *self);

G_END_DECLS
