/* What is shown while a kept session is looked for. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_STARTING_PAGE (latchkey_starting_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyStartingPage, latchkey_starting_page, LATCHKEY, STARTING_PAGE, AdwBin)

G_END_DECLS
