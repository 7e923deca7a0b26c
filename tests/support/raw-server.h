/* A server that answers with given bytes, well-behaved or not, on 127.0.0.1 and a free port. */
#ifndef LK_TESTS_RAW_SERVER_H
#define LK_TESTS_RAW_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum raw_mode {
    RAW_ANSWER = 0, /* the bytes, then the next request on the same connection */
    RAW_CLOSE,      /* the bytes, then the end of the connection */
    RAW_SILENT,     /* nothing, until the client goes away */
    RAW_ENDLESS     /* the bytes, then bytes of "a" for as long as anybody reads */
} raw_mode;

enum { RAW_MAX_CONNECTIONS = 64 };

typedef struct raw_server {
    raw_mode mode;
    const char *answer;
    size_t answer_len; /* 0: strlen(answer) */

    int port; /* once started */
    int listener;
    pthread_t acceptor;
    pthread_t threads[RAW_MAX_CONNECTIONS];
    int sockets[RAW_MAX_CONNECTIONS];
    atomic_int n_connections;
    atomic_int n_requests;
    pthread_mutex_t mutex; /* guards last_request */
    char last_request[8192];
} raw_server;

/* Set mode and answer before. Fails the program when there is no port. */
void raw_server_start(raw_server *server);
/* Ends all connections and threads. */
void raw_server_stop(raw_server *server);

#endif
