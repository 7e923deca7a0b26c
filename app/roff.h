/* Text in the man macros (man(7)). */
#ifndef APP_ROFF_H
#define APP_ROFF_H

#include <stdio.h>

/* As it is, whatever it holds: no character of it is taken for a request or an escape. */
void roff_text(FILE *out, const char *text);

#endif
