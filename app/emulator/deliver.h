/* The threads that send webhooks, to loopback only: one for each endpoint that is being talked to,
 * so that none that hangs holds up the others. */
#ifndef EMULATOR_DELIVER_H
#define EMULATOR_DELIVER_H

#include <pthread.h>

#include "state.h"

typedef struct deliverer deliverer;

/* lock: around the state. settled: called under it when a delivery has ended. NULL: no thread could
 * be started. */
deliverer *deliverer_start(emulator_state *state, pthread_mutex_t *lock,
                           void (*settled)(void *context), void *context);
void deliverer_stop(deliverer *self); /* at once, whoever is being waited for; NULL is fine */

#endif
