/* Second factors: TOTP (RFC 6238, SHA-1, six digits, thirty seconds) and the challenges for them.
 */
#ifndef EMULATOR_FACTORS_H
#define EMULATOR_FACTORS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "state.h"

#define TOTP_CODE_SIZE 7

/* secret: base32 of 10 to 64 bytes; NULL: a new one. NULL result: the secret is none. */
cJSON *factors_add(emulator_state *self, const cJSON *user, const char *issuer, const char *secret);
cJSON *factors_challenge(emulator_state *self, const cJSON *factor);      /* belongs to the state */
const cJSON *factors_of(const emulator_state *self, const char *user_id); /* one; NULL: none */

void factors_code(const emulator_state *self, const cJSON *factor, char out[TOTP_CODE_SIZE]);
/* NULL: the code fits and is used up. Else WorkOS' code for what is wrong with it. */
const char *factors_check(emulator_state *self, cJSON *challenge, const char *code);

#endif
