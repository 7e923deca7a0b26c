/* Users of the environment, their memberships and invitations. */
#ifndef EMULATOR_PEOPLE_H
#define EMULATOR_PEOPLE_H

#include <cjson/cJSON.h>

#include "session.h"

/* Adds one and tells it in an event. The input has the members that a seed's user may have. */
cJSON *people_add_user(emulator_state *self, const cJSON *input);
/* role_slug NULL: member; status NULL: active. */
cJSON *people_add_membership(emulator_state *self, const cJSON *user, const cJSON *organization,
                             const char *role_slug, const char *status);
/* organization NULL: into none. token NULL: a new one. */
cJSON *people_invite(emulator_state *self, const char *email, const cJSON *organization,
                     const char *role_slug, const char *token, const char *base_url);

/* Takes up the invitation of this token: the person becomes a member, and the sign-in is into that
 * organization. NULL token: nothing to do. False: answered with an error. */
bool people_take_invitation(exchange *self, sign_in *of, const char *token);
/* The pending invitation of this token; NULL: none, or it has expired. */
cJSON *people_find_invitation(const emulator_state *self, const char *token);

/* The only organization the user is an active member of; NULL when there is none, or several. */
const char *people_only_organization(const emulator_state *self, const char *user_id);

void people_verify_email(emulator_state *self, cJSON *user); /* emits user.updated, once */

#endif
