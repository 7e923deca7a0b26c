/* A wire that plays a script; see fake-wire.h. */
#include "fake-wire.h"

#include <stdbool.h>
#include <stdio.h>
#include <strings.h>

#include "base/error.h"
#include "data.h"
#include "test.h"

static void note_problem(fake_wire *wire, const char *what, const char *expected, const char *got)
{
    if (wire->problem[0] == '\0')
        snprintf(wire->problem, sizeof(wire->problem),
                 "request %zu: %s: expected \"%.150s\", got "
                 "\"%.250s\"",
                 wire->n_requests, what, expected, got);
}

static void record(fake_wire *wire, const lk_http_request *request)
{
    size_t used = 0;
    size_t n = request->body_len;

    snprintf(wire->last_url, sizeof(wire->last_url), "%s", request->url);
    wire->last_headers[0] = '\0';
    for (size_t i = 0; i < request->n_headers && used < sizeof(wire->last_headers); i++)
        used += (size_t)snprintf(wire->last_headers + used, sizeof(wire->last_headers) - used,
                                 "%s: %s\n", request->headers[i].name, request->headers[i].value);
    if (n >= sizeof(wire->last_body))
        n = sizeof(wire->last_body) - 1;
    if (n > 0)
        memcpy(wire->last_body, request->body, n);
    wire->last_body[n] = '\0';
    wire->last_timeout_ms = request->timeout_ms;
}

static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host == NULL ? NULL : strchr(host + 3, '/');

    return path == NULL ? "" : path;
}

/* The value of a header "name: value" of the script, or of a name alone. */
static const char *header_of(const lk_http_request *request, const char *name, size_t name_len)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        if (strlen(request->headers[i].name) == name_len &&
            strncasecmp(request->headers[i].name, name, name_len) == 0)
            return request->headers[i].value;
    }
    return NULL;
}

static bool matches_request(const char *expected, const char *method, const char *path)
{
    size_t n = strlen(method);
    const char *end;

    if (strncmp(expected, method, n) != 0 || expected[n] != ' ')
        return false;
    expected += n + 1;
    end = strchr(expected, '?') == NULL ? strchrnul(path, '?') : path + strlen(path);
    return strlen(expected) == (size_t)(end - path) &&
           strncmp(expected, path, (size_t)(end - path)) == 0;
}

static void check_headers(fake_wire *wire, const fake_exchange *expected,
                          const lk_http_request *request)
{
    if (expected->header_has != NULL) {
        const char *colon = strchrnul(expected->header_has, ':');
        const char *value =
            header_of(request, expected->header_has, (size_t)(colon - expected->header_has));
        const char *wanted = *colon == '\0' ? colon : colon + 1 + strspn(colon + 1, " ");

        if (value == NULL || strcmp(value, wanted) != 0)
            note_problem(wire, "header", expected->header_has, wire->last_headers);
    }
    if (expected->header_lacks != NULL &&
        header_of(request, expected->header_lacks, strlen(expected->header_lacks)) != NULL)
        note_problem(wire, "no such header", expected->header_lacks, wire->last_headers);
}

static void check(fake_wire *wire, const fake_exchange *expected, const lk_http_request *request)
{
    const char *path = path_of(request->url);
    char got[512];

    snprintf(got, sizeof(got), "%s %s", request->method, path);
    if (!matches_request(expected->request, request->method, path))
        note_problem(wire, "wrong request", expected->request, got);
    if (expected->query_has != NULL && strstr(strchrnul(path, '?'), expected->query_has) == NULL)
        note_problem(wire, "query", expected->query_has, got);
    if (expected->body_has != NULL && strstr(wire->last_body, expected->body_has) == NULL)
        note_problem(wire, "body", expected->body_has, wire->last_body);
    if (expected->body_lacks != NULL && strstr(wire->last_body, expected->body_lacks) != NULL)
        note_problem(wire, "not in the body", expected->body_lacks, wire->last_body);
    check_headers(wire, expected, request);
}

static lk_status add_header(lk_http_response *response, const char *line)
{
    const char *colon = line == NULL ? NULL : strchr(line, ':');
    char name[128];

    if (colon == NULL)
        return LK_OK;
    snprintf(name, sizeof(name), "%.*s", (int)(colon - line), line);
    return lk_http_response_add_header(response, name, colon + 1 + strspn(colon + 1, " "));
}

static lk_status answer(const fake_exchange *exchange, lk_http_response *response, lk_error *err)
{
    if (exchange->failure != LK_OK)
        return lk__fail(err, exchange->failure, "%s",
                        exchange->failure_message == NULL ? "the fake wire was cut"
                                                          : exchange->failure_message);
    lk_http_response_set_status(response, exchange->status);
    LK_TRY(add_header(response, exchange->header));
    LK_TRY(add_header(response, exchange->header_2));
    if (exchange->file != NULL) {
        size_t len = 0;
        char *text = data_read(exchange->file, &len);
        lk_status status = lk_http_response_append(response, text, len);

        free(text);
        return status;
    }
    if (exchange->body == NULL)
        return LK_OK;
    return lk_http_response_append(response, exchange->body,
                                   exchange->body_len == 0 ? strlen(exchange->body)
                                                           : exchange->body_len);
}

static lk_status send_request(void *ctx, const lk_http_request *request, lk_http_response *response,
                              lk_error *err)
{
    fake_wire *wire = ctx;
    const fake_exchange *exchange = NULL;
    bool bad;

    pthread_mutex_lock(&wire->mutex);
    record(wire, request);
    if (wire->n_requests < wire->n_script) {
        exchange = &wire->script[wire->n_requests++];
        check(wire, exchange, request);
    } else {
        wire->n_requests++;
        note_problem(wire, "one too many", "nothing", wire->last_url);
    }
    bad = wire->problem[0] != '\0';
    pthread_mutex_unlock(&wire->mutex);
    if (bad)
        return lk__fail(err, LK_ERR_PROTOCOL, "the fake wire did not expect this request");
    if (exchange->during != NULL)
        exchange->during(exchange->during_ctx);
    return answer(exchange, response, err);
}

static void count_free(void *ctx)
{
    fake_wire *wire = ctx;

    wire->n_freed++;
}

lk_transport fake_wire_use(fake_wire *wire)
{
    return (lk_transport){ .send = send_request, .free = count_free, .ctx = wire };
}

void fake_wire_finished(fake_wire *wire)
{
    if (wire->problem[0] != '\0')
        fail_msg("%s", wire->problem);
    if (wire->n_requests != wire->n_script)
        fail_msg("%zu requests came, %zu were expected; the next would be \"%s\"", wire->n_requests,
                 wire->n_script, wire->script[wire->n_requests].request);
}
