/* A list of events on the screen: rows, what is new in them, and following.
 *
 * It follows the newest event while it is at its top; scrolled away or paused, it stays where the
 * reader is, tells how many came, and offers the way back. */
#pragma once

#include "latchkey-event-list.h"
#include "latchkey-event.h"
#include "latchkey-news.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENT_VIEW (latchkey_event_view_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEventView, latchkey_event_view, LATCHKEY, EVENT_VIEW, AdwBin)

/* Signals: "selected" (LatchkeyEvent), "activated" (it is to be opened), "pause-changed". */

/* Nothing is selected then, and it is at its top. */
void latchkey_event_view_set_list(LatchkeyEventView *self, LatchkeyEventList *list);
/* Once: new events are marked. */
void latchkey_event_view_set_news(LatchkeyEventView *self, LatchkeyNews *news);

/* On a thread: what could not be fetched is marked between the rows. */
void latchkey_event_view_look_for_gaps(LatchkeyEventView *self, LatchkeyStore *store);

/* Where only one pane fits a click opens, too: there is nothing to be seen of a selection. */
void latchkey_event_view_set_click_opens(LatchkeyEventView *self, gboolean click_opens);

void latchkey_event_view_unselect(LatchkeyEventView *self);
/* What the rows say depends on the settings. */
void latchkey_event_view_refresh(LatchkeyEventView *self);

gboolean latchkey_event_view_get_paused(LatchkeyEventView *self);
void latchkey_event_view_set_paused(LatchkeyEventView *self, gboolean is_paused);
/* Goes there, and follows from now on. */
void latchkey_event_view_show_newest(LatchkeyEventView *self);
/* How many events came that were not shown. */
guint latchkey_event_view_get_n_unseen(LatchkeyEventView *self);
/* Whether the keyboard is on the rows, or on nothing at all. */
gboolean latchkey_event_view_has_keys(LatchkeyEventView *self);

G_END_DECLS
