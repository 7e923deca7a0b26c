/* The recent directory events as a live list, and what to do where there are none. */
#pragma once

#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENTS_PAGE (latchkey_events_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventsPage, latchkey_events_page, LATCHKEY, EVENTS_PAGE, AdwBin)

/* Once. */
void latchkey_events_page_set_feed(LatchkeyEventsPage *self, LatchkeyFeed *feed);

G_END_DECLS
