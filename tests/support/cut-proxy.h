/* A process between the programs under test and a server on a Unix socket: on a port of 127.0.0.1,
 * it hands on what comes, until it is told to stand still, or to hang up after so many pieces. */
#ifndef LK_TESTS_CUT_PROXY_H
#define LK_TESTS_CUT_PROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* In memory that the processes share: write to it at any time. */
typedef struct cut_proxy_orders {
    volatile bool holds;      /* nothing is read any more, and nobody is told */
    volatile uint32_t n_seen; /* pieces handed on, whichever way */
    volatile uint32_t cut_at; /* hang up in place of handing on this one, from 1; 0: never */
} cut_proxy_orders;

typedef struct cut_proxy {
    pid_t pid;
    int port;
    cut_proxy_orders *orders;
} cut_proxy;

/* path: the server's socket. Ends the test when it cannot. */
void cut_proxy_start(cut_proxy *self, const char *path);
void cut_proxy_end(cut_proxy *self);

#endif
