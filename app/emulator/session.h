/* Sessions of signed-in people, their tokens, and the events that tell of them. */
#ifndef EMULATOR_SESSION_H
#define EMULATOR_SESSION_H

#include <cjson/cJSON.h>

#include "exchange.h"

/* A sign-in on its way: who, how, and into which organization. Texts belong to records or to the
 * request. */
typedef struct sign_in {
    cJSON *user;
    const char *method;                          /* as in authentication_method */
    const char *organization_id, *connection_id; /* NULL: none */
    const cJSON *impersonator; /* {email, reason} of who acts as the user; NULL: the user does */
    int64_t at_ms;             /* when the person has shown who they are; 0: now */
    bool is_told;              /* its event has been emitted: it comes before steps that follow */
    bool has_second_factor;    /* a code of their factor was given */
} sign_in;

/* Opens a session and tells it in an event. */
cJSON *session_open(exchange *self, const sign_in *of, const cJSON *body);
void session_end(emulator_state *self, cJSON *session); /* once; emits session.revoked */
bool session_is_active(const emulator_state *self, const cJSON *session);

/* A signed access token for the session; free() it; NULL when it cannot be signed. */
char *session_token(exchange *self, const cJSON *session);

/* authentication.*_succeeded. user_id, email: of the user or of an SSO profile. session NULL: none.
 */
void session_tell(exchange *self, const sign_in *of, const cJSON *session, const cJSON *body);
/* authentication.*_failed: code and message as the caller is told. */
void session_tell_failure(exchange *self, const char *method, const cJSON *user, const char *email,
                          const char *code, const cJSON *body);

#endif
