/* What tests of the mirror share: a store of their own, events made by a line, and a dump.
 *
 * LK_TEST_STORE=postgresql runs the same tests on a PostgreSQL server: see postgres-kit.h. */
#ifndef LK_TESTS_MIRROR_KIT_H
#define LK_TESTS_MIRROR_KIT_H

#include <latchkey/mirror.h>

#include "postgres-kit.h"

typedef struct kit {
    char store[POSTGRES_URL_SIZE]; /* "sqlite:FOLDER/mirror.db", or a database's URL */
    char folder[64];               /* "" with PostgreSQL, as the next */
    char path[96];
    lk_mirror *mirror; /* NULL until kit_open() */
} kit;

bool kit_is_postgres(void);

/* Makes the folder or the database; ends the program when that fails. */
void kit_begin(kit *k);
/* Opens (again) the mirror in it. */
void kit_open(kit *k);
/* Frees the mirror and removes what kit_begin() made. */
void kit_end(kit *k);
/* For cmocka: a kit of its own with an open mirror, as the test's state. */
int kit_set_up(void **state);
int kit_tear_down(void **state);

/* The same two steps for a store that nobody else opens: SQLite's in memory. */
void kit_begin_scratch(kit *k);
/* Empties the mirror: quicker than a new one. */
void kit_clear(kit *k);
/* A statement that must succeed. */
void kit_run(kit *k, const char *sql);
/* The number that a query answers with; fails the test when there is none. */
int64_t kit_number(kit *k, const char *sql);
/* From here on nothing more fits, for the mirror's own connection; and all does again. */
void kit_fill_disk(kit *k);
void kit_empty_disk(kit *k);
/* Makes the store one that an earlier version of the schema wrote. Open it again then. */
void kit_go_back(kit *k, int version);

/* An event whose JSON is written around data; keep it until the event is used no more. */
typedef struct kit_event {
    lk_event event;
    char id[64];
    char json[4096];
} kit_event;

/* data: a JSON value, printf style. at_ms: created_at. */
void kit_make(kit_event *out, const char *id, const char *type, int64_t at_ms, const char *data,
              ...) __attribute__((__format__(__printf__, 5, 6)));
/* Applies it; fails the test when that fails. Returns whether it was new. */
bool kit_apply(kit *k, const kit_event *event);

/* All registers with their versions, what is live, and the log by id: equal for equal mirrors,
 * whatever order the events came in. Free with free(). */
char *kit_dump(lk_mirror *mirror);
/* The same without what is live, which the registers decide: quicker. */
char *kit_dump_rows(lk_mirror *mirror);

#endif
