/* How a record was before an event changed it.
 *
 * WorkOS names in previous_attributes what an event changed: root members, and within an object,
 * such as custom_attributes, those of its members; what was not there before has the value null. */
#ifndef LK_MIRROR_HISTORY_BEFORE_H
#define LK_MIRROR_HISTORY_BEFORE_H

#include "base/arena.h"

#include <latchkey/error.h>

/* json: the record as it stands in the event. *out: as it was before, in the arena; the same where
 * the event does not say that it was another. */
LK_MUST_CHECK lk_status lk__before_change(const char *json, size_t len, lk__arena *arena,
                                          const char **out, lk_error *err);

#endif
