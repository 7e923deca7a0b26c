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

/* Reads it from the store. name is shown until it is read, and for one that nothing is known of. */
void latchkey_record_details_show(LatchkeyRecordDetails *self, LatchkeyStore *store,
                                  LatchkeyRecordKind kind, const char *id, const char *name);
/* From now on as of this time; 0: now. What is shown is read anew. */
void latchkey_record_details_set_moment(LatchkeyRecordDetails *self, gint64 at_ms);
/* Of what is shown; NULL: nothing yet. */
const char *latchkey_record_details_get_id(LatchkeyRecordDetails *self);

G_END_DECLS
