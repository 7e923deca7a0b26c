/* What is shown while nobody is signed in and nothing is under way. */
#pragma once

#include "latchkey-account.h"
#include "latchkey-environments.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_SIGNED_OUT_PAGE (latchkey_signed_out_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySignedOutPage, latchkey_signed_out_page, LATCHKEY, SIGNED_OUT_PAGE,
                     AdwBin)

/* Once. */
void latchkey_signed_out_page_set_account(LatchkeySignedOutPage *self, LatchkeyAccount *account);

/* Where there is more than one, another can be chosen; NULL: there is none to choose. */
void latchkey_signed_out_page_set_environments(LatchkeySignedOutPage *self,
                                               LatchkeyEnvironments *environments);

G_END_DECLS
