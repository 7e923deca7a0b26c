/* base64url without padding (RFC 4648, 5), by table: mbedTLS' constant-time one costs 34 times
 * more, and nothing decoded here is secret from the one who sent it. */
#ifndef LK_CRYPTO_BASE64_H
#define LK_CRYPTO_BASE64_H

#include "base/buf.h"

/* Characters that len bytes take, without the NUL. */
size_t lk__base64url_size(size_t len);
/* Writes lk__base64url_size(len) characters and a NUL. */
void lk__base64url_encode(const void *data, size_t len, char *out);
/* Appends. LK_ERR_PROTOCOL: a character outside the alphabet, an impossible length, or bits set
 * beyond the last byte; lenient accepts trailing "=" and such bits, as the Node family does. */
LK_MUST_CHECK lk_status lk__base64url_decode(lk__buf *out, const char *text, size_t len,
                                             bool lenient, lk_error *err);

#endif
