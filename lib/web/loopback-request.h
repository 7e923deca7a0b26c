/* What a browser, or anything else on this machine, sends to the loopback listener. Pure. */
#ifndef LK_WEB_LOOPBACK_REQUEST_H
#define LK_WEB_LOOPBACK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define LK__LOOPBACK_PATH "/callback"
enum { LK__MAX_LOOPBACK_REQUEST = 8192 }; /* bytes, request line and headers */

typedef enum lk__loopback_verdict {
    LK__LOOPBACK_MORE,       /* the headers have not ended yet */
    LK__LOOPBACK_CALLBACK,   /* GET /callback: look at the query */
    LK__LOOPBACK_BAD,        /* not HTTP/1.x */
    LK__LOOPBACK_TOO_LARGE,  /* more than LK__MAX_LOOPBACK_REQUEST */
    LK__LOOPBACK_BAD_METHOD, /* the callback, but no GET */
    LK__LOOPBACK_ELSEWHERE   /* any other path: favicon.ico, … */
} lk__loopback_verdict;

/* Looks at what has arrived so far. For LK__LOOPBACK_CALLBACK *query points into data, not
 * NUL-terminated; NULL when there is none. */
lk__loopback_verdict lk__loopback_parse(const char *data, size_t len, const char **query,
                                        size_t *query_len);

#endif
