/* To one endpoint, one delivery after the other; WorkOS promises no order, so none is kept across
 * retries. Workers are started when all others are waiting for somebody. */
#include "deliver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "text.h"

#define PATIENCE_S  5  /* for connecting, and for each piece written or read */
#define MOST_S      15 /* for all of it */
#define MAX_WORKERS WEBHOOKS_MAX_ENDPOINTS

typedef struct worker {
    deliverer *team;
    pthread_t thread;
    char *endpoint_id; /* who is being talked to; NULL: nobody */
    int descriptor;    /* of the delivery under way; -1: none */
} worker;

/* All of it under the lock. */
struct deliverer {
    emulator_state *state;
    pthread_mutex_t *lock;
    pthread_cond_t is_new;
    void (*settled)(void *context);
    void *context;
    worker workers[MAX_WORKERS];
    size_t n_workers, n_idle;
    bool is_ending;
};

/* What is to be sent, copied so that the lock can be given away meanwhile. */
typedef struct parcel {
    char *delivery_id, *endpoint_id;
    text request;
    int port;
    bool is_v6;
} parcel;

/* "t=<milliseconds>, v1=<hex of HMAC-SHA256 over t.body>", keyed with the secret as it is written.
 */
static void add_signature(text *out, const char *secret, int64_t now_ms, const char *body)
{
    unsigned char mac[32];
    AUTO_TEXT signed_text = { 0 };
    text_print(&signed_text, "%lld.", (long long)now_ms);
    text_add(&signed_text, body);
    keys_hmac_sha256(secret, strlen(secret), signed_text.bytes, signed_text.len, mac);
    text_print(out, "WorkOS-Signature: t=%lld, v1=", (long long)now_ms);
    for (size_t i = 0; i < sizeof mac; i++)
        text_print(out, "%02x", mac[i]);
    text_add(out, "\r\n");
}

static bool pack(emulator_state *state, const cJSON *delivery, parcel *out)
{
    const cJSON *endpoint = records_find(&state->endpoints, json_text(delivery, "endpoint_id"));
    const char *path = NULL, *body = json_text(delivery, "_body");
    if (!webhooks_parse_url(json_text(endpoint, "endpoint_url"), &out->port, &path, &out->is_v6))
        return false;
    out->delivery_id = text_copy(json_text(delivery, "id"));
    out->endpoint_id = text_copy(json_text(endpoint, "id"));
    text_print(&out->request, "POST %s HTTP/1.1\r\nHost: %s:%d\r\n", path,
               out->is_v6 ? "[::1]" : "127.0.0.1", out->port);
    text_print(&out->request,
               "Content-Type: application/json\r\nContent-Length: %zu\r\n"
               "User-Agent: WorkOS-emulator\r\nConnection: close\r\n",
               strlen(body));
    add_signature(&out->request, json_text(endpoint, "secret"), state_now(state), body);
    text_add(&out->request, "\r\n");
    text_add(&out->request, body);
    return true;
}

static int open_socket(const parcel *to, const char **out_reason)
{
    const struct timeval patience = { .tv_sec = PATIENCE_S };
    const struct sockaddr_in v4 = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)to->port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                                     .sin6_port = htons((uint16_t)to->port),
                                     .sin6_addr = in6addr_loopback };
    const struct sockaddr *there =
        to->is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    int descriptor = socket(to->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        *out_reason = "no socket could be made";
        return -1;
    }
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(descriptor, there, to->is_v6 ? sizeof v6 : sizeof v4) == 0)
        return descriptor;
    *out_reason = errno == ECONNREFUSED ? "nobody listens there" : "it could not be reached";
    close(descriptor);
    return -1;
}

static time_t seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* The status of the answer; 0: there was none. Only the status line is of interest. */
static int talk(int descriptor, const text *request)
{
    char answer[64] = "";
    size_t filled = 0;
    ssize_t n = 0;
    int status = 0;
    const time_t end = seconds() + MOST_S;
    for (size_t sent = 0; sent < request->len && seconds() < end; sent += (size_t)n) {
        n = send(descriptor, request->bytes + sent, request->len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break; /* refused before the end: the answer may say so */
    }
    while (filled < 12 && seconds() < end &&
           (n = recv(descriptor, answer + filled, sizeof answer - 1 - filled, 0)) > 0)
        filled += (size_t)n;
    bool is_http = sscanf(answer, "HTTP/1.%*1d %3d", &status) == 1;
    /* To the end, or nearly: a reset would surprise the other side. */
    while (seconds() < end && recv(descriptor, answer, sizeof answer, 0) > 0)
        ;
    return is_http ? status : 0;
}

/* The lock is held here, and given away while the other side is being waited for. */
static void send_parcel(worker *self, parcel *what)
{
    deliverer *team = self->team;
    const char *reason = NULL;
    int status = 0;
    pthread_mutex_unlock(team->lock);
    int descriptor = open_socket(what, &reason);
    pthread_mutex_lock(team->lock);
    self->descriptor = descriptor;
    if (descriptor >= 0 && !team->is_ending) {
        pthread_mutex_unlock(team->lock);
        status = talk(descriptor, &what->request);
        pthread_mutex_lock(team->lock);
        reason = status ? NULL : "there was no answer in time, or none in HTTP";
    }
    self->descriptor = -1;
    if (descriptor >= 0)
        close(descriptor);
    cJSON *delivery = records_find(&team->state->deliveries, what->delivery_id);
    if (!delivery)
        return;
    webhooks_settle(team->state, delivery, status, reason);
    team->settled(team->context);
}

static void release(parcel *self)
{
    free(self->delivery_id);
    free(self->endpoint_id);
    text_free(&self->request);
}

static void wait_until(deliverer *self, int64_t due_ms)
{
    struct timespec when;
    int64_t wait_ms = due_ms < 0 ? 60000 : due_ms - state_now(self->state);
    /* Not longer than this: a test may move the clock. */
    wait_ms = wait_ms < 0 ? 0 : wait_ms > 250 && due_ms >= 0 ? 250 : wait_ms;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_sec += wait_ms / 1000;
    when.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    when.tv_sec += when.tv_nsec / 1000000000;
    when.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&self->is_new, self->lock, &when);
}

static bool is_busy(const void *deliverer_, const char *endpoint_id)
{
    const deliverer *self = deliverer_;
    for (size_t i = 0; i < self->n_workers; i++) {
        if (text_equal(self->workers[i].endpoint_id, endpoint_id))
            return true;
    }
    return false;
}

static void *run(void *worker_);

static bool add_worker(deliverer *self)
{
    if (self->n_workers == MAX_WORKERS)
        return false;
    worker *next = &self->workers[self->n_workers];
    *next = (worker){ .team = self, .descriptor = -1 };
    if (pthread_create(&next->thread, NULL, run, next))
        return false;
    self->n_workers++;
    self->n_idle++; /* until it begins, which takes a while where the machine is busy */
    return true;
}

/* Somebody else looks for the next one meanwhile. */
static void deliver(worker *self, parcel *what)
{
    deliverer *team = self->team;
    self->endpoint_id = what->endpoint_id;
    if (team->n_idle)
        pthread_cond_signal(&team->is_new);
    else
        (void)add_worker(team); /* then this one comes back to it */
    send_parcel(self, what);
    self->endpoint_id = NULL;
}

static void *run(void *worker_)
{
    worker *self = worker_;
    deliverer *team = self->team;
    pthread_mutex_lock(team->lock);
    team->n_idle--;
    while (!team->is_ending) {
        int64_t due_ms = -1;
        parcel next __attribute__((cleanup(release))) = { 0 };
        cJSON *delivery = webhooks_due(team->state, is_busy, team, &due_ms);
        if (delivery && pack(team->state, delivery, &next)) {
            deliver(self, &next);
        } else if (delivery) {
            records_remove(&team->state->deliveries, delivery); /* its endpoint is gone */
        } else {
            team->n_idle++;
            wait_until(team, due_ms);
            team->n_idle--;
        }
    }
    pthread_mutex_unlock(team->lock);
    return NULL;
}

static void wake(void *deliverer_)
{
    pthread_cond_signal(&((deliverer *)deliverer_)->is_new);
}

deliverer *deliverer_start(emulator_state *state, pthread_mutex_t *lock,
                           void (*settled)(void *context), void *context)
{
    deliverer *self = memory_zeroed(sizeof *self);
    *self = (deliverer){ .state = state, .lock = lock, .settled = settled, .context = context };
    pthread_cond_init(&self->is_new, NULL);
    pthread_mutex_lock(lock);
    bool is_started = add_worker(self);
    if (is_started) {
        state->wake = wake;
        state->wake_context = self;
    }
    pthread_mutex_unlock(lock);
    if (is_started)
        return self;
    pthread_cond_destroy(&self->is_new);
    free(self);
    return NULL;
}

void deliverer_stop(deliverer *self)
{
    if (!self)
        return;
    pthread_mutex_lock(self->lock);
    self->is_ending = true;
    self->state->wake = NULL;
    for (size_t i = 0; i < self->n_workers; i++) {
        if (self->workers[i].descriptor >= 0)
            shutdown(self->workers[i].descriptor, SHUT_RDWR);
    }
    size_t n_workers = self->n_workers; /* nobody adds one from now on */
    pthread_cond_broadcast(&self->is_new);
    pthread_mutex_unlock(self->lock);
    for (size_t i = 0; i < n_workers; i++)
        pthread_join(self->workers[i].thread, NULL);
    pthread_cond_destroy(&self->is_new);
    free(self);
}
