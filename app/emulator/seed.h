/* Fills a new environment from a seed: the official emulator's keys users, organizations,
 * connections, roles, permissions, and ours, directories. What stands in it happened in the days
 * before now. */
#ifndef EMULATOR_SEED_H
#define EMULATOR_SEED_H

#include <stdbool.h>

#include "emulator.h"
#include "state.h"

/* By seed_file, seed_json, or the built-in company. False: a sentence is in error. */
bool seed_state(emulator_state *self, const emulator_options *options,
                char error[EMULATOR_ERROR_SIZE]);

char *seed_default(void); /* the built-in company as JSON; free() it */

#endif
