/* What the mirror asks of its store, kept and run again without the mirror. */
#ifndef LK_TESTS_FEED_RECORD_H
#define LK_TESTS_FEED_RECORD_H

#include <latchkey.h>
#include <sqlite3.h>

#include "mirror/store.h"

typedef struct recorded_run {
    const char *sql; /* the mirror's own text: it lives as long as the program */
    lk__value *args; /* text is malloc'd */
    size_t n_args;
} recorded_run;

/* The statements of one page, from BEGIN to COMMIT. */
typedef struct recording {
    recorded_run *runs;
    size_t n_runs;
} recording;

void recording_clear(recording *self);

/* Applies pages of events to a store that only remembers. Ends the program when that fails. */
void recorder_record(lk_client *client, recording *pages, size_t n_pages);

/* Prepared statements for replaying. */
typedef struct recorder recorder;
recorder *recorder_new(void);
void recorder_free(recorder *self);
void recorder_replay(recorder *self, sqlite3 *db, const recording *page);

#endif
