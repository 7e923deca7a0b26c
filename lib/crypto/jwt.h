/* Access tokens: JWS compact form, RS256 only (RFC 7515, 7519, 8725). */
#ifndef LK_CRYPTO_JWT_H
#define LK_CRYPTO_JWT_H

#include "base/json.h"
#include "crypto/jwks.h"

#include <stdint.h>

typedef struct lk__jwt_rules {
    const lk__jwks *keys;       /* NULL: LK_ERR_NO_KEY for every token that is otherwise sound */
    const char *const *issuers; /* compared after one trailing slash is dropped */
    size_t n_issuers;           /* 0 refuses every token */
    const char *client_id;      /* must be in "aud" where there is one, and equal "client_id" */
    int64_t now_ms;
    int leeway_s; /* for exp; nbf is granted 60 s at least */
    /* How far now_ms is known to be ahead of WorkOS' clock (behind: negative), for the messages
     * alone; 0: not known. */
    int64_t clock_skew_ms;
} lk__jwt_rules;

/* Checks form, duplicate names, alg, crit, typ, kid, signature, iss, aud, client_id, sub
 * (required), nbf and exp (required), in this order, and hands out the claims. LK_ERR_SIGNATURE:
 * not a token of ours; LK_ERR_EXPIRED: genuine and sound, but past exp; *claims is then set too,
 * for the caller that refreshes. LK_ERR_NO_KEY: unknown kid, and claims that are worth a look for
 * new keys. The message holds numbers and names, never the token. Free *claims with
 * lk__json_free(). */
LK_MUST_CHECK lk_status lk__jwt_verify(const char *token, const lk__jwt_rules *rules,
                                       lk__json **claims, lk_error *err);

#endif
