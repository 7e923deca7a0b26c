/* Building URLs, and judging the one we are given; see url.h. */
#include "http/url.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define MAX_BASE_LEN 512

lk_status lk__url_query(lk__buf *out, const lk__pair *pairs, size_t n_pairs, lk_error *err)
{
    bool first = true;

    for (size_t i = 0; i < n_pairs; i++) {
        if (pairs[i].value == NULL)
            continue;
        if (!first)
            LK_TRY(lk__buf_text(out, "&", err));
        first = false;
        LK_TRY(lk__percent_encode(out, pairs[i].name, err));
        LK_TRY(lk__buf_text(out, "=", err));
        LK_TRY(lk__percent_encode(out, pairs[i].value, err));
    }
    return LK_OK;
}

lk_status lk__url_path(lk__buf *out, const char *base, const char *const *segments, lk_error *err)
{
    LK_TRY(lk__buf_text(out, base, err));
    for (size_t i = 0; segments[i] != NULL; i++) {
        /* RFC 3986, 5.2.4 removes dot segments, and servers do: "users/.." would be another path.
         */
        if (segments[i][0] == '\0' || strcmp(segments[i], ".") == 0 ||
            strcmp(segments[i], "..") == 0)
            return lk__fail(err, LK_ERR_INVALID, "\"%s\" cannot be part %zu of a path", segments[i],
                            i + 1);
        LK_TRY(lk__buf_text(out, "/", err));
        LK_TRY(lk__percent_encode(out, segments[i], err));
    }
    return LK_OK;
}

/* Whether text is 127.x.y.z, and nothing that only begins like it. */
static bool is_loopback_v4(const char *text, size_t len)
{
    char copy[16];
    char *rest = copy;
    int n = 0;

    if (len >= sizeof(copy) || strncmp(text, "127.", 4) != 0)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    for (char *part = strsep(&rest, "."); part != NULL; part = strsep(&rest, ".")) {
        int64_t number;

        if (!lk__parse_int64(part, 0, 255, &number))
            return false;
        n++;
    }
    return n == 4;
}

static bool is_loopback(const char *host, size_t len)
{
    char name[16];

    if (is_loopback_v4(host, len))
        return true;
    if (len >= sizeof(name))
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return lk__text_equal_nocase(name, "localhost") || strcmp(name, "[::1]") == 0;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A name, an IPv4 address, or an IPv6 address in brackets. */
static bool is_host(const char *host, size_t len)
{
    bool bracket = len > 0 && host[0] == '[';

    if (len == 0 || len > 253 || (bracket && (len < 4 || host[len - 1] != ']')))
        return false;
    for (size_t i = bracket ? 1 : 0; i < (bracket ? len - 1 : len); i++) {
        if (!is_letter_or_digit(host[i]) &&
            (bracket ? host[i] != ':' && host[i] != '.' : strchr("-._", host[i]) == NULL))
            return false;
    }
    return true;
}

static lk_status check_characters(const char *url, lk_error *err)
{
    if (strlen(url) > MAX_BASE_LEN)
        return lk__fail(err, LK_ERR_INVALID, "it has %zu characters, more than %d", strlen(url),
                        MAX_BASE_LEN);
    for (size_t i = 0; url[i] != '\0'; i++) {
        /* Browsers and servers disagree about these; an address of an API needs none of them. */
        if (url[i] <= ' ' || url[i] > '~' || strchr("\\\"<>^`{|}", url[i]) != NULL)
            return lk__fail(err, LK_ERR_INVALID, "character %zu cannot stand in a URL", i + 1);
        if (url[i] == '@')
            return lk__fail(err, LK_ERR_INVALID, "it must not hold a user name or an \"@\"");
        if (url[i] == '?' || url[i] == '#')
            return lk__fail(err, LK_ERR_INVALID, "it must not have a query or a fragment");
    }
    return LK_OK;
}

static lk_status check_port(const char *port, size_t len, lk_error *err)
{
    char copy[6];
    int64_t number;

    if (len < sizeof(copy)) {
        memcpy(copy, port, len);
        copy[len] = '\0';
        if (lk__parse_int64(copy, 1, 65535, &number))
            return LK_OK;
    }
    return lk__fail(err, LK_ERR_INVALID, "its port must be a number from 1 to 65535");
}

lk_status lk__url_check_base(const char *url, lk_error *err)
{
    bool secure = strncasecmp(url, "https://", 8) == 0;
    const char *host = url + (secure ? 8 : 7);
    const char *end;
    const char *colon;
    size_t host_len;

    LK_TRY(check_characters(url, err));
    if (!secure && strncasecmp(url, "http://", 7) != 0)
        return lk__fail(err, LK_ERR_INVALID, "it must begin with https://");
    end = host + strcspn(host, "/");
    colon = memchr(host, ']', (size_t)(end - host));
    colon = colon == NULL ? host : colon;
    colon = memchr(colon, ':', (size_t)(end - colon));
    host_len = (size_t)((colon == NULL ? end : colon) - host);
    if (!is_host(host, host_len))
        return lk__fail(err, LK_ERR_INVALID, "it names no host");
    if (colon != NULL)
        LK_TRY(check_port(colon + 1, (size_t)(end - colon - 1), err));
    if (strstr(end, "/./") != NULL || strstr(end, "/../") != NULL)
        return lk__fail(err, LK_ERR_INVALID, "its path must not hold \".\" or \"..\"");
    if (!secure && !is_loopback(host, host_len))
        return lk__fail(err, LK_ERR_INVALID,
                        "it must begin with https://, since %.*s is another machine",
                        (int)(host_len > 100 ? 100 : host_len), host);
    return LK_OK;
}
