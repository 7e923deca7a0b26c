/* A few threads, two queues, and a descriptor that wakes the loop. */
#include "own-loop-workers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct queue {
    job *first, *last;
} queue;

struct workers {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wanted;
    queue to_do, done;
    bool stops;
    int wake;
    int n_threads;
    pthread_t threads[];
};

static void put(queue *self, job *added)
{
    added->next = NULL;
    if (self->last != NULL)
        self->last->next = added;
    else
        self->first = added;
    self->last = added;
}

static job *take(queue *self)
{
    job *taken = self->first;

    if (taken == NULL)
        return NULL;
    self->first = taken->next;
    if (self->first == NULL)
        self->last = NULL;
    return taken;
}

/* NULL when it is time to end. */
static job *next_job(workers *self)
{
    job *found = NULL;

    pthread_mutex_lock(&self->lock);
    while (!self->stops && (found = take(&self->to_do)) == NULL)
        pthread_cond_wait(&self->wanted, &self->lock);
    pthread_mutex_unlock(&self->lock);
    return found;
}

static void *run(void *ctx)
{
    workers *self = ctx;
    const uint64_t one = 1;
    job *found;

    while ((found = next_job(self)) != NULL) {
        found->work(found); /* no lock is held: this may take as long as WorkOS takes */
        pthread_mutex_lock(&self->lock);
        put(&self->done, found);
        pthread_mutex_unlock(&self->lock);
        (void)!write(self->wake, &one, sizeof(one)); /* full only when it is readable anyway */
    }
    return NULL;
}

workers *workers_start(int n_threads)
{
    workers *self = calloc(1, sizeof(*self) + (size_t)n_threads * sizeof(self->threads[0]));

    if (self == NULL)
        return NULL;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->wanted, NULL);
    self->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    while (self->wake >= 0 && self->n_threads < n_threads &&
           pthread_create(&self->threads[self->n_threads], NULL, run, self) == 0)
        self->n_threads++;
    if (self->n_threads == n_threads)
        return self;
    workers_stop(self);
    return NULL;
}

void workers_stop(workers *self)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    self->stops = true;
    pthread_cond_broadcast(&self->wanted);
    pthread_mutex_unlock(&self->lock);
    for (int i = 0; i < self->n_threads; i++)
        pthread_join(self->threads[i], NULL);
    if (self->wake >= 0)
        close(self->wake);
    pthread_cond_destroy(&self->wanted);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

int workers_fd(const workers *self)
{
    return self->wake;
}

void workers_do(workers *self, job *wanted)
{
    pthread_mutex_lock(&self->lock);
    put(&self->to_do, wanted);
    pthread_cond_signal(&self->wanted);
    pthread_mutex_unlock(&self->lock);
}

static job *next_done(workers *self)
{
    pthread_mutex_lock(&self->lock);
    job *found = take(&self->done);
    pthread_mutex_unlock(&self->lock);
    return found;
}

void workers_turn(workers *self)
{
    uint64_t ignored;

    (void)!read(self->wake, &ignored, sizeof(ignored)); /* empties it; the queue tells the rest */
    for (job *found; (found = next_done(self)) != NULL;)
        found->done(found);
}
