/* SipHash-2-4: where in a table something stands, without the one who sends it knowing. Not for
 * signatures. */
#ifndef LK_CRYPTO_SIPHASH_H
#define LK_CRYPTO_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { LK__SIPHASH_KEY = 16 }; /* bytes, random and secret */

uint64_t lk__siphash(const unsigned char key[LK__SIPHASH_KEY], const void *data, size_t len);

#endif
