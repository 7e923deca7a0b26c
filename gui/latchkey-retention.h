/* What is kept of the past on this computer: for how long, how much it is, and the end of it. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct LatchkeyRetentionSize {
    gint64 n_events;
    gint64 n_bytes;
} LatchkeyRetentionSize;

/* Days; 0: for ever. What somebody has chosen, else the default; but a store that is not this
 * program's own (LATCHKEY_STORE) is kept whole until somebody chooses. settings NULL: for ever. */
int latchkey_retention_get_keep_days(GSettings *settings);

/* Both on a thread, over a connection of their own. store: its location. */
void latchkey_retention_measure_async(const char *store, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer data);
gboolean latchkey_retention_measure_finish(GAsyncResult *result, LatchkeyRetentionSize *size,
                                           GError **error);

/* On the main thread, now and then. */
typedef void LatchkeyRetentionProgress(gint64 n_forgotten, gpointer data);

/* Forgets all events that the feed can do without, and gives the disk back what they took. data is
 * for both. Where it fails, some of them may be forgotten. */
void latchkey_retention_clear_async(const char *store, LatchkeyRetentionProgress *progress,
                                    GAsyncReadyCallback callback, gpointer data);
gboolean latchkey_retention_clear_finish(GAsyncResult *result, gint64 *n_forgotten, GError **error);

G_END_DECLS
