/* What a person can choose; each choice counts at once. */
#pragma once

#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_PREFERENCES (latchkey_preferences_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyPreferences, latchkey_preferences, LATCHKEY, PREFERENCES,
                     AdwPreferencesWindow)

GtkWidget *latchkey_preferences_new(GSettings *settings);
/* Once: whose events are kept on this computer. Until then nothing is shown of them. */
void latchkey_preferences_set_feed(LatchkeyPreferences *self, LatchkeyFeed *feed);

G_END_DECLS
