/* The settings, also where the program runs from its build directory. */
#pragma once

#include <gio/gio.h>

/* NULL when the schema is found nowhere: GSettings itself would abort. */
GSettings *latchkey_settings_new(void);
