/* example: own-loop.c — sign-in in a program with an event loop of its own, and no web server.
 *
 *     own-loop PORT
 *
 * One thread polls all sockets and never blocks. Who is asking is found out on a worker, since
 * lk_web_answer() may have to ask WorkOS; the answer goes back to the loop, which writes it.
 * "/" answers everybody, "/private" people who are signed in, "/admin" those whose token names the
 * role admin. "/people" shows who works at the organization of who asks: with an API key the loop
 * keeps a mirror of the directories, in LATCHKEY_STORE or a file of its own. Settings come from the
 * environment, under the names that WorkOS' own libraries use. Ends at Ctrl-C. */
#include <arpa/inet.h>
#include <errno.h>
#include <latchkey.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "own-loop-http.h"
#include "own-loop-people.h"
#include "own-loop-workers.h"

enum { MAX_VISITORS = 64, N_WORKERS = 8, PATIENCE_S = 10 };

typedef enum phase { FREE = 0, READING, ASKING, WRITING, ENDING } phase;

typedef struct loop loop;

/* One connection. While it is ASKING it belongs to a worker, and the loop keeps its hands off. */
typedef struct visitor {
    job work; /* first: the workers hand it back */
    loop *owner;
    phase phase;
    int fd;
    time_t since;
    size_t len;
    char text[HTTP_MAX_HEAD + 1];
    http_request request;
    char *answer;
    size_t answer_len, n_sent;
} visitor;

struct loop {
    lk_client *client;
    lk_web *web;
    lk_rules *admins;
    people *people; /* NULL without an API key */
    workers *workers;
    int listener, signals;
    visitor visitors[MAX_VISITORS];
};

/* ---- Answers: on a worker ---- */

static void put_answer(visitor *self, http_answer answer)
{
    self->answer = http_write(&self->request.web, &answer, &self->answer_len);
}

static void say(visitor *self, const lk_web_reply *who, int status, const char *text)
{
    put_answer(self, (http_answer){ .status = status, .text = text, .who = who });
}

/* Plain text: what people are called cannot become markup. */
static void greet(visitor *self, const lk_web_reply *who)
{
    char text[400];

    if (who->session == NULL) {
        say(self, who, 200, "Hello stranger; sign in at /login\n");
        return;
    }
    const lk_user *user = who->session->user;
    snprintf(text, sizeof(text), "Hello %.300s\n", user->email != NULL ? user->email : user->id);
    say(self, who, 200, text);
}

/* What they may see hangs on the organization that the session is in, and on nothing that the
 * request says. */
static void show_people(visitor *self, const lk_web_reply *who)
{
    const char *organization_id = who->session->organization_id;
    lk_error err = LK_ERROR_INIT;

    if (self->owner->people == NULL || organization_id == NULL) {
        say(self, who, 404, "No directory here\n");
        return;
    }
    char *text = people_list(self->owner->people, organization_id, &err);
    say(self, who, text != NULL ? 200 : 503, text != NULL ? text : "Try again in a moment\n");
    free(text);
}

typedef lk_status refusal(lk_web *web, const lk_web_request *request, lk_web_reply **out,
                          lk_error *err);

/* A page or JSON, as who asks expects it. */
static void refuse(visitor *self, const lk_web_reply *who, refusal *make)
{
    lk_auto(lk_web_reply) reply = NULL;
    lk_error err = LK_ERROR_INIT;

    if (make(self->owner->web, &self->request.web, &reply, &err) != LK_OK)
        say(self, NULL, 503, "Out of memory\n");
    else
        put_answer(self, (http_answer){ .reply = reply, .who = who });
}

static int is_page(const char *path)
{
    return strcmp(path, "/private") == 0 || strcmp(path, "/admin") == 0 ||
           strcmp(path, "/people") == 0;
}

/* May block for as long as WorkOS takes: never in the loop. */
static void answer(job *work)
{
    visitor *self = (visitor *)work;
    const char *path = self->request.web.path;
    lk_auto(lk_web_reply) who = NULL;
    lk_error err = LK_ERROR_INIT;

    /* WorkOS cannot be asked right now: nobody is let in, and nobody signed out. */
    if (lk_web_answer(self->owner->web, &self->request.web, &who, &err) != LK_OK)
        say(self, NULL, 503, "Try again in a moment\n");
    else if (who->status != 0) /* login, callback, logout */
        put_answer(self, (http_answer){ .reply = who });
    else if (strcmp(path, "/") == 0)
        greet(self, who);
    else if (!is_page(path))
        say(self, who, 404, "Nothing here\n");
    else if (who->session == NULL)
        refuse(self, who, lk_web_challenge);
    else if (strcmp(path, "/admin") == 0 && !lk_rules_allow(self->owner->admins, who->session))
        refuse(self, who, lk_web_forbid);
    else if (strcmp(path, "/people") == 0)
        show_people(self, who);
    else
        greet(self, who);
}

/* ---- Connections: in the loop ---- */

static time_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static void hang_up(visitor *self)
{
    close(self->fd);
    free(self->answer);
    explicit_bzero(self->text, sizeof(self->text)); /* cookies and codes */
    self->answer = NULL;
    self->phase = FREE;
}

/* text NULL: a worker has made the answer. */
static void begin_to_write(visitor *self, int status, const char *text)
{
    if (text != NULL)
        self->answer =
            http_write(NULL, &(http_answer){ .status = status, .text = text }, &self->answer_len);
    self->phase = WRITING;
    self->since = now();
    if (self->answer == NULL) /* no memory */
        hang_up(self);
}

static int would_block(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void on_answered(job *work)
{
    begin_to_write((visitor *)work, 0, NULL);
}

static void on_readable(visitor *self)
{
    ssize_t n = recv(self->fd, self->text + self->len, HTTP_MAX_HEAD - self->len, 0);

    if (would_block(n))
        return;
    if (n <= 0) {
        hang_up(self);
        return;
    }
    self->len += (size_t)n;
    switch (http_read(self->text, self->len, &self->request)) {
    case HTTP_MORE:
        return;
    case HTTP_WHOLE:
        self->phase = ASKING;
        self->work = (job){ .work = answer, .done = on_answered };
        workers_do(self->owner->workers, &self->work);
        return;
    case HTTP_BAD:
        begin_to_write(self, 400, "This is no request\n");
        return;
    case HTTP_TOO_LARGE:
        begin_to_write(self, 431, "That was too much; delete the cookies of this site\n");
        return;
    }
}

/* What comes behind the headers is not read, but thrown away: closing with bytes unread would reset
 * the connection, and the answer would be lost. */
static void on_rest(visitor *self)
{
    char ignored[4096];
    ssize_t n = recv(self->fd, ignored, sizeof(ignored), 0);

    if (n <= 0 && !would_block(n))
        hang_up(self);
}

static void on_writable(visitor *self)
{
    ssize_t n =
        send(self->fd, self->answer + self->n_sent, self->answer_len - self->n_sent, MSG_NOSIGNAL);

    if (would_block(n))
        return;
    if (n <= 0) {
        hang_up(self);
        return;
    }
    self->n_sent += (size_t)n;
    if (self->n_sent < self->answer_len)
        return;
    shutdown(self->fd, SHUT_WR);
    self->phase = ENDING;
}

static void on_ready(visitor *self)
{
    if (self->phase == READING)
        on_readable(self);
    else if (self->phase == WRITING)
        on_writable(self);
    else if (self->phase == ENDING)
        on_rest(self);
}

/* A free place; when there is none, that of who has had the longest time. */
static visitor *find_place(loop *self)
{
    visitor *slowest = NULL;

    for (int i = 0; i < MAX_VISITORS; i++) {
        visitor *one = &self->visitors[i];
        if (one->phase == FREE)
            return one;
        if (one->phase != ASKING && (slowest == NULL || one->since < slowest->since))
            slowest = one;
    }
    if (slowest != NULL)
        hang_up(slowest);
    return slowest;
}

static void welcome(loop *self)
{
    int fd = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    visitor *place = find_place(self);
    if (place == NULL) {
        close(fd);
        return;
    }
    place->owner = self;
    place->phase = READING;
    place->fd = fd;
    place->since = now();
    place->len = place->n_sent = 0;
}

static void drop_slow(loop *self)
{
    for (int i = 0; i < MAX_VISITORS; i++) {
        visitor *one = &self->visitors[i];
        if (one->phase != FREE && one->phase != ASKING && now() - one->since >= PATIENCE_S)
            hang_up(one);
    }
}

/* ---- The loop ---- */

static void run(loop *self)
{
    struct pollfd fds[3 + MAX_VISITORS] = { { .fd = self->signals, .events = POLLIN },
                                            { .fd = workers_fd(self->workers), .events = POLLIN },
                                            { .fd = self->listener, .events = POLLIN } };

    for (;;) {
        for (int i = 0; i < MAX_VISITORS; i++) {
            const visitor *one = &self->visitors[i];
            int is_ours = one->phase != FREE && one->phase != ASKING;
            fds[3 + i] = (struct pollfd){ .fd = is_ours ? one->fd : -1,
                                          .events = one->phase == WRITING ? POLLOUT : POLLIN };
        }
        int64_t due_ms = people_turn(self->people, self->workers);
        /* Once a second at least, for those who are too slow. */
        int wait_ms = due_ms >= 0 && due_ms < 1000 ? (int)due_ms : 1000;
        if (poll(fds, 3 + MAX_VISITORS, wait_ms) < 0 && errno != EINTR)
            return;
        if (fds[0].revents != 0)
            return;
        for (int i = 0; i < MAX_VISITORS; i++) {
            if (fds[3 + i].revents != 0)
                on_ready(&self->visitors[i]);
        }
        workers_turn(self->workers);
        drop_slow(self);
        if (fds[2].revents != 0)
            welcome(self);
    }
}

/* This machine only: outside of it, a TLS proxy in front. */
static int listen_on(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, MAX_VISITORS) == 0)
        return fd;
    perror("own-loop: cannot listen");
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Each call returns LK_OK, which is 0, or fills err: the first failure ends the row. */
static int open_loop(loop *self, int port)
{
    const char *store = getenv("LATCHKEY_STORE");
    lk_error err = LK_ERROR_INIT;
    sigset_t stopping;

    /* Blocked before any thread starts, so that the descriptor takes them. */
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stopping, NULL);
    self->signals = signalfd(-1, &stopping, SFD_CLOEXEC);
    (void)(lk_client_new(LK_CLIENT_OPTIONS(.client_id = getenv("WORKOS_CLIENT_ID"),
                                           .api_key = getenv("WORKOS_API_KEY"),
                                           .base_url = getenv("WORKOS_API_BASE_URL")),
                         &self->client, &err) ||
           lk_web_new(LK_WEB_OPTIONS(.client = self->client,
                                     .cookie_password = getenv("WORKOS_COOKIE_PASSWORD"),
                                     .redirect_uri = getenv("WORKOS_REDIRECT_URI")),
                      &self->web, &err) ||
           lk_rules_new(&self->admins, &err) || lk_rules_add(self->admins, "role=admin", &err));
    if (err.status == LK_OK && getenv("WORKOS_API_KEY") != NULL)
        (void)people_open(self->client, store != NULL ? store : "sqlite:own-loop.db", &self->people,
                          &err); /* which tells err */
    if (err.status != LK_OK) {
        fprintf(stderr, "own-loop: %s\n", err.message);
        return 0;
    }
    self->listener = listen_on(port);
    self->workers = workers_start(N_WORKERS);
    return self->signals >= 0 && self->listener >= 0 && self->workers != NULL;
}

/* The workers first: they use everything else. */
static void close_loop(loop *self)
{
    workers_stop(self->workers);
    for (int i = 0; i < MAX_VISITORS; i++)
        if (self->visitors[i].phase != FREE)
            hang_up(&self->visitors[i]);
    if (self->listener >= 0)
        close(self->listener);
    if (self->signals >= 0)
        close(self->signals);
    people_close(self->people);
    lk_rules_free(self->admins);
    lk_web_free(self->web);
    lk_client_free(self->client);
    free(self);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 8080;
    loop *self = calloc(1, sizeof(*self)); /* large: the visitors' buffers are in it */

    if (self == NULL || port < 1 || port > 65535) {
        fprintf(stderr, "usage: own-loop PORT\n");
        free(self);
        return EXIT_FAILURE;
    }
    self->listener = self->signals = -1;
    int is_open = open_loop(self, port);
    if (is_open) {
        printf("Listening on port %d; Ctrl-C ends it\n", port);
        fflush(stdout);
        run(self);
    }
    close_loop(self);
    return is_open ? EXIT_SUCCESS : EXIT_FAILURE;
}
