/* The recent directory events as a live list, and what to do where there are none. */
#pragma once

#include "latchkey-event.h"
#include "latchkey-feed.h"
#include "latchkey-news.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENTS_PAGE (latchkey_events_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventsPage, latchkey_events_page, LATCHKEY, EVENTS_PAGE, AdwBin)

/* Signal: "record-chosen" (LatchkeyRecordKind as int, id, name): somebody wants to see whom an
 * event is about. */

/* Once. */
void latchkey_events_page_set_feed(LatchkeyEventsPage *self, LatchkeyFeed *feed);

/* Once: new events are marked until somebody has looked at the list and away. */
void latchkey_events_page_set_news(LatchkeyEventsPage *self, LatchkeyNews *news);

/* Shows an event, whether it is in the list or not. */
void latchkey_events_page_show(LatchkeyEventsPage *self, LatchkeyEvent *event);

/* Lists the events of a time, which words name. type: as in LatchkeyEventFilter. */
void latchkey_events_page_show_range(LatchkeyEventsPage *self, gint64 since_ms, gint64 until_ms,
                                     const char *words, const char *type);

/* Asks where to write the listed events to. */
void latchkey_events_page_export(LatchkeyEventsPage *self);

/* FALSE: there is nothing to list, and the page itself says why. */
gboolean latchkey_events_page_is_listing(LatchkeyEventsPage *self);

G_END_DECLS
