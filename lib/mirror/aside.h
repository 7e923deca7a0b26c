/* Something done on a thread of its own while the caller does something else.
 *
 * The thread lives for it alone and heeds no signal. Whoever begins one finishes it before the
 * public call ends: between calls there is no thread that an embedder did not make. */
#ifndef LK_MIRROR_ASIDE_H
#define LK_MIRROR_ASIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct lk__aside {
    void (*run)(void *ctx);
    void *ctx;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_done;
} lk__aside;

/* Where no thread can be had it blocks instead. ctx, and aside itself, must stay where they are
 * until it is finished. */
void lk__aside_begin(lk__aside *aside, void (*what)(void *ctx), void *ctx);
/* Without waiting. */
bool lk__aside_is_done(const lk__aside *aside);
/* Blocks until it is done. Nothing to do for a zeroed one, or a second time. */
void lk__aside_finish(lk__aside *aside);

#endif
