/* /healthz, /readyz, /metrics: for those who run the server. No names, no ids of customers. */
#include "answer.h"
#include "clock.h"
#include "fail.h"
#include "print.h"

#include <inttypes.h>
#include <latchkey/reconcile.h>

/* Of which kind a difference is that the last reconciliation found. */
typedef enum drift_kind {
    DRIFT_DIRECTORIES = 0,
    DRIFT_GROUPS,
    DRIFT_USERS,
    DRIFT_MEMBERSHIPS,
    N_DRIFTS
} drift_kind;

/* A feed that has not answered for so long, or for three of its turns, is not ready, however it
 * calls itself. */
#define STALE_MS 60000

int answer_health(const app_request *request)
{
    return answer(request, 200, "application/json", NULL, "{\"status\":\"ok\"}\n", 16);
}

static lk_status read_status(server *self, lk_mirror_status *out, lk_error *err)
{
    lk_mirror *mirror = NULL;

    *out = (lk_mirror_status){ .size = sizeof(*out) };
    TRY(pool_take(self->readers, &mirror, err));
    lk_status status = lk_mirror_get_status(mirror, out, err);
    pool_give(self->readers, mirror);
    return status;
}

/* What /metrics tells of the mirror beside its status. */
typedef struct extent {
    int64_t n_bytes;
    int64_t n_gaps;
    int64_t gaps_ms;
    int64_t drift[N_DRIFTS]; /* -1: never compared */
} extent;

static lk_status add_drift(lk_mirror *mirror, int64_t walk, extent *out, lk_error *err)
{
    lk_auto(lk_drift_page) page = NULL;

    for (size_t i = 0; i < N_DRIFTS; i++)
        out->drift[i] = walk != 0 ? 0 : -1;
    if (walk == 0)
        return LK_OK;
    TRY(lk_mirror_list_drift(mirror, walk, &page, err));
    for (size_t i = 0; i < page->count; i++) {
        const lk_drift *d = &page->items[i];

        out->drift[DRIFT_DIRECTORIES] +=
            d->directories_added + d->directories_changed + d->directories_deleted;
        out->drift[DRIFT_GROUPS] += d->groups_added + d->groups_changed + d->groups_deleted;
        out->drift[DRIFT_USERS] += d->users_added + d->users_changed + d->users_deleted;
        out->drift[DRIFT_MEMBERSHIPS] += d->memberships_added + d->memberships_removed;
    }
    return LK_OK;
}

static lk_status measure(lk_mirror *mirror, int64_t walk, extent *out, lk_error *err)
{
    lk_auto(lk_gap_page) gaps = NULL;

    *out = (extent){ 0 };
    TRY(lk_mirror_get_size(mirror, &out->n_bytes, err));
    TRY(lk_mirror_list_gaps(mirror, &gaps, err));
    out->n_gaps = (int64_t)gaps->count;
    for (size_t i = 0; i < gaps->count; i++)
        out->gaps_ms += gaps->items[i].until_ms - gaps->items[i].since_ms;
    return add_drift(mirror, walk, out, err);
}

static lk_status read_extent(server *self, int64_t walk, extent *out, lk_error *err)
{
    lk_mirror *mirror = NULL;

    TRY(pool_take(self->readers, &mirror, err));
    lk_status status = measure(mirror, walk, out, err);
    pool_give(self->readers, mirror);
    return status;
}

/* Milliseconds since the mirror was known to be up to date; -1: never was. */
static int64_t lag_ms(const feed_status *now)
{
    if (now->last_ok_ms == 0)
        return -1;
    return now->state == FEED_OK || now->state == FEED_FAILING ? clock_wall_ms() - now->last_ok_ms
                                                               : -1;
}

static bool is_stale(const server *self, int64_t lag)
{
    int64_t turns_ms = INT64_C(3) * self->options->poll_ms;

    return lag >= (turns_ms > STALE_MS ? turns_ms : STALE_MS);
}

/* Each thing that keeps the server from being ready, for who looks at why nobody is sent to it. */
static void print_reasons(FILE *out, const server *self, bool has_store, const feed_status *now)
{
    int64_t lag = lag_ms(now);
    const char *reasons[2];
    size_t n_reasons = 0;
    char text[128];

    if (!has_store)
        reasons[n_reasons++] = "the store cannot be read: the server's log says why";
    if (now->state != FEED_OFF && lag < 0) {
        reasons[n_reasons++] = "the feed has not caught up yet";
    } else if (now->state != FEED_OFF && is_stale(self, lag)) {
        snprintf(text, sizeof(text), "the feed was last up to date %" PRId64 " s ago", lag / 1000);
        reasons[n_reasons++] = text;
    }
    print_json_texts(out, reasons, n_reasons);
}

int answer_ready(const app_request *request)
{
    const server *self = request->server;
    lk_error err = LK_ERROR_INIT;
    lk_mirror_status mirror;
    feed_status now;
    bool first = true;
    body json;

    feed_get_status(self->news, &now);
    int64_t lag = lag_ms(&now);
    bool has_store = read_status(request->server, &mirror, &err) == LK_OK;
    bool is_ready = has_store && (now.state == FEED_OFF || (lag >= 0 && !is_stale(self, lag)));
    if (!has_store)
        answer_complain(request, &err);
    if (!body_begin(&json))
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    fputc('{', json.out);
    print_json_name(json.out, &first, "ready");
    fputs(is_ready ? "true" : "false", json.out);
    print_json_name(json.out, &first, "reasons");
    print_reasons(json.out, self, has_store, &now);
    print_json_field(json.out, &first, "store", has_store ? "ok" : "failing");
    print_json_field(json.out, &first, "feed", feed_state_name(now.state));
    print_json_name(json.out, &first, "lag_seconds");
    if (lag >= 0)
        fprintf(json.out, "%.3f", (double)lag / 1000);
    else
        fputs("null", json.out);
    print_json_name(json.out, &first, "newest_event_at");
    print_json_time(json.out, has_store ? mirror.newest_event_at_ms : 0);
    if (now.message[0] != '\0')
        print_json_field(json.out, &first, "message", now.message);
    fputs("}\n", json.out);
    return body_answer(&json, request, is_ready ? 200 : 503, "application/json");
}

static void print_metric(FILE *out, const char *name, const char *type, const char *help,
                         int64_t value)
{
    fprintf(out, "# HELP latchkey_%s %s\n# TYPE latchkey_%s %s\nlatchkey_%s %" PRId64 "\n", name,
            help, name, type, name, value);
}

static void print_answers(FILE *out, const server *self)
{
    fputs("# HELP latchkey_http_responses_total Answers by route and class of status\n"
          "# TYPE latchkey_http_responses_total counter\n",
          out);
    for (size_t i = 0; serve_route_name(i) != NULL; i++)
        meter_print_counts(&self->meters[i], out, serve_route_name(i));
    meter_print_counts(&self->meters[MAX_ROUTES], out, "other");
    fputs("# HELP latchkey_http_request_duration_seconds Time from the request's head to its whole "
          "answer\n"
          "# TYPE latchkey_http_request_duration_seconds histogram\n",
          out);
    for (size_t i = 0; serve_route_name(i) != NULL; i++)
        meter_print_durations(&self->meters[i], out, serve_route_name(i));
    meter_print_durations(&self->meters[MAX_ROUTES], out, "other");
}

static void print_sign_ins(FILE *out, server *self)
{
    static const char *const outcomes[N_SIGN_IN_OUTCOMES] = {
        [SIGN_IN_DONE] = "done",
        [SIGN_IN_AGAIN] = "again",
        [SIGN_IN_REFUSED] = "refused",
        [SIGN_IN_FAILED] = "failed",
    };

    fputs("# HELP latchkey_sign_ins_total Callbacks of sign-in by outcome\n"
          "# TYPE latchkey_sign_ins_total counter\n",
          out);
    for (size_t i = 0; i < N_SIGN_IN_OUTCOMES; i++)
        fprintf(out, "latchkey_sign_ins_total{outcome=\"%s\"} %llu\n", outcomes[i],
                (unsigned long long)atomic_load(&self->n_sign_ins[i]));
}

/* Prometheus asks for times since 1970, not for ages; what never was is left out. */
static void print_moment(FILE *out, const char *name, const char *help, int64_t unix_ms)
{
    if (unix_ms == 0)
        return;
    fprintf(out,
            "# HELP latchkey_%s_timestamp_seconds %s\n# TYPE latchkey_%s_timestamp_seconds gauge\n"
            "latchkey_%s_timestamp_seconds %.3f\n",
            name, help, name, name, (double)unix_ms / 1000);
}

/* A host may have any name. */
static void print_label(FILE *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            fputc('\\', out);
        fputc((unsigned char)*value < ' ' ? '?' : *value, out);
    }
}

static void print_mirror(FILE *out, const lk_mirror_status *now)
{
    print_metric(out, "mirror_events", "gauge", "Events in the mirror", now->n_events);
    print_metric(out, "mirror_users", "gauge", "Live directory users", now->n_users);
    print_metric(out, "mirror_groups", "gauge", "Live directory groups", now->n_groups);
    print_metric(out, "mirror_directories", "gauge", "Live directories", now->n_directories);
    print_metric(out, "mirror_parked", "gauge", "Events set aside with a reason", now->n_parked);
    print_moment(out, "mirror_newest_event", "When the newest event was created",
                 now->newest_event_at_ms);
    print_moment(out, "mirror_last_poll", "When the feed was last asked with success",
                 now->last_poll_at_ms);
    print_moment(out, "mirror_complete", "Up to when the mirror is complete", now->settled_at_ms);
    print_moment(out, "mirror_reconciled", "When the mirror was last compared with WorkOS",
                 now->reconciled_at_ms);
    print_moment(out, "mirror_kept_from", "From when on events are kept", now->kept_from_ms);
    if (now->poller[0] == '\0')
        return;
    fputs("# HELP latchkey_mirror_poller Who polls, and whether its lease runs\n"
          "# TYPE latchkey_mirror_poller gauge\nlatchkey_mirror_poller{holder=\"",
          out);
    print_label(out, now->poller);
    fprintf(out, "\"} %d\n", now->poller_until_ms > clock_wall_ms());
}

static void print_extent(FILE *out, const extent *now)
{
    static const char *const kinds[N_DRIFTS] = {
        [DRIFT_DIRECTORIES] = "directories",
        [DRIFT_GROUPS] = "groups",
        [DRIFT_USERS] = "users",
        [DRIFT_MEMBERSHIPS] = "memberships",
    };

    print_metric(out, "mirror_bytes", "gauge", "What the mirror takes on the disk", now->n_bytes);
    print_metric(out, "mirror_gaps", "gauge", "Times whose events never came", now->n_gaps);
    print_metric(out, "mirror_gap_seconds", "gauge", "How long they are together",
                 now->gaps_ms / 1000);
    if (now->drift[0] < 0)
        return;
    fputs("# HELP latchkey_mirror_drift Differences that the last comparison with WorkOS found\n"
          "# TYPE latchkey_mirror_drift gauge\n",
          out);
    for (size_t i = 0; i < N_DRIFTS; i++)
        fprintf(out, "latchkey_mirror_drift{kind=\"%s\"} %" PRId64 "\n", kinds[i], now->drift[i]);
}

static void print_feed(FILE *out, const feed_status *now)
{
    int64_t lag = lag_ms(now);

    print_metric(out, "feed_up", "gauge", "Whether the last step of the feed went well",
                 now->state == FEED_OK || now->state == FEED_STARTING);
    print_metric(out, "feed_steps_total", "counter", "Questions to WorkOS", (int64_t)now->n_steps);
    print_metric(out, "feed_failures_total", "counter", "Of them failed", (int64_t)now->n_failures);
    if (lag >= 0)
        fprintf(out,
                "# HELP latchkey_feed_lag_seconds Time since the mirror was up to date\n"
                "# TYPE latchkey_feed_lag_seconds gauge\nlatchkey_feed_lag_seconds %.3f\n",
                (double)lag / 1000);
}

/* A counter with its failed ones beside it. */
static void print_outcomes(FILE *out, const char *name, const char *help, uint64_t n,
                           uint64_t n_failed)
{
    fprintf(out,
            "# HELP latchkey_%s %s\n# TYPE latchkey_%s counter\n"
            "latchkey_%s{outcome=\"done\"} %" PRIu64 "\n"
            "latchkey_%s{outcome=\"failed\"} %" PRIu64 "\n",
            name, help, name, name, n - n_failed, name, n_failed);
}

static void print_exchanges(FILE *out, const lk_client *client)
{
    lk_client_counts counts = { .size = sizeof(counts) };

    if (lk_client_get_counts(client, &counts, NULL) != LK_OK)
        return;
    print_outcomes(out, "workos_calls_total", "Calls of WorkOS' API", counts.n_calls,
                   counts.n_calls_failed);
    print_outcomes(out, "key_fetches_total", "Fetches of WorkOS' signing keys",
                   counts.n_key_fetches, counts.n_key_fetches_failed);
    print_outcomes(out, "refreshes_total", "Renewals of sessions at WorkOS", counts.n_refreshes,
                   counts.n_refreshes_failed);
}

static void print_client(FILE *out, const lk_client *client)
{
    int64_t keys_ms = lk_client_get_keys_fetched_at_ms(client);
    int64_t skew_ms = 0;

    if (keys_ms > 0)
        print_metric(out, "signing_keys_age_seconds", "gauge",
                     "Time since WorkOS' signing keys were fetched",
                     (clock_wall_ms() - keys_ms) / 1000);
    if (lk_client_get_clock_skew(client, &skew_ms))
        print_metric(out, "clock_skew_seconds", "gauge",
                     "How far this machine's clock is ahead of WorkOS", skew_ms / 1000);
}

static void print_crowd(FILE *out, server *self)
{
    print_metric(out, "workers", "gauge", "Worker threads: connections that can be held at once",
                 self->n_workers);
    print_metric(out, "workers_busy", "gauge", "Connections that hold a worker thread",
                 crowd_count(self->crowd));
    print_metric(out, "connections_dropped_total", "counter",
                 "Slow visitors hung up on to let others in",
                 (int64_t)crowd_count_dropped(self->crowd));
    print_metric(out, "streams", "gauge", "Open event streams", atomic_load(&self->n_streams));
    print_metric(out, "streams_refused_total", "counter", "Event streams beyond --max-watchers",
                 (int64_t)atomic_load(&self->n_watchers_refused));
}

int answer_metrics(const app_request *request)
{
    server *self = request->server;
    lk_error err = LK_ERROR_INIT;
    lk_mirror_status mirror;
    extent space;
    feed_status now;
    body text;

    feed_get_status(self->news, &now);
    bool has_store = read_status(self, &mirror, &err) == LK_OK;
    bool has_extent = has_store && read_extent(self, mirror.reconciled_walk, &space, &err) == LK_OK;
    if (!body_begin(&text))
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    print_metric(text.out, "store_up", "gauge", "Whether the store can be read", has_store);
    if (has_store)
        print_mirror(text.out, &mirror);
    if (has_extent)
        print_extent(text.out, &space);
    print_feed(text.out, &now);
    print_client(text.out, self->options->client);
    print_exchanges(text.out, self->options->client);
    print_metric(text.out, "revoked_total", "counter",
                 "Requests of sessions that were revoked at WorkOS",
                 (int64_t)atomic_load(&self->sharing.n_revoked));
    print_crowd(text.out, self);
    print_sign_ins(text.out, self);
    print_metric(text.out, "webhooks_taken_total", "counter", "Webhooks applied",
                 (int64_t)atomic_load(&self->n_webhooks_taken));
    print_metric(text.out, "webhooks_refused_total", "counter", "Webhooks refused",
                 (int64_t)atomic_load(&self->n_webhooks_refused));
    print_answers(text.out, self);
    return body_answer(&text, request, 200, "text/plain; version=0.0.4; charset=utf-8");
}
