/* One of the directories, or all of them. */
#pragma once

#include <adwaita.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_DIRECTORY_CHOOSER (latchkey_directory_chooser_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyDirectoryChooser, latchkey_directory_chooser, LATCHKEY,
                     DIRECTORY_CHOOSER, AdwBin)

/* Signal: "changed" (another one is chosen, also since the one before is not offered any more). */

/* Offers these; NULL: none. What is chosen stays, where it is among them. */
void latchkey_directory_chooser_set_page(LatchkeyDirectoryChooser *self,
                                         const lk_directory_page *page);
const char *latchkey_directory_chooser_get_id(LatchkeyDirectoryChooser *self); /* NULL: all */

G_END_DECLS
