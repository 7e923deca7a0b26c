/* A line over a page that says what is wrong, with a button: what later libadwaitas call a banner.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_BANNER (latchkey_banner_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyBanner, latchkey_banner, LATCHKEY, BANNER, AdwBin)

/* text NULL hides it. button, with a mnemonic, may be NULL; action is its. */
void latchkey_banner_show(LatchkeyBanner *self, const char *text, const char *button,
                          const char *action);

G_END_DECLS
