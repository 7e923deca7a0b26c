/* A listening socket on 127.0.0.1 and its few connections behind one epoll descriptor. Never
 * blocks. */
#ifndef LK_WEB_LISTENER_H
#define LK_WEB_LISTENER_H

#include "web/connection.h"

enum { LK__MAX_CONNECTIONS = 16 };

typedef struct lk__listener {
    int socket; /* -1: not open */
    int epoll;  /* readable whenever there is something to do */
    int port;
    lk__connection connections[LK__MAX_CONNECTIONS];
} lk__listener;

/* port 0: any free one. LK_ERR_NETWORK names the port. Close it on failure, too. */
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
