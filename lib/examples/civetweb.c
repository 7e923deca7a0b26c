/* example: civetweb.c — a CivetWeb server of your own, with sign-in.
 *
 *     civetweb PORT
 *
 * "/" answers everybody, "/account" people who are signed in, everything under "/admin" those whose
 * token names the role admin, "/api/me" programs: with the cookie, or with the access token as
 * "Authorization: Bearer …". Settings come from the environment, under the names that WorkOS' own
 * libraries use. Ends at Ctrl-C. */
#include <civetweb.h>
#include <latchkey.h>
#include <latchkey/gate.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_THREADS 32

/* All that belongs together; CivetWeb hands it back as its user data. */
typedef struct host {
    lk_client *client;
    lk_web *web;
    lk_rules *admins;
    lk_gate *gate;
    struct mg_context *server;
    atomic_int n_busy; /* workers that have a connection */
} host;

/* ---- Answers ---- */

/* What people are called is theirs to choose: it is text, never markup. */
static void put_html(FILE *out, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (strchr("&<>\"'", *text) != NULL)
            fprintf(out, "&#%d;", *text);
        else
            fputc(*text, out);
    }
}

static void put_json(FILE *out, const char *text)
{
    if (text == NULL) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

/* Body text that grows; lk_gate_send() sends it in one write, with who's headers: a renewed cookie,
 * and that no cache may keep the page. */
typedef struct body {
    FILE *out;
    char *text;
    size_t len;
} body;

static int send_body(struct mg_connection *connection, const lk_web_reply *who, const char *type,
                     body *from)
{
    fclose(from->out);
    int status = lk_gate_send(connection, who, 200, type, from->text, from->len);
    free(from->text);
    return status;
}

/* open_memstream() writes to these addresses until it is closed: they must not move. */
static void begin_body(body *new)
{
    new->out = open_memstream(&new->text, &new->len);
    if (new->out == NULL)
        abort(); /* out of memory */
}

static void begin_page(body *new)
{
    begin_body(new);
    fputs("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Example</title>\n", new->out);
}

/* ---- Pages ---- */

/* An access token alone names nobody but an id. */
static const char *name_of(const lk_session *session)
{
    return session->user->email != NULL ? session->user->email : session->user->id;
}

/* For everybody: asks who is there, and answers either way. */
static int home(struct mg_connection *connection, void *ctx)
{
    host *self = ctx;
    lk_auto(lk_web_reply) who = NULL;
    lk_error err = LK_ERROR_INIT;

    /* LK_ERR_INVALID: a request that no server should answer. Everything else: WorkOS cannot be
     * asked right now whether the session goes on, so nobody is let in, and nobody signed out. */
    if (lk_gate_identify(self->gate, connection, &who, &err) != LK_OK)
        return lk_gate_send(connection, NULL, err.status == LK_ERR_INVALID ? 400 : 503, NULL,
                            err.message, strlen(err.message));
    body page;
    begin_page(&page);
    if (who->session != NULL) {
        fputs("<p>Hello ", page.out);
        put_html(page.out, name_of(who->session));
        fputs(". <a href=\"/account\">Your account</a>, <a href=\"/logout\">sign out</a>\n",
              page.out);
    } else {
        fputs("<p>Hello stranger. <a href=\"/login\">Sign in</a>\n", page.out);
    }
    return send_body(connection, who, "text/html; charset=utf-8", &page);
}

/* For people who are signed in: who->session is theirs. Others never get here. */
static int account(struct mg_connection *connection, const lk_web_reply *who, void *ctx)
{
    body page;

    (void)ctx;
    begin_page(&page);
    fputs("<p>You are ", page.out);
    put_html(page.out, name_of(who->session));
    fputs("<p>of ", page.out);
    put_html(page.out,
             who->session->organization_id ? who->session->organization_id : "no organization");
    if (who->session->impersonator != NULL)
        fputs("<p>Somebody of the staff is acting as you", page.out);
    return send_body(connection, who, "text/html; charset=utf-8", &page);
}

static int api_me(struct mg_connection *connection, const lk_web_reply *who, void *ctx)
{
    body json;

    (void)ctx;
    begin_body(&json);
    fputs("{\"id\":", json.out);
    put_json(json.out, who->session->user->id);
    fputs(",\"organization_id\":", json.out);
    put_json(json.out, who->session->organization_id);
    fputs(",\"role\":", json.out);
    put_json(json.out, who->session->role);
    fputs("}\n", json.out);
    return send_body(connection, who, "application/json", &json);
}

/* An ordinary handler, that of a program which knows nothing of sign-in: the guard on "/admin"
 * stands before it. */
static int admin(struct mg_connection *connection, void *ctx)
{
    (void)ctx;
    return lk_gate_send(connection, NULL, 200, NULL, "the engine room\n", 16);
}

/* ---- The server ---- */

/* With keep-alive, as many busy clients as there are workers would keep everybody else out: let go
 * of connections while fewer than two workers are free. */
static int begin_request(struct mg_connection *connection)
{
    host *self = mg_get_user_data(mg_get_context(connection));

    if (atomic_load(&self->n_busy) > N_THREADS - 2)
        mg_disable_connection_keep_alive(connection);
    return 0;
}

static int init_connection(const struct mg_connection *connection, void **data)
{
    host *self = mg_get_user_data(mg_get_context(connection));

    *data = NULL;
    atomic_fetch_add(&self->n_busy, 1);
    return 0;
}

static void connection_close(const struct mg_connection *connection)
{
    host *self = mg_get_user_data(mg_get_context(connection));

    atomic_fetch_sub(&self->n_busy, 1);
}

/* Debian's CivetWeb crashes at the first TLS handshake: plain HTTP on this machine, and a TLS proxy
 * in front. No "document_root": there are no files to serve. */
static lk_status start(host *self, const char *port, lk_error *err)
{
    const struct mg_callbacks callbacks = { .begin_request = begin_request,
                                            .init_connection = init_connection,
                                            .connection_close = connection_close };
    char address[64];
    char n_threads[16];
    const char *const options[] = {
        "listening_ports",
        address,
        "num_threads",
        n_threads,
        "tcp_nodelay", /* or an answer in two writes takes 40 ms */
        "1",
        "request_timeout_ms", /* or slow senders hold all workers */
        "5000",
        "enable_keep_alive",
        "yes",
        "keep_alive_timeout_ms",
        "2000",
        "max_request_size", /* of the headers: a session may take four cookies */
        "32768",
        "enable_directory_listing",
        "no",
        NULL,
    };

    snprintf(address, sizeof(address), "127.0.0.1:%.10s", port);
    snprintf(n_threads, sizeof(n_threads), "%d", N_THREADS);
    self->server = mg_start(&callbacks, self, (const char **)options);
    if (self->server != NULL)
        return LK_OK;
    err->status = LK_ERR_NETWORK;
    snprintf(err->message, sizeof(err->message), "cannot listen on %s", address);
    return err->status;
}

/* Each call returns LK_OK, which is 0, or fills err: the first failure ends the row. */
static lk_status open_host(host *self, const char *port, lk_error *err)
{
    (void)(lk_client_new(LK_CLIENT_OPTIONS(.client_id = getenv("WORKOS_CLIENT_ID"),
                                           .api_key = getenv("WORKOS_API_KEY"),
                                           .base_url = getenv("WORKOS_API_BASE_URL")),
                         &self->client, err) ||
           lk_web_new(LK_WEB_OPTIONS(.client = self->client,
                                     .cookie_password = getenv("WORKOS_COOKIE_PASSWORD"),
                                     .redirect_uri = getenv("WORKOS_REDIRECT_URI")),
                      &self->web, err) ||
           lk_rules_new(&self->admins, err) || lk_rules_add(self->admins, "role=admin", err) ||
           lk_gate_new(self->web, &self->gate, err) || start(self, port, err) ||
           lk_gate_mount(self->gate, self->server, err) ||
           lk_gate_guard_rules(self->gate, self->server, "/admin", self->admins, err) ||
           lk_gate_handle(self->gate, self->server, "/account", account, NULL, err) ||
           lk_gate_handle(self->gate, self->server, "/api/me", api_me, NULL, err));
    if (err->status != LK_OK)
        return err->status;
    mg_set_request_handler(self->server, "/admin", admin, NULL);
    mg_set_request_handler(self->server, "/", home, self);
    return LK_OK;
}

/* The server first: its threads use everything else. */
static void close_host(host *self)
{
    if (self->server != NULL)
        mg_stop(self->server);
    lk_gate_free(self->gate);
    lk_rules_free(self->admins);
    lk_web_free(self->web);
    lk_client_free(self->client);
}

int main(int argc, char **argv)
{
    host self = { .client = NULL };
    lk_error err = LK_ERROR_INIT;
    sigset_t stopping;
    int caught;

    /* Blocked before any thread starts, so that none but this one takes them. */
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stopping, NULL);
    if (open_host(&self, argc > 1 ? argv[1] : "8080", &err) != LK_OK) {
        fprintf(stderr, "civetweb: %s\n", err.message);
        close_host(&self);
        return EXIT_FAILURE;
    }
    printf("Listening on port %s; Ctrl-C ends it\n", argc > 1 ? argv[1] : "8080");
    fflush(stdout);
    sigwait(&stopping, &caught);
    close_host(&self);
    return EXIT_SUCCESS;
}
