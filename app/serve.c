/* The server: CivetWeb with our options, the way from a request to its route, start and stop. */
#include "answer.h"
#include "fail.h"
#include "revocation.h"
#include "server.h"

#include <civetweb.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* What a request may say before its body. CivetWeb reads more than that, so that who says too much
 * is told so; beyond BUFFER it breaks off, and all it knows is that it did not understand. */
#define MAX_HEAD 32768
#define BUFFER   "131072"
/* Of a Content-Length: CivetWeb's sums over a number of 19 wrap, and the body is the next request.
 */
#define MAX_LENGTH_DIGITS 15

typedef enum route_audience {
    ANYBODY,   /* and nobody is asked who they are */
    KNOWN,     /* finds out who is asking, answers everybody */
    SIGNED_IN, /* others are told to sign in */
} route_audience;

typedef struct route {
    const char *method; /* GET answers HEAD as well */
    const char *path;   /* {id} stands for one segment */
    route_audience audience;
    int (*answer)(const app_request *request);
} route;

static const route routes[] = {
    { "GET", "/", KNOWN, answer_page },
    { "GET", "/page.css", ANYBODY, answer_page_css },
    { "GET", "/page.js", ANYBODY, answer_page_js },
    { "GET", "/icon.svg", ANYBODY, answer_icon },
    { "GET", "/api/me", SIGNED_IN, answer_me },
    { "GET", "/api/events", SIGNED_IN, answer_events },
    { "GET", "/api/events/stream", SIGNED_IN, answer_event_stream },
    { "GET", "/api/directories", SIGNED_IN, answer_directories },
    { "GET", "/api/directories/{id}/users", SIGNED_IN, answer_directory_users },
    { "GET", "/api/directories/{id}/groups", SIGNED_IN, answer_directory_groups },
    { "GET", "/api/directory-users/{id}", SIGNED_IN, answer_directory_user },
    { "POST", "/webhooks/workos", ANYBODY, answer_webhook },
    { "GET", "/healthz", ANYBODY, answer_health },
    { "GET", "/readyz", ANYBODY, answer_ready },
    { "GET", "/metrics", ANYBODY, answer_metrics },
};

/* Whether path is of this pattern; copies what stands for {id}. */
static bool matches(const char *pattern, const char *path, char id[ID_SIZE])
{
    const char *hole = strstr(pattern, "{id}");

    if (hole == NULL)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(hole - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t len = strcspn(path + before, "/");
    if (len == 0 || len >= ID_SIZE || strcmp(path + before + len, hole + 4) != 0)
        return false;
    snprintf(id, ID_SIZE, "%.*s", (int)len, path + before);
    return true;
}

static bool answers_method(const route *known, const char *method)
{
    return strcmp(known->method, method) == 0 ||
           (strcmp(known->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static bool wants_html(const app_request *request)
{
    const char *accept = mg_get_header(request->connection, "Accept");

    return accept != NULL && strstr(accept, "text/html") != NULL;
}

static int answer_unknown(const app_request *request, const route *other_method)
{
    if (other_method != NULL) {
        /* RFC 9110, 15.5.6: "The origin server MUST generate an Allow header field". */
        bool is_post = strcmp(other_method->method, "POST") == 0;
        app_request refused = *request;
        refused.allow = is_post ? "POST" : "GET, HEAD";
        return answer_problem(&refused, 405, "method_not_allowed",
                              is_post ? "use POST" : "use GET");
    }
    if (wants_html(request))
        return answer_notice(request, 404, "Nothing here", "This address does not exist.");
    return answer_problem(request, 404, "not_found", "there is nothing at this address");
}

static int answer_unavailable(const app_request *request, const lk_error *err)
{
    if (wants_html(request))
        return answer_notice(request, 503, "Sign-in is out of reach", err->message);
    return answer_problem(request, 503, "unavailable", err->message);
}

static int answer_known(app_request *request, const route *chosen)
{
    server *self = request->server;
    lk_auto(lk_web_reply) who = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_gate_identify(self->gate, request->connection, &who, &err) != LK_OK) {
        complain(&err);
        return answer_unavailable(request, &err);
    }
    if (who->status != 0)
        return lk_gate_send_reply(request->connection, who);
    request->who = who;
    if (who->session != NULL)
        request->scope = access_of(who->session, self->options->rules);
    if (chosen->audience == SIGNED_IN && who->session == NULL)
        return answer_problem(request, 401, "not_signed_in", "sign in first");
    return chosen->answer(request);
}

static int dispatch(struct mg_connection *connection, void *ctx)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    const char *path = info->local_uri != NULL ? info->local_uri : "";
    const route *other_method = NULL;
    app_request request = {
        .server = ctx,
        .connection = connection,
        .info = info,
        .is_head = strcmp(info->request_method, "HEAD") == 0,
        .closes = mg_get_user_connection_data(connection) != NULL,
    };

    for (size_t i = 0; i < N_ITEMS(routes); i++) {
        if (!matches(routes[i].path, path, request.id))
            continue;
        if (!answers_method(&routes[i], info->request_method))
            other_method = &routes[i];
        else if (routes[i].audience == ANYBODY)
            return routes[i].answer(&request);
        else
            return answer_known(&request, &routes[i]);
    }
    return answer_unknown(&request, other_method);
}

/* CivetWeb 1.15 takes the first of two Content-Lengths, and takes Transfer-Encoding beside a
 * Content-Length: behind a proxy that reads it otherwise, the rest of the body is the next request.
 * RFC 9112, 6.3: "the recipient MUST treat it as an unrecoverable error". */
static bool has_honest_length(const struct mg_request_info *info)
{
    size_t n_lengths = 0;
    size_t n_encodings = 0;

    for (int i = 0; i < info->num_headers; i++) {
        const struct mg_header *header = &info->http_headers[i];
        const char *value = header->value;
        if (strcasecmp(header->name, "Content-Length") == 0) {
            n_lengths++;
            size_t len = strlen(value);
            if (len == 0 || len > MAX_LENGTH_DIGITS || strspn(value, "0123456789") != len)
                return false;
        }
        if (strcasecmp(header->name, "Transfer-Encoding") == 0) {
            n_encodings++;
            if (strcasecmp(value, "chunked") != 0)
                return false;
        }
    }
    return n_lengths + n_encodings <= 1;
}

static size_t head_size(const struct mg_request_info *info)
{
    size_t size = info->query_string != NULL ? strlen(info->query_string) : 0;

    for (int i = 0; i < info->num_headers; i++)
        size += strlen(info->http_headers[i].name) + strlen(info->http_headers[i].value) + 4;
    return size + strlen(info->request_uri);
}

/* RFC 9112, 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
 * request message that lacks a Host header field and to any request message that contains more
 * than one Host header field line or a Host header field with an invalid field value." */
static bool has_honest_host(const struct mg_request_info *info)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~!$&'()*+,;=:[]%";
    int n_hosts = 0;

    for (int i = 0; i < info->num_headers; i++) {
        const char *value = info->http_headers[i].value;
        if (strcasecmp(info->http_headers[i].name, "Host") != 0)
            continue;
        n_hosts++;
        if (value[strspn(value, letters)] != '\0')
            return false;
    }
    return n_hosts == 1 || (n_hosts == 0 && strcmp(info->http_version, "1.1") != 0);
}

/* 0: nothing is wrong with it. */
static int judge(const struct mg_request_info *info, const char **message)
{
    size_t size = head_size(info);

    /* CivetWeb drops headers beyond the last that it has room for: one of them may be the length
     * of the body. */
    if (info->num_headers >= MG_MAX_HEADERS || size > MAX_HEAD) {
        bool is_target = strlen(info->request_uri) > MAX_HEAD / 2;
        *message = is_target ? "the address is too long" : "the headers are too large";
        return is_target ? 414 : 431;
    }
    *message = "the length of the body is ambiguous";
    if (!has_honest_length(info))
        return 400;
    *message = "the request needs one Host header, and a valid one";
    return has_honest_host(info) ? 0 : 400;
}

/* CivetWeb's own complaints, in our words: of requests that it could not read. */
static int answer_unreadable(struct mg_connection *connection, int status, const char *message)
{
    server *self = mg_get_user_data(mg_get_context(connection));
    app_request request = { .server = self, .connection = connection, .closes = true };

    (void)message;
    mg_disable_connection_keep_alive(connection);
    atomic_fetch_add(&self->n_answers[status / 100 % N_ITEMS(self->n_answers)], 1);
    answer_problem(&request, status, status < 500 ? "invalid_request" : "unavailable",
                   status < 500 ? "the request is not HTTP that this server reads"
                                : "the request cannot be answered");
    return 0;
}

/* With keep-alive on, as many busy clients as there are workers starve everybody else: let go of
 * connections while fewer than two workers are free. */
static int begin_request(struct mg_connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    server *self = info->user_data;
    bool closes = atomic_load(&self->n_workers_busy) > N_WORKERS - 2 ||
                  strcmp(info->http_version, "1.1") != 0;

    mg_set_user_connection_data(connection, closes ? self : NULL);
    if (closes)
        mg_disable_connection_keep_alive(connection);
    const char *message = NULL;
    int status = judge(info, &message);
    if (status == 0)
        return 0;
    mg_disable_connection_keep_alive(connection);
    app_request request = {
        .server = self, .connection = connection, .info = info, .closes = true
    };
    return answer_problem(&request, status, "invalid_request", message);
}

static void end_request(const struct mg_connection *connection, int status)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    server *self = info->user_data;
    const char *path = info->local_uri != NULL ? info->local_uri : "?";
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;

    atomic_fetch_add(&self->n_answers[class], 1);
    if (!self->options->logs_requests)
        return;
    /* Without the query: codes and states are in there. */
    char line[160];
    snprintf(line, sizeof(line), "%s %s %d", info->request_method, path, status);
    for (char *c = line; *c != '\0'; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    fprintf(stderr, "latchkey: %s\n", line);
}

static int init_connection(const struct mg_connection *connection, void **data)
{
    server *self = mg_get_user_data(mg_get_context(connection));

    *data = NULL;
    atomic_fetch_add(&self->n_workers_busy, 1);
    return 0;
}

static void connection_close(const struct mg_connection *connection)
{
    server *self = mg_get_user_data(mg_get_context(connection));

    atomic_fetch_sub(&self->n_workers_busy, 1);
}

static int log_message(const struct mg_connection *connection, const char *message)
{
    server *self = mg_get_user_data(mg_get_context(connection));

    snprintf(self->complaint, sizeof(self->complaint), "%s", message);
    return 1;
}

/* Without this CivetWeb looks for /.htpasswd at every request. */
static int allow_everything(struct mg_connection *connection, void *ctx)
{
    (void)connection;
    (void)ctx;
    return 1;
}

static lk_status start_http(server *self, lk_error *err)
{
    const struct mg_callbacks callbacks = {
        .begin_request = begin_request,
        .end_request = end_request,
        .init_connection = init_connection,
        .connection_close = connection_close,
        .log_message = log_message,
        .http_error = answer_unreadable,
    };
    char listen[80];
    char n_workers[16];
    /* Keys and values in turn. No document_root: there are no files to serve. */
    const char *options[] = {
        "listening_ports",
        listen,
        "num_threads",
        n_workers,
        "connection_queue",
        "64",
        "listen_backlog",
        "1024",
        "tcp_nodelay",
        "1",
        "enable_keep_alive",
        "yes",
        "keep_alive_timeout_ms",
        "2000",
        "request_timeout_ms",
        "5000",
        "max_request_size",
        BUFFER,
        "enable_directory_listing",
        "no",
        NULL,
    };

    snprintf(n_workers, sizeof(n_workers), "%d", N_WORKERS);
    TRY(listen_probe(&self->address, err));
    listen_print(&self->address, listen, sizeof(listen));
    self->http = mg_start(&callbacks, self, options);
    if (self->http == NULL)
        return failed(err, LK_ERR_STORE, "cannot listen on %s: %.120s", listen,
                      self->complaint[0] != '\0' ? self->complaint : "CivetWeb does not say why");
    return LK_OK;
}

/* The origin of the redirect URI is where people are: cookies of another name for the same machine
 * would not be sent there. */
static lk_status settle_redirect_uri(server *self, lk_error *err)
{
    const char *given = self->options->web.redirect_uri;

    if (given == NULL && !self->address.is_loopback)
        return failed(
            err, LK_ERR_INVALID,
            "listening beyond this machine needs to know its public address: set "
            "WORKOS_REDIRECT_URI or --redirect-uri, e.g. https://app.example.com/callback");
    if (given != NULL)
        snprintf(self->redirect_uri, sizeof(self->redirect_uri), "%s", given);
    else
        snprintf(self->redirect_uri, sizeof(self->redirect_uri), "http://localhost:%d/callback",
                 self->address.port);
    const char *host = strstr(self->redirect_uri, "://");
    if (host == NULL || (given != NULL && strlen(given) >= sizeof(self->redirect_uri)))
        return failed(err, LK_ERR_INVALID, "the redirect URI must be an absolute address");
    size_t len = (size_t)(host - self->redirect_uri) + 3;
    len += strcspn(host + 3, "/?#");
    if (len >= sizeof(self->origin))
        return failed(err, LK_ERR_INVALID, "the redirect URI is too long");
    snprintf(self->origin, sizeof(self->origin), "%.*s", (int)len, self->redirect_uri);
    return LK_OK;
}

static lk_status start(server *self, lk_error *err)
{
    const server_options *options = self->options;
    lk_web_options web = options->web;

    TRY(pool_new(options->store, &self->readers, err));
    TRY(start_http(self, err));
    TRY(settle_redirect_uri(self, err));
    web.size = sizeof(web);
    web.client = options->client;
    web.redirect_uri = self->redirect_uri;
    self->sharing.readers = self->readers;
    web.refresh_lease = sharing_lease(&self->sharing);
    web.revocation = (lk_revocation){ .is_revoked = revocation_ask, .ctx = self->readers };
    TRY(lk_web_new(&web, &self->web, err));
    TRY(lk_gate_new(self->web, &self->gate, err));
    TRY(feed_new(options->follows ? options->client : NULL, options->store, options->poll_ms,
                 &self->news, err));
    mg_set_auth_handler(self->http, "/**", allow_everything, NULL);
    TRY(lk_gate_mount(self->gate, self->http, err));
    mg_set_request_handler(self->http, "/**", dispatch, self);
    return LK_OK;
}

lk_status serve_start(const server_options *options, server **out, lk_error *err)
{
    server *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    self->options = options;
    self->address = options->address;
    lk_status status = start(self, err);
    if (status != LK_OK) {
        serve_stop(self);
        return status;
    }
    *out = self;
    return LK_OK;
}

static void *stop_http(void *http)
{
    mg_stop(http);
    return NULL;
}

/* CivetWeb looks at its stop flag every two seconds, or when somebody connects. */
static void stop_at_once(server *self)
{
    pthread_t stopper;
    struct timespec until;
    int rc = ETIMEDOUT;

    if (pthread_create(&stopper, NULL, stop_http, self->http) != 0) {
        mg_stop(self->http);
        return;
    }
    while (rc == ETIMEDOUT) {
        listen_poke(&self->address);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        rc = pthread_timedjoin_np(stopper, NULL, &until);
    }
}

bool serve_stop(server *self)
{
    if (self->news != NULL)
        feed_stop(self->news);
    if (self->http != NULL)
        stop_at_once(self);
    bool is_whole = feed_free(self->news);
    lk_gate_free(self->gate);
    lk_web_free(self->web);
    pool_free(self->readers);
    free(self);
    return is_whole;
}
