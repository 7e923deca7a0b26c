/* What the tests of access tokens share: keys, rules that accept, and a verification that watches.
 */
#ifndef LK_TESTS_JWT_KIT_H
#define LK_TESTS_JWT_KIT_H

#include "crypto/jwt.h"

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"key_1\"}"
#define ISS    "\"iss\":\"https://api.workos.com\""
#define SUB    "\"sub\":\"user_01\""
#define EXP    "\"exp\":1772453000" /* 200 s after NOON */
#define CLAIMS "{" ISS "," SUB "," EXP "}"

/* cmocka's group fixture: *state is the key set of tests/data/jwks.json (key_1). */
int jwt_kit_setup(void **state);
int jwt_kit_teardown(void **state);

/* A key set of tests/data. Free with lk__jwks_free(). */
lk__jwks *jwt_kit_keys(const char *file);

/* NOON, client_01, two issuers, 30 s of leeway. */
lk__jwt_rules jwt_kit_rules(const lk__jwks *keys);

/* Verifies and forgets the claims. Asserts on the way: claims on LK_OK and LK_ERR_EXPIRED only, and
 * no part of the token in the message. */
lk_status jwt_kit_verify(const char *token, const lk__jwt_rules *rules, lk_error *err);

/* The same with a token made here, signed by key_1. */
lk_status jwt_kit_verify_signed(const lk__jwks *keys, const char *header, const char *claims,
                                lk_error *err);

#endif
