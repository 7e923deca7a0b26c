/* A request to authorize: what a program asks of the hosted sign-in, and what it gets back. */
#ifndef EMULATOR_AUTHORIZE_H
#define EMULATOR_AUTHORIZE_H

#include "exchange.h"

/* A request that has passed the checks. Texts belong to the query. */
typedef struct authorization {
    const char *redirect_uri, *state, *challenge;
    const char *organization_id, *provider; /* NULL: not asked for */
    const cJSON *connection;                /* NULL: no single sign-on */
    const cJSON *impersonator;              /* NULL: people sign in as themselves */
    bool is_sso;                            /* /sso/authorize: profiles, not users */
} authorization;

/* What is wrong goes back to the program as WorkOS does it, except when it is the client or the
 * redirect URI that is wrong: then there is nobody to tell but the person. False: answered. */
bool authorize_check(exchange *self, bool is_sso, authorization *out);

void authorize_send_back(exchange *self, const authorization *request, const char *error,
                         const char *description);
/* Remembers who signed in for what, under a new code, and sends the code to the program. */
void authorize_send_code(exchange *self, const authorization *request, const cJSON *who,
                         const char *organization_id);
void authorize_show_problem(exchange *self, const char *explanation);

/* The profile by which this user comes through a connection; NULL when they do not. */
const cJSON *authorize_profile(const emulator_state *state, const cJSON *connection,
                               const char *email);

#endif
