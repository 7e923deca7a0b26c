/* One thread for one thing; see aside.h. */
#include "mirror/aside.h"

#include <signal.h>

static void *run(void *ctx)
{
    lk__aside *aside = ctx;

    aside->run(aside->ctx);
    atomic_store(&aside->is_done, true);
    return NULL;
}

/* Signals are for the threads of whoever embeds us. */
static bool start_thread(lk__aside *aside)
{
    sigset_t all;
    sigset_t before;
    bool is_started;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    is_started = pthread_create(&aside->thread, NULL, run, aside) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_started;
}

void lk__aside_begin(lk__aside *aside, void (*what)(void *ctx), void *ctx)
{
    *aside = (lk__aside){ .run = what, .ctx = ctx };
    aside->has_thread = start_thread(aside);
    if (!aside->has_thread)
        (void)run(aside);
}

bool lk__aside_is_done(const lk__aside *aside)
{
    return atomic_load(&aside->is_done);
}

void lk__aside_finish(lk__aside *aside)
{
    if (aside->has_thread)
        pthread_join(aside->thread, NULL);
    aside->has_thread = false;
}
