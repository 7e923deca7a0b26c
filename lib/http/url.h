/* Building URLs and form bodies. */
#ifndef LK_HTTP_URL_H
#define LK_HTTP_URL_H

#include "base/buf.h"

typedef struct lk__pair {
    const char *name;
    const char *value; /* NULL: left out */
} lk__pair;

/* Appends "a=b&c=d", percent-encoded (RFC 3986 unreserved kept). */
LK_MUST_CHECK lk_status lk__url_query(lk__buf *out, const lk__pair *pairs, size_t n_pairs,
                                      lk_error *err);

/* base + "/" + segments joined by "/", each percent-encoded, so an id never becomes a path; "." and
 * ".." segments are refused (LK_ERR_INVALID). segments ends with NULL. */
LK_MUST_CHECK lk_status lk__url_path(lk__buf *out, const char *base, const char *const *segments,
                                     lk_error *err);

/* https anywhere, http for loopback hosts only; no user info, query or fragment. LK_ERR_INVALID
 * says what is wrong. */
LK_MUST_CHECK lk_status lk__url_check_base(const char *url, lk_error *err);

#endif
