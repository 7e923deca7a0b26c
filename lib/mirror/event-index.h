/* What finds events again: a row for each object that they name, and blocks of their text.
 *
 * A block is the text of BLOCK events that follow each other in the log, in one row. Looking
 * through all blocks takes a twentieth of what looking at each event takes, and tells which few
 * hundred events to look at. They are written once, when enough events have gathered behind the
 * last one: that costs a commit next to nothing, where an index of words would cost more than the
 * event itself. */
#ifndef LK_MIRROR_EVENT_INDEX_H
#define LK_MIRROR_EVENT_INDEX_H

#include "mirror/record.h"
#include "mirror/store.h"

enum { LK__MAX_OWNER = 255 }; /* longer ids are nobody's: they are not noted */

/* All inside a transaction of the caller's that writes. */
LK_MUST_CHECK lk_status lk__event_index_add(lk__store *store, int64_t sequence,
                                            int64_t created_at_ms, const lk__record *record,
                                            lk_error *err);
/* Writes the blocks that are full; at the end of a transaction that added events. */
LK_MUST_CHECK lk_status lk__event_index_seal(lk__store *store, lk_error *err);
/* After events between these two sequences, which are a block's, were deleted. */
LK_MUST_CHECK lk_status lk__event_index_reseal(lk__store *store, int64_t first_sequence,
                                               int64_t last_sequence, lk_error *err);
/* For a log that an earlier version wrote. */
LK_MUST_CHECK lk_status lk__event_index_fill(lk__store *store, lk_error *err);

/* What separates the fields of an event in a block; control characters of the text are it, too. */
#define LK__BLOCK_FIELD '\x01'
#define LK__BLOCK_LINE  '\n'
/* A byte of text as it stands in a block. */
char lk__block_fold(char c);

#endif
