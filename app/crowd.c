/* Those who hold a worker; see crowd.h. */
#include "crowd.h"

#include "clock.h"
#include "fail.h"

#include <arpa/inet.h>
#include <linux/tcp.h> /* that of glibc lacks what has been received */
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define MAX_FDS       4096 /* sockets with higher numbers stay */
#define LOOK_EVERY_MS 100  /* so that it is known who has waited, before somebody must leave */

/* A socket of ours, by its number. */
typedef struct seat {
    ino_t inode; /* 0: none of ours; another number: another connection */
    int64_t since_ms;
    uint64_t address;
    uint64_t peer; /* address and port */
    uint32_t silent_ms;
    bool has_spoken; /* anything at all */
    bool is_unread;  /* something came that no worker has taken: it has none yet */
    bool is_dropped;
} seat;

struct crowd {
    pthread_t porter;
    bool has_porter;
    pthread_mutex_t mutex; /* for all below */
    pthread_cond_t changed;
    bool is_stopped;
    crowd_member *members;
    int limit, port;
    int n_connections;
    int n_fds;     /* seats below it have been looked at */
    bool is_awake; /* the porter has looked around, and not slept since */
    uint64_t n_dropped;
    seat seats[MAX_FDS];
};

/* FNV-1a. Who makes two addresses alike is counted for both. */
static uint64_t hash(uint64_t sum, const void *data, size_t len)
{
    for (const unsigned char *c = data; len > 0; c++, len--)
        sum = (sum ^ *c) * UINT64_C(0x100000001b3);
    return sum;
}

static uint64_t address_of(int family, const void *bytes)
{
    return hash(UINT64_C(0xcbf29ce484222325), bytes,
                family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr));
}

static uint64_t peer_of(uint64_t address, int port)
{
    return hash(address, &port, sizeof(port));
}

/* ---- All below: with the mutex held. No call here waits for anybody ---- */

static bool came_to(int fd, int port)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);

    if (getsockname(fd, (struct sockaddr *)&name, &len) != 0)
        return false;
    if (name.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&name)->sin_port) == port;
    return name.ss_family == AF_INET6 && ntohs(((struct sockaddr_in6 *)&name)->sin6_port) == port;
}

static bool read_peer(int fd, seat *out)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&name;
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&name;

    if (getpeername(fd, (struct sockaddr *)&name, &len) != 0)
        return false;
    if (name.ss_family == AF_INET) {
        out->address = address_of(AF_INET, &ipv4->sin_addr);
        out->peer = peer_of(out->address, ntohs(ipv4->sin_port));
        return true;
    }
    if (name.ss_family != AF_INET6)
        return false;
    out->address = address_of(AF_INET6, &ipv6->sin6_addr);
    out->peer = peer_of(out->address, ntohs(ipv6->sin6_port));
    return true;
}

static void read_speech(int fd, seat *out)
{
    struct tcp_info info = { .tcpi_bytes_received = 0 };
    socklen_t len = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return;
    out->silent_ms = info.tcpi_last_data_recv;
    out->has_spoken = info.tcpi_bytes_received > 0;
}

static bool read_unread(int fd)
{
    int n = 0;

    return ioctl(fd, FIONREAD, &n) == 0 && n > 0;
}

static void look_at(crowd *self, int fd, int64_t at_ms)
{
    seat *known = &self->seats[fd];
    seat found = { .since_ms = at_ms };
    struct stat about;

    if (fstat(fd, &about) != 0 || !S_ISSOCK(about.st_mode) || !came_to(fd, self->port) ||
        !read_peer(fd, &found)) {
        *known = (seat){ .inode = 0 };
        return;
    }
    found.inode = about.st_ino;
    read_speech(fd, &found);
    found.is_unread = read_unread(fd);
    if (known->inode != found.inode) {
        /* It may have been here while nobody looked. Else it has been let in just now, however long
         * it waited for that with its request in hand. */
        if (!self->is_awake)
            found.since_ms -= found.silent_ms;
        *known = found;
        return;
    }
    if (known->is_unread && !found.is_unread)
        known->since_ms = at_ms; /* a worker has just begun to read */
    known->silent_ms = found.silent_ms;
    known->has_spoken = found.has_spoken;
    known->is_unread = found.is_unread;
}

static void look_around(crowd *self, int64_t at_ms)
{
    /* Numbers are given from below: twice as many as there are connections, and those of stores,
     * libraries and threads, is beyond the highest. */
    self->n_fds = self->n_connections * 2 + 512 < MAX_FDS ? self->n_connections * 2 + 512 : MAX_FDS;
    for (int fd = 0; fd < self->n_fds; fd++)
        look_at(self, fd, at_ms);
    self->is_awake = true;
}

static bool is_being_answered(const crowd *self, const seat *one)
{
    for (const crowd_member *member = self->members; member != NULL; member = member->next)
        if (member->peer == one->peer)
            return true;
    return false;
}

/* Of those without a worker nobody frees one by leaving: it is they who are kept waiting. */
static bool keeps_waiting(const crowd *self, const seat *one, int64_t at_ms)
{
    int patience_ms = one->has_spoken ? CROWD_PATIENCE_MS : CROWD_PATIENCE_NEW_MS;

    return one->inode != 0 && at_ms - one->since_ms >= patience_ms && !one->is_dropped &&
           !one->is_unread && !is_being_answered(self, one);
}

static int count_alike(const crowd *self, uint64_t address)
{
    int n = 0;

    for (int fd = 0; fd < self->n_fds; fd++)
        n += self->seats[fd].address == address && self->seats[fd].inode != 0;
    return n;
}

static bool waits_longer(const seat *one, const seat *other)
{
    if (one->since_ms != other->since_ms)
        return one->since_ms < other->since_ms;
    return one->silent_ms > other->silent_ms;
}

/* The number of the socket; -1: nobody keeps the server waiting. */
static int choose(const crowd *self, int64_t at_ms)
{
    int chosen = -1;
    int n_most = 0;

    for (int fd = 0; fd < self->n_fds; fd++) {
        const seat *one = &self->seats[fd];
        if (!keeps_waiting(self, one, at_ms))
            continue;
        bool is_alike = chosen >= 0 && self->seats[chosen].address == one->address;
        int n = is_alike ? n_most : count_alike(self, one->address);
        if (chosen < 0 || n > n_most || (n == n_most && waits_longer(one, &self->seats[chosen]))) {
            chosen = fd;
            n_most = n;
        }
    }
    return chosen;
}

/* Its worker reads the end of the connection, and closes it. One that has just been closed by
 * itself may have given its number to another: that one is not meant; nor is who speaks at last. */
static void drop(crowd *self, int fd)
{
    seat *one = &self->seats[fd];
    struct stat about;

    one->is_unread = read_unread(fd);
    if (one->is_unread)
        return;
    one->is_dropped = true;
    if (fstat(fd, &about) != 0 || about.st_ino != one->inode)
        return;
    shutdown(fd, SHUT_RDWR);
    self->n_dropped++;
}

static int count_leaving(const crowd *self)
{
    int n = 0;

    for (int fd = 0; fd < self->n_fds; fd++)
        n += self->seats[fd].inode != 0 && self->seats[fd].is_dropped;
    return n;
}

static void make_room(crowd *self, int64_t at_ms)
{
    int n = self->n_connections - self->limit - count_leaving(self);

    for (int fd = 0; n > 0 && fd >= 0; n--) {
        fd = choose(self, at_ms);
        if (fd >= 0)
            drop(self, fd);
    }
}

static void unlist(crowd *self, crowd_member *member)
{
    if (!member->is_answered)
        return;
    member->is_answered = false;
    if (member->next != NULL)
        member->next->previous = member->previous;
    if (member->previous != NULL)
        member->previous->next = member->next;
    else
        self->members = member->next;
}

/* ---- For all ---- */

static void *keep_the_door(void *ctx)
{
    crowd *self = ctx;

    pthread_mutex_lock(&self->mutex);
    while (!self->is_stopped) {
        const struct timespec until = clock_in_ms(LOOK_EVERY_MS);
        if (self->n_connections <= self->limit / 2) {
            self->is_awake = false;
            pthread_cond_wait(&self->changed, &self->mutex);
            continue;
        }
        int64_t at_ms = clock_steady_ms();
        look_around(self, at_ms);
        make_room(self, at_ms);
        pthread_cond_timedwait(&self->changed, &self->mutex, &until);
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

lk_status crowd_new(int limit, crowd **out, lk_error *err)
{
    crowd *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    self->limit = limit;
    pthread_mutex_init(&self->mutex, NULL);
    clock_init_condition(&self->changed);
    self->has_porter = pthread_create(&self->porter, NULL, keep_the_door, self) == 0;
    if (!self->has_porter) {
        crowd_free(self);
        return failed(err, LK_ERR_NO_MEMORY, "cannot start the thread that keeps the door");
    }
    *out = self;
    return LK_OK;
}

void crowd_free(crowd *self)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->mutex);
    self->is_stopped = true;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    if (self->has_porter)
        pthread_join(self->porter, NULL);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

void crowd_set_port(crowd *self, int port)
{
    pthread_mutex_lock(&self->mutex);
    self->port = port;
    pthread_mutex_unlock(&self->mutex);
}

void crowd_enter(crowd *self)
{
    pthread_mutex_lock(&self->mutex);
    self->n_connections++;
    /* Else the porter sleeps, or comes by soon enough. */
    if (self->n_connections == self->limit / 2 + 1 || self->n_connections > self->limit)
        pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

void crowd_leave(crowd *self, crowd_member *member)
{
    pthread_mutex_lock(&self->mutex);
    unlist(self, member);
    self->n_connections--;
    pthread_mutex_unlock(&self->mutex);
}

void crowd_answer(crowd *self, crowd_member *member, const char *address, int port)
{
    unsigned char bytes[sizeof(struct in6_addr)] = { 0 };
    int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;

    (void)inet_pton(family, address, bytes); /* one that is none is nobody's */
    pthread_mutex_lock(&self->mutex);
    unlist(self, member);
    *member = (crowd_member){ .peer = peer_of(address_of(family, bytes), port),
                              .is_answered = true,
                              .next = self->members };
    if (self->members != NULL)
        self->members->previous = member;
    self->members = member;
    pthread_mutex_unlock(&self->mutex);
}

void crowd_wait(crowd *self, crowd_member *member)
{
    pthread_mutex_lock(&self->mutex);
    /* Its waiting begins anew. */
    for (int fd = 0; self->n_connections > self->limit / 2 && fd < self->n_fds; fd++)
        if (self->seats[fd].peer == member->peer)
            self->seats[fd].since_ms = clock_steady_ms();
    unlist(self, member);
    pthread_mutex_unlock(&self->mutex);
}

int crowd_count(crowd *self)
{
    pthread_mutex_lock(&self->mutex);
    int n = self->n_connections;
    pthread_mutex_unlock(&self->mutex);
    return n;
}

uint64_t crowd_count_dropped(crowd *self)
{
    pthread_mutex_lock(&self->mutex);
    uint64_t n = self->n_dropped;
    pthread_mutex_unlock(&self->mutex);
    return n;
}
