/* Events by text or directory, through the blocks of event-index.h. */
#ifndef LK_MIRROR_SEARCH_EVENTS_H
#define LK_MIRROR_SEARCH_EVENTS_H

#include "mirror/event-rows.h"

/* By text or directory, and not by an object, which has an index. */
bool lk__is_search(const lk_mirror_event_query *query);

/* Both inside a transaction of the caller's, for such a query.
 *
 * after NULL: from the first. rows: empty, with room for twice the limit. */
LK_MUST_CHECK lk_status lk__search_events(lk__store *store, const lk_mirror_event_query *query,
                                          int limit, const lk__event_place *after,
                                          lk__event_rows *rows, lk_error *err);
LK_MUST_CHECK lk_status lk__search_count(lk__store *store, const lk_mirror_event_query *query,
                                         int64_t *out, lk_error *err);

#endif
