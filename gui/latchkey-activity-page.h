/* When it happened: the events of the last day, week or month as a chart, and the way to those of
 * one moment. */
#pragma once

#include "latchkey-feed.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_ACTIVITY_PAGE (latchkey_activity_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyActivityPage, latchkey_activity_page, LATCHKEY, ACTIVITY_PAGE, AdwBin)

/* Signal: "range-chosen" (since_ms, until_ms, in words, type or NULL): somebody wants to see these
 * events. */

/* Once. */
void latchkey_activity_page_set_feed(LatchkeyActivityPage *self, LatchkeyFeed *feed);

G_END_DECLS
