/* A file of rows, each with a kind, an id and a body, in the order in which they were first put
 * there; through SQLite. What is put or removed between two commits is kept whole or not at all,
 * whenever the program is killed. One thread at a time. */
#ifndef EMULATOR_ARCHIVE_H
#define EMULATOR_ARCHIVE_H

#include <stdbool.h>

#include "emulator.h"

typedef struct archive archive;

/* Opens the file for this program alone, and makes it when it is not there, readable for the owner
 * only. NULL: a sentence is in error, for a file that is damaged, in use, of another program, or of
 * a newer version of this one. out_is_new: nothing was ever committed to it. */
archive *archive_open(const char *path, bool *out_is_new, char error[EMULATOR_ERROR_SIZE]);
void archive_close(archive *self); /* what was not committed is lost; NULL is fine */

/* False: archive_complaint() says why; undo then, or try the commit again. */
bool archive_put(archive *self, const char *kind, const char *id, const char *body);
bool archive_remove(archive *self, const char *kind, const char *id); /* there or not */
bool archive_remove_before(archive *self, const char *kind, const char *id);
bool archive_commit(archive *self);
void archive_undo(archive *self); /* back to the last commit */

/* Hands every row of the kind to take(), in order, until that says false. False: it did, or the
 * file could not be read. */
typedef bool archive_taker(void *context, const char *id, const char *body);
bool archive_each(archive *self, const char *kind, archive_taker *take, void *context);

const char *archive_complaint(const archive *self); /* a sentence; until the next call */

#endif
