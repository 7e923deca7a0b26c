/* POST /webhooks/workos: verified, durable before the 200, idempotent; wakes the poller.
 *
 * A webhook is a hint that comes early: the feed remains what the mirror's order rests on. */
#include "answer.h"
#include "clock.h"
#include "fail.h"
#include "head.h"

#include <civetweb.h>
#include <stdlib.h>

#define MAX_BODY (1024 * 1024)

/* Anybody can send a body slowly, and the reading of it holds a worker thread: never more of them
 * than sign-in can do without, and none for long. */
#define MAX_READERS   16
#define BODY_MS       5000
#define CHUNKED_PIECE 32 /* mg_read() waits for each piece anew, however late it is */

static void free_bodyp(char **data)
{
    free(*data);
}

/* CivetWeb waits for what it is asked for as long as one request may take, then returns what there
 * is: asking again would begin another wait. A chunked body does not say what there is to come. */
static size_t read_pieces(const app_request *request, char *data, size_t size)
{
    long long told = request->info->content_length;
    int64_t until_ms = clock_wall_ms() + BODY_MS;
    size_t len = 0;

    if (told >= 0) {
        int n = mg_read(request->connection, data, (size_t)told);
        return n > 0 ? (size_t)n : 0;
    }
    while (len < size && clock_wall_ms() < until_ms) {
        size_t piece = size - len < CHUNKED_PIECE ? size - len : CHUNKED_PIECE;
        int n = mg_read(request->connection, data + len, piece);
        if (n <= 0)
            return len;
        len += (size_t)n;
    }
    return len;
}

/* A body that breaks off gives LK_ERR_INVALID, one longer than MAX_BODY LK_ERR_PROTOCOL. */
static lk_status read_body(const app_request *request, char **out, size_t *out_len, lk_error *err)
{
    long long told = request->info->content_length;

    if (told > MAX_BODY)
        return failed(err, LK_ERR_PROTOCOL, "the body is longer than %d bytes", MAX_BODY);
    char *data CLEANUP(free_bodyp) = malloc(MAX_BODY + 1);
    if (data == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    size_t len = read_pieces(request, data, MAX_BODY + 1);
    if (len > MAX_BODY)
        return failed(err, LK_ERR_PROTOCOL, "the body is longer than %d bytes", MAX_BODY);
    if (told >= 0 && len != (size_t)told)
        return failed(err, LK_ERR_INVALID, "the body broke off after %zu bytes", len);
    *out = data;
    *out_len = len;
    data = NULL;
    return LK_OK;
}

/* The same, when it may be read now: LK_ERR_RATE_LIMITED when too many are. */
static lk_status take_body(const app_request *request, char **out, size_t *out_len, lk_error *err)
{
    atomic_int *n_readers = &request->server->n_webhook_readers;
    lk_status status;

    if (atomic_fetch_add(n_readers, 1) >= MAX_READERS)
        status = failed(err, LK_ERR_RATE_LIMITED, "too many webhooks come at once: try again");
    else
        status = read_body(request, out, out_len, err);
    atomic_fetch_sub(n_readers, 1);
    return status;
}

static lk_status apply(server *self, const lk_event *event, lk_error *err)
{
    lk_mirror *mirror = NULL;
    bool is_added = false;

    TRY(pool_take(self->readers, &mirror, err));
    lk_status status = lk_mirror_apply_event(mirror, event, &is_added, err);
    pool_give(self->readers, mirror);
    if (status != LK_OK)
        return status;
    if (is_added)
        feed_announce(self->news);
    feed_wake(self->news);
    return LK_OK;
}

static int refuse(const app_request *request, int status, const char *word, const lk_error *err)
{
    atomic_fetch_add(&request->server->n_webhooks_refused, 1);
    return answer_problem(request, status, word, err->message);
}

static int refuse_body(const app_request *request, const lk_error *err)
{
    mg_disable_connection_keep_alive(request->connection);
    if (err->status == LK_ERR_NO_MEMORY)
        return answer_failure(request, err);
    if (err->status == LK_ERR_RATE_LIMITED)
        return refuse(request, 503, "too_many_webhooks", err);
    return refuse(request, err->status == LK_ERR_PROTOCOL ? 413 : 400, "bad_body", err);
}

/* Where it comes from, by the word of the proxies that are trusted. */
static bool is_from_elsewhere(const app_request *request)
{
    const server_options *options = request->server->options;
    lk_visitor visitor;

    if (options->webhook_sources == NULL)
        return false;
    head_visitor(request->info, options->proxies, options->proxy_headers, &visitor);
    return !lk_networks_contain(options->webhook_sources, visitor.address);
}

int answer_webhook(const app_request *request)
{
    server *self = request->server;
    const char *signature = mg_get_header(request->connection, "WorkOS-Signature");
    lk_auto(lk_event) event = NULL;
    char *data CLEANUP(free_bodyp) = NULL;
    lk_error err = LK_ERROR_INIT;
    size_t len = 0;

    if (!webhook_secrets_has_any(&self->webhook_secrets))
        return answer_problem(request, 503, "no_webhook_secret",
                              "this server has no webhook secret: set WORKOS_WEBHOOK_SECRET");
    if (is_from_elsewhere(request)) {
        mg_disable_connection_keep_alive(request->connection); /* the body is not read */
        failed(&err, LK_ERR_STATE, "webhooks are not taken from this address");
        return refuse(request, 403, "not_from_there", &err);
    }
    if (signature == NULL) {
        failed(&err, LK_ERR_SIGNATURE, "the WorkOS-Signature header is missing");
        return refuse(request, 400, "bad_signature", &err);
    }
    if (take_body(request, &data, &len, &err) != LK_OK)
        return refuse_body(request, &err);
    lk_status status = webhook_secrets_open(&self->webhook_secrets, self->options->client,
                                            signature, data, len, &event, &err);
    if (status == LK_ERR_NO_MEMORY)
        return answer_failure(request, &err);
    if (status != LK_OK)
        return refuse(request, 400, status == LK_ERR_PROTOCOL ? "bad_body" : "bad_signature", &err);
    if (apply(self, event, &err) != LK_OK)
        return answer_failure(request, &err);
    atomic_fetch_add(&self->n_webhooks_taken, 1);
    return answer(request, 200, "application/json", NULL, "{\"received\":true}\n", 18);
}
