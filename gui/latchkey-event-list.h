/* All directory events of a mirror, newest first, as a GListModel that holds a few pages of them at
 * a time.
 *
 * Main thread only. A row costs nothing until it is asked for; pages are read by key (about 0.1 ms
 * each), never by offset, and the least recently used ones are dropped. The model grows towards the
 * past as its end comes into view, and at its head as latchkey_event_list_refresh() finds more. */
#pragma once

#include <gio/gio.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENT_LIST (latchkey_event_list_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventList, latchkey_event_list, LATCHKEY, EVENT_LIST, GObject)

/* Takes the mirror over: a connection of its own, no other thread may use it. */
LatchkeyEventList *latchkey_event_list_new(lk_mirror *mirror);

/* Looks for events that arrived since, at the head and in between, and emits "items-changed". */
void latchkey_event_list_refresh(LatchkeyEventList *self);

/* Whether the oldest event is in the model, so that its length is the number of events. */
gboolean latchkey_event_list_is_complete(LatchkeyEventList *self);

/* How many pages are in memory now. */
guint latchkey_event_list_get_n_cached(LatchkeyEventList *self);

G_END_DECLS
