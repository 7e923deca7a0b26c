/* One connection to the loopback listener: reads a request, writes one answer, closes. Never
 * blocks. */
#ifndef LK_WEB_CONNECTION_H
#define LK_WEB_CONNECTION_H

#include "web/loopback-request.h"
#include "web/pages.h"

#include <stdint.h>

enum { LK__CONNECTION_MS = 10 * 1000 }; /* for the request, and again for the answer */

typedef enum lk__connection_phase {
    LK__CONNECTION_FREE = 0,
    LK__CONNECTION_READING,
    LK__CONNECTION_HELD,    /* the callback: answered when the exchange is over */
    LK__CONNECTION_WRITING, /* the answer did not fit into the socket's buffer */
    LK__CONNECTION_DRAINING /* answered: waits for the peer to close */
} lk__connection_phase;

typedef struct lk__connection {
    lk__connection_phase phase;
    int fd;
    int64_t since_ms;
    size_t n_read;
    char request[LK__MAX_LOOPBACK_REQUEST]; /* holds the code: wiped on close */
    char *answer;
    size_t answer_len;
    size_t n_written;
} lk__connection;

/* Reads what there is. false when there is no request to answer yet: more must come, or the peer
 * is gone and the connection closed. */
bool lk__connection_read(lk__connection *connection, lk__loopback_verdict *verdict,
                         const char **query, size_t *query_len);
/* Begins to write; the rest follows in lk__connection_continue(). allow: for a 405, else NULL. */
LK_MUST_CHECK lk_status lk__connection_answer(lk__connection *connection, const lk__page *page,
                                              const char *allow, int64_t now_ms, lk_error *err);
/* Writes more, or drains, when the socket is ready. */
void lk__connection_continue(lk__connection *connection);
void lk__connection_close(lk__connection *connection);

#endif
