/* Sessions that were opened before, so that the next request with the same cookie costs a
 * microsecond instead of an RSA verification.
 *
 * A session is handed out for exactly the seal it was opened from, byte for byte; until its token
 * or its seal expires, or the clock is set back; and only while the signing keys are those that its
 * token was verified with. Whoever holds the cache asks about revocation at each hit, and
 * names with keys_id the cookie passwords as well.
 *
 * An entry takes its seal, its session and 70 bytes: about 7 KB with a cookie of 2.4 KB, 30 KB at
 * most. Beyond the limit the one that was used longest ago goes. Safe from any thread; the lock is
 * held for a comparison. */
#ifndef LK_WEB_SESSION_CACHE_H
#define LK_WEB_SESSION_CACHE_H

#include "web/session.h"

#include <stdint.h>

typedef struct lk__session_cache lk__session_cache;

/* limit 0: keeps nothing. */
LK_MUST_CHECK lk_status lk__session_cache_new(const lk_random *random, size_t limit,
                                              lk__session_cache **out, lk_error *err);
/* Wipes. NULL is fine; sessions that were handed out live on. */
void lk__session_cache_free(lk__session_cache *cache);
/* NULL when it is not there. keys_id: of lk__client_keys_id(). Free with lk_session_free(). */
lk_session *lk__session_cache_find(lk__session_cache *cache, const char *sealed, size_t len,
                                   uint64_t keys_id, int64_t now_ms);
/* Keeps a session that has just been opened from sealed; keys_id is from before that. Seals of more
 * than 8 KB and sessions that memory does not suffice for are left out. */
void lk__session_cache_keep(lk__session_cache *cache, const char *sealed, size_t len,
                            lk_session *session, uint64_t keys_id, int64_t now_ms);
/* After a sign-out, or once it is known to be revoked. */
void lk__session_cache_forget(lk__session_cache *cache, const char *sealed, size_t len);

#endif
