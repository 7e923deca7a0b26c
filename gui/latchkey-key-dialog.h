/* Asks for the API key of an environment. */
#pragma once

#include "latchkey-config.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_KEY_DIALOG (latchkey_key_dialog_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyKeyDialog, latchkey_key_dialog, LATCHKEY, KEY_DIALOG, AdwMessageDialog)

/* Its response is "save" or "cancel"; "save" can be chosen once a key that may be one was entered.
 */
GtkWidget *latchkey_key_dialog_new(GtkWindow *parent, LatchkeyConfig *config);

/* What was entered. Wipe what is returned. */
char *latchkey_key_dialog_dup_key(LatchkeyKeyDialog *self);

G_END_DECLS
