/* What the libraries under Latchkey take by themselves: CivetWeb with 50 threads, libcurl
 * initialised, a SQLite file open. Prints {"port":N} and waits until its input ends.
 *
 *     bench-floor THREADS FILE */
#include <civetweb.h>
#include <curl/curl.h>
#include <mbedtls/sha256.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static int answer(struct mg_connection *connection, void *ctx)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    (void)ctx;
    mg_write(connection, text, strlen(text));
    return 200;
}

int main(int argc, char **argv)
{
    mbedtls_sha256_context sha;
    struct mg_server_port port;
    sqlite3 *db = NULL;

    if (argc != 3 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
        sqlite3_open(argv[2], &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS t (x)", NULL, NULL,
                     NULL) != SQLITE_OK)
        return 1;
    mbedtls_sha256_init(&sha);
    const char *options[] = { "listening_ports", "127.0.0.1:0", "num_threads", argv[1],
                              "tcp_nodelay",     "1",           NULL };
    struct mg_context *server = mg_start(NULL, NULL, options);
    if (server == NULL)
        return 1;
    mg_set_request_handler(server, "/bare", answer, NULL);
    mg_get_server_ports(server, 1, &port);
    printf("{\"port\":%d}\n", port.port);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    mg_stop(server);
    sqlite3_close(db);
    mbedtls_sha256_free(&sha);
    curl_global_cleanup();
    return 0;
}
