/* A CivetWeb server with a gate; see gate-kit.h. */
#include "gate-kit.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#define PATIENCE_MS 20000

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

static int house_call(const house *h)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)h->port),
                                   .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* CivetWeb looks at its stop flag every two seconds, or when somebody connects. */
static void *nudge(void *house_)
{
    house *h = house_;

    while (!atomic_load(&h->has_stopped)) {
        int fd = house_call(h);
        if (fd >= 0)
            close(fd);
        usleep(10000);
    }
    return NULL;
}

void house_close(house *h, fake_wire *wire)
{
    pthread_t nudger;

    assert_int_equal(pthread_create(&nudger, NULL, nudge, h), 0);
    mg_stop(h->server);
    atomic_store(&h->has_stopped, true);
    pthread_join(nudger, NULL);
    lk_gate_free(h->gate);
    web_kit_close(&h->kit, wire);
}

/* Sends bytes as they are and reads until the server closes. */
void house_exchange(const house *h, const char *request, char *out, size_t size)
{
    int fd = house_call(h);
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    size_t len = 0;

    assert_true(fd >= 0);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    while (len + 1 < size && poll(&ready, 1, PATIENCE_MS) > 0) {
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
