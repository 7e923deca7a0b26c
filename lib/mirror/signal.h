/* A waiting that other threads can end: "stop", or "go on now". */
#ifndef LK_MIRROR_SIGNAL_H
#define LK_MIRROR_SIGNAL_H

#include "base/error.h"

#include <stdbool.h>

typedef struct lk__signal lk__signal;

/* NULL without memory. */
lk__signal *lk__signal_new(void);
void lk__signal_free(lk__signal *signal);

/* From any thread. Both are remembered until they are taken. */
void lk__signal_stop(lk__signal *signal);
void lk__signal_wake(lk__signal *signal);

bool lk__signal_take_stop(lk__signal *signal);
bool lk__signal_take_wake(lk__signal *signal);
bool lk__signal_is_awake(lk__signal *signal);
/* Until somebody stops or wakes it, or the time is over by the monotonic clock. heeds_wake false:
 * only a stop ends it early. */
void lk__signal_wait(lk__signal *signal, int64_t ms, bool heeds_wake);

#endif
