/* A sign-in without a web server; see loopback-kit.h. */
#include "loopback-kit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

void attempt_open(attempt *a, fake_wire *wire)
{
    lk_error err = LK_ERROR_INIT;

    memset(a, 0, sizeof(*a));
    test_client_open_public(&a->client, wire);
    assert_ok(lk_loopback_new(LK_LOOPBACK_OPTIONS(.client = a->client.client,
                                                  .login_hint = "mira@nordwind.example"),
                              &a->loopback, &err),
              err);
    const char *url = lk_loopback_url(a->loopback);
    assert_contains(url, "redirect_uri=http%3A%2F%2F127.0.0.1%3A");
    assert_int_equal(sscanf(strstr(url, "127.0.0.1%3A") + 12, "%d", &a->port), 1);
    assert_int_equal(sscanf(strstr(url, "&state=") + 7, "%63[A-Za-z0-9_-]", a->state), 1);
    assert_int_equal(sscanf(strstr(url, "code_challenge=") + 15, "%63[A-Za-z0-9_-]", a->challenge),
                     1);
}

void attempt_close(attempt *a, fake_wire *wire)
{
    lk_loopback_free(a->loopback);
    test_client_close(&a->client, wire);
}

int attempt_dial(const attempt *a)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)a->port),
                                   .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void attempt_say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

lk_status attempt_turn(attempt *a, int *done, lk_error *err)
{
    struct pollfd ready = { .fd = lk_loopback_fd(a->loopback), .events = POLLIN };
    lk_status status = LK_OK;

    for (int i = 0; i < 200 && status == LK_OK && poll(&ready, 1, 20) > 0; i++)
        status = lk_loopback_process(a->loopback, done, err);
    return status;
}

void attempt_hear(int fd, char *out, size_t size)
{
    size_t len = 0;
    struct pollfd ready = { .fd = fd, .events = POLLIN };

    while (len + 1 < size && poll(&ready, 1, 2000) > 0) {
        ssize_t n = recv(fd, out + len, size - len - 1, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    out[len] = '\0';
    close(fd);
}

void attempt_ask(attempt *a, const char *request, char *out, size_t size)
{
    lk_error err = LK_ERROR_INIT;
    int done = 7;
    int fd = attempt_dial(a);

    attempt_say(fd, request);
    assert_ok(attempt_turn(a, &done, &err), err);
    assert_int_equal(done, 0);
    attempt_hear(fd, out, size);
}

void attempt_callback(const attempt *a, const char *parameters, char out[1024])
{
    snprintf(out, 1024, "GET /callback?%s&state=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
             parameters, a->state, a->port);
}
