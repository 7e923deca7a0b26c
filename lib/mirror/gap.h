/* Times whose events never came: the feed was away for longer than WorkOS keeps them. */
#ifndef LK_MIRROR_GAP_H
#define LK_MIRROR_GAP_H

#include "mirror/feed.h"

/* What is missing before the first page of a walk, when WorkOS keeps nothing from before oldest_ms;
 * *out is zeroed where nothing is. A page with older events shows that it keeps them for longer. */
void lk__gap_find(const lk__feed *feed, int64_t oldest_ms, const lk_event_page *page, lk__gap *out);
/* Inside a transaction. Nothing to do for a zeroed one. */
LK_MUST_CHECK lk_status lk__gap_note(lk__store *store, const lk__gap *gap, int64_t now_ms,
                                     lk_error *err);

#endif
