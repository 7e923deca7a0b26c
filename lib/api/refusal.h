/* What WorkOS said when it refused, as a reason and a sentence. Pure. */
#ifndef LK_API_REFUSAL_H
#define LK_API_REFUSAL_H

#include "base/error.h"

#include <stdbool.h>

/* Text that must never come back in a message: codes, tokens, keys. NULL entries are fine. */
typedef struct lk__secrets {
    const char *const *items;
    size_t count;
} lk__secrets;

/* Reads the body of an answer that is no 2xx and fails with LK_ERR_RATE_LIMITED (429),
 * LK_ERR_PROTOCOL (a redirect, or no HTTP status at all) or LK_ERR_API. Understands
 * {message, code, errors}, {error, error_description}, a bare JSON string, and anything else as
 * bytes. */
lk_status lk__refusal_read(int http_status, const char *body, size_t len, lk__secrets secrets,
                           lk_error *err);

/* Looks at both ends alone, so that a good answer costs nothing. */
bool lk__refusal_looks_like_json(const char *body, size_t len);

/* The answer was 2xx, but its body is not what it should be: fails with LK_ERR_PROTOCOL and says
 * whether it was empty, HTML, half of something, or what. The body itself is not quoted. */
lk_status lk__refusal_unreadable(int http_status, const char *body, size_t len, lk_error *err);

#endif
