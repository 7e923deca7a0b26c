/* HTTP/1.1 for own-loop.c. Whatever is not plainly a request is none: where two readers could take
 * it for different ones, lk_web_check_headers() says so. Each connection ends with its answer, so a
 * body, which nothing here reads, can never be taken for the next request. */
#include "own-loop-http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

/* Where the headers end, behind the empty line; 0: not yet. */
static size_t find_end(const char *text, size_t len)
{
    const char *end = memmem(text, len, "\r\n\r\n", 4);

    return end != NULL ? (size_t)(end - text) + 4 : 0;
}

static char *take_line(char **rest)
{
    char *line = *rest;
    char *end = strstr(line, "\r\n");

    *end = '\0'; /* http_read() has seen that there is one */
    *rest = end + 2;
    return line;
}

/* METHOD SP target SP HTTP/1.x (RFC 9112, 3). The target is a path of this server, its query behind
 * the first "?". */
static int read_first_line(char *line, lk_web_request *out)
{
    char *target = strchr(line, ' ');
    char *version = target != NULL ? strchr(target + 1, ' ') : NULL;

    if (version == NULL || target == line)
        return 0;
    *target++ = '\0';
    *version++ = '\0';
    if (line[strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0')
        return 0;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return 0;
    if (target[0] != '/' || target[1] == '/' || strchr(target, '#') != NULL)
        return 0;
    for (const char *c = target; *c != '\0'; c++)
        if (*c <= ' ' || *c == 0x7f) /* char may be signed: all but ASCII is refused, too */
            return 0;
    char *query = strchr(target, '?');
    if (query != NULL)
        *query++ = '\0';
    out->method = line;
    out->path = target;
    out->query = query;
    return 1;
}

static int read_header(char *line, lk_header *out)
{
    char *value = strchr(line, ':');

    if (value == NULL)
        return 0;
    *value++ = '\0';
    value += strspn(value, " \t");
    for (size_t len = strlen(value); len > 0 && strchr(" \t", value[len - 1]) != NULL; len--)
        value[len - 1] = '\0';
    *out = (lk_header){ .name = line, .value = value };
    return 1;
}

http_verdict http_read(char *text, size_t len, http_request *out)
{
    size_t end = find_end(text, len);
    char *rest = text;

    if (end == 0)
        return len >= HTTP_MAX_HEAD ? HTTP_TOO_LARGE : HTTP_MORE;
    text[end] = '\0';
    if (strlen(text) != end) /* a NUL byte within */
        return HTTP_BAD;
    *out = (http_request){ .web = { .headers = out->headers } };
    if (!read_first_line(take_line(&rest), &out->web))
        return HTTP_BAD;
    while (strncmp(rest, "\r\n", 2) != 0) {
        if (out->web.n_headers == HTTP_MAX_HEADERS)
            return HTTP_TOO_LARGE;
        if (!read_header(take_line(&rest), &out->headers[out->web.n_headers++]))
            return HTTP_BAD;
    }
    return lk_web_check_headers(out->headers, out->web.n_headers, NULL) == LK_OK ? HTTP_WHOLE
                                                                                 : HTTP_BAD;
}

/* ---- Writing ---- */

static const char *reason_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } known[] = {
        { 200, "OK" },           { 302, "Found" },
        { 303, "See Other" },    { 307, "Temporary Redirect" },
        { 400, "Bad Request" },  { 401, "Unauthorized" },
        { 403, "Forbidden" },    { 404, "Not Found" },
        { 500, "Server Error" }, { 405, "Method Not Allowed" },
        { 502, "Bad Gateway" },  { 431, "Request Header Fields Too Large" },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].status == status)
            return known[i].phrase;
    return "Service Unavailable";
}

static void write_headers(FILE *out, const lk_web_reply *from, int cookies_only)
{
    for (size_t i = 0; i < from->n_headers; i++)
        if (!cookies_only || strcmp(from->headers[i].name, "Set-Cookie") == 0)
            fprintf(out, "%s: %s\r\n", from->headers[i].name, from->headers[i].value);
}

char *http_write(const lk_web_request *request, const http_answer *answer, size_t *len)
{
    const lk_web_reply *reply = answer->reply;
    const lk_web_reply *who = answer->who;
    const char *body = reply != NULL ? reply->body : answer->text;
    size_t body_len = reply != NULL ? reply->body_len : strlen(body);
    int status = reply != NULL ? reply->status : answer->status;
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, len);

    if (out == NULL)
        return NULL;
    fprintf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %zu\r\n", status,
            reason_phrase(status), body_len);
    if (reply != NULL)
        write_headers(out, reply, 0);
    else
        fputs("Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n",
              out);
    /* Beside its cookies it says that no cache may keep what one person was shown. */
    if (who != NULL)
        write_headers(out, who, reply != NULL);
    else if (reply == NULL)
        fputs("Cache-Control: no-store\r\n", out);
    fputs("\r\n", out);
    if (body_len > 0 && (request == NULL || strcmp(request->method, "HEAD") != 0))
        fwrite(body, 1, body_len, out);
    if (fclose(out) == 0)
        return bytes;
    free(bytes);
    return NULL;
}
