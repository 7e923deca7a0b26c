/* What was different before a change, as WorkOS tells it in previous_attributes. */
#ifndef EMULATOR_DIFFERENCE_H
#define EMULATOR_DIFFERENCE_H

#include <cjson/cJSON.h>

/* "A shallow diff of root members and of custom_attributes; a key absent before appears with null."
 * Without updated_at and the emulator's own members. Free it; without members: nothing changed. */
cJSON *difference_before(const cJSON *before, const cJSON *after);

#endif
