/* What Latchkey needs of cryptography, in the form most useful to it. mbedtls.c implements it; no
 * choice of algorithm leaks above. Computes, never fetches. */
#ifndef LK_CRYPTO_CRYPTO_H
#define LK_CRYPTO_CRYPTO_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { LK__SHA256_SIZE = 32, LK__AES_BLOCK = 16, LK__AES_KEY = 32 };

LK_MUST_CHECK lk_status lk__sha256(const void *data, size_t len, unsigned char out[LK__SHA256_SIZE],
                                   lk_error *err);
LK_MUST_CHECK lk_status lk__hmac_sha256(const void *key, size_t key_len, const void *data,
                                        size_t len, unsigned char out[LK__SHA256_SIZE],
                                        lk_error *err);
/* A password made ready for PBKDF2-HMAC-SHA1 (RFC 8018, 5.2), as the Fe26.2 seal asks for: several
 * keys of one password cost half. Not for two threads at once. */
typedef struct lk__kdf lk__kdf;
LK_MUST_CHECK lk_status lk__kdf_new(const void *password, size_t len, lk__kdf **out, lk_error *err);
/* Wipes; NULL is fine. */
void lk__kdf_free(lk__kdf *kdf);
void lk__kdf_freep(lk__kdf **kdf);
LK_MUST_CHECK lk_status lk__kdf_derive(lk__kdf *kdf, const void *salt, size_t salt_len,
                                       unsigned iterations, void *out, size_t out_len,
                                       lk_error *err);
/* CBC over whole blocks; padding is the caller's. in and out may be the same. */
LK_MUST_CHECK lk_status lk__aes256_cbc(bool encrypt, const unsigned char key[LK__AES_KEY],
                                       const unsigned char iv[LK__AES_BLOCK], const void *in,
                                       size_t len, void *out, lk_error *err);
/* Constant time. */
bool lk__bytes_equal(const void *a, const void *b, size_t len);

/* An RSA public key of 2048 to 8192 bits with an odd exponent of at least 3. */
typedef struct lk__rsa_key lk__rsa_key;
LK_MUST_CHECK lk_status lk__rsa_key_new(const void *modulus, size_t modulus_len,
                                        const void *exponent, size_t exponent_len,
                                        lk__rsa_key **out, lk_error *err);
void lk__rsa_key_free(lk__rsa_key *key);
void lk__rsa_key_freep(lk__rsa_key **key);
/* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2). Safe from several threads at once.
 * LK_ERR_SIGNATURE when it does not verify. */
LK_MUST_CHECK lk_status lk__rsa_verify_sha256(const lk__rsa_key *key, const void *data, size_t len,
                                              const void *signature, size_t signature_len,
                                              lk_error *err);

/* For lk_random: getrandom(2); ctx is ignored. */
lk_status lk__random_fill(void *ctx, void *out, size_t len);

#endif
