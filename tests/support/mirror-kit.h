/* What tests of the mirror share: a folder of their own, events made by a line, and a dump. */
#ifndef LK_TESTS_MIRROR_KIT_H
#define LK_TESTS_MIRROR_KIT_H

#include <latchkey/mirror.h>

typedef struct kit {
    char folder[64];
    char store[112]; /* "sqlite:FOLDER/mirror.db" */
    char path[96];
    lk_mirror *mirror; /* NULL until kit_open() */
} kit;

/* Makes the folder; ends the program when that fails. */
void kit_begin(kit *k);
/* Opens (again) the mirror in the folder. */
void kit_open(kit *k);
/* Frees the mirror and removes the folder. */
void kit_end(kit *k);

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

#endif
