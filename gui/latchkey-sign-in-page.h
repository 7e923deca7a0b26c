/* Everything before somebody is signed in: one page of a stack for each state of the account. */
#pragma once

#include "latchkey-account.h"
#include "latchkey-environments.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_SIGN_IN_PAGE (latchkey_sign_in_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySignInPage, latchkey_sign_in_page, LATCHKEY, SIGN_IN_PAGE, AdwBin)

/* Once. */
void latchkey_sign_in_page_set_account(LatchkeySignInPage *self, LatchkeyAccount *account);

/* Where there is more than one, another can be chosen; NULL: there is none to choose. */
void latchkey_sign_in_page_set_environments(LatchkeySignInPage *self,
                                            LatchkeyEnvironments *environments);

/* "4:41 left". Free with g_free(). */
char *latchkey_sign_in_page_time_left_text(gint64 left_ms);

G_END_DECLS
