/* The loopback listener's sockets; see listener.h. Anything on this machine may connect, so a slow
 * connection keeps its slot for ten seconds at most, and only while nobody else needs it. */
#include "web/listener.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LAST_WRITE_MS = 1000 };

/* RFC 8252, 8.3: "the use of localhost is NOT RECOMMENDED"; never any other interface. */
static socklen_t fill_address(int family, int port, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){ .ss_family = (sa_family_t)family };
    if (family == AF_INET6) {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)out;
        ipv6->sin6_port = htons((uint16_t)port);
        ipv6->sin6_addr = in6addr_loopback;
        return sizeof(*ipv6);
    }
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)out;
    ipv4->sin_port = htons((uint16_t)port);
    ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(*ipv4);
}

/* -1, with errno, when this address or port is not to be had. */
static int listen_on(int family, int *port)
{
    struct sockaddr_storage address;
    socklen_t len = fill_address(family, *port, &address);
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    /* The port of a sign-in a moment ago may linger in TIME_WAIT; failure only means waiting. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, LK__MAX_CONNECTIONS) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        int cause = errno;
        close(fd);
        errno = cause;
        return -1;
    }
    *port = ntohs(family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                     : ((struct sockaddr_in *)&address)->sin_port);
    return fd;
}

/* RFC 8252, 7.3: "it is RECOMMENDED for clients to attempt to bind to the loopback interface using
 * both IPv4 and IPv6". The browser is sent to the first; the second is for those who type. */
static lk_status listen_on_both(lk__listener *listener, int port, lk_error *err)
{
    listener->port = port;
    listener->host = "127.0.0.1";
    listener->sockets[0] = listen_on(AF_INET, &listener->port);
    int cause = errno;
    /* Somebody else has the port: on the other address we would wait for a browser that goes there.
     */
    if (listener->sockets[0] < 0 && cause == EADDRINUSE)
        return lk__fail(err, LK_ERR_NETWORK, "cannot listen on 127.0.0.1 port %d: %s", port,
                        strerror(cause));
    listener->sockets[1] = listen_on(AF_INET6, &listener->port);
    if (listener->sockets[0] >= 0)
        return LK_OK;
    listener->host = "[::1]";
    if (listener->sockets[1] < 0)
        return lk__fail(err, LK_ERR_NETWORK, "cannot listen on 127.0.0.1 port %d: %s", port,
                        strerror(cause));
    return LK_OK;
}

static lk_status watch(const lk__listener *listener, int fd, void *owner, lk_error *err)
{
    struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = owner } };

    if (epoll_ctl(listener->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return lk__fail(err, LK_ERR_NETWORK, "cannot watch a socket: %s", strerror(errno));
    return LK_OK;
}

lk_status lk__listener_open(lk__listener *listener, int port, lk_error *err)
{
    *listener = (lk__listener){ .sockets = { -1, -1 }, .epoll = -1 };
    LK_TRY(listen_on_both(listener, port, err));
    listener->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (listener->epoll < 0)
        return lk__fail(err, LK_ERR_NETWORK, "cannot open an epoll set: %s", strerror(errno));
    for (int i = 0; i < 2; i++)
        if (listener->sockets[i] >= 0)
            LK_TRY(watch(listener, listener->sockets[i], NULL, err));
    return LK_OK;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void lk__listener_close(lk__listener *listener)
{
    for (size_t i = 0; i < LK__MAX_CONNECTIONS; i++)
        lk__connection_close(&listener->connections[i]);
    close_fd(&listener->sockets[0]);
    close_fd(&listener->sockets[1]);
    close_fd(&listener->epoll);
}

/* A held connection leaves the set: it would wake the loop for ever once its browser gave up. */
static void watch_for_next(const lk__listener *listener, lk__connection *connection)
{
    struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = connection } };
    int operation = EPOLL_CTL_MOD;

    if (connection->phase == LK__CONNECTION_FREE)
        return;
    if (connection->phase == LK__CONNECTION_HELD)
        operation = EPOLL_CTL_DEL;
    if (connection->phase == LK__CONNECTION_WRITING)
        event.events = EPOLLOUT;
    if (epoll_ctl(listener->epoll, operation, connection->fd, &event) != 0)
        lk__connection_close(connection);
}

static void close_slow(lk__listener *listener, int64_t now_ms)
{
    for (size_t i = 0; i < LK__MAX_CONNECTIONS; i++) {
        lk__connection *connection = &listener->connections[i];
        if (connection->phase != LK__CONNECTION_HELD &&
            now_ms - connection->since_ms >= LK__CONNECTION_MS)
            lk__connection_close(connection);
    }
}

/* A free slot; when all are taken, the one that has had the longest time. */
static lk__connection *take_slot(lk__listener *listener)
{
    lk__connection *oldest = NULL;

    for (size_t i = 0; i < LK__MAX_CONNECTIONS; i++) {
        lk__connection *connection = &listener->connections[i];
        if (connection->phase == LK__CONNECTION_FREE)
            return connection;
        if (connection->phase == LK__CONNECTION_HELD)
            continue;
        if (oldest == NULL || connection->since_ms < oldest->since_ms)
            oldest = connection;
    }
    assert(oldest != NULL); /* one connection at most is held */
    lk__connection_close(oldest);
    return oldest;
}

static void accept_all(lk__listener *listener, int socket, int64_t now_ms)
{
    for (int i = 0; i < LK__MAX_CONNECTIONS; i++) {
        int fd = accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return; /* none left, or it went away: the set tells of the next */
        lk__connection *connection = take_slot(listener);
        *connection =
            (lk__connection){ .phase = LK__CONNECTION_READING, .fd = fd, .since_ms = now_ms };
        if (watch(listener, fd, connection, NULL) != LK_OK)
            lk__connection_close(connection);
    }
}

static void step(lk__listener *listener, lk__connection *connection, lk__listener_serve *serve,
                 void *ctx)
{
    lk__loopback_verdict verdict;
    const char *query;
    size_t query_len;

    if (connection->phase == LK__CONNECTION_READING) {
        if (lk__connection_read(connection, &verdict, &query, &query_len))
            serve(ctx, connection, verdict, query, query_len);
    } else {
        lk__connection_continue(connection);
    }
    watch_for_next(listener, connection);
}

void lk__listener_step(lk__listener *listener, int64_t now_ms, lk__listener_serve *serve, void *ctx)
{
    struct epoll_event events[LK__MAX_CONNECTIONS + 2];
    bool knocked = false;

    close_slow(listener, now_ms);
    int n_events = epoll_wait(listener->epoll, events, LK__MAX_CONNECTIONS + 2, 0);
    for (int i = 0; i < n_events; i++) {
        if (events[i].data.ptr == NULL)
            knocked = true;
        else
            step(listener, events[i].data.ptr, serve, ctx);
    }
    /* Last: a newcomer may take the slot of a connection whose event is in the list. */
    for (int i = 0; knocked && i < 2; i++)
        if (listener->sockets[i] >= 0)
            accept_all(listener, listener->sockets[i], now_ms);
}

void lk__listener_answer_held(lk__listener *listener, const lk__page *page, int64_t now_ms)
{
    for (size_t i = 0; i < LK__MAX_CONNECTIONS; i++) {
        lk__connection *connection = &listener->connections[i];
        if (connection->phase != LK__CONNECTION_HELD)
            continue;
        struct pollfd waiting = { .fd = connection->fd, .events = POLLOUT };
        /* Without memory for a page the browser sees a closed connection. */
        if (lk__connection_answer(connection, page, NULL, now_ms, NULL) != LK_OK)
            lk__connection_close(connection);
        while (connection->phase == LK__CONNECTION_WRITING && poll(&waiting, 1, LAST_WRITE_MS) > 0)
            lk__connection_continue(connection);
        lk__connection_close(connection);
    }
}
