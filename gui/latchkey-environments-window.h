/* The list of environments: choose, add, change. */
#pragma once

#include "latchkey-environments.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_ENVIRONMENTS_WINDOW (latchkey_environments_window_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEnvironmentsWindow, latchkey_environments_window, LATCHKEY,
                     ENVIRONMENTS_WINDOW, AdwWindow)

/* Begins with the form for a new one where there is none. parent may be NULL. */
GtkWidget *latchkey_environments_window_new(GtkWindow *parent, LatchkeyEnvironments *environments);

G_END_DECLS
