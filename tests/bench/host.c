/* A CivetWeb server of which one path is bare and two are guarded; all answer the same 100 bytes.
 *
 *     bench-host DIRECTORY THREADS STORE      prints {"port":N} and serves until its input ends
 *
 * /bare answers at once, /guarded asks who is there, /uncached does so without memory of earlier
 * requests. STORE, a mirror, is opened and left alone: it counts in the footprint. */
#include <civetweb.h>
#include <latchkey/gate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench-kit.h"

static const char body[] = "The same hundred bytes for everybody, so that only the way to them "
                           "makes a difference. ............";

static int answer_bare(struct mg_connection *connection, void *ctx)
{
    char text[512];

    (void)ctx;
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 200 OK\r\nDate: Mon, 02 Mar 2026 12:00:00 GMT\r\n"
                       "Cache-Control: no-store\r\nVary: Cookie\r\n"
                       "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(body), body);
    mg_write(connection, text, (size_t)len);
    return 200;
}

static int answer_guarded(struct mg_connection *connection, const lk_web_reply *who, void *ctx)
{
    (void)ctx;
    return lk_gate_send(connection, who, 200, NULL, body, strlen(body));
}

/* Without this CivetWeb looks for /.htpasswd at every request. */
static int allow_everything(struct mg_connection *connection, void *ctx)
{
    (void)connection;
    (void)ctx;
    return 1;
}

static struct mg_context *start(const char *n_threads)
{
    const char *options[] = { "listening_ports",
                              "127.0.0.1:0",
                              "num_threads",
                              n_threads,
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
                              "10000",
                              "max_request_size",
                              "16384",
                              NULL };
    struct mg_context *server = mg_start(NULL, NULL, options);

    if (server == NULL)
        bench_die("mg_start", "cannot listen");
    mg_set_auth_handler(server, "/**", allow_everything, NULL);
    mg_set_request_handler(server, "/bare", answer_bare, NULL);
    return server;
}

static lk_gate *guard(struct mg_context *server, lk_client *client, const char *password,
                      const char *uri, int n_cached)
{
    lk_web *web = NULL;
    lk_gate *gate = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_web_new(LK_WEB_OPTIONS(.client = client, .cookie_password = password,
                                  .redirect_uri = "http://127.0.0.1/callback",
                                  .cached_sessions = n_cached),
                   &web, &err) != LK_OK ||
        lk_gate_new(web, &gate, &err) != LK_OK ||
        lk_gate_handle(gate, server, uri, answer_guarded, NULL, &err) != LK_OK)
        bench_die(uri, err.message);
    return gate;
}

int main(int argc, char **argv)
{
    struct mg_server_port port;
    lk_mirror *mirror = NULL;
    lk_error err = LK_ERROR_INIT;
    size_t len;

    if (argc != 4)
        bench_die("usage", "bench-host DIRECTORY THREADS STORE");
    lk_client *client = bench_client(argv[1]);
    char *password = bench_read(argv[1], "password", &len);
    if (lk_mirror_open(argv[3], &mirror, &err) != LK_OK)
        bench_die(argv[3], err.message);
    struct mg_context *server = start(argv[2]);
    /* Both webs live as long as the process. */
    lk_gate *cached = guard(server, client, password, "/guarded", 0);
    lk_gate *uncached = guard(server, client, password, "/uncached", -1);

    mg_get_server_ports(server, 1, &port);
    printf("{\"port\":%d}\n", port.port);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    mg_stop(server);
    lk_gate_free(cached);
    lk_gate_free(uncached);
    lk_mirror_free(mirror);
    lk_client_free(client);
    free(password);
    return 0;
}
