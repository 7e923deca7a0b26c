/* Counts answers; see meter.h. */
#include "meter.h"

#include "fail.h"

static const struct bound {
    int64_t us;
    const char *seconds; /* as Prometheus is told */
} bounds[N_METER_BOUNDS] = {
    { 1000, "0.001" }, { 5000, "0.005" },  { 25000, "0.025" }, { 100000, "0.1" },
    { 500000, "0.5" }, { 2500000, "2.5" }, { 10000000, "10" },
};

void meter_count(meter *self, int status, int64_t duration_us)
{
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;

    atomic_fetch_add(&self->n_answers[class], 1);
    if (duration_us < 0)
        return;
    atomic_fetch_add(&self->n_timed, 1);
    atomic_fetch_add(&self->duration_us, (unsigned long long)duration_us);
    for (size_t i = 0; i < N_METER_BOUNDS; i++)
        if (duration_us <= bounds[i].us)
            atomic_fetch_add(&self->n_within[i], 1);
}

void meter_print_counts(const meter *self, FILE *out, const char *route)
{
    for (size_t i = 1; i < N_ITEMS(self->n_answers); i++) {
        unsigned long long n = atomic_load(&self->n_answers[i]);
        if (n > 0)
            fprintf(out, "latchkey_http_responses_total{route=\"%s\",code=\"%zuxx\"} %llu\n", route,
                    i, n);
    }
}

void meter_print_durations(const meter *self, FILE *out, const char *route)
{
    static const char name[] = "latchkey_http_request_duration_seconds";
    unsigned long long n = atomic_load(&self->n_timed);

    if (n == 0)
        return;
    for (size_t i = 0; i < N_METER_BOUNDS; i++)
        fprintf(out, "%s_bucket{route=\"%s\",le=\"%s\"} %llu\n", name, route, bounds[i].seconds,
                (unsigned long long)atomic_load(&self->n_within[i]));
    fprintf(out, "%s_bucket{route=\"%s\",le=\"+Inf\"} %llu\n", name, route, n);
    fprintf(out, "%s_sum{route=\"%s\"} %.6f\n", name, route,
            (double)atomic_load(&self->duration_us) / 1000000);
    fprintf(out, "%s_count{route=\"%s\"} %llu\n", name, route, n);
}
