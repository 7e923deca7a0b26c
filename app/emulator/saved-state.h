/* The state in a file, across restarts: everything but what a test has set up for the moment
 * (faults, mishaps, held events).
 *
 * saved_state_write() runs after every request, under the lock and before the answer leaves: what
 * was acknowledged is in the file, whenever the program is killed. Only what was touched since the
 * last time is written: json_set() marks what it touches, records remember what left them. */
#ifndef EMULATOR_SAVED_STATE_H
#define EMULATOR_SAVED_STATE_H

#include <stdbool.h>

#include "archive.h"
#include "state.h"

typedef struct saved_state saved_state;

/* The archive belongs to the result from now on; the state must outlive it. */
saved_state *saved_state_new(archive *file, emulator_state *state);
void saved_state_free(saved_state *self); /* closes the file; NULL is fine */

/* Fills the empty state from the file. False: a sentence is in error. */
bool saved_state_read(saved_state *self, char error[EMULATOR_ERROR_SIZE]);

/* False: a sentence is in error, the file is as it was, and the next call writes all of it. */
bool saved_state_write(saved_state *self, char error[EMULATOR_ERROR_SIZE]);

#endif
