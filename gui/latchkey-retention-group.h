/* In the preferences: how long events are kept on this computer, how much that is, and the end of
 * it. */
#pragma once

#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_RETENTION_GROUP (latchkey_retention_group_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyRetentionGroup, latchkey_retention_group, LATCHKEY, RETENTION_GROUP,
                     AdwPreferencesGroup)

/* Once. */
void latchkey_retention_group_set_feed(LatchkeyRetentionGroup *self, LatchkeyFeed *feed,
                                       GSettings *settings);

G_END_DECLS
