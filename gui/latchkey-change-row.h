/* One changed field: what it was, struck out, over what it is now. */
#pragma once

#include "latchkey-changes.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* An AdwPreferencesRow. Copies what it needs. */
GtkWidget *latchkey_change_row_new(const LatchkeyChange *change);

G_END_DECLS
