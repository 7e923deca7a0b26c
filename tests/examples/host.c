/* The "existing server" around the README's example: a CivetWeb host that adds sign-in to itself.
 * usage: host PORT; prints "ready" and serves until its standard input ends. */
#include <civetweb.h>
#include <latchkey.h>
#include <stdio.h>

lk_status add_sign_in(struct mg_context *server, lk_error *err);
void remove_sign_in(void);

int main(int argc, char **argv)
{
    char port[64];
    lk_error err = LK_ERROR_INIT;

    snprintf(port, sizeof(port), "127.0.0.1:%s", argc > 1 ? argv[1] : "8080");
    const char *const options[] = {
        "listening_ports",  port,    "tcp_nodelay", "1", "num_threads", "8",
        "max_request_size", "32768", NULL
    };
    struct mg_context *server = mg_start(NULL, NULL, (const char **)options);

    if (server == NULL) {
        fprintf(stderr, "cannot listen on %s\n", port);
        return 1;
    }
    if (add_sign_in(server, &err) != LK_OK) {
        fprintf(stderr, "%s\n", err.message);
        mg_stop(server);
        remove_sign_in();
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    mg_stop(server);
    remove_sign_in();
    return 0;
}
