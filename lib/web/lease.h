/* One renewal per refresh token among the processes that share a store; see lk_refresh_lease. */
#ifndef LK_WEB_LEASE_H
#define LK_WEB_LEASE_H

#include "crypto/crypto.h"
#include "web/keyring.h"
#include "web/session.h"

#include <latchkey/web.h>

/* Borrowed, all of it. */
typedef struct lk__lease {
    lk_client *client;
    const lk__keyring *keyring; /* results are sealed with the first */
    lk_refresh_lease seam;
} lk__lease;

/* The renewed cookie for grant, whose refresh token has this SHA-256: by asking WorkOS, or from the
 * process that did, waiting for it or not (then LK_ERR_CANCELLED while it is at it). Blocks; errors
 * as lk_session_refresh(), and only a refusal that counts for all processes is terminal. Free *out
 * with lk_free_secret(). */
LK_MUST_CHECK lk_status lk__lease_renew(const lk__lease *lease,
                                        const unsigned char token_hash[LK__SHA256_SIZE],
                                        const lk__grant *grant, bool waits, char **out,
                                        lk_error *err);

#endif
