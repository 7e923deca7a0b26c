/* POST /webhooks/workos: verified, durable before the 200, idempotent; wakes the poller.
 *
 * A webhook is a hint that comes early: the feed remains what the mirror's order rests on. */
#include "answer.h"
#include "fail.h"

#include <civetweb.h>
#include <stdlib.h>

#define MAX_BODY (1024 * 1024)

static void free_bodyp(char **data)
{
    free(*data);
}

/* Reads the body; a longer one than MAX_BODY, or one that breaks off, gives LK_ERR_INVALID. */
static lk_status read_body(const app_request *request, char **out, size_t *out_len, lk_error *err)
{
    long long told = request->info->content_length;
    size_t len = 0;

    if (told > MAX_BODY)
        return failed(err, LK_ERR_INVALID, "the body is longer than %d bytes", MAX_BODY);
    char *data CLEANUP(free_bodyp) = malloc(MAX_BODY + 1);
    if (data == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    while (len <= MAX_BODY) {
        int n = mg_read(request->connection, data + len, MAX_BODY + 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (len > MAX_BODY)
        return failed(err, LK_ERR_INVALID, "the body is longer than %d bytes", MAX_BODY);
    if (told >= 0 && len != (size_t)told)
        return failed(err, LK_ERR_INVALID, "the body broke off after %zu bytes", len);
    *out = data;
    *out_len = len;
    data = NULL;
    return LK_OK;
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

int answer_webhook(const app_request *request)
{
    server *self = request->server;
    const server_options *options = self->options;
    const char *signature = mg_get_header(request->connection, "WorkOS-Signature");
    lk_auto(lk_event) event = NULL;
    char *data CLEANUP(free_bodyp) = NULL;
    lk_error err = LK_ERROR_INIT;
    size_t len = 0;

    if (options->webhook_secret == NULL)
        return answer_problem(request, 503, "no_webhook_secret",
                              "this server has no webhook secret: set WORKOS_WEBHOOK_SECRET");
    if (signature == NULL) {
        failed(&err, LK_ERR_SIGNATURE, "the WorkOS-Signature header is missing");
        return refuse(request, 400, "bad_signature", &err);
    }
    if (read_body(request, &data, &len, &err) == LK_ERR_INVALID) {
        bool is_long = len == 0 && request->info->content_length > MAX_BODY;
        mg_disable_connection_keep_alive(request->connection);
        return refuse(request, is_long ? 413 : 400, "bad_body", &err);
    }
    if (data == NULL)
        return answer_failure(request, &err);
    lk_status status = lk_webhook_open(options->client, options->webhook_secret, signature, data,
                                       len, 0, &event, &err);
    if (status == LK_ERR_NO_MEMORY)
        return answer_failure(request, &err);
    if (status != LK_OK)
        return refuse(request, 400, status == LK_ERR_PROTOCOL ? "bad_body" : "bad_signature", &err);
    if (apply(self, event, &err) != LK_OK)
        return answer_failure(request, &err);
    atomic_fetch_add(&self->n_webhooks_taken, 1);
    return answer(request, 200, "application/json", NULL, "{\"received\":true}\n", 18);
}
