/* CivetWeb, with care: everything is answered in begin_request, so that none of its own features
 * (files, directory listing, forms, WebSocket) is ever reached; every answer leaves in one write; a
 * connection is kept only while there are workers to spare. */
#include "server.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

#define N_THREADS "24"
#define KEEP_MAX  20 /* connections above this many are closed after their answer */

struct server {
    struct mg_context *civetweb;
    server_host host;
    atomic_int n_connections;
    atomic_ulong n_requests;
    struct sockaddr_in here;
    atomic_bool has_ended;
};

static int count_header(const struct mg_request_info *info, const char *name)
{
    int count = 0;
    for (int i = 0; i < info->num_headers; i++)
        count += strcasecmp(info->http_headers[i].name, name) == 0;
    return count;
}

/* Two lengths for one body make a second request of its end: such a request is refused whole. */
static bool has_doubtful_length(const struct mg_request_info *info)
{
    int lengths = count_header(info, "Content-Length");
    int codings = count_header(info, "Transfer-Encoding");
    return lengths + codings > 1;
}

/* A foreign web page can make its own name point here (DNS rebinding); that name is in Host. */
static bool is_loopback_name(const char *host)
{
    static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (host && strncasecmp(host, names[i], len) == 0 &&
            (host[len] == ':' || host[len] == '\0'))
            return true;
    }
    return false;
}

/* Up to MAX_BODY bytes; false when there are more. */
static bool read_body(struct mg_connection *connection, text *out)
{
    char piece[8192];
    int n = 0;
    text_add(out, "");
    while (out->len <= MAX_BODY && (n = mg_read(connection, piece, sizeof piece)) > 0)
        text_add_bytes(out, piece, (size_t)n);
    return out->len <= MAX_BODY;
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *words;
    } reasons[] = {
        { 200, "OK" },           { 201, "Created" },       { 202, "Accepted" },
        { 204, "No Content" },   { 302, "Found" },         { 400, "Bad Request" },
        { 401, "Unauthorized" }, { 403, "Forbidden" },     { 404, "Not Found" },
        { 405, "Not Allowed" },  { 409, "Conflict" },      { 413, "Content Too Large" },
        { 415, "Unsupported" },  { 422, "Unprocessable" }, { 429, "Too Many Requests" },
        { 500, "Server Error" }, { 502, "Bad Gateway" },   { 503, "Service Unavailable" },
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].words;
    }
    return "Answer";
}

/* RFC 9110, 6.6.1. Clients compare their own clock with it. */
static void add_date(text *out, int64_t now_ms)
{
    time_t seconds = (time_t)(now_ms / 1000);
    char written[40] = "";
    struct tm utc;
    if (gmtime_r(&seconds, &utc) &&
        strftime(written, sizeof written, "%a, %d %b %Y %H:%M:%S GMT", &utc))
        text_print(out, "Date: %s\r\n", written);
}

/* The whole answer in one write: in two, the second waits for the other side's acknowledgement. */
static void write_answer(struct mg_connection *connection, server *self, const exchange *answer,
                         bool is_half, bool keeps)
{
    AUTO_TEXT out = { 0 };
    unsigned long number = atomic_fetch_add(&self->n_requests, 1);
    bool has_length = answer->status != 204;
    text_print(&out, "HTTP/1.1 %d %s\r\n", answer->status, reason(answer->status));
    if (answer->type)
        text_print(&out, "Content-Type: %s\r\n", answer->type);
    if (has_length)
        text_print(&out, "Content-Length: %zu\r\n", answer->answer.len);
    text_print(&out, "x-request-id: req_emulated_%08lx\r\n", number);
    if (answer->now_ms)
        add_date(&out, answer->now_ms);
    text_add(&out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
    text_add(&out, text_get(&answer->headers));
    text_add(&out, keeps ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    size_t len = is_half ? answer->answer.len / 2 : answer->answer.len;
    if (has_length && len)
        text_add_bytes(&out, answer->answer.bytes, len);
    (void)mg_write(connection, out.bytes, out.len); /* a peer that is gone needs no answer */
}

static void sleep_ms(unsigned ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 },
              NULL);
}

static void spoil(exchange *answer, const fault *due)
{
    if (due->retry_after_s >= 0)
        text_print(&answer->headers, "Retry-After: %d\r\n", due->retry_after_s);
    if (due->json) {
        answer->status = due->status ? due->status : answer->status;
        answer->type = JSON_TYPE;
        text_free(&answer->answer);
        text_add(&answer->answer, due->json);
        return;
    }
    if (due->status && (!due->has_body || due->body == FAULT_JSON)) {
        text_free(&answer->headers);
        if (due->retry_after_s >= 0)
            text_print(&answer->headers, "Retry-After: %d\r\n", due->retry_after_s);
        if (due->status == 429)
            answer_too_many(answer);
        else
            answer_error(answer, due->status, NULL, reason(due->status));
        return;
    }
    if (due->status)
        answer->status = due->status;
    if (!due->has_body || due->body == FAULT_JSON || due->body == FAULT_HALF)
        return;
    text_free(&answer->answer);
    answer->type = due->body == FAULT_HTML ? HTML_TYPE : JSON_TYPE;
    if (due->body == FAULT_HTML)
        text_add(&answer->answer,
                 "<html><head><title>Bad gateway</title></head><body><h1>Bad gateway"
                 "</h1><p>the upstream did not answer</p></body></html>\n");
    if (due->body == FAULT_GARBAGE)
        text_add_bytes(&answer->answer, "\x00\xff{\"data\":[\x80\x81,,]\"\\u00", 20);
}

/* A fault without a status, or with half a body, needs the real answer; so does one "applied". */
static bool needs_real_answer(const fault *due)
{
    bool keeps_real = due->has_body && due->body == FAULT_HALF;
    return !due->is_set || due->is_applied || due->status == 0 || keeps_real;
}

static bool wants_continue(const exchange *request, const struct mg_request_info *info)
{
    for (int i = 0; i < info->num_headers; i++) {
        if (strcasecmp(info->http_headers[i].name, "Expect") == 0 &&
            strcasecmp(info->http_headers[i].value, "100-continue") == 0)
            return true;
    }
    (void)request;
    return false;
}

/* Everything that can be wrong before a handler looks at it. True: refused, with an answer. */
static bool refuse(struct mg_connection *connection, const struct mg_request_info *info,
                   exchange *request, text *body, bool *keeps)
{
    *keeps = false;
    if (has_doubtful_length(info)) {
        answer_error(request, 400, "bad_request", "the length of the body is given more than once");
        return true;
    }
    if (!is_loopback_name(mg_get_header(connection, "Host"))) {
        answer_error(request, 403, "forbidden",
                     "the emulator answers to loopback names only; Host must be one");
        return true;
    }
    if (info->content_length > MAX_BODY) {
        answer_error(request, 413, "too_large", "the body is too large: at most 1 MiB");
        return true;
    }
    if (wants_continue(request, info))
        (void)mg_write(connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    if (!read_body(connection, body)) {
        answer_error(request, 413, "too_large", "the body is too large: at most 1 MiB");
        return true;
    }
    request->body = body->bytes;
    request->body_len = body->len;
    if (!form_parse(&request->query, request->query_text, strlen(request->query_text))) {
        answer_error(request, 400, "bad_request",
                     "the query is not UTF-8 text, or has too many fields");
        return true;
    }
    *keeps = true;
    return false;
}

/* Answers, spoilt by a fault or not. False: nothing is to be sent. */
static bool answer(server *self, exchange *request, bool *out_is_half)
{
    fault due = self->host.prepare(self->host.emulator, request);
    fault_blind(&due, &request->query);
    if (needs_real_answer(&due))
        self->host.answer(self->host.emulator, request);
    *out_is_half = due.is_set && due.has_body && due.body == FAULT_HALF;
    if (!due.is_set)
        return true;
    sleep_ms(due.delay_ms);
    spoil(request, &due);
    bool is_sent = !(due.has_body && due.body == FAULT_NONE);
    fault_free(&due);
    return is_sent;
}

static void release(exchange *request)
{
    form_free(&request->query);
    text_free(&request->headers);
    text_free(&request->answer);
}

static int begin_request(struct mg_connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    server *self = info->user_data;
    AUTO_TEXT body = { 0 };
    bool keeps = false, is_half = false, is_sent = true;
    exchange request = {
        .method = info->request_method,
        .path = info->local_uri ? info->local_uri : "",
        .query_text = info->query_string ? info->query_string : "",
        .authorization = mg_get_header(connection, "Authorization"),
        .content_type = mg_get_header(connection, "Content-Type"),
        .user_agent = mg_get_header(connection, "User-Agent"),
        .remote = info->remote_addr,
        .host = mg_get_header(connection, "Host"),
        .origin = mg_get_header(connection, "Origin"),
        .fault = mg_get_header(connection, "Latchkey-Fault"),
        .fetch_site = mg_get_header(connection, "Sec-Fetch-Site"),
    };
    if (!refuse(connection, info, &request, &body, &keeps))
        is_sent = answer(self, &request, &is_half);
    keeps = keeps && is_sent && !is_half && atomic_load(&self->n_connections) < KEEP_MAX;
    if (!keeps)
        mg_disable_connection_keep_alive(connection);
    int status = request.status;
    if (is_sent)
        write_answer(connection, self, &request, is_half, keeps);
    release(&request);
    return is_sent ? status : 599;
}

static int open_connection(const struct mg_connection *connection, void **data)
{
    server *self = mg_get_user_data(mg_get_context(connection));
    atomic_fetch_add(&self->n_connections, 1);
    (void)data;
    return 0;
}

static void close_connection(const struct mg_connection *connection)
{
    server *self = mg_get_user_data(mg_get_context(connection));
    atomic_fetch_sub(&self->n_connections, 1);
}

static int swallow_log(const struct mg_connection *connection, const char *message)
{
    (void)connection;
    (void)message;
    return 1;
}

static struct sockaddr_in socket_address(const char *address, int port)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, address, &here.sin_addr);
    return here;
}

/* CivetWeb only says that it could not start; the system says why. */
static void explain(const char *address, int port, char error[EMULATOR_ERROR_SIZE])
{
    struct sockaddr_in here = socket_address(address, port);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool is_free = bind(descriptor, (const struct sockaddr *)&here, sizeof here) == 0;
    int why = errno;
    close(descriptor);
    if (!is_free && why == EADDRINUSE)
        snprintf(
            error, EMULATOR_ERROR_SIZE,
            "port %d is taken by another program; choose another one with --port, or 0 for any",
            port);
    else
        snprintf(error, EMULATOR_ERROR_SIZE, "cannot listen on %s:%d: %s", address, port,
                 is_free ? "the HTTP server did not start" : strerror(why));
}

int server_start(const char *address, int port, const server_host *host, server **out,
                 int *out_port, char error[EMULATOR_ERROR_SIZE])
{
    char listening[64];
    snprintf(listening, sizeof listening, "%s:%d", address, port);
    const char *options[] = { "listening_ports",
                              listening,
                              "num_threads",
                              N_THREADS,
                              "connection_queue",
                              "100",
                              "request_timeout_ms",
                              "5000",
                              "enable_keep_alive",
                              "yes",
                              "keep_alive_timeout_ms",
                              "2000",
                              "tcp_nodelay",
                              "1",
                              NULL };
    const struct mg_callbacks callbacks = { .begin_request = begin_request,
                                            .init_connection = open_connection,
                                            .connection_closed = close_connection,
                                            .log_message = swallow_log };
    struct mg_server_port ports[1] = { { 0 } };
    server *self = memory_zeroed(sizeof *self);
    self->host = *host;
    mg_init_library(0);
    self->civetweb = mg_start(&callbacks, self, options);
    if (!self->civetweb || mg_get_server_ports(self->civetweb, 1, ports) != 1) {
        explain(address, port, error);
        server_stop(self);
        return -1;
    }
    *out_port = ports[0].port;
    self->here = socket_address(address, *out_port);
    *out = self;
    return 0;
}

/* CivetWeb's listening thread looks every two seconds whether it shall end; a visitor wakes it. */
static void *nudge(void *server_)
{
    server *self = server_;
    while (!atomic_load(&self->has_ended)) {
        int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void)connect(descriptor, (const struct sockaddr *)&self->here, sizeof self->here);
        close(descriptor);
        sleep_ms(20);
    }
    return NULL;
}

static void stop_civetweb(server *self)
{
    pthread_t nudger;
    bool is_nudged = pthread_create(&nudger, NULL, nudge, self) == 0;
    mg_stop(self->civetweb);
    atomic_store(&self->has_ended, true);
    if (is_nudged)
        pthread_join(nudger, NULL);
}

void server_stop(server *self)
{
    if (!self)
        return;
    if (self->civetweb)
        stop_civetweb(self);
    mg_exit_library();
    free(self);
}
