/* A CivetWeb server with a gate; see gate-kit.h. */
#include "gate-kit.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

void house_open(house *h, fake_wire *wire, const char *keep_alive)
{
    const char *options[] = { "listening_ports",
                              "127.0.0.1:0",
                              "num_threads",
                              "4",
                              "tcp_nodelay",
                              "1",
                              "request_timeout_ms",
                              "3000",
                              "max_request_size",
                              "16384",
                              "enable_keep_alive",
                              keep_alive,
                              NULL };
    struct mg_server_port port[1];
    lk_error err = LK_ERROR_INIT;

    memset(h, 0, sizeof(*h));
    web_kit_open(&h->kit, wire, NULL);
    assert_ok(lk_gate_new(h->kit.web, &h->gate, &err), err);
    h->server = mg_start(NULL, NULL, options);
    assert_non_null(h->server);
    assert_int_equal(mg_get_server_ports(h->server, 1, port), 1);
    h->port = port[0].port;
    assert_ok(lk_gate_mount(h->gate, h->server, &err), err);
}

void house_close(house *h, fake_wire *wire)
{
    mg_stop(h->server);
    lk_gate_free(h->gate);
    web_kit_close(&h->kit, wire);
}

/* Sends bytes as they are and reads until the server closes or falls silent. */
void house_exchange(const house *h, const char *request, char *out, size_t size)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)h->port),
                                   .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    size_t len = 0;

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    while (len + 1 < size && poll(&ready, 1, 1500) > 0) {
        ssize_t n = recv(fd, out + len, size - len - 1, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    out[len] = '\0';
    close(fd);
}

/* One request with the jar and "Connection: close". */
const char *house_ask(const house *h, const char *line, const char *headers)
{
    static char request[sizeof(h->kit.jar) + 16384];
    static char out[65536];

    snprintf(request, sizeof(request),
             "%s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s%sConnection: "
             "close\r\n\r\n",
             line, h->kit.jar[0] ? "Cookie: " : "", h->kit.jar, h->kit.jar[0] ? "\r\n" : "",
             headers ? headers : "");
    house_exchange(h, request, out, sizeof(out));
    return out;
}
