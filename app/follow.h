/* Following the feed: steps and waits on its own thread, until told to stop.
 *
 * lk_sync_run() does the same without telling what came; here each page is reported, so that those
 * who watch the mirror hear of it. */
#ifndef APP_FOLLOW_H
#define APP_FOLLOW_H

#include <latchkey/mirror.h>
#include <pthread.h>

typedef struct follow {
    lk_sync *sync;
    /* Called on the following thread after each step; err is NULL when it went well. */
    void (*report)(void *ctx, const lk_sync_result *result, const lk_error *err);
    void *ctx;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_stopped;
} follow;

/* report and ctx may be set afterwards, before follow_run(). */
void follow_init(follow *following, lk_sync *sync);
void follow_deinit(follow *following);
/* Returns after follow_stop(). */
void follow_run(follow *following);
/* From any thread. */
void follow_stop(follow *following);
void follow_wake(follow *following);

#endif
