/* The environment's signing key, its secrets, and hashes. One thread at a time. */
#ifndef EMULATOR_KEYS_H
#define EMULATOR_KEYS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct key_ring key_ring;

/* With randomness only; keys_rotate() or keys_restore() gives it a key to sign with. NULL when
 * there is no randomness. */
key_ring *keys_new(void);
void keys_free(key_ring *self);
const char *keys_id(const key_ring *self); /* of the key that signs; NULL: there is none yet */

cJSON *keys_save(const key_ring *self); /* with the private key; free it with cJSON_Delete() */
bool keys_restore(key_ring *self, const cJSON *saved); /* false: it is none that was saved */

char *keys_sign(key_ring *self,
                const cJSON *claims); /* a JWT (RS256); free() it; NULL on failure */
/* Signs with a new RSA key of 2048 bits from now on, which takes some tenths of a second to make;
 * the old one stays in the set or leaves it at once. */
bool keys_rotate(key_ring *self, const char *key_id, bool keeps_old);
cJSON *keys_set(const key_ring *self); /* {"keys":[…]}, free it with cJSON_Delete() */

char *keys_secret(key_ring *self, const char *prefix); /* prefix and 256 random bits; free() it */
uint64_t keys_number(key_ring *self);                  /* a random one */

/* base64url(SHA-256(verifier)) equals the challenge (RFC 7636, 4.6). */
bool keys_challenge_fits(const char *challenge, const char *verifier);

void keys_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                      unsigned char out[32]);
void keys_hmac_sha1(const void *key, size_t key_len, const void *bytes, size_t len,
                    unsigned char out[20]);

#endif
