/* Recorded answers and vectors: tests/data, found through the environment variable TESTS_DATA. */
#ifndef LK_TESTS_DATA_H
#define LK_TESTS_DATA_H

#include <stddef.h>

/* The whole file, NUL-terminated. A file that cannot be read ends the program: there is no sense in
 * going on. len may be NULL. Free with free(). */
char *data_read(const char *name, size_t *len);

#endif
