/* What the measuring programs share: the files that fixture.mjs wrote, and a client that takes its
 * keys from there. */
#ifndef LK_TESTS_BENCH_KIT_H
#define LK_TESTS_BENCH_KIT_H

#include <latchkey.h>

#define BENCH_CLIENT_ID "client_01BENCH"

/* Ends the program with a message. */
void bench_die(const char *what, const char *why) __attribute__((__noreturn__));
/* A file of the directory, with a NUL behind it. Ends the program when it is not there. */
char *bench_read(const char *directory, const char *name, size_t *len);
/* A client that knows the keys of jwks.json; it asks nobody. Free with lk_client_free(). */
lk_client *bench_client(const char *directory);

#endif
