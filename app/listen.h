/* Where the server listens: "127.0.0.1:3000", "[::1]:3000", "localhost:3000", "3000". */
#ifndef APP_LISTEN_H
#define APP_LISTEN_H

#include <latchkey/error.h>
#include <stdbool.h>

typedef struct listen_address {
    char host[64]; /* an IP address, without brackets */
    int port;      /* 0: any free one */
    bool is_ipv6;
    bool is_loopback; /* nobody on another machine can reach it */
} listen_address;

/* A port alone means 127.0.0.1. LK_ERR_INVALID says what is wrong; TLS ports are refused with the
 * reason. */
LK_MUST_CHECK lk_status listen_parse(const char *text, listen_address *out, lk_error *err);

/* host:port, the host bracketed when it is IPv6. */
void listen_print(const listen_address *address, char *out, size_t size);

/* Whether the port can be bound now. Where the system refuses, LK_ERR_STORE (exit code 1: the usage
 * is right) names it and says what to do. With port 0 one is chosen and written back. */
LK_MUST_CHECK lk_status listen_probe(listen_address *address, lk_error *err);

/* Connects to the address and hangs up at once: wakes whoever waits for connections there. */
void listen_poke(const listen_address *address);

#endif
