/* A CivetWeb server with a gate on 127.0.0.1, spoken to over plain sockets. */
#ifndef LK_TESTS_GATE_KIT_H
#define LK_TESTS_GATE_KIT_H

#include "web-kit.h"

#include <latchkey/gate.h>
#include <stdatomic.h>

typedef struct house {
    web_kit kit;
    struct mg_context *server;
    lk_gate *gate;
    int port;
    atomic_bool has_stopped;
} house;

/* Opens the server with login, callback and logout. keep_alive: "yes" or "no". */
void house_open(house *h, fake_wire *wire, const char *keep_alive);
void house_close(house *h, fake_wire *wire);

/* Sends bytes as they are and reads until the server closes. */
void house_exchange(const house *h, const char *request, char *out, size_t size);
/* One request with the jar and "Connection: close"; headers end with CRLF each, or NULL. Returns
 * the whole answer in a static buffer. */
const char *house_ask(const house *h, const char *line, const char *headers);

#endif
