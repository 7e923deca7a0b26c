/* The help window: what each page is for and what helps when something is wrong. It is part of the
 * program, so that it can be read without a network, a browser or another program. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_HELP (latchkey_help_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyHelp, latchkey_help, LATCHKEY, HELP, AdwWindow)

/* Shows the one that is open over the parent, or else a new one. */
void latchkey_help_show(GtkWindow *parent);

G_END_DECLS
