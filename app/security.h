/* The promises that hold here, and those that a setting has relaxed. */
#ifndef APP_SECURITY_H
#define APP_SECURITY_H

#include <stdbool.h>

typedef struct security_promise {
    const char *promise;
    const char *relaxed_by;        /* the setting; NULL: it holds */
    const char *may_be_relaxed_by; /* all flags and variables that could; NULL: nothing does */
} security_promise;

/* The nth promise as the environment stands; false behind the last. */
bool security_promise_at(unsigned n, security_promise *out);

#endif
