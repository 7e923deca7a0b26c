/* The entry and the menu that say which events are listed. */
#pragma once

#include "latchkey-event-filter.h"
#include "latchkey-saved-filters.h"
#include "latchkey-store.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_FILTER_BAR (latchkey_filter_bar_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyFilterBar, latchkey_filter_bar, LATCHKEY, FILTER_BAR, AdwBin)

/* Signal: "changed" (the filter is another one). */

/* Where the directories to choose from come from. */
void latchkey_filter_bar_set_store(LatchkeyFilterBar *self, LatchkeyStore *store);

/* Once: those to choose from, and to add to. */
void latchkey_filter_bar_set_saved(LatchkeyFilterBar *self, LatchkeySavedFilters *saved);

/* Of this moment: free with latchkey_event_filter_free(). */
LatchkeyEventFilter *latchkey_filter_bar_get_filter(LatchkeyFilterBar *self, gint64 now_ms);

/* Its span_ms counts, where it has one. */
void latchkey_filter_bar_set_filter(LatchkeyFilterBar *self, const LatchkeyEventFilter *filter);

/* Events of a time in between, which words name, whatever else is chosen. */
void latchkey_filter_bar_set_range(LatchkeyFilterBar *self, gint64 since_ms, gint64 until_ms,
                                   const char *words);

/* NULL: all types. */
void latchkey_filter_bar_set_type(LatchkeyFilterBar *self, const char *type);

/* Lets all events through again, and offers to take that back. */
void latchkey_filter_bar_clear(LatchkeyFilterBar *self);

/* Keys that nobody below widget wants begin a search. */
void latchkey_filter_bar_capture_keys(LatchkeyFilterBar *self, GtkWidget *widget);
void latchkey_filter_bar_focus(LatchkeyFilterBar *self);
/* Shows what there is to choose from. */
void latchkey_filter_bar_open(LatchkeyFilterBar *self);

G_END_DECLS
