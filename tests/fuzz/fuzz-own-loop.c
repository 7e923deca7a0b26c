/* What a visitor may send to the example program that reads HTTP by itself: people copy it. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "own-loop-http.h"

static http_verdict read_copy(const uint8_t *data, size_t size, char **text, http_request *out)
{
    *text = malloc(size + 1);
    promise(*text != NULL);
    memcpy(*text, data, size);
    return http_read(*text, size, out);
}

static void check_text(const char *text, const char *begin, size_t size)
{
    promise(text >= begin && text + strlen(text) <= begin + size);
}

static void check_request(const http_request *request, const char *begin, size_t size)
{
    const lk_web_request *web = &request->web;

    check_text(web->method, begin, size);
    check_text(web->path, begin, size);
    promise(web->method[0] != '\0' && strpbrk(web->method, " \t\r\n/") == NULL);
    promise(web->path[0] == '/' && web->path[1] != '/');
    for (const char *c = web->path; *c != '\0'; c++)
        promise(*c > ' ' && *c <= '~' && *c != '?' && *c != '#');
    if (web->query != NULL)
        check_text(web->query, begin, size);
    promise(web->n_headers <= HTTP_MAX_HEADERS);
    promise(lk_web_check_headers(web->headers, web->n_headers, NULL) == LK_OK);
    for (size_t i = 0; i < web->n_headers; i++) {
        check_text(web->headers[i].name, begin, size);
        check_text(web->headers[i].value, begin, size);
        promise(strpbrk(web->headers[i].value, "\r\n") == NULL);
    }
}

/* One answer, whose length is what it says. */
static void check_answer(const http_request *request)
{
    size_t len = 0;
    char *bytes =
        http_write(&request->web, &(http_answer){ .status = 404, .text = "Nothing here" }, &len);

    promise(bytes != NULL && strlen(bytes) == len);
    promise(strncmp(bytes, "HTTP/1.1 404 Not Found\r\n", 24) == 0);
    const char *body = strstr(bytes, "\r\n\r\n");
    promise(body != NULL && strstr(bytes, "\r\nContent-Length: 12\r\n") != NULL);
    promise(strcmp(body + 4, strcmp(request->web.method, "HEAD") == 0 ? "" : "Nothing here") == 0);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memmem(data, size, "\r\n\r\n", 4);
    http_request request;
    char *text = NULL;
    http_verdict verdict;

    if (size == 0 || size > HTTP_MAX_HEAD)
        return 0;
    verdict = read_copy(data, size, &text, &request);
    promise((verdict == HTTP_MORE) == (end == NULL && size < HTTP_MAX_HEAD));
    if (verdict == HTTP_WHOLE) {
        check_request(&request, text, size);
        check_answer(&request);
    }
    free(text);
    /* What comes behind a request changes nothing about it. */
    if (end == NULL)
        return 0;
    promise(read_copy(data, (size_t)(end - data) + 4, &text, &request) == verdict);
    free(text);
    return 0;
}
