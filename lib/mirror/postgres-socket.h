/* Waiting for a socket, by the steady clock. */
#ifndef LK_MIRROR_POSTGRES_SOCKET_H
#define LK_MIRROR_POSTGRES_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Until something can be read (or, with wants_out, written); 0 when the time is over. */
int lk__postgres_wait_socket(int fd, bool wants_out, int64_t until_ms);

#endif
