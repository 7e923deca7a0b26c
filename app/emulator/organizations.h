/* Organizations: how they change, and the events that tell it. */
#ifndef EMULATOR_ORGANIZATIONS_H
#define EMULATOR_ORGANIZATIONS_H

#include <cjson/cJSON.h>

#include "state.h"

/* Adds one. The input has the members that a seed's organization may have; memberships are left to
 * the caller. */
cJSON *organizations_add(emulator_state *self, const cJSON *input);
/* Takes over what the patch has; domains: as in the input. */
void organizations_change(emulator_state *self, cJSON *organization, const cJSON *patch);
/* With its directories, connections and memberships, each of which is told. */
void organizations_remove(emulator_state *self, cJSON *organization);

/* With its profiles. */
void connections_remove(emulator_state *self, cJSON *connection);

#endif
