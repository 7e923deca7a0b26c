/* Directories and how they change. Each change emits the events that WorkOS emits for it.
 *
 * Inputs are objects with the members of the wire; unknown ones must have been refused before. They
 * are copied. */
#ifndef EMULATOR_DIRECTORY_H
#define EMULATOR_DIRECTORY_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "state.h"

cJSON *directory_add(emulator_state *self, const char *organization_id, const cJSON *input);
void directory_change(emulator_state *self, cJSON *directory,
                      const cJSON *patch); /* name, state, type */
void directory_remove(emulator_state *self, cJSON *directory);

cJSON *directory_user_add(emulator_state *self, const cJSON *directory, const cJSON *input);
void directory_user_change(emulator_state *self, cJSON *user, const cJSON *patch);
void directory_user_remove(emulator_state *self, cJSON *user);

cJSON *directory_group_add(emulator_state *self, const cJSON *directory, const cJSON *input);
void directory_group_change(emulator_state *self, cJSON *group, const cJSON *patch);
void directory_group_remove(emulator_state *self, cJSON *group);

/* A user without events, not yet among the records. */
cJSON *directory_user_make(emulator_state *self, const cJSON *directory, const cJSON *input);
void directory_add_link(emulator_state *self, const cJSON *user, const cJSON *group); /* no event */
bool directory_link(emulator_state *self, cJSON *user, const cJSON *group); /* false: already in */
bool directory_unlink(emulator_state *self, cJSON *user, const cJSON *group); /* false: not in */
bool directory_is_linked(const emulator_state *self, const cJSON *user, const cJSON *group);

/* What the state API shows; free it. */
cJSON *directory_view(const emulator_state *self, const cJSON *directory);
cJSON *directory_user_view(const emulator_state *self, const cJSON *user); /* with its groups */

#endif
