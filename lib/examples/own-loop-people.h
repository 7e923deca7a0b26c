/* Who works at the customers: a local copy of their directories, kept right by steps on a timer. */
#ifndef OWN_LOOP_PEOPLE_H
#define OWN_LOOP_PEOPLE_H

#include <latchkey.h>

#include "own-loop-workers.h"

typedef struct people people;

/* store as lk_mirror_open() takes it; client needs an API key. */
lk_status people_open(lk_client *client, const char *store, people **out, lk_error *err);
/* Only when no step is under way. NULL is fine. */
void people_close(people *self);

/* In the loop. Hands a step to a worker when one is due; returns the milliseconds until then, or
 * -1 while one is under way: its end wakes the loop. NULL is fine, and never due. */
int64_t people_turn(people *self, workers *threads);

/* On a worker: the first hundred people of an organization, one a line, to be freed with free();
 * NULL, with err filled, when the store fails. */
char *people_list(const people *self, const char *organization_id, lk_error *err);

#endif
