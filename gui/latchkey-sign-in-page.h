/* A sign-in under way and what stands in its way: one page of a stack for each such state of the
 * account. */
#pragma once

#include "latchkey-account.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_SIGN_IN_PAGE (latchkey_sign_in_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySignInPage, latchkey_sign_in_page, LATCHKEY, SIGN_IN_PAGE, AdwBin)

/* Once. */
void latchkey_sign_in_page_set_account(LatchkeySignInPage *self, LatchkeyAccount *account);

/* "4:41 left". Free with g_free(). */
char *latchkey_sign_in_page_time_left_text(gint64 left_ms);

G_END_DECLS
