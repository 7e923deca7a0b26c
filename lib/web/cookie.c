/* The Cookie header and Set-Cookie; see cookie.h. */
#include "web/cookie.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* RFC 9110, 5.6.2: tchar. */
static bool is_token_char(unsigned char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_token_char((unsigned char)text[i]))
            return false;
    return len > 0;
}

/* Wider than RFC 6265's cookie-octet, which leaves out space, quote, comma and backslash: other
 * people's cookies in the same header hold them. */
static bool is_printable(const char *text, size_t len)
{
    return lk__printable_length(text, len) == len;
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && (**text == ' ' || **text == '\t')) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && ((*text)[*len - 1] == ' ' || (*text)[*len - 1] == '\t'))
        (*len)--;
}

static bool read_pair(const char *pair, size_t len, lk__cookie *out)
{
    const char *equals = memchr(pair, '=', len);

    if (equals == NULL)
        return false;
    lk__cookie cookie = { .name = pair,
                          .name_len = (size_t)(equals - pair),
                          .value = equals + 1,
                          .value_len = len - (size_t)(equals - pair) - 1 };
    trim(&cookie.name, &cookie.name_len);
    trim(&cookie.value, &cookie.value_len);
    if (!is_token(cookie.name, cookie.name_len) || !is_printable(cookie.value, cookie.value_len))
        return false;
    if (cookie.value_len >= 2 && cookie.value[0] == '"' &&
        cookie.value[cookie.value_len - 1] == '"') {
        cookie.value++;
        cookie.value_len -= 2;
    }
    *out = cookie;
    return true;
}

bool lk__cookie_next(const char **rest, lk__cookie *out)
{
    while (*rest != NULL && **rest != '\0') {
        /* RFC 6265, 4.2.1 knows no ";" inside a value, quoted or not. */
        const char *pair = *rest;
        size_t len = strcspn(pair, ";");
        *rest = pair[len] == ';' ? pair + len + 1 : pair + len;
        if (read_pair(pair, len, out))
            return true;
    }
    return false;
}

bool lk__cookie_is(const lk__cookie *cookie, const char *name)
{
    size_t len = strlen(name);

    return cookie->name_len == len && memcmp(cookie->name, name, len) == 0;
}

lk_status lk__cookie_decode(const lk__cookie *cookie, lk__buf *out, lk_error *err)
{
    return lk__percent_decode(out, cookie->value, cookie->value_len, false, err);
}

/* RFC 6265, 4.1.1: cookie-octet, "US-ASCII characters excluding CTLs, whitespace, DQUOTE, comma,
 * semicolon, and backslash". */
static bool is_value(const char *text)
{
    return is_printable(text, strlen(text)) && strpbrk(text, " \",;\\") == NULL;
}

/* Returns the length. */
static size_t print_cookie(const lk__cookie_rules *rules, const char *name, const char *value,
                           int64_t max_age_s, char *out, size_t size)
{
    int n = snprintf(out, size, "%s=%s; Path=/; HttpOnly; SameSite=%s; Max-Age=%lld%s%s%s", name,
                     value, rules->same_site, (long long)max_age_s, rules->secure ? "; Secure" : "",
                     rules->domain != NULL ? "; Domain=" : "",
                     rules->domain != NULL ? rules->domain : "");

    return (size_t)n;
}

lk_status lk__cookie_write(const lk__cookie_rules *rules, const char *name, const char *value,
                           int64_t max_age_s, lk__buf *out, lk_error *err)
{
    size_t len = print_cookie(rules, name, value, max_age_s, NULL, 0);

    if (!lk__cookie_name_valid(name) || !is_value(value))
        return lk__fail(err, LK_ERR_INVALID, "cookie %.64s: its name or value cannot be sent",
                        name);
    LK_TRY(lk__buf_reserve(out, len, err));
    out->len += print_cookie(rules, name, value, max_age_s, out->data + out->len, len + 1);
    return LK_OK;
}

size_t lk__cookie_overhead(const lk__cookie_rules *rules, const char *name, int64_t max_age_s)
{
    return print_cookie(rules, name, "", max_age_s, NULL, 0);
}

bool lk__cookie_name_valid(const char *name)
{
    return is_token(name, strlen(name));
}

bool lk__cookie_domain_valid(const char *domain)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

    return domain[0] != '\0' && domain[strspn(domain, letters)] == '\0';
}
