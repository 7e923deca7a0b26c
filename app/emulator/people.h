/* Users of the environment and their memberships: how they change, and the events that tell it. */
#ifndef EMULATOR_PEOPLE_H
#define EMULATOR_PEOPLE_H

#include <cjson/cJSON.h>

#include "session.h"

#define PEOPLE_MIN_PASSWORD 10 /* characters; WorkOS' own default */

/* Adds one and tells it in an event. The input has the members that a seed's user may have. */
cJSON *people_add_user(emulator_state *self, const cJSON *input);
/* Takes over what the patch has; another e-mail address is unverified again. */
void people_change_user(emulator_state *self, cJSON *user, const cJSON *patch);
/* With their memberships and second factors; their sessions end. */
void people_remove_user(emulator_state *self, cJSON *user);
void people_verify_email(emulator_state *self, cJSON *user); /* emits user.updated, once */
void people_set_password(cJSON *user, const char *password); /* no event */

/* role_slug NULL: member; status NULL: active. */
cJSON *people_add_membership(emulator_state *self, const cJSON *user, const cJSON *organization,
                             const char *role_slug, const char *status);
/* role_slug, status NULL: as it is. */
void people_change_membership(emulator_state *self, cJSON *membership, const char *role_slug,
                              const char *status);
void people_remove_membership(emulator_state *self, cJSON *membership);
/* The membership whatever its status; NULL: none. */
cJSON *people_find_membership(const emulator_state *self, const char *user_id,
                              const char *organization_id);

/* The only organization the user is an active member of; NULL when there is none, or several. */
const char *people_only_organization(const emulator_state *self, const char *user_id);

#endif
