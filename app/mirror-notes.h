/* What there is to say of a mirror beside its numbers, for sync run and sync status. */
#ifndef APP_MIRROR_NOTES_H
#define APP_MIRROR_NOTES_H

#include <latchkey/consumer.h>

/* Events that are kept and change nothing: one line, or nothing to say. As JSON: the members
 * ,"other_types":{"TYPE":N,…}. */
LK_MUST_CHECK lk_status mirror_notes_types(lk_mirror *mirror, bool as_json, lk_error *err);
/* Times whose events never came, from where on events are kept, and the room they take: a line for
 * each. As JSON: ,"gaps":[{…},…],"kept_from":…,"bytes":N. */
LK_MUST_CHECK lk_status mirror_notes_kept(lk_mirror *mirror, int64_t kept_from_ms, bool as_json,
                                          lk_error *err);
/* How far each consumer is: a line for each, and another where events from before kept_from_ms
 * (0: nothing is forgotten) still wait for it. As JSON: ,"consumers":[{…},…]. */
LK_MUST_CHECK lk_status mirror_notes_consumers(lk_mirror *mirror, int64_t kept_from_ms,
                                               bool as_json, lk_error *err);

#endif
