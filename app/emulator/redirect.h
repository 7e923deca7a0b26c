/* Redirect URIs: which may be used, and how an answer is put behind one. */
#ifndef EMULATOR_REDIRECT_H
#define EMULATOR_REDIRECT_H

#include <stdbool.h>

#include "emulator.h"

/* True for a registered one; when none is registered, for any http or https address on loopback. A
 * registered one may have * as port of a loopback host. */
bool redirect_is_allowed(const emulator_options *options, const char *uri);

/* uri with names and values behind it; the list ends with NULL, a NULL value leaves its name out.
 * free() it. */
char *redirect_with(const char *uri, const char *const *names_and_values);

#endif
