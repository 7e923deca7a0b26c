/* Invitations: into the environment, or into an organization of it. */
#ifndef EMULATOR_INVITATIONS_H
#define EMULATOR_INVITATIONS_H

#include <cjson/cJSON.h>

#include "session.h"

/* What is asked of a new one. NULL and 0: into no organization, as a member, a new token, of
 * nobody, for seven days. */
typedef struct invitation_wanted {
    const char *email, *organization_id, *role_slug, *token, *inviter_user_id;
    int days;
} invitation_wanted;

cJSON *invitations_add(emulator_state *self, const invitation_wanted *wanted);
/* The pending one of this token; NULL: none, or it has expired. */
cJSON *invitations_find(const emulator_state *self, const char *token);
/* The invited person is a member from now on, and their address is verified. */
void invitations_accept(emulator_state *self, cJSON *invitation, cJSON *user);
/* Takes up the invitation of this token during a sign-in, which is into its organization then. NULL
 * token: nothing to do. False: answered with an error. */
bool invitations_take(exchange *self, sign_in *of, const char *token);

#endif
