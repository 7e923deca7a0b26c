/* Bars of events over time, from which a range is chosen: by dragging, or with the arrow keys and
 * Shift. */
#pragma once

#include "latchkey-activity.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_ACTIVITY_CHART (latchkey_activity_chart_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyActivityChart, latchkey_activity_chart, LATCHKEY, ACTIVITY_CHART,
                     GtkWidget)

/* Signals: "range-changed" (another one is chosen, or none); "activated" (Enter or a double click:
 * somebody wants to see the events of the range). */

/* Takes a reference. A range that was chosen stays where the bars stand for the same times. */
void latchkey_activity_chart_set_bars(LatchkeyActivityChart *self, GArray *bars,
                                      LatchkeyActivitySpan span, GTimeZone *zone);

/* FALSE: none is chosen. */
gboolean latchkey_activity_chart_get_range(LatchkeyActivityChart *self, guint *first, guint *last);
void latchkey_activity_chart_clear_range(LatchkeyActivityChart *self);

G_END_DECLS
