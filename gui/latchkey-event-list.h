/* The events of a mirror that pass a filter, newest first, as a GListModel that holds a few pages
 * of them at a time.
 *
 * Main thread only. A row costs nothing until it is asked for; pages are read by key, never by
 * offset, the next one on a thread, and the least recently used ones are dropped. The model grows
 * towards the past as its end comes into view, and at its head as latchkey_event_list_refresh()
 * finds more. Another filter is another list: GTK shows a new model sooner than a changed one. */
#pragma once

#include "latchkey-event-filter.h"
#include "latchkey-store.h"

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENT_LIST (latchkey_event_list_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventList, latchkey_event_list, LATCHKEY, EVENT_LIST, GObject)

/* Copies the filter; NULL: all. Begins to read. Signal: "loaded", after each page and each count.
 */
LatchkeyEventList *latchkey_event_list_new(LatchkeyStore *store, const LatchkeyEventFilter *filter);
const LatchkeyEventFilter *latchkey_event_list_get_filter(LatchkeyEventList *self);

/* Looks for events that arrived since, at the head and in between, and emits "items-changed". */
void latchkey_event_list_refresh(LatchkeyEventList *self);

/* Held, the list takes in no arrivals, and a refresh only counts them: up to 1000, after which
 * "loaded" is emitted where the number is another one. Let go, it takes them in at once. */
void latchkey_event_list_hold(LatchkeyEventList *self, gboolean is_held);
guint latchkey_event_list_get_n_held(LatchkeyEventList *self);

/* Whether a page is being read, so that an empty model means nothing yet. */
gboolean latchkey_event_list_is_loading(LatchkeyEventList *self);

/* Whether the oldest event is in the model, so that its length is the number of events. */
gboolean latchkey_event_list_is_complete(LatchkeyEventList *self);

/* How many events pass the filter; -1: not counted yet. */
gint64 latchkey_event_list_get_n_total(LatchkeyEventList *self);

/* How many pages are in memory now. */
guint latchkey_event_list_get_n_cached(LatchkeyEventList *self);

G_END_DECLS
