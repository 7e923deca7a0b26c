/* The form for one environment: its name, where its events come from, and what that takes. */
#pragma once

#include "latchkey-environments.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_ENVIRONMENT_EDITOR (latchkey_environment_editor_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEnvironmentEditor, latchkey_environment_editor, LATCHKEY,
                     ENVIRONMENT_EDITOR, AdwBin)

/* Signal: "done" (saved, removed or given up). */

/* config NULL: a new one. */
void latchkey_environment_editor_edit(LatchkeyEnvironmentEditor *self,
                                      LatchkeyEnvironments *environments, LatchkeyConfig *config);

G_END_DECLS
