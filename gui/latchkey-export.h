/* Events of a filter as a file, newest first. */
#pragma once

#include "latchkey-event-filter.h"
#include "latchkey-store.h"

G_BEGIN_DECLS

typedef enum {
    LATCHKEY_EXPORT_CSV,    /* one event a line, in columns for a spreadsheet */
    LATCHKEY_EXPORT_JSON,   /* an array of the events as they came */
    LATCHKEY_EXPORT_NDJSON, /* the same, one event a line */
} LatchkeyExportFormat;

/* By the end of a file's name; JSON where it has none that is known. */
LatchkeyExportFormat latchkey_export_format_of(const char *path);

typedef void LatchkeyExportProgress(gint64 n_events, gpointer data);

/* Reads and writes on a thread, a page at a time, between which others get their turn; progress is
 * told on the main thread. The file is complete or not there: it takes its name, and the place of
 * an older one, at the end, mode 0600. Cancelling leaves nothing behind. */
void latchkey_export_async(LatchkeyStore *store, const LatchkeyEventFilter *filter,
                           const char *path, LatchkeyExportProgress *progress,
                           gpointer progress_data, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
/* How many events are in the file; -1 with error set: none was written. */
gint64 latchkey_export_finish(GAsyncResult *result, GError **error);

/* A cell of a CSV file: quoted (RFC 4180), and never taken for a formula by a spreadsheet. For
 * tests, too. */
void latchkey_export_add_cell(GString *out, const char *text);

G_END_DECLS
