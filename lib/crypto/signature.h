/* The WorkOS-Signature header of webhooks: "t=<time>, v1=<hex HMAC-SHA256 of t.body>". */
#ifndef LK_CRYPTO_SIGNATURE_H
#define LK_CRYPTO_SIGNATURE_H

#include "base/buf.h"

/* t may be seconds or milliseconds (decided by magnitude), fields in any order, several v1.
 * tolerance_s is two-sided; 0: 180. LK_ERR_SIGNATURE or LK_ERR_EXPIRED. */
LK_MUST_CHECK lk_status lk__signature_verify(const char *secret, const char *header,
                                             const void *body, size_t body_len, int64_t now_ms,
                                             int tolerance_s, lk_error *err);
LK_MUST_CHECK lk_status lk__signature_make(const char *secret, const void *body, size_t body_len,
                                           int64_t now_ms, lk__buf *out, lk_error *err);

#endif
