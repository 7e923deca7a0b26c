/* A sign-in without a web server: real sockets on 127.0.0.1, WorkOS on the fake wire. */
#ifndef LK_TESTS_LOOPBACK_KIT_H
#define LK_TESTS_LOOPBACK_KIT_H

#include "web-kit.h"

#include <latchkey/loopback.h>

typedef struct attempt {
    test_client client;
    lk_loopback *loopback;
    int port;
    char state[64];
    char challenge[64];
} attempt;

void attempt_open(attempt *a, fake_wire *wire);
void attempt_close(attempt *a, fake_wire *wire);
int attempt_dial(const attempt *a);
void attempt_say(int fd, const char *text);
/* Turns the loop until nothing is left to do at once. */
lk_status attempt_turn(attempt *a, int *done, lk_error *err);
/* What the listener answered, to the end of the connection. */
void attempt_hear(int fd, char *out, size_t size);
/* One request that must not end the wait; the answer goes into out. */
void attempt_ask(attempt *a, const char *request, char *out, size_t size);
/* The browser's request with our state. */
void attempt_callback(const attempt *a, const char *parameters, char out[1024]);

#endif
