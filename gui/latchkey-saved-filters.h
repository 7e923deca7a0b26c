/* The filters that somebody has given a name, and the one that was used last: one environment's,
 * kept in the settings. What cannot be read there is counted, left where it is, and else ignored.
 */
#pragma once

#include "latchkey-event-filter.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_SAVED_FILTERS (latchkey_saved_filters_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySavedFilters, latchkey_saved_filters, LATCHKEY, SAVED_FILTERS, GObject)

/* settings NULL: nothing is kept beyond this run. Signal: "changed" (the list below). */
LatchkeySavedFilters *latchkey_saved_filters_new(GSettings *settings, const char *environment);

/* Sorted by name. Borrowed until the next "changed". */
guint latchkey_saved_filters_get_n(LatchkeySavedFilters *self);
const char *latchkey_saved_filters_get_name(LatchkeySavedFilters *self, guint i);
/* NULL: there is none of this name. */
const LatchkeyEventFilter *latchkey_saved_filters_find(LatchkeySavedFilters *self,
                                                       const char *name);
/* How many there are that cannot be read. */
guint latchkey_saved_filters_get_n_unreadable(LatchkeySavedFilters *self);

/* Adds it, or puts it in the place of the one of this name, and returns that, to be given back;
 * NULL: there was none. Its span_ms counts, where it has one. */
GVariant *latchkey_saved_filters_put(LatchkeySavedFilters *self, const char *name,
                                     const LatchkeyEventFilter *filter);
/* FALSE: nothing was done, for there is one of the new name already, or none of the old. */
gboolean latchkey_saved_filters_rename(LatchkeySavedFilters *self, const char *name,
                                       const char *new_name);
/* Returns what is gone, to be given back; NULL: there was none. */
GVariant *latchkey_saved_filters_remove(LatchkeySavedFilters *self, const char *name);
/* What one of the two above returned. */
void latchkey_saved_filters_give_back(LatchkeySavedFilters *self, GVariant *entry);

/* The one in use. */
void latchkey_saved_filters_keep_last(LatchkeySavedFilters *self,
                                      const LatchkeyEventFilter *filter);
/* NULL: there is none, or it is not to be restored. *is_unreadable: there is something. */
LatchkeyEventFilter *latchkey_saved_filters_dup_last(LatchkeySavedFilters *self,
                                                     gboolean *is_unreadable);

G_END_DECLS
