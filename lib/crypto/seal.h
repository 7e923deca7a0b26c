/* The Fe26.2 seal (iron): AES-256-CBC and HMAC-SHA256 under a password. */
#ifndef LK_CRYPTO_SEAL_H
#define LK_CRYPTO_SEAL_H

#include "base/buf.h"

#include <latchkey/client.h>
#include <stdint.h>

/* Appends the seal of text. ttl_ms 0: never expires. LK_ERR_INVALID: password under 32 characters.
 */
LK_MUST_CHECK lk_status lk__seal(const lk_random *random, const char *password, const void *text,
                                 size_t len, int64_t now_ms, int64_t ttl_ms, lk__buf *out,
                                 lk_error *err);
/* Appends the sealed text (out should be a secret buffer); tries the passwords in turn, all under
 * password id "1". LK_ERR_SIGNATURE: not sealed by us, or damaged; LK_ERR_EXPIRED: past its expiry
 * and 60 s of grace. */
LK_MUST_CHECK lk_status lk__unseal(const char *const *passwords, size_t n_passwords,
                                   const char *seal, size_t len, int64_t now_ms, lk__buf *out,
                                   lk_error *err);
/* When a seal that opens stops doing so, the grace left out; INT64_MAX: never; 0: it does not open.
 */
int64_t lk__seal_expiry_ms(const char *seal, size_t len);

/* How long the seal of len bytes is that never expires. */
size_t lk__seal_size(size_t len);

#endif
