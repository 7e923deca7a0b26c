/* Events of a filter, read on a thread: latchkey_store_read_finish() takes what was found. */
#pragma once

#include "latchkey-event-filter.h"
#include "latchkey-store.h"

G_BEGIN_DECLS

/* Newest first; after: the id of an event, behind which they stand, or NULL. One that is forgotten
 * has nothing behind it. Gives an lk_mirror_event_page. */
void latchkey_event_read_page_async(LatchkeyStore *store, const LatchkeyEventFilter *filter,
                                    const char *after, guint limit, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer data);

/* How many there are. Gives a gint64, to be freed with g_free(). */
void latchkey_event_read_count_async(LatchkeyStore *store, const LatchkeyEventFilter *filter,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer data);

G_END_DECLS
