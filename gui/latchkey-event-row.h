/* One event in the list: icon, sentence, what and where, time. */
#pragma once

#include "latchkey-event.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENT_ROW (latchkey_event_row_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventRow, latchkey_event_row, LATCHKEY, EVENT_ROW, GtkWidget)

GtkWidget *latchkey_event_row_new(void);
void latchkey_event_row_set_event(LatchkeyEventRow *self, LatchkeyEvent *event, gint64 now_ms);
/* NULL: none was set. */
LatchkeyEvent *latchkey_event_row_get_event(LatchkeyEventRow *self);
/* Whether nobody has seen it yet. */
void latchkey_event_row_set_new(LatchkeyEventRow *self, gboolean is_new);
/* What could not be fetched between it and its neighbours, in words; NULL: nothing. */
void latchkey_event_row_set_gaps(LatchkeyEventRow *self, const char *above, const char *below);
/* The row as one sentence for a screen reader. Free with g_free(). */
char *latchkey_event_row_spoken(LatchkeyEvent *event, gboolean is_new, gint64 now_ms);
/* One line to send to somebody: when, what, and the id to find it by. Free with g_free(). */
char *latchkey_event_row_text(LatchkeyEvent *event);

G_END_DECLS
