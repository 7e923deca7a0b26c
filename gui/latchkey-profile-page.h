/* Who is signed in, for which organization, with which rights, and where the session is kept. */
#pragma once

#include "latchkey-account.h"
#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_PROFILE_PAGE (latchkey_profile_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyProfilePage, latchkey_profile_page, LATCHKEY, PROFILE_PAGE, AdwBin)

/* Once. feed: who can tell the person's organizations. */
void latchkey_profile_page_set_account(LatchkeyProfilePage *self, LatchkeyAccount *account,
                                       LatchkeyFeed *feed);

/* "renews in 3 min". due_ms: Unix milliseconds of its end. Free with g_free(). */
char *latchkey_profile_page_renewal_text(gint64 expires_at_ms, gint64 now_ms, gboolean is_failing);

G_END_DECLS
