/* See chance.h. */
#include "chance.h"

#include <stdlib.h>

static uint64_t chance; /* splitmix64 */

void chance_begin(uint64_t seed)
{
    chance = seed;
}

unsigned chance_below(unsigned below)
{
    uint64_t z = (chance += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (unsigned)((z ^ (z >> 31)) % below);
}

unsigned chance_number(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}
