/* One person or group: what is known, who belongs to whom, and its history. */
#pragma once

#include "latchkey-record.h"
#include "latchkey-store.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_RECORD_DETAILS (latchkey_record_details_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyRecordDetails, latchkey_record_details, LATCHKEY, RECORD_DETAILS,
                     AdwBin)

/* Signals: "record-chosen" (LatchkeyRecordKind as int, id, name): another one was clicked;
 * "event-chosen" (LatchkeyEvent). */

/* Reads it from the store. name is shown for one that is not there any more. */
void latchkey_record_details_show(LatchkeyRecordDetails *self, LatchkeyStore *store,
                                  LatchkeyRecordKind kind, const char *id, const char *name);

G_END_DECLS
