/* The address that a person pasted; see pasted.h. It is not taken apart and compared piece by
 * piece, which is where "http://127.0.0.1:80@evil.example/" and its kind get in: what comes before
 * the query must be the very bytes of our own address. */
#include "web/pasted.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* RFC 3986, 2: what an address may consist of. */
static bool is_address_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"<>\\^`{|}", text[i]) != NULL)
            return false;
    return true;
}

lk_status lk__pasted_read(const char *text, const char *redirect_uri, lk__buf *query, lk_error *err)
{
    size_t wanted_len = strlen(redirect_uri);
    size_t len = strlen(text);

    if (len > LK__MAX_PASTED)
        return lk__fail(err, LK_ERR_INVALID,
                        "that is longer than %d bytes: paste the address alone",
                        (int)LK__MAX_PASTED);
    while (len > 0 && is_space(*text)) {
        text++;
        len--;
    }
    while (len > 0 && is_space(text[len - 1]))
        len--;
    if (!is_address_text(text, len))
        return lk__fail(err, LK_ERR_INVALID,
                        "that holds characters which no address has: paste the address alone");
    if (len < wanted_len || memcmp(text, redirect_uri, wanted_len) != 0)
        return lk__fail(err, LK_ERR_INVALID,
                        "that is not where this sign-in ends: paste the address that the browser "
                        "shows in the end, it begins with %.80s?",
                        redirect_uri);
    if (len == wanted_len || text[wanted_len] != '?' || memchr(text, '#', len) != NULL)
        return lk__fail(err, LK_ERR_INVALID,
                        "the address is not whole: behind %.80s stands a \"?\" and more",
                        redirect_uri);
    return lk__buf_append(query, text + wanted_len + 1, len - wanted_len - 1, err);
}
