/* Query strings; see query.h. */
#include "web/query.h"

#include <string.h>

#include "base/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Compares without allocating: a query may hold thousands of names. */
static bool is_named(const char *pair, size_t len, const char *name)
{
    size_t i = 0;

    for (; *name != '\0'; name++) {
        if (i >= len)
            return false;
        char c = pair[i];
        if (c == '%' && len - i >= 3 && hex_digit(pair[i + 1]) >= 0 &&
            hex_digit(pair[i + 2]) >= 0) {
            c = (char)(hex_digit(pair[i + 1]) * 16 + hex_digit(pair[i + 2]));
            i += 2;
        }
        if (c != *name)
            return false;
        i++;
    }
    return i == len;
}

static lk_status decode_value(const char *value, size_t len, const char *name, lk__buf *out,
                              lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    lk__auto_buf text = LK__SECRET_BUF(out->limit);

    lk_status status = lk__percent_decode(&text, value, len, true, &cause);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status == LK_ERR_PROTOCOL)
        return lk__fail(err, LK_ERR_INVALID, "\"%s\" is longer than %zu bytes", name, out->limit);
    const char *bytes = text.data ? text.data : "";
    if (status != LK_OK || lk__has_control(bytes, text.len) || !lk__utf8_valid(bytes, text.len))
        return lk__fail(err, LK_ERR_INVALID, "\"%s\" holds characters that do not belong there",
                        name);
    return lk__buf_append(out, bytes, text.len, err);
}

lk_status lk__query_get(const char *query, const char *name, lk__buf *out, bool *found,
                        lk_error *err)
{
    const char *value = NULL;
    size_t value_len = 0;

    *found = false;
    for (const char *pair = query; pair != NULL && *pair != '\0';) {
        size_t len = strcspn(pair, "&");
        const char *equals = memchr(pair, '=', len);
        size_t name_len = equals ? (size_t)(equals - pair) : len;
        if (is_named(pair, name_len, name)) {
            /* RFC 6749, 3.1: "Request and response parameters MUST NOT be included more than
             * once." */
            if (value != NULL)
                return lk__fail(err, LK_ERR_INVALID, "\"%s\" stands there twice", name);
            value = pair + name_len + (equals ? 1 : 0);
            value_len = len - name_len - (equals ? 1 : 0);
        }
        pair += pair[len] == '&' ? len + 1 : len;
    }
    /* RFC 6749, 3.1: "Parameters sent without a value MUST be treated as if they were omitted". */
    if (value_len == 0)
        return LK_OK;
    LK_TRY(decode_value(value, value_len, name, out, err));
    *found = true;
    return LK_OK;
}
