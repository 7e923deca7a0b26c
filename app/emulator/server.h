/* The HTTP side: CivetWeb on one loopback address. */
#ifndef EMULATOR_SERVER_H
#define EMULATOR_SERVER_H

#include <stddef.h>

#include "exchange.h"
#include "faults.h"

typedef struct server server;

/* What the server asks of the emulator, from many threads. */
typedef struct server_host {
    void *emulator;
    fault (*prepare)(void *emulator, exchange *request); /* the fault that is due for it */
    void (*answer)(void *emulator, exchange *request);
} server_host;

/* Returns 0, or -1 with a sentence in error. port 0: any free one; *out_port is the real one. */
int server_start(const char *address, int port, const server_host *host, server **out,
                 int *out_port, char error[EMULATOR_ERROR_SIZE]);
void server_stop(server *self); /* when it returns, nothing runs any more; NULL is fine */

#endif
