/* The settings, also where the program runs from its build directory. */
#pragma once

#include <gio/gio.h>

/* NULL when the schema is found nowhere: GSettings itself would abort. */
GSettings *latchkey_settings_new(void);

/* One for all that show something, made at the first call; NULL as above. Main thread only. */
GSettings *latchkey_settings_get_default(void);

/* Shows light or dark as is set, from now on. */
void latchkey_settings_follow_appearance(void);

/* The defaults where there is no schema. zone: free with g_time_zone_unref(). */
gboolean latchkey_settings_get_masks(void);
GTimeZone *latchkey_settings_get_zone(void);
