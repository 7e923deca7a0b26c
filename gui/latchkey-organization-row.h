/* The organization of the session, and behind it the others that one may switch to. */
#pragma once

#include "latchkey-account.h"
#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_ORGANIZATION_ROW (latchkey_organization_row_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyOrganizationRow, latchkey_organization_row, LATCHKEY, ORGANIZATION_ROW,
                     AdwExpanderRow)

/* feed: whose credential may list them. */
void latchkey_organization_row_set_account(LatchkeyOrganizationRow *self, LatchkeyAccount *account,
                                           LatchkeyFeed *feed);

G_END_DECLS
