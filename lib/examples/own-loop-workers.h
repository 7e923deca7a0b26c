/* Threads that do what may block, so that the loop never does. */
#ifndef OWN_LOOP_WORKERS_H
#define OWN_LOOP_WORKERS_H

/* Something to be done on a worker, and then to be looked at in the loop. Yours: embed it as the
 * first member of what it is about. */
typedef struct job {
    struct job *next;
    void (*work)(struct job *self); /* on a worker */
    void (*done)(struct job *self); /* in the loop, behind it */
} job;

typedef struct workers workers;

/* NULL when the system refuses threads or memory. */
workers *workers_start(int n_threads);
/* Lets the jobs under way end, and forgets those that nobody began. */
void workers_stop(workers *self);

void workers_do(workers *self, job *wanted);
/* Readable when jobs are done: then call workers_turn(), which calls each one's done(). */
int workers_fd(const workers *self);
void workers_turn(workers *self);

#endif
