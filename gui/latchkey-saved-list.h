/* The saved filters in the filter menu: choose, save, rename, delete. */
#pragma once

#include "latchkey-saved-filters.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_SAVED_LIST (latchkey_saved_list_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySavedList, latchkey_saved_list, LATCHKEY, SAVED_LIST, AdwBin)

/* Signals: "chosen" (name), "save" (name: somebody wants the filter in use kept under it). */

/* Once. */
void latchkey_saved_list_set_filters(LatchkeySavedList *self, LatchkeySavedFilters *filters);

/* Whether there is something in use that could be saved. */
void latchkey_saved_list_set_can_save(LatchkeySavedList *self, gboolean can_save);
void latchkey_saved_list_save(LatchkeySavedList *self, const char *name,
                              const LatchkeyEventFilter *filter);

G_END_DECLS
