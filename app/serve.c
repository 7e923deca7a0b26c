/* The server: CivetWeb with our options, start and stop. */
#include "config.h"
#include "fail.h"
#include "revocation.h"
#include "server.h"

#include <civetweb.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define MAX_WATCHERS 256

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
    struct mg_callbacks callbacks = {
        .log_message = log_message,
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
        SERVE_BUFFER,
        "enable_directory_listing",
        "no",
        NULL,
    };

    snprintf(n_workers, sizeof(n_workers), "%d", self->n_workers);
    serve_guests_set(&callbacks);
    TRY(listen_probe(&self->address, err));
    crowd_set_port(self->crowd, self->address.port);
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

/* No secret: it keeps the ids of two runs apart. */
static lk_status draw_prefix(char out[9], lk_error *err)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return failed(err, LK_ERR_NO_MEMORY, "no random bytes: %s", strerror(errno));
    snprintf(out, 9, "%08x", random);
    return LK_OK;
}

static lk_status start(server *self, lk_error *err)
{
    const server_options *options = self->options;
    lk_web_options web = options->web;

    TRY(webhook_secrets_init(&self->webhook_secrets, options->webhook_secret,
                             options->webhook_secret_previous, err));
    TRY(draw_prefix(self->id_prefix, err));
    TRY(crowd_new(self->n_workers - N_SPARE_WORKERS, &self->crowd, err));
    TRY(pool_new(options->store, &self->readers, err));
    TRY(start_http(self, err));
    TRY(settle_redirect_uri(self, err));
    web.size = sizeof(web);
    web.client = options->client;
    web.redirect_uri = self->redirect_uri;
    self->sharing.readers = self->readers;
    self->sharing.log = &options->log;
    web.refresh_lease = sharing_lease(&self->sharing);
    web.session_store = sharing_sessions(&self->sharing);
    web.revocation = (lk_revocation){ .is_revoked = revocation_ask, .ctx = &self->sharing };
    TRY(lk_web_new(&web, &self->web, err));
    TRY(lk_gate_new(self->web, &self->gate, err));
    TRY(feed_new(options->follows ? options->client : NULL, options->store, options->poll_ms,
                 options->keep_days, &options->log, &self->news, err));
    mg_set_auth_handler(self->http, "/**", allow_everything, NULL);
    mg_set_request_handler(self->http, "/**", serve_route, self);
    return LK_OK;
}

lk_status serve_start(const server_options *options, server **out, lk_error *err)
{
    server *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    self->options = options;
    self->address = options->address;
    self->max_watchers = options->max_watchers > 0 ? options->max_watchers : MAX_WATCHERS;
    self->n_workers = N_WORKERS + self->max_watchers;
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
    webhook_secrets_deinit(&self->webhook_secrets);
    crowd_free(self->crowd);
    free(self);
    return is_whole;
}
