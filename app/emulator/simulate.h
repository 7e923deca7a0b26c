/* Changes of a company's directory that happen by themselves: somebody is hired, moves to another
 * department, joins or leaves a group, is suspended, comes back, leaves. */
#ifndef EMULATOR_SIMULATE_H
#define EMULATOR_SIMULATE_H

#include <cjson/cJSON.h>

#include "state.h"

/* One change in one of the active directories; none when there is no directory. People who can sign
 * in stay, so that whoever tries the emulator keeps somebody to be. */
void simulate_step(emulator_state *self);

/* A new person in this directory, in its first group and one other. */
void simulate_hire(emulator_state *self, const cJSON *directory);

#endif
