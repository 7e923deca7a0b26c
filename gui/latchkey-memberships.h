/* Which organizations a person belongs to, as whoever feeds the window tells it. */
#pragma once

#include "latchkey-config.h"

#include <latchkey/authkit.h>

G_BEGIN_DECLS

/* credential: as the feed has it; NULL ends in LATCHKEY_ERROR_CONFIG. */
void latchkey_memberships_list_async(LatchkeyConfig *config, const char *credential,
                                     const char *user_id, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer data);
lk_membership_page *latchkey_memberships_list_finish(GAsyncResult *result, GError **error);

G_END_DECLS
