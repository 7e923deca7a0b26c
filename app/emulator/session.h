/* Sessions of signed-in people, their tokens, and the events that tell of them. */
#ifndef EMULATOR_SESSION_H
#define EMULATOR_SESSION_H

#include <cjson/cJSON.h>

#include "exchange.h"

/* Opens a session for the user and tells it in an event. method: as in authentication_method. */
cJSON *session_open(exchange *self, const cJSON *user, const char *organization_id,
                    const char *method, const cJSON *body);
void session_end(emulator_state *self, cJSON *session); /* once; emits session.revoked */
bool session_is_active(const emulator_state *self, const cJSON *session);

/* A signed access token for the session; free() it; NULL when it cannot be signed. */
char *session_token(exchange *self, const cJSON *session);

/* authentication.*_succeeded for this method. who: with user_id, email; connection_id NULL: no SSO.
 */
void session_tell(exchange *self, const char *method, const cJSON *user, const cJSON *session,
                  const char *connection_id, const cJSON *body);

#endif
