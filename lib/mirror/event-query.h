/* The WHERE and ORDER BY of a query for events. */
#ifndef LK_MIRROR_EVENT_QUERY_H
#define LK_MIRROR_EVENT_QUERY_H

#include "mirror/select.h"

#include <latchkey/mirror.h>

/* Where an event stands. */
typedef struct lk__event_place {
    int64_t sequence;
    int64_t created_at_ms;
    const char *id;
} lk__event_place;

/* LK_ERR_NOT_FOUND. id must outlive *out. */
LK_MUST_CHECK lk_status lk__event_place_find(lk__store *store, const char *id, lk__event_place *out,
                                             lk_error *err);
/* < 0: a comes before b in this order. */
int lk__event_place_compare(lk_event_order order, const lk__event_place *a,
                            const lk__event_place *b);

/* What comes behind the place, or before it, in this order. */
void lk__event_place_add(lk__select *select, lk_event_order order, bool is_behind,
                         const lk__event_place *place);

/* What a query needs for as long as it is being run. */
typedef struct lk__patterns {
    char type_end[128];
    char text[LK__PATTERN_SIZE];
} lk__patterns;

LK_MUST_CHECK lk_status lk__event_query_check(const lk_mirror_event_query *query, lk_error *err);
/* On "event e" and, when object_id is set, "event_object o". by_index: the rows are read in order
 * from an index, and not just looked at. */
LK_MUST_CHECK lk_status lk__event_filters_add(lk__select *select,
                                              const lk_mirror_event_query *query, bool by_index,
                                              lk__patterns *patterns, lk_error *err);
/* " ORDER BY …". An object's events are in the order of its own index. */
const char *lk__event_order_sql(const lk_mirror_event_query *query);

/* "dsync." and "dsync.*" mean all from "dsync.": its length; 0 for a type as it is. */
size_t lk__type_prefix(const char *type);

#endif
