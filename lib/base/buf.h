/* A growing buffer of bytes with a hard limit; always NUL-terminated. */
#ifndef LK_BASE_BUF_H
#define LK_BASE_BUF_H

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>

typedef struct lk__buf {
    char *data; /* NULL while empty */
    size_t len; /* without the NUL */
    size_t capacity;
    size_t limit; /* bytes */
    bool secret;  /* wiped whenever memory is given back */
} lk__buf;

#define LK__BUF(limit_)   \
    {                     \
        .limit = (limit_) \
    }
#define LK__SECRET_BUF(limit_)            \
    {                                     \
        .limit = (limit_), .secret = true \
    }
#define lk__auto_buf LK_CLEANUP(lk__buf_clear) lk__buf

/* Both fail with LK_ERR_NO_MEMORY, or LK_ERR_PROTOCOL past the limit; the buffer then is as it was.
 */
LK_MUST_CHECK lk_status lk__buf_append(lk__buf *buf, const void *data, size_t len, lk_error *err);
LK_MUST_CHECK lk_status lk__buf_text(lk__buf *buf, const char *text, lk_error *err);
LK_MUST_CHECK lk_status lk__buf_printf(lk__buf *buf, lk_error *err, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
/* Room for len more bytes, and the NUL, behind data[len]: what fits there is written in one go.
 * Fails as the others. */
LK_MUST_CHECK lk_status lk__buf_reserve(lk__buf *buf, size_t len, lk_error *err);
/* Drops what is behind len, which is not beyond the end; a secret there is wiped. */
void lk__buf_cut(lk__buf *buf, size_t len);
/* Empties it and gives the memory back. */
void lk__buf_clear(lk__buf *buf);
/* Hands the bytes over as malloc'd text, "" when empty; NULL without memory. */
char *lk__buf_steal(lk__buf *buf);

#endif
