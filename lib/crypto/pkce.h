/* PKCE (RFC 7636), and other tokens nobody can guess. */
#ifndef LK_CRYPTO_PKCE_H
#define LK_CRYPTO_PKCE_H

#include <latchkey/authkit.h>

enum { LK__TOKEN_SIZE = 44 };

/* 32 random bytes as 43 characters of base64url and a NUL. */
LK_MUST_CHECK lk_status lk__random_token(const lk_random *random, char out[LK__TOKEN_SIZE],
                                         lk_error *err);
/* S256: base64url of the SHA-256 of the verifier's characters. */
LK_MUST_CHECK lk_status lk__pkce_challenge(const char *verifier, char out[LK__TOKEN_SIZE],
                                           lk_error *err);
LK_MUST_CHECK lk_status lk__pkce_make(const lk_random *random, lk_pkce *out, lk_error *err);

#endif
