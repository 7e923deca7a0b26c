/* Chance that is the same for the same seed, so that what it has found can be played again; and the
 * sizes of long runs, from the environment. One thread at a time. */
#ifndef LK_TESTS_CHANCE_H
#define LK_TESTS_CHANCE_H

#include <stdint.h>

void chance_begin(uint64_t seed);
/* 0 to below - 1. */
unsigned chance_below(unsigned below);

/* The value of an environment variable, such as LK_HISTORIES; otherwise when it is not set. */
unsigned chance_number(const char *name, unsigned otherwise);

#endif
