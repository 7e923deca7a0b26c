/* The thread that sends webhooks, to loopback only. */
#ifndef EMULATOR_DELIVER_H
#define EMULATOR_DELIVER_H

#include <pthread.h>

#include "state.h"

typedef struct deliverer deliverer;

/* lock: around the state. NULL: the thread could not be started. */
deliverer *deliverer_start(emulator_state *state, pthread_mutex_t *lock);
void deliverer_stop(deliverer *self); /* at once, whoever is being waited for; NULL is fine */

#endif
