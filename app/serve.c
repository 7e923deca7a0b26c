/* The server: CivetWeb with our options, the way from a request to its route, start and stop. */
#include "answer.h"
#include "config.h"
#include "fail.h"
#include "head.h"
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

/* What CivetWeb reads before the body. That is more than head.c lets pass, so that who says too
 * much is told so; beyond it breaks off, and all it knows is that it did not understand. */
#define BUFFER "131072"

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
    { "GET", "/api/environment", ANYBODY, answer_environment },
    { "GET", "/api/replica/events", SIGNED_IN, answer_replica_events },
    { "GET", "/api/replica/directories", SIGNED_IN, answer_replica_directories },
    { "GET", "/api/replica/directory_users", SIGNED_IN, answer_replica_users },
    { "GET", "/api/replica/directory_groups", SIGNED_IN, answer_replica_groups },
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
        .closes = mg_get_user_connection_data(connection) == ctx,
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

/* A browser with too many cookies would come again and again: it is told what to do. */
static int answer_refused(const app_request *request, int status, const char *message)
{
    char text[400];

    if (status != 431 || !wants_html(request))
        return answer_problem(request, status, "invalid_request", message);
    snprintf(text, sizeof(text),
             "The browser sent more than this server reads: %s. Delete the cookies of this site, "
             "then sign in again.",
             message);
    return answer_notice(request, 431, "Too many cookies", text);
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
                   status < 500 ? "the request is not HTTP that this server reads, or its headers "
                                  "are larger than " BUFFER " bytes"
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

    mg_set_user_connection_data(connection, closes ? (void *)self : &self->n_workers_busy);
    if (closes)
        mg_disable_connection_keep_alive(connection);
    lk_error err = LK_ERROR_INIT;
    int status = head_judge(info, &err);
    if (status == 0)
        return 0;
    mg_disable_connection_keep_alive(connection);
    app_request request = {
        .server = self, .connection = connection, .info = info, .closes = true
    };
    return answer_refused(&request, status, err.message);
}

/* Once: a proxy that serves another address than the one people are sent back to is the mistake
 * that everybody makes. */
static void compare_origin(server *self, const struct mg_request_info *info,
                           const lk_visitor *visitor)
{
    char seen[sizeof(visitor->scheme) + sizeof(visitor->host) + 4];

    if (visitor->scheme[0] == '\0' || visitor->host[0] == '\0')
        return;
    snprintf(seen, sizeof(seen), "%s://%s", visitor->scheme, visitor->host);
    if (strcasecmp(seen, self->origin) == 0 || atomic_exchange(&self->has_warned, true))
        return;
    fprintf(stderr,
            "latchkey: the proxy at %s serves %s, but sign-in leads back to %s: set "
            "WORKOS_REDIRECT_URI or --redirect-uri to the address that people use\n",
            info->remote_addr, seen, self->origin);
}

static void log_request(const struct mg_request_info *info, const lk_visitor *visitor, int status)
{
    const char *path = info->local_uri != NULL ? info->local_uri : "?";
    char line[240];

    /* Without the query: codes and states are in there. */
    snprintf(line, sizeof(line), "%s %.150s %d %s", info->request_method, path, status,
             visitor->address);
    for (char *c = line; *c != '\0'; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    fprintf(stderr, "latchkey: %s\n", line);
}

static void end_request(const struct mg_connection *connection, int status)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    server *self = info->user_data;
    const server_options *options = self->options;
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;
    lk_visitor visitor;

    atomic_fetch_add(&self->n_answers[class], 1);
    if (!options->logs_requests && options->proxies == NULL)
        return;
    head_visitor(info, options->proxies, options->proxy_headers, &visitor);
    compare_origin(self, info, &visitor);
    if (options->logs_requests)
        log_request(info, &visitor, status);
}

static int init_connection(const struct mg_connection *connection, void **data)
{
    server *self = mg_get_user_data(mg_get_context(connection));

    *data = &self->n_workers_busy;
    atomic_fetch_add(&self->n_workers_busy, 1);
    return 0;
}

/* Also of connections that never began: their TLS handshake failed. */
static void connection_close(const struct mg_connection *connection)
{
    server *self = mg_get_user_data(mg_get_context(connection));

    if (mg_get_user_connection_data(connection) == NULL)
        return;
    atomic_fetch_sub(&self->n_workers_busy, 1);
}

static int log_message(const struct mg_connection *connection, const char *message)
{
    server *self = mg_get_user_data(mg_get_context(connection));

    snprintf(self->complaint, sizeof(self->complaint), "%s", message);
    return 1;
}

/* Before the first connection, with *context NULL, and after the last one. */
static int provide_tls(void **context, void *data)
{
    const server *self = data;

    if (*context == NULL)
        *context = tls_context(self->options->tls);
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
        .external_ssl_ctx = self->options->tls != NULL ? provide_tls : NULL,
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
    if (self->options->tls != NULL)
        strcat(listen, "s");
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

    if (given != NULL)
        snprintf(self->redirect_uri, sizeof(self->redirect_uri), "%s", given);
    else
        snprintf(self->redirect_uri, sizeof(self->redirect_uri), "%s://localhost:%d/callback",
                 self->options->tls != NULL ? "https" : "http", self->address.port);
    const char *host = strstr(self->redirect_uri, "://");
    if (host == NULL || (given != NULL && strlen(given) >= sizeof(self->redirect_uri)))
        return failed(err, LK_ERR_INVALID, "the redirect URI must be an absolute address");
    size_t len = (size_t)(host - self->redirect_uri) + 3;
    len += strcspn(host + 3, "/?#");
    if (len >= sizeof(self->origin))
        return failed(err, LK_ERR_INVALID, "the redirect URI is too long");
    snprintf(self->origin, sizeof(self->origin), "%.*s", (int)len, self->redirect_uri);
    self->is_strict = self->options->tls != NULL && !config_is_local_url(self->origin);
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
    web.session_store = sharing_sessions(&self->sharing);
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
