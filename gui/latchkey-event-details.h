/* All there is to one event: what changed, whom it is about, and the event as it came. */
#pragma once

#include "latchkey-event.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENT_DETAILS (latchkey_event_details_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventDetails, latchkey_event_details, LATCHKEY, EVENT_DETAILS, AdwBin)

/* Signal: "record-chosen" (LatchkeyRecordKind as int, id, name): the person or group was clicked.
 */

/* NULL: no event is chosen. */
void latchkey_event_details_set_event(LatchkeyEventDetails *self, LatchkeyEvent *event);
/* The same event again, as the settings want it now. */
void latchkey_event_details_refresh(LatchkeyEventDetails *self);
LatchkeyEvent *latchkey_event_details_get_event(LatchkeyEventDetails *self);

/* What is shown, to the clipboard: in one line for people, and as it came. */
void latchkey_event_details_copy_text(LatchkeyEventDetails *self);
void latchkey_event_details_copy_json(LatchkeyEventDetails *self);

G_END_DECLS
