/* Checks an object from outside against a table of its members, and says what is wrong with it. */
#ifndef EMULATOR_SHAPE_H
#define EMULATOR_SHAPE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum member_kind {
    TEXT,    /* a string, not empty */
    MAYBE,   /* a string or null */
    ID,      /* letters, digits, _ and - */
    EMAIL,   /* with one @ */
    FLAG,    /* true or false */
    NUMBER,  /* a number from 0 to 1000000000 */
    OBJECT,  /* an object */
    TEXTS,   /* an array of strings */
    OBJECTS, /* an array of objects */
    ANYTHING,
} member_kind;

typedef struct member {
    const char *name;
    member_kind kind;
    bool is_required;
    bool is_nullable;    /* null is like absent */
    const char *choices; /* "a|b": a string must be one of these; NULL: any */
} member;

/* True when it fits. Otherwise a sentence that begins with path is in error. */
bool shape_fits(const cJSON *object, const char *path, const member *members, size_t n_members,
                char *error, size_t error_size);

#define FITS(object, path, members, error, size) \
    shape_fits((object), (path), (members), sizeof(members) / sizeof *(members), (error), (size))

#endif
