/* Listening sockets on 127.0.0.1 and ::1 and their few connections behind one epoll descriptor.
 * Never blocks. */
#ifndef LK_WEB_LISTENER_H
#define LK_WEB_LISTENER_H

#include "web/connection.h"

enum { LK__MAX_CONNECTIONS = 16 };

typedef struct lk__listener {
    int sockets[2];   /* IPv4 and IPv6; -1: not open */
    const char *host; /* "127.0.0.1", or "[::1]" where there is no IPv4 */
    int port;         /* of both */
    int epoll;        /* readable whenever there is something to do */
    lk__connection connections[LK__MAX_CONNECTIONS];
} lk__listener;

/* port 0: any free one. One address is enough; which it is stands in host. LK_ERR_NETWORK names the
 * port. Close it on failure, too. */
LK_MUST_CHECK lk_status lk__listener_open(lk__listener *listener, int port, lk_error *err);
void lk__listener_close(lk__listener *listener);

/* Called once for each complete request; must answer it or set LK__CONNECTION_HELD, which one
 * connection at a time may be. */
typedef void lk__listener_serve(void *ctx, lk__connection *connection, lk__loopback_verdict verdict,
                                const char *query, size_t query_len);
/* Does all there is to do now: accepts, reads, writes, drops who is too slow. */
void lk__listener_step(lk__listener *listener, int64_t now_ms, lk__listener_serve *serve,
                       void *ctx);
/* Answers the held connection to the end (blocks a second at most), then closes it. */
void lk__listener_answer_held(lk__listener *listener, const lk__page *page, int64_t now_ms);

#endif
