/* Asks where to write events to, and shows how far that is. */
#pragma once

#include "latchkey-event-filter.h"
#include "latchkey-store.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EXPORT_BAR (latchkey_export_bar_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyExportBar, latchkey_export_bar, LATCHKEY, EXPORT_BAR, AdwBin)

/* Opens a file chooser. n_events: how many there may be; -1: not known. While an export is under
 * way nothing happens. */
void latchkey_export_bar_choose(LatchkeyExportBar *self, LatchkeyStore *store,
                                const LatchkeyEventFilter *filter, gint64 n_events);
/* What follows once a file is chosen. */
void latchkey_export_bar_start(LatchkeyExportBar *self, LatchkeyStore *store,
                               const LatchkeyEventFilter *filter, const char *path,
                               gint64 n_events);

G_END_DECLS
