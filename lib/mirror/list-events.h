/* The event log for the mirror's other readers. */
#ifndef LK_MIRROR_LIST_EVENTS_H
#define LK_MIRROR_LIST_EVENTS_H

#include "mirror/event-rows.h"

/* Inside a transaction of the caller's. rows: empty, with room for twice the limit. */
LK_MUST_CHECK lk_status lk__list_events(lk__store *store, const lk_mirror_event_query *query,
                                        int limit, lk__event_rows *rows, lk_error *err);

#endif
