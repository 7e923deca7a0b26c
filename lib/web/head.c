/* Requests that two readers take for different ones. Each server on the way, the proxy, CivetWeb
 * and whatever runs behind, reads a request for itself; where they disagree somebody else's request
 * begins in the middle of this one, or a header that the proxy should have set is the visitor's. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "web/cookie.h"
#include "web/reply.h"

/* Of a Content-Length: sums over a number of 19 digits wrap in some servers. */
enum { MAX_LENGTH_DIGITS = 15 };

/* What is believed by somebody on the way, so that a look-alike is an attempt to be believed. */
static const char *const believed[] = {
    "Content-Length", "Transfer-Encoding", "X-Forwarded-", "X-Real-IP",
    "X-Original-",    "X-Rewrite-",        "Sec-Fetch-",   "WorkOS-Signature",
};

static bool is_same_letter(char a, char b)
{
    if (a >= 'A' && a <= 'Z')
        a = (char)(a - 'A' + 'a');
    if (b >= 'A' && b <= 'Z')
        b = (char)(b - 'A' + 'a');
    return a == b || (a == '_' && b == '-');
}

/* CGI and its heirs make "_" of "-": for them "X_Forwarded_For" is X-Forwarded-For, while the proxy
 * that removes the one lets the other through. */
static bool is_disguised(const char *name)
{
    if (strchr(name, '_') == NULL)
        return false;
    for (size_t i = 0; i < sizeof(believed) / sizeof(believed[0]); i++) {
        const char *wanted = believed[i];
        const char *c = name;
        while (*wanted != '\0' && is_same_letter(*c, *wanted)) {
            c++;
            wanted++;
        }
        if (*wanted == '\0')
            return true;
    }
    return false;
}

static bool is_value(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = lk__printable_length(text, len); i < len;
         i += 1 + lk__printable_length(text + i + 1, len - i - 1))
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

static lk_status check_header(const lk_header *header, lk_error *err)
{
    if (header->name == NULL || header->value == NULL)
        return lk__fail(err, LK_ERR_INVALID, "a header without name or value");
    /* RFC 9112, 5.1: "No whitespace is allowed between the field name and colon." */
    if (!lk__cookie_name_valid(header->name))
        return lk__fail(err, LK_ERR_INVALID, "the request has a header whose name is none");
    if (!is_value(header->value))
        return lk__fail(err, LK_ERR_INVALID,
                        "the request has a header with control characters: %.40s", header->name);
    if (is_disguised(header->name))
        return lk__fail(err, LK_ERR_INVALID,
                        "the request has a header that others would take for another: %.40s",
                        header->name);
    return LK_OK;
}

/* RFC 9112, 6.3: a message with both, or with differing lengths, "ought to be handled as an
 * error"; what one reader takes for the body another takes for the next request. */
static lk_status check_length(const lk_web_request *request, lk_error *err)
{
    size_t n_lengths = lk__request_count(request, "Content-Length");
    size_t n_encodings = lk__request_count(request, "Transfer-Encoding");
    const char *length = lk__request_header(request, "Content-Length");
    const char *encoding = lk__request_header(request, "Transfer-Encoding");

    if (n_lengths > 1)
        return lk__fail(err, LK_ERR_INVALID, "the request has more than one Content-Length");
    if (n_lengths > 0 && n_encodings > 0)
        return lk__fail(err, LK_ERR_INVALID,
                        "the request has both Content-Length and Transfer-Encoding");
    if (n_encodings > 1 || (encoding != NULL && !lk__text_equal_nocase(encoding, "chunked")))
        return lk__fail(err, LK_ERR_INVALID,
                        "the request has a Transfer-Encoding other than chunked");
    if (length == NULL)
        return LK_OK;
    size_t len = strlen(length);
    if (len == 0 || len > MAX_LENGTH_DIGITS || strspn(length, "0123456789") != len)
        return lk__fail(err, LK_ERR_INVALID, "the request has a Content-Length that is no number");
    return LK_OK;
}

/* RFC 9112, 3.2: a server "MUST respond with a 400" to a request "that contains more than one Host
 * header field line or a Host header field with an invalid field value". */
static lk_status check_host(const lk_web_request *request, lk_error *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~!$&'()*+,;=:[]%";
    const char *host = lk__request_header(request, "Host");

    if (lk__request_count(request, "Host") > 1)
        return lk__fail(err, LK_ERR_INVALID, "the request has more than one Host");
    if (host != NULL && host[strspn(host, letters)] != '\0')
        return lk__fail(err, LK_ERR_INVALID, "the request has a Host that is none");
    return LK_OK;
}

lk_status lk_web_check_headers(const lk_header *headers, size_t n_headers, lk_error *err)
{
    const lk_web_request request = { .headers = headers, .n_headers = n_headers };

    lk__error_clear(err);
    if (headers == NULL && n_headers > 0)
        return lk__fail(err, LK_ERR_INVALID, "lk_web_check_headers() was given NULL");
    for (size_t i = 0; i < n_headers; i++)
        LK_TRY(check_header(&headers[i], err));
    LK_TRY(check_length(&request, err));
    return check_host(&request, err);
}
