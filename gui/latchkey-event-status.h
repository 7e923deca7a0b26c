/* One line over the list: how many events, how fresh they are, and the way to hold them still. */
#pragma once

#include "latchkey-health.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENT_STATUS (latchkey_event_status_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventStatus, latchkey_event_status, LATCHKEY, EVENT_STATUS, AdwBin)

/* Signal: "pause-clicked". */

void latchkey_event_status_set_count(LatchkeyEventStatus *self, const char *words);
void latchkey_event_status_show(LatchkeyEventStatus *self, const LatchkeyHealth *health,
                                gboolean is_paused, gint64 now_ms);

G_END_DECLS
