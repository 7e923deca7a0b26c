/* Those who hold a worker: CivetWeb has one thread for each connection; whoever says nothing, or
 * little by little, holds one, and when all are held nobody else is heard.
 *
 * So while few workers are free, a thread keeps the door: for each newcomer it hangs up on somebody
 * who keeps the server waiting: of the address that does so most often the one who has done so for
 * longest. Whoever speaks at once is never that one, however many others do not, nor is who has
 * spoken and no worker has listened yet; those who are being answered stay.
 *
 * CivetWeb does not tell a connection's socket before its request is read, and has no call to hang
 * up. But the sockets are this process's own: they are found by the port that they came to, and
 * those of requests that are being answered by their peers. */
#ifndef APP_CROWD_H
#define APP_CROWD_H

#include <latchkey/error.h>
#include <stdbool.h>
#include <stdint.h>

/* Who keeps a worker waiting for less is no slow visitor yet; nor, for a while longer, is who has
 * not said a word: a request that was lost on its way is sent anew after 200 ms at least, twice as
 * long each time, and a busy machine is slow to say the first one. */
#define CROWD_PATIENCE_MS     500
#define CROWD_PATIENCE_NEW_MS 1000

typedef struct crowd crowd;

/* A request that is being answered; belongs to its connection. */
typedef struct crowd_member {
    struct crowd_member *next, *previous;
    uint64_t peer;
    bool is_answered;
} crowd_member;

/* limit: beyond so many connections, one leaves for each who comes. Starts the thread. */
LK_MUST_CHECK lk_status crowd_new(int limit, crowd **out, lk_error *err);
void crowd_free(crowd *self);
/* The port that connections come to, once it is known. */
void crowd_set_port(crowd *self, int port);

/* All below from any thread. A connection has a worker from now on; before its socket is closed. */
void crowd_enter(crowd *self);
void crowd_leave(crowd *self, crowd_member *member);
/* Its request is there, and the answer is ours to give; then it is for the visitor to go on. */
void crowd_answer(crowd *self, crowd_member *member, const char *address, int port);
void crowd_wait(crowd *self, crowd_member *member);
/* How many connections there are; how many have been hung up on. */
int crowd_count(crowd *self);
uint64_t crowd_count_dropped(crowd *self);

#endif
