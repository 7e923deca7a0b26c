/* The limits of production on how often one may ask: off unless they are asked for, since tests ask
 * more often than people. */
#ifndef EMULATOR_RATE_LIMITS_H
#define EMULATOR_RATE_LIMITS_H

#include "exchange.h"

/* Counts the request. False: it is one too many, and is answered with 429. */
bool limits_allow(exchange *self);

/* Takes settings over: {"on", "retry_after", and a count for each limit by its name}, as the seed
 * and the control API have them. False: a sentence is in error, nothing is changed. */
bool limits_set(emulator_state *self, const cJSON *settings, const char *path,
                char error[EMULATOR_ERROR_SIZE]);

#endif
