/* A JSON Web Key Set (RFC 7517): the RSA signing keys in it, by key id. */
#ifndef LK_CRYPTO_JWKS_H
#define LK_CRYPTO_JWKS_H

#include "crypto/crypto.h"

typedef struct lk__jwks lk__jwks;

/* Keys that are no RSA signing keys for RS256 (kty, use, key_ops, alg, size) or lack a kid are left
 * out; of two with one kid the first counts. LK_ERR_PROTOCOL: not a key set, or no usable key in
 * it. */
LK_MUST_CHECK lk_status lk__jwks_parse(const char *text, size_t len, lk__jwks **out, lk_error *err);
void lk__jwks_free(lk__jwks *jwks);
void lk__jwks_freep(lk__jwks **jwks);
/* Borrowed; NULL when there is no such key. */
const lk__rsa_key *lk__jwks_find(const lk__jwks *jwks, const char *kid);

#endif
