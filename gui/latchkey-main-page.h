/* What a signed-in person sees: the pages over one account and one feed, and the way between them.
 */
#pragma once

#include "latchkey-account.h"
#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_MAIN_PAGE (latchkey_main_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyMainPage, latchkey_main_page, LATCHKEY, MAIN_PAGE, AdwBin)

/* Signal: "place-changed" (whether there is a way back may be another). */
/* key: where the API key is kept; NULL: there is none. */
LatchkeyMainPage *latchkey_main_page_new(LatchkeyAccount *account, LatchkeyFeed *feed,
                                         LatchkeySecrets *key);

/* By its name in the switcher, and gives it the focus; nothing happens for a name of none. */
void latchkey_main_page_show(LatchkeyMainPage *self, const char *name);
const char *latchkey_main_page_get_shown(LatchkeyMainPage *self);
gboolean latchkey_main_page_can_go_back(LatchkeyMainPage *self);
void latchkey_main_page_go_back(LatchkeyMainPage *self);
/* Puts the cursor where one types what to look for, on a page that has such a place. */
void latchkey_main_page_search(LatchkeyMainPage *self);

/* By its id. FALSE: it is not there. */
gboolean latchkey_main_page_show_event(LatchkeyMainPage *self, const char *id);
/* Asks where to write the listed events to. */
void latchkey_main_page_export(LatchkeyMainPage *self);

/* Speaks no more of the locked keyring that the API key is in. */
void latchkey_main_page_leave_locked(LatchkeyMainPage *self);

G_END_DECLS
