/* See postgres-socket.h. */
#include "mirror/postgres-socket.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"

int lk__postgres_wait_socket(int fd, bool wants_out, int64_t until_ms)
{
    struct pollfd socket = { .fd = fd, .events = (short)(POLLIN | (wants_out ? POLLOUT : 0)) };
    int64_t ms = until_ms - lk__steady_now_ms();
    int n;

    do
        n = poll(&socket, 1, ms > 0 ? (int)ms : 0);
    while (n < 0 && errno == EINTR);
    return n;
}
