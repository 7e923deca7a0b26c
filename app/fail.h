/* How the program's own parts fail: as the library does, into an lk_error, and what becomes of an
 * error at the end of a command. */
#ifndef APP_FAIL_H
#define APP_FAIL_H

#include <latchkey/error.h>

/* Forwards a failure. Every local owner cleans itself up. */
#define TRY(call)                   \
    do {                            \
        lk_status status_ = (call); \
        if (status_ != LK_OK)       \
            return status_;         \
    } while (0)

#define CLEANUP(fn)    __attribute__((__cleanup__(fn)))
#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* The program's exit codes. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3, EXIT_UNREACHABLE = 4 };

/* Sets err (may be NULL; the first error wins) and returns status. */
lk_status failed(lk_error *err, lk_status status, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));

/* The exit code that an error asks for. */
int exit_code(const lk_error *err);

/* Prints the error as one line on stderr, control characters masked, and returns its exit code. */
int complain(const lk_error *err);

/* How a command ends: complains about a failure; else makes sure that stdout took everything. */
int finish(lk_status status, lk_error *err);

/* CLEANUP functions: for char * and other plain blocks; for text that is a secret, wiped first. */
void free_textp(char **text);
void free_secretp(char **text);
/* The same for text that the library handed out. */
void free_librarys_secretp(char **text);

#endif
