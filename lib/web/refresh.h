/* Renews sessions so that one refresh token is spent once, however many requests carry it, in this
 * process or, with a lease, in others.
 *
 * WorkOS rotates refresh tokens: of two requests that spend the same one, the second may end the
 * session. A page load brings a dozen requests with the same stale cookie, so the first one asks
 * WorkOS and the others wait for its answer; those that come a little later, before the browser has
 * stored the new cookie, get the same answer from memory. */
#ifndef LK_WEB_REFRESH_H
#define LK_WEB_REFRESH_H

#include "web/keyring.h"
#include "web/session.h"

#include <latchkey/web.h>

/* WorkOS replays its answer for 30 s, too. */
enum { LK__REFRESH_MEMORY_MS = 30 * 1000 };

typedef struct lk__refresher lk__refresher;

/* client and keyring must outlive it. lease: its functions NULL where there is none. */
LK_MUST_CHECK lk_status lk__refresher_new(lk_client *client, const lk__keyring *keyring,
                                          const lk_refresh_lease *lease, lk__refresher **out,
                                          lk_error *err);
void lk__refresher_free(lk__refresher *refresher);
void lk__refresher_freep(lk__refresher **refresher);

/* The renewed cookie for grant (with a refresh token): by asking WorkOS (blocks), or by waiting for
 * the thread or server that does; waits false: LK_ERR_CANCELLED instead. Any thread. Other errors
 * as lk_session_refresh(); free *out with lk_free_secret(). */
LK_MUST_CHECK lk_status lk__refresher_renew(lk__refresher *refresher, const lk__grant *grant,
                                            bool waits, char **out, lk_error *err);

#endif
