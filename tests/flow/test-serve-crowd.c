/* As many busy visitors as the server has workers, each keeping its connection: whoever comes new
 * is answered all the same, and the others go on. */
#include "test.h"

#include "clock.h"
#include "crowd.h"
#include "server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N_WATCHERS = 8, N_HOLDERS = N_WORKERS + N_WATCHERS, PATIENCE_MS = 20000 };

static struct {
    char directory[64], store[96];
    lk_client *client;
    server_options options;
    server *running;
} it;

static int set_up(void **state)
{
    lk_error err = LK_ERROR_INIT;

    (void)state;
    snprintf(it.directory, sizeof(it.directory), "/tmp/latchkey-crowd-XXXXXX");
    if (mkdtemp(it.directory) == NULL)
        return -1;
    snprintf(it.store, sizeof(it.store), "sqlite:%s/mirror.db", it.directory);
    it.options = (server_options){
        .address = { .host = "127.0.0.1", .is_loopback = true },
        .store = it.store,
        .max_watchers = N_WATCHERS,
        .poll_ms = 1000,
        .web = { .cookie_password = "only-for-tests-only-for-tests-only" },
    };
    if (lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01"), &it.client, &err) != LK_OK)
        return -1;
    it.options.client = it.client;
    return serve_start(&it.options, &it.running, &err) == LK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    bool is_whole = serve_stop(it.running);
    lk_client_free(it.client);
    snprintf(command, sizeof(command), "rm -rf %s", it.directory);
    return is_whole && system(command) == 0 ? 0 : -1;
}

/* ---- A visitor ---- */

/* -1 when nobody takes the connection. */
static int call(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)it.running->address.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* One request and its whole answer. false when none comes; *keeps: the server keeps the line. */
static bool ask(int fd, int patience_ms, bool *keeps)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char text[4096];
    size_t len = 0;
    const char *body = NULL;

    if (fd < 0 || send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0)
        return false;
    while (body == NULL) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        ssize_t n = 0;
        if (poll(&wait, 1, patience_ms) == 1)
            n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        body = strstr(text, "\r\n\r\n"); /* the body comes in the same write */
    }
    *keeps = strstr(text, "Connection: close") == NULL;
    return strncmp(text, "HTTP/1.1 200", 12) == 0;
}

/* ---- Those who hold on ---- */

typedef struct held_lines {
    atomic_bool enough;
    atomic_int n_rounds; /* in which each of them was answered */
    int fds[N_HOLDERS];
    int64_t asked_at_ms[N_HOLDERS];
    int n_lost;  /* answers that did not come */
    int n_calls; /* but for lines that were hung up on when they had been silent */
} held_lines;

static void hang_up(held_lines *c, int i)
{
    if (c->fds[i] >= 0)
        close(c->fds[i]);
    c->fds[i] = -1;
}

/* Where a round takes long, lines are silent for so long before their turn that they may be hung
 * up on: a client asks on a new one then (RFC 9112, 9.3.1). */
static bool ask_anew(held_lines *c, int i, bool was_silent, bool *keeps)
{
    c->n_calls += c->fds[i] < 0 || !was_silent;
    hang_up(c, i);
    c->fds[i] = call();
    return ask(c->fds[i], PATIENCE_MS, keeps);
}

static void hold(held_lines *c, int i)
{
    int64_t now_ms = clock_steady_ms();
    bool was_silent = now_ms - c->asked_at_ms[i] >= CROWD_PATIENCE_MS;
    bool keeps = false;
    bool answered = c->fds[i] >= 0 && ask(c->fds[i], PATIENCE_MS, &keeps);

    c->asked_at_ms[i] = now_ms;
    if (!answered)
        answered = ask_anew(c, i, was_silent, &keeps);
    if (!answered)
        c->n_lost++;
    if (!answered || !keeps)
        hang_up(c, i);
}

static void *hold_on(void *ctx)
{
    held_lines *c = ctx;

    while (!atomic_load(&c->enough)) {
        for (int i = 0; i < N_HOLDERS; i++)
            hold(c, i);
        atomic_fetch_add(&c->n_rounds, 1);
    }
    return NULL;
}

static void wait_for_rounds(held_lines *c, int n)
{
    while (atomic_load(&c->n_rounds) < n)
        usleep(1000);
}

static void test_newcomer_is_answered_while_all_workers_are_held(void **state)
{
    static held_lines c;
    pthread_t holders;

    (void)state;
    for (int i = 0; i < N_HOLDERS; i++)
        c.fds[i] = -1;
    assert_int_equal(pthread_create(&holders, NULL, hold_on, &c), 0);
    wait_for_rounds(&c, 1);
    bool answered = true;
    for (int i = 0; i < 20 && answered; i++) {
        bool keeps = false;
        int fd = call();
        answered = ask(fd, PATIENCE_MS, &keeps); /* the holders' turns are shorter by far */
        if (fd >= 0)
            close(fd);
    }
    int n_rounds = atomic_load(&c.n_rounds);
    wait_for_rounds(&c, n_rounds + 2);
    atomic_store(&c.enough, true);
    pthread_join(holders, NULL);
    assert_true(answered);
    assert_int_equal(c.n_lost, 0);
    /* And it is not by hanging up on everybody. */
    assert_true(c.n_calls < N_HOLDERS * atomic_load(&c.n_rounds) / 2);
    for (int i = 0; i < N_HOLDERS; i++)
        hang_up(&c, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newcomer_is_answered_while_all_workers_are_held),
    };

    return cmocka_run_group_tests_name("serve-crowd", tests, set_up, tear_down);
}
