/* Where to go after sign-in.
 *
 * Checking one text and sending another is how others went wrong ("safe when checked, unsafe when
 * rebuilt"), so the text is taken apart, written anew from its parts, and the check is made on what
 * was written. Browsers strip tabs and newlines, take "\" for "/", and resolve "." and ".." before
 * they look; none of these may be left to them. */
#include "web/return-to.h"

#include <string.h>

#include "base/text.h"

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 3986, 3.3 to 3.5: pchar, "/" and "?", without "%". */
static bool is_plain(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c != '\0' && strchr("-._~!$&'()*+,;=:@/?", c) != NULL;
}

/* Nobody means well with controls in a path, and proxies decode. */
static bool is_escaped_control(const char *escape)
{
    return escape[1] == '0' || escape[1] == '1' ||
           (escape[1] == '7' && (escape[2] == 'f' || escape[2] == 'F'));
}

static bool is_acceptable(const char *text)
{
    size_t len = strlen(text);
    size_t path_len = strcspn(text, "?#");

    if (len > LK__MAX_RETURN_TO || text[0] != '/' || !lk__utf8_valid(text, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f || c == '\\')
            return false;
        /* C1 controls, as UTF-8. */
        if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)
            return false;
        if (c == '%' && (!is_hex(text[i + 1]) || !is_hex(text[i + 2])))
            return false;
        if (c == '%' && i < path_len && is_escaped_control(text + i))
            return false;
    }
    return true;
}

/* "." and ".." in every spelling that WHATWG's URL standard knows. Returns 0, 1 or 2. */
static int count_dots(const char *segment, size_t len)
{
    int dots = 0;

    for (size_t i = 0; i < len; dots++) {
        if (segment[i] == '.')
            i++;
        else if (len - i >= 3 && segment[i] == '%' && segment[i + 1] == '2' &&
                 (segment[i + 2] | 0x20) == 'e')
            i += 3;
        else
            return 0;
    }
    return dots > 2 ? 0 : dots;
}

static lk_status append_escaped(lk__buf *out, const char *text, size_t len, lk_error *err)
{
    for (size_t i = 0; i < len; i++) {
        if (is_plain(text[i]) || text[i] == '%')
            LK_TRY(lk__buf_append(out, &text[i], 1, err));
        else
            LK_TRY(lk__buf_printf(out, err, "%%%02X", (unsigned char)text[i]));
    }
    return LK_OK;
}

static void drop_last_segment(lk__buf *path)
{
    while (path->len > 0 && path->data[path->len - 1] != '/')
        path->len--;
    if (path->len > 0)
        path->len--;
    if (path->data != NULL)
        path->data[path->len] = '\0';
}

/* Segment by segment; dot segments resolved (RFC 3986, 5.2.4), so that "/.//host" cannot become
 * "//host" later. */
static lk_status append_path(lk__buf *out, const char *path, size_t len, lk_error *err)
{
    for (size_t i = 0; i < len;) {
        const char *segment = path + i + 1; /* path[i] is "/" */
        size_t rest = len - i - 1;
        const char *slash = memchr(segment, '/', rest);
        size_t segment_len = slash ? (size_t)(slash - segment) : rest;
        int dots = count_dots(segment, segment_len);
        if (dots == 2)
            drop_last_segment(out);
        if (dots == 0) {
            LK_TRY(lk__buf_text(out, "/", err));
            LK_TRY(append_escaped(out, segment, segment_len, err));
        } else if (slash == NULL) {
            LK_TRY(lk__buf_text(out, "/", err)); /* "/a/." is the directory "/a/" */
        }
        i += segment_len + 1;
    }
    return LK_OK;
}

static lk_status rebuild(const char *text, lk__buf *out, lk_error *err)
{
    size_t path_len = strcspn(text, "?#");
    const char *query = text + path_len;
    size_t query_len = strcspn(query, "#");
    const char *fragment = query + query_len;

    LK_TRY(append_path(out, text, path_len, err));
    LK_TRY(append_escaped(out, query, query_len, err));
    if (*fragment == '\0')
        return LK_OK;
    LK_TRY(lk__buf_text(out, "#", err));
    return append_escaped(out, fragment + 1, strlen(fragment + 1), err);
}

/* What was written must be exactly one slash and then no second one in any spelling. */
static bool is_local(const lk__buf *text)
{
    const char *path = text->data;

    if (text->len == 0 || text->len > LK__MAX_RETURN_TO || path[0] != '/' || path[1] == '/')
        return false;
    return strncmp(path + 1, "%2F", 3) != 0 && strncmp(path + 1, "%2f", 3) != 0 &&
           strncmp(path + 1, "%5C", 3) != 0 && strncmp(path + 1, "%5c", 3) != 0;
}

lk_status lk__return_to(const char *text, const char *fallback, lk__buf *out, lk_error *err)
{
    lk__auto_buf rebuilt = LK__BUF(4 * LK__MAX_RETURN_TO);

    if (text == NULL || !is_acceptable(text))
        return lk__buf_text(out, fallback, err);
    LK_TRY(rebuild(text, &rebuilt, err));
    if (!is_local(&rebuilt))
        return lk__buf_text(out, fallback, err);
    return lk__buf_append(out, rebuilt.data, rebuilt.len, err);
}
