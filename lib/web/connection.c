/* One connection to the loopback listener; see connection.h. */
#include "web/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

void lk__connection_close(lk__connection *connection)
{
    if (connection->phase == LK__CONNECTION_FREE)
        return;
    close(connection->fd);
    free(connection->answer);
    lk__wipe(connection->request, sizeof(connection->request));
    *connection = (lk__connection){ .fd = -1 };
}

static bool would_block(ssize_t result)
{
    return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

bool lk__connection_read(lk__connection *connection, lk__loopback_verdict *verdict,
                         const char **query, size_t *query_len)
{
    for (;;) {
        size_t room = sizeof(connection->request) - connection->n_read;
        ssize_t n = recv(connection->fd, connection->request + connection->n_read, room, 0);
        if (would_block(n))
            return false;
        if (n <= 0) {
            lk__connection_close(connection);
            return false;
        }
        connection->n_read += (size_t)n;
        *verdict = lk__loopback_parse(connection->request, connection->n_read, query, query_len);
        if (*verdict != LK__LOOPBACK_MORE)
            return true;
    }
}

static const char *reason_phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    default:
        return "Bad Request";
    }
}

static lk_status write_answer(const lk__page *page, const char *allow, lk__buf *out, lk_error *err)
{
    lk__auto_buf body = LK__BUF(SIZE_MAX);
    lk__auto_buf policy = LK__BUF(SIZE_MAX);

    LK_TRY(lk__page_html(page, &body, err));
    LK_TRY(lk__page_policy(page, &policy, err));
    LK_TRY(lk__buf_printf(out, err,
                          "HTTP/1.1 %d %s\r\n"
                          "Content-Type: text/html; charset=utf-8\r\n"
                          "Content-Length: %zu\r\n"
                          "Content-Security-Policy: %s\r\n"
                          "Referrer-Policy: no-referrer\r\n"
                          "X-Content-Type-Options: nosniff\r\n"
                          "X-Frame-Options: DENY\r\n"
                          "Cache-Control: no-store\r\n"
                          "Connection: close\r\n",
                          page->status, reason_phrase(page->status), body.len, policy.data));
    if (allow != NULL)
        LK_TRY(lk__buf_printf(out, err, "Allow: %s\r\n", allow));
    LK_TRY(lk__buf_text(out, "\r\n", err));
    return lk__buf_append(out, body.data, body.len, err);
}

/* Closing with bytes unread would reset the connection and take the answer with it: say that we
 * are done, then wait for the peer to close. */
static void drain(lk__connection *connection)
{
    char ignored[4096];

    for (int i = 0; i < 16; i++) {
        ssize_t n = recv(connection->fd, ignored, sizeof(ignored), 0);
        if (would_block(n))
            return;
        if (n <= 0) {
            lk__connection_close(connection);
            return;
        }
    }
}

void lk__connection_continue(lk__connection *connection)
{
    while (connection->phase == LK__CONNECTION_WRITING &&
           connection->n_written < connection->answer_len) {
        ssize_t n = send(connection->fd, connection->answer + connection->n_written,
                         connection->answer_len - connection->n_written, MSG_NOSIGNAL);
        if (would_block(n))
            return;
        if (n < 0) {
            lk__connection_close(connection);
            return;
        }
        connection->n_written += (size_t)n;
    }
    if (connection->phase == LK__CONNECTION_WRITING) {
        (void)shutdown(connection->fd, SHUT_WR); /* fails only when the peer is gone already */
        connection->phase = LK__CONNECTION_DRAINING;
    }
    if (connection->phase == LK__CONNECTION_DRAINING)
        drain(connection);
}

lk_status lk__connection_answer(lk__connection *connection, const lk__page *page, const char *allow,
                                int64_t now_ms, lk_error *err)
{
    lk__auto_buf answer = LK__BUF(SIZE_MAX);

    LK_TRY(write_answer(page, allow, &answer, err));
    connection->answer_len = answer.len;
    connection->answer = lk__buf_steal(&answer);
    if (connection->answer == NULL)
        return lk__no_memory(err);
    connection->phase = LK__CONNECTION_WRITING;
    connection->since_ms = now_ms;
    lk__connection_continue(connection);
    return LK_OK;
}
