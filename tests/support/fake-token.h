/* Access tokens as WorkOS would sign them, with a key of the tests (tests/data/signing-key.pem).
 * The key sets that go with it: tests/data/jwks.json holds key_1 alone, jwks-two.json key_2, too.
 */
#ifndef LK_TESTS_FAKE_TOKEN_H
#define LK_TESTS_FAKE_TOKEN_H

#include <stddef.h>
#include <stdint.h>

/* kid "key_1" or "key_2" (any other id is signed with key_1); claims is a JSON object. Fails the
 * program when it cannot sign. Free with free(). */
char *fake_token_sign(const char *kid, const char *claims);

/* Any header and claims, JSON or not, signed by a key file of tests/data. Free with free(). */
char *fake_token_by(const char *key_file, const char *header, const char *claims);

/* The same with a signature of the caller's choice. Free with free(). */
char *fake_token_with(const char *header, const char *claims, const void *signature,
                      size_t signature_len);

/* The usual one, by key_1: issuer https://api.workos.com, user_01, session_01, org_01, role admin,
 * good for 300 s from now_ms. Free with free(). */
char *fake_token(int64_t now_ms);

#endif
