/* One person or group in the list: picture, name, and a line on them. */
#pragma once

#include "latchkey-record.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_RECORD_ROW (latchkey_record_row_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyRecordRow, latchkey_record_row, LATCHKEY, RECORD_ROW, AdwBin)

GtkWidget *latchkey_record_row_new(void);
void latchkey_record_row_set_record(LatchkeyRecordRow *self, LatchkeyRecord *record, gint64 now_ms);
/* The row as one sentence for a screen reader. Free with g_free(). */
char *latchkey_record_row_spoken(LatchkeyRecord *record, gint64 now_ms);

G_END_DECLS
