/* Codes of six digits that WorkOS sends by mail: magic auth and e-mail verification. Nothing is
 * sent here; the page at / and the API show them. */
#ifndef EMULATOR_ONE_TIME_CODES_H
#define EMULATOR_ONE_TIME_CODES_H

#include <cjson/cJSON.h>

#include "state.h"

/* object: magic_auth or email_verification. Emits object.created. */
cJSON *one_time_code_add(emulator_state *self, const char *object, const cJSON *user);
/* NULL: the code is right and used up. Else WorkOS' code for what is wrong. */
const char *one_time_code_check(emulator_state *self, const char *object, const char *user_id,
                                const char *code);

#endif
