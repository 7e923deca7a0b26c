/* Text in the man macros; see roff.h. */
#include "roff.h"

#include <stdbool.h>

/* A line's first "." or "'" is a request, "\" begins an escape, "-" is a hyphen. */
void roff_text(FILE *out, const char *text)
{
    bool at_start = true;

    for (; *text != '\0'; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            putc(*text, out);
        at_start = *text == '\n';
    }
}
