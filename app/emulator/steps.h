/* What a sign-in still needs before there are tokens, and the pass that carries it until then. */
#ifndef EMULATOR_STEPS_H
#define EMULATOR_STEPS_H

#include "session.h"

/* True: nothing is missing, and the organization is chosen. False: answered with the step that is,
 * and a pending_authentication_token to go on with. */
bool steps_are_done(exchange *self, sign_in *of);

/* A token that carries this sign-in for ten minutes; belongs to the state. */
const char *steps_add_pass(exchange *self, const sign_in *of);
cJSON *steps_find(exchange *self, const char *token, sign_in *out); /* NULL: none, or too old */
/* The sign-in that this pending_authentication_token carries. NULL: answered with an error. Its
 * texts belong to the pass. */
cJSON *steps_resume(exchange *self, const char *token, sign_in *out);
void steps_forget(exchange *self, cJSON *pass); /* it has led to tokens */

#endif
