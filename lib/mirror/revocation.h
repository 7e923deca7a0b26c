/* Which sessions WorkOS ended before their tokens expire: written by events, asked at each request.
 */
#ifndef LK_MIRROR_REVOCATION_H
#define LK_MIRROR_REVOCATION_H

#include "mirror/record.h"
#include "mirror/store.h"

/* Remembers that record's session, person or seat ended at_ms. Idempotent; the latest end counts.
 */
LK_MUST_CHECK lk_status lk__revocation_put(lk__store *store, const lk__record *record,
                                           int64_t at_ms, lk_error *err);

#endif
