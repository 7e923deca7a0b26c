/* The manual pages and the completions of shells: made from the tables that the program itself
 * reads its command line by, so that they cannot disagree. */
#ifndef APP_MANUAL_H
#define APP_MANUAL_H

#include "command.h"

/* A page in the man macros (man(7)). command NULL: the overview, latchkey(1). */
void manual_print(FILE *out, const app_command *command);
/* latchkey.env(5): variables, secrets, files. */
void manual_print_settings(FILE *out);

/* What bash, zsh or fish reads to complete a command line. False for another shell. */
bool completion_print(FILE *out, const char *shell);

#endif
