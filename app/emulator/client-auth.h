/* Who is calling: the program's client id and secret. */
#ifndef EMULATOR_CLIENT_AUTH_H
#define EMULATOR_CLIENT_AUTH_H

#include "exchange.h"

/* True when client_id of the body is ours and no wrong secret was sent, in the body or as bearer
 * token; out tells whether a right one was. False: answered with an error. */
bool client_auth_check(exchange *self, const cJSON *body, bool *out_has_secret);

/* The code of this body, taken out of circulation, when it may be redeemed here by this caller:
 * PKCE's verifier fits, or a secret was sent. NULL: answered with an error. */
cJSON *client_auth_redeem(exchange *self, const cJSON *body, bool is_sso, bool has_secret);

#endif
