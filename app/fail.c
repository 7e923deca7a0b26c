/* How the program's own parts fail; see fail.h. */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lk_status failed(lk_error *err, lk_status status, const char *format, ...)
{
    va_list args;

    if (err == NULL || err->status != LK_OK)
        return status;
    err->status = status;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return status;
}

/* Somebody said no: WorkOS to the key, or a person at the sign-in. */
static bool is_refusal(const lk_error *err)
{
    return err->http_status == 401 || err->http_status == 403 ||
           strcmp(err->reason, "access_denied") == 0;
}

int exit_code(const lk_error *err)
{
    switch (err->status) {
    case LK_OK:
        return EXIT_DONE;
    case LK_ERR_INVALID:
        return EXIT_USAGE;
    case LK_ERR_SIGNATURE:
    case LK_ERR_EXPIRED:
    case LK_ERR_STATE:
        return EXIT_REFUSED;
    case LK_ERR_API:
        return is_refusal(err) ? EXIT_REFUSED : EXIT_FAILED;
    case LK_ERR_NETWORK:
        return EXIT_UNREACHABLE;
    default:
        return EXIT_FAILED;
    }
}

int complain(const lk_error *err)
{
    char line[sizeof(err->message)];

    snprintf(line, sizeof(line), "%s", err->message);
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    fflush(stdout); /* what was printed before comes before, in a pipe, too */
    fprintf(stderr, "latchkey: %s\n", line);
    return exit_code(err);
}

int finish(lk_status status, lk_error *err)
{
    if (status != LK_OK)
        return complain(err);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        failed(err, LK_ERR_STORE, "cannot write the output: %s", strerror(errno));
        return complain(err);
    }
    return EXIT_DONE;
}

void free_textp(char **text)
{
    free(*text);
}

void free_secretp(char **text)
{
    if (*text == NULL)
        return;
    explicit_bzero(*text, strlen(*text));
    free(*text);
}

void free_librarys_secretp(char **text)
{
    lk_free_secret(*text);
}
