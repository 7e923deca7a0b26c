/* Counts answers and how long they took, for one route. From any thread. */
#ifndef APP_METER_H
#define APP_METER_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#define N_METER_BOUNDS 7

typedef struct meter {
    atomic_ullong n_answers[6];             /* by the first digit of the status; 0: no status */
    atomic_ullong n_within[N_METER_BOUNDS]; /* that took no longer than the bound */
    atomic_ullong n_timed;                  /* those of n_within, and the longer ones */
    atomic_ullong duration_us;
} meter;

/* duration_us -1: takes as long as the visitor likes, and says nothing. */
void meter_count(meter *self, int status, int64_t duration_us);
/* The samples for Prometheus, without their heads: of the counts, of the durations. */
void meter_print_counts(const meter *self, FILE *out, const char *route);
void meter_print_durations(const meter *self, FILE *out, const char *route);

#endif
