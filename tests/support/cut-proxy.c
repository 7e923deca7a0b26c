/* See cut-proxy.h. */
#include "cut-proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

enum { MAX_PAIRS = 64, LOOK_MS = 5 };

/* Connections come in pairs: what one says, the other one hears. */
typedef struct wires {
    cut_proxy_orders *orders;
    char path[108];
    int listener;
    int pairs[MAX_PAIRS][2];
    int n_pairs;
} wires;

static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void take_connection(wires *w)
{
    int client = accept(w->listener, NULL, NULL);
    int server = client < 0 || w->n_pairs == MAX_PAIRS ? -1 : connect_to(w->path);

    if (server < 0) {
        close(client);
        return;
    }
    w->pairs[w->n_pairs][0] = client;
    w->pairs[w->n_pairs++][1] = server;
}

static void hang_up(wires *w, int i)
{
    close(w->pairs[i][0]);
    close(w->pairs[i][1]);
    w->n_pairs--;
    memcpy(w->pairs[i], w->pairs[w->n_pairs], sizeof(w->pairs[i]));
}

/* False: it is over with this pair. */
static bool hand_on(const wires *w, int from, int to)
{
    char bytes[65536];
    ssize_t n = read(from, bytes, sizeof(bytes));
    ssize_t sent = 0;

    if (n <= 0 || ++w->orders->n_seen == w->orders->cut_at)
        return false;
    while (sent < n) {
        ssize_t more = send(to, bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL);

        if (more <= 0)
            return false;
        sent += more;
    }
    return true;
}

static void hand_on_all(wires *w, const struct pollfd *sockets)
{
    for (int i = w->n_pairs - 1; i >= 0; i--) {
        for (int side = 0; side < 2; side++) {
            if (sockets[1 + 2 * i + side].revents == 0)
                continue;
            if (!hand_on(w, w->pairs[i][side], w->pairs[i][1 - side])) {
                hang_up(w, i);
                break;
            }
        }
    }
}

static _Noreturn void work(wires *w)
{
    struct pollfd sockets[1 + 2 * MAX_PAIRS];

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int n_pairs = w->n_pairs;

        if (w->orders->holds) {
            (void)poll(NULL, 0, LOOK_MS);
            continue;
        }
        sockets[0] = (struct pollfd){ .fd = w->listener, .events = POLLIN };
        for (int i = 0; i < n_pairs; i++)
            for (int side = 0; side < 2; side++)
                sockets[1 + 2 * i + side] =
                    (struct pollfd){ .fd = w->pairs[i][side], .events = POLLIN };
        if (poll(sockets, 1 + 2 * (nfds_t)n_pairs, LOOK_MS) <= 0 || w->orders->holds)
            continue;
        hand_on_all(w, sockets);
        if (sockets[0].revents != 0)
            take_connection(w);
    }
}

void cut_proxy_start(cut_proxy *self, const char *path)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    wires w = { .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

    snprintf(w.path, sizeof(w.path), "%s", path);
    self->orders = mmap(NULL, sizeof(*self->orders), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(self->orders != MAP_FAILED);
    w.orders = self->orders;
    assert_int_equal(bind(w.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(w.listener, MAX_PAIRS), 0);
    assert_int_equal(getsockname(w.listener, (struct sockaddr *)&address, &len), 0);
    self->port = ntohs(address.sin_port);
    self->pid = fork();
    assert_true(self->pid >= 0);
    if (self->pid == 0)
        work(&w);
    close(w.listener);
}

void cut_proxy_end(cut_proxy *self)
{
    if (self->pid <= 0)
        return;
    (void)kill(self->pid, SIGKILL); /* it ends by nothing else */
    (void)waitpid(self->pid, NULL, 0);
    munmap(self->orders, sizeof(*self->orders));
    *self = (cut_proxy){ 0 };
}
