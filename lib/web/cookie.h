/* The Cookie header, read tolerantly and never believed; and Set-Cookie (RFC 6265). */
#ifndef LK_WEB_COOKIE_H
#define LK_WEB_COOKIE_H

#include "base/buf.h"

#include <stdint.h>

typedef struct lk__cookie {
    const char *name; /* into the header; not NUL-terminated */
    size_t name_len;
    const char *value; /* without surrounding spaces and quotes, not decoded */
    size_t value_len;
} lk__cookie;

/* Steps through a Cookie header: *rest is the header at first, and moves. Pairs that are none (no
 * "=", a name that is no token, control or non-ASCII bytes) are passed over. false at the end. */
bool lk__cookie_next(const char **rest, lk__cookie *out);
bool lk__cookie_is(const lk__cookie *cookie, const char *name);
/* Appends the percent-decoded value. LK_ERR_INVALID: a broken escape. */
LK_MUST_CHECK lk_status lk__cookie_decode(const lk__cookie *cookie, lk__buf *out, lk_error *err);

typedef struct lk__cookie_rules {
    const char *domain;    /* NULL: this host only */
    const char *same_site; /* "Lax", "Strict", "None" */
    bool secure;
} lk__cookie_rules;

/* Appends a Set-Cookie value; max_age_s 0 and value "" delete the cookie. LK_ERR_INVALID: a value
 * that no cookie can hold. */
LK_MUST_CHECK lk_status lk__cookie_write(const lk__cookie_rules *rules, const char *name,
                                         const char *value, int64_t max_age_s, lk__buf *out,
                                         lk_error *err);

/* How long such a Set-Cookie value is without its value. */
size_t lk__cookie_overhead(const lk__cookie_rules *rules, const char *name, int64_t max_age_s);

bool lk__cookie_name_valid(const char *name);
bool lk__cookie_domain_valid(const char *domain);

#endif
