/* The end of every grant. */
#ifndef EMULATOR_GRANTS_H
#define EMULATOR_GRANTS_H

#include "session.h"

typedef void grant(exchange *self, const cJSON *body, bool has_secret);

/* Opens the session and answers with its tokens. */
void grant_tokens(exchange *self, const sign_in *of, const cJSON *body);

/* direct-grants.c; device.c */
grant grant_password, grant_magic_auth, grant_email_verification, grant_totp, grant_organization;
grant grant_device;

#endif
