/* Time: the wall clock for what people read, the monotonic one for waiting. */
#ifndef APP_CLOCK_H
#define APP_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

int64_t clock_wall_ms(void);
/* For measuring: only ever grows, whatever is done to the wall clock. */
int64_t clock_steady_ms(void);
/* A moment of the monotonic clock, for a condition made by clock_init_condition(). */
struct timespec clock_in_ms(int64_t ms);
void clock_init_condition(pthread_cond_t *condition);

#endif
