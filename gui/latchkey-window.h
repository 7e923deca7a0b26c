/* The window: the sign-in page while nobody is signed in, else the events and the profile. */
#pragma once

#include "latchkey-account.h"
#include "latchkey-environments.h"
#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_WINDOW (latchkey_window_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyWindow, latchkey_window, LATCHKEY, WINDOW, AdwApplicationWindow)

/* application may be NULL, in tests. The rest as below. */
LatchkeyWindow *latchkey_window_new(GtkApplication *application, LatchkeyAccount *account,
                                    LatchkeyFeed *feed, LatchkeySecrets *key);
/* Another environment, or another view of a server: all pages begin anew. key: where the API key is
 * kept; NULL: there is none. */
void latchkey_window_set_source(LatchkeyWindow *self, LatchkeyAccount *account, LatchkeyFeed *feed,
                                LatchkeySecrets *key);
/* What the sign-in page lets one choose from. */
void latchkey_window_set_environments(LatchkeyWindow *self, LatchkeyEnvironments *environments);
/* Says it once, over whatever is shown; plain text. */
void latchkey_window_tell(LatchkeyWindow *self, const char *text);

G_END_DECLS
