/* Reads one request's first line; see loopback-request.h. Headers and a body carry nothing that
 * matters here. */
#include "web/loopback-request.h"

#include <string.h>

#include "base/text.h"

/* RFC 9112, 2.2: a lone LF may end a line, too. */
static bool is_complete(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != '\n')
            continue;
        if (i + 1 < len && data[i + 1] == '\n')
            return true;
        if (i + 2 < len && data[i + 1] == '\r' && data[i + 2] == '\n')
            return true;
    }
    return false;
}

static bool is_version(const char *text, size_t len)
{
    return len == 8 && memcmp(text, "HTTP/1.", 7) == 0 && (text[7] == '0' || text[7] == '1');
}

/* METHOD SP target SP HTTP/1.x, and nothing else (RFC 9112, 3). */
static lk__loopback_verdict read_line(const char *line, size_t len, const char **query,
                                      size_t *query_len)
{
    const char *target = memchr(line, ' ', len);
    if (target == NULL || target == line || lk__has_control(line, len))
        return LK__LOOPBACK_BAD;
    size_t method_len = (size_t)(target++ - line);
    size_t rest = len - method_len - 1;
    const char *version = memchr(target, ' ', rest);
    if (version == NULL || version == target || target[0] != '/')
        return LK__LOOPBACK_BAD;
    size_t target_len = (size_t)(version++ - target);
    if (!is_version(version, rest - target_len - 1))
        return LK__LOOPBACK_BAD;

    const char *mark = memchr(target, '?', target_len);
    size_t path_len = mark ? (size_t)(mark - target) : target_len;
    if (path_len != strlen(LK__LOOPBACK_PATH) || memcmp(target, LK__LOOPBACK_PATH, path_len) != 0)
        return LK__LOOPBACK_ELSEWHERE;
    if (method_len != 3 || memcmp(line, "GET", 3) != 0)
        return LK__LOOPBACK_BAD_METHOD;
    *query = mark ? mark + 1 : NULL;
    *query_len = mark ? target_len - path_len - 1 : 0;
    return LK__LOOPBACK_CALLBACK;
}

lk__loopback_verdict lk__loopback_parse(const char *data, size_t len, const char **query,
                                        size_t *query_len)
{
    *query = NULL;
    *query_len = 0;
    if (!is_complete(data, len))
        return len >= LK__MAX_LOOPBACK_REQUEST ? LK__LOOPBACK_TOO_LARGE : LK__LOOPBACK_MORE;
    const char *end = memchr(data, '\n', len);
    size_t line_len = (size_t)(end - data);
    if (line_len > 0 && data[line_len - 1] == '\r')
        line_len--;
    return read_line(data, line_len, query, query_len);
}
