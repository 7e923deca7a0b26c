/* A server that answers with given bytes; see raw-server.h. */
#include "raw-server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    raw_server *server;
    int socket;
};

static void give_up(const char *what)
{
    perror(what);
    abort();
}

/* Whether head and body of a request are whole. */
static bool is_whole(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "Content-Length:");

    if (end == NULL)
        return false;
    return length == NULL || length > end ||
           strlen(end + 4) >= (size_t)strtoul(length + strlen("Content-Length:"), NULL, 10);
}

static bool read_request(struct connection *connection)
{
    char text[sizeof(connection->server->last_request)];
    size_t used = 0;

    text[0] = '\0';
    while (!is_whole(text)) {
        ssize_t n = recv(connection->socket, text + used, sizeof(text) - 1 - used, 0);

        if (n <= 0)
            return false;
        used += (size_t)n;
        text[used] = '\0';
    }
    pthread_mutex_lock(&connection->server->mutex);
    memcpy(connection->server->last_request, text, used + 1);
    pthread_mutex_unlock(&connection->server->mutex);
    atomic_fetch_add(&connection->server->n_requests, 1);
    return true;
}

static bool write_all(int socket, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(socket, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void write_endlessly(int socket)
{
    char bytes[4096];

    memset(bytes, 'a', sizeof(bytes));
    while (write_all(socket, bytes, sizeof(bytes)))
        ;
}

static void *serve(void *ctx)
{
    struct connection *connection = ctx;
    const raw_server *server = connection->server;
    size_t len = 0;

    if (server->answer != NULL)
        len = server->answer_len == 0 ? strlen(server->answer) : server->answer_len;
    while (read_request(connection)) {
        if (server->mode == RAW_SILENT)
            continue;
        if (!write_all(connection->socket, server->answer, len) || server->mode == RAW_CLOSE)
            break;
        if (server->mode == RAW_ENDLESS)
            write_endlessly(connection->socket);
    }
    /* The descriptor stays ours until raw_server_stop(), so that no other gets its number. */
    shutdown(connection->socket, SHUT_RDWR);
    free(connection);
    return NULL;
}

static void *accept_all(void *ctx)
{
    raw_server *server = ctx;

    for (;;) {
        int n = atomic_load(&server->n_connections);
        int socket = accept(server->listener, NULL, NULL);
        struct connection *connection;

        if (socket < 0 || n == RAW_MAX_CONNECTIONS)
            return NULL;
        connection = malloc(sizeof(*connection));
        if (connection == NULL)
            abort();
        *connection = (struct connection){ .server = server, .socket = socket };
        server->sockets[n] = socket;
        if (pthread_create(&server->threads[n], NULL, serve, connection) != 0)
            abort();
        atomic_fetch_add(&server->n_connections, 1);
    }
}

void raw_server_start(raw_server *server)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_mutex_init(&server->mutex, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(server->listener, RAW_MAX_CONNECTIONS) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) != 0)
        give_up("raw-server");
    server->port = ntohs(address.sin_port);
    if (pthread_create(&server->acceptor, NULL, accept_all, server) != 0)
        give_up("raw-server");
}

void raw_server_stop(raw_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    for (int i = 0; i < server->n_connections; i++) {
        shutdown(server->sockets[i], SHUT_RDWR);
        pthread_join(server->threads[i], NULL);
        close(server->sockets[i]);
    }
    pthread_mutex_destroy(&server->mutex);
}
