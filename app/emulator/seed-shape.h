/* The shape of seeds. */
#ifndef EMULATOR_SEED_SHAPE_H
#define EMULATOR_SEED_SHAPE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* False: a sentence that names the place is in error, of EMULATOR_ERROR_SIZE bytes. */
bool seed_fits(const cJSON *seed, char *error);
/* How many things a seed will add, each at its own time. */
int64_t seed_count(const cJSON *seed);

#endif
