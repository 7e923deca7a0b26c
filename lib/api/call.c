/* The one place that calls WorkOS; see call.h. */
#include "api/call.h"

#include <stdatomic.h>
#include <string.h>

#include "api/refusal.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "http/date.h"
#include "http/http.h"
#include "http/retry.h"

#define DEFAULT_MAX_BODY (1024 * 1024)
#define MAX_URL          8192
#define MAX_LOG_LINE     2048
#define MAX_KEY_HEADER   8300
#define MAX_REQUEST_ID   63

/* One call on its way: what stays the same from attempt to attempt. */
struct attempt_plan {
    lk_client *client;
    const lk__call *call;
    const char *method;
    lk_http_request request;
    lk_header headers[4];
    lk__secrets secrets;
    const char *secret_list[sizeof(((lk__call *)NULL)->secrets) / sizeof(char *) + 1];
};

static lk_status make_url(const lk_client *client, const char *const *path, const lk__pair *query,
                          size_t n_query, lk__buf *url, lk_error *err)
{
    LK_TRY(lk__url_path(url, client->base_url, path, err));
    if (n_query == 0)
        return LK_OK;
    LK_TRY(lk__buf_text(url, "?", err));
    return lk__url_query(url, query, n_query, err);
}

static void add_header(struct attempt_plan *plan, const char *name, const char *value)
{
    plan->headers[plan->request.n_headers++] = (lk_header){ .name = name, .value = value };
}

static int timeout_ms(const lk_client *client, const lk__attempts *attempts)
{
    if (attempts == NULL || attempts->max_timeout_ms == 0 ||
        attempts->max_timeout_ms > client->timeout_ms)
        return client->timeout_ms;
    return attempts->max_timeout_ms;
}

static void make_request(struct attempt_plan *plan, const char *url, const char *api_key,
                         const char *authorization)
{
    const lk__call *call = plan->call;
    size_t n = sizeof(call->secrets) / sizeof(call->secrets[0]);

    plan->request = (lk_http_request){
        .method = call->method == NULL ? "GET" : call->method,
        .url = url,
        .headers = plan->headers,
        .body = call->body,
        .body_len = call->body == NULL ? 0 : strlen(call->body),
        .timeout_ms = timeout_ms(plan->client, call->attempts),
        .max_body = call->max_body == 0 ? DEFAULT_MAX_BODY : call->max_body,
    };
    add_header(plan, "Accept", "application/json");
    add_header(plan, "User-Agent", plan->client->user_agent);
    if (call->body != NULL)
        add_header(plan, "Content-Type",
                   call->content_type == NULL ? "application/json" : call->content_type);
    if (authorization != NULL)
        add_header(plan, "Authorization", authorization);
    memcpy(plan->secret_list, call->secrets, sizeof(call->secrets));
    plan->secret_list[n] = api_key;
    plan->secrets = (lk__secrets){ .items = plan->secret_list, .count = n + 1 };
}

/* WorkOS: "X-Request-ID" is on every answer and is what its support asks for. */
static void note_answer(const lk_http_response *response, lk_error *err)
{
    const char *id = lk__http_response_header(response, "X-Request-ID");
    size_t n = 0;

    if (err == NULL)
        return;
    err->http_status = response->status;
    while (id != NULL && n < MAX_REQUEST_ID && id[n] > ' ' && id[n] <= '~' && id[n] != '<') {
        err->request_id[n] = id[n];
        n++;
    }
    err->request_id[n] = '\0';
}

/* RFC 9111, 5.1: with an "Age" the answer, and the Date in it, come out of a cache. */
static void note_clock(lk_client *client, const lk_http_response *response, int64_t sent_ms,
                       int64_t received_ms)
{
    int64_t skew_ms = 0;

    if (lk__http_response_header(response, "Age") == NULL &&
        lk__http_date_skew(lk__http_response_header(response, "Date"), sent_ms, received_ms,
                           &skew_ms))
        atomic_store(&client->clock_skew_ms, skew_ms);
}

static bool is_secret_name(const char *name)
{
    static const char *const words[] = { "code",     "token", "secret",  "key",
                                         "password", "state", "verifier" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasestr(name, words[i]) != NULL)
            return true;
    }
    return false;
}

static lk_status print_log_line(const struct attempt_plan *plan, const lk_http_response *response,
                                lk_status status, int64_t took_ms, lk__buf *line)
{
    const lk__call *call = plan->call;
    const char *id = lk__http_response_header(response, "X-Request-ID");
    char separator = '?';

    LK_TRY(lk__buf_printf(line, NULL, "%s ", plan->request.method));
    LK_TRY(lk__url_path(line, plan->client->base_url, call->path, NULL));
    for (size_t i = 0; i < call->n_query; i++) {
        if (call->query[i].value == NULL)
            continue;
        LK_TRY(lk__buf_printf(line, NULL, "%c%s=", separator, call->query[i].name));
        LK_TRY(is_secret_name(call->query[i].name)
                   ? lk__buf_text(line, "[hidden]", NULL)
                   : lk__percent_encode(line, call->query[i].value, NULL));
        separator = '&';
    }
    if (status == LK_OK)
        LK_TRY(lk__buf_printf(line, NULL, " -> %d", response->status));
    else
        LK_TRY(lk__buf_printf(line, NULL, " -> %s", lk_status_name(status)));
    return lk__buf_printf(line, NULL, " in %lld ms, request id %.64s", (long long)took_ms,
                          id == NULL ? "none" : id);
}

static void log_attempt(const struct attempt_plan *plan, const lk_http_response *response,
                        lk_status status, int64_t took_ms)
{
    const lk_log *log = &plan->client->log;
    lk__auto_buf line = LK__BUF(MAX_LOG_LINE);

    if (log->line == NULL)
        return;
    /* A line that is too long is cut; a call does not fail for its log. */
    (void)print_log_line(plan, response, status, took_ms, &line);
    if (line.data != NULL)
        log->line(log->ctx, line.data);
}

/* A custom transport may only return a status; ours has said more. */
static lk_status explain_transport(lk_status status, const lk_http_request *request, lk_error *err)
{
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status == LK_ERR_PROTOCOL)
        return lk__fail(err, status, "answer is larger than %zu bytes, or has more than %d headers",
                        request->max_body, LK__MAX_HEADERS);
    return lk__fail(err, status, "no answer from WorkOS");
}

static lk_status try_once(const struct attempt_plan *plan, lk_http_response *response,
                          lk_error *err)
{
    lk_client *client = plan->client;
    const lk__attempts *attempts = plan->call->attempts;

    if (attempts != NULL)
        LK_TRY(attempts->begin(attempts->ctx, err));
    int64_t sent_ms = lk__now_ms(client);
    lk_status status = client->transport.send(client->transport.ctx, &plan->request, response, err);
    int64_t received_ms = lk__now_ms(client);

    log_attempt(plan, response, status, received_ms - sent_ms);
    if (status != LK_OK)
        return explain_transport(status, &plan->request, err);
    note_clock(client, response, sent_ms, received_ms);
    note_answer(response, err);
    if (response->status < 200 || response->status > 299)
        return lk__refusal_read(response->status, response->body.data, response->body.len,
                                plan->secrets, err);
    if (!plan->call->body_optional &&
        !lk__refusal_looks_like_json(response->body.data, response->body.len))
        return lk__refusal_unreadable(response->status, response->body.data, response->body.len,
                                      err);
    return LK_OK;
}

/* How long to wait before the next attempt; -1: do not try again. */
static int64_t retry_delay_ms(const struct attempt_plan *plan, const lk_http_response *response,
                              lk_status status, int attempt, int64_t asked_ms)
{
    lk_client *client = plan->client;
    uint32_t random = 0;

    if (plan->call->retry == LK__RETRY_NEVER || attempt > client->max_retries ||
        status == LK_ERR_CANCELLED)
        return -1;
    if (status != LK_ERR_NETWORK && !lk__retry_status(response->status))
        return -1;
    if (asked_ms >= 0)
        return asked_ms <= LK__MAX_WAIT_MS ? asked_ms : -1;
    /* Without randomness all clients come back at once, which still is better than not at all. */
    (void)client->random.fill(client->random.ctx, &random, sizeof(random));
    return lk__retry_delay_ms(attempt, random);
}

/* Decides whether to go on, and sleeps. */
static bool wait_for_retry(const struct attempt_plan *plan, const lk_http_response *response,
                           lk_status status, int attempt, int64_t started_ms, lk_error *err)
{
    const lk_client *client = plan->client;
    int64_t now_ms = lk__now_ms(client);
    int64_t asked_ms =
        lk__retry_after_ms(lk__http_response_header(response, "Retry-After"), now_ms);
    int64_t delay_ms = retry_delay_ms(plan, response, status, attempt, asked_ms);

    if (err != NULL && asked_ms > 0)
        err->retry_after = (int)((asked_ms + 999) / 1000);
    if (delay_ms < 0 || (plan->call->retry_within_ms > 0 &&
                         now_ms + delay_ms - started_ms > plan->call->retry_within_ms))
        return false;
    client->clock.sleep_ms(client->clock.ctx, delay_ms);
    return true;
}

static lk_status send_and_retry(const struct attempt_plan *plan, lk_http_response *response,
                                lk_error *err)
{
    int64_t started_ms = lk__now_ms(plan->client);

    for (int attempt = 1;; attempt++) {
        lk_status status = try_once(plan, response, err);

        if (status == LK_OK || !wait_for_retry(plan, response, status, attempt, started_ms, err))
            return status;
        lk__error_clear(err);
        lk__http_response_clear(response);
    }
}

lk_status lk__call_send(lk_client *client, const lk__call *call, lk__buf *out, lk_error *err)
{
    struct attempt_plan plan = { .client = client, .call = call };
    LK_CLEANUP(lk__http_response_clear) lk_http_response response;
    lk__auto_buf url = LK__BUF(MAX_URL);
    lk__auto_buf api_key = LK__SECRET_BUF(MAX_KEY_HEADER);
    lk__auto_buf authorization = LK__SECRET_BUF(MAX_KEY_HEADER);
    lk_status status;

    lk__http_response_init(&response, call->max_body == 0 ? DEFAULT_MAX_BODY : call->max_body);
    if (!call->anonymous && !client->has_api_key)
        return lk__fail(err, LK_ERR_INVALID, "this call needs a client with an API key");
    LK_TRY(make_url(client, call->path, call->query, call->n_query, &url, err));
    LK_TRY(lk__client_copy_api_key(client, &api_key, err));
    if (!call->anonymous)
        LK_TRY(lk__buf_printf(&authorization, err, "Bearer %s", api_key.data));
    make_request(&plan, url.data, api_key.data, authorization.data);
    status = lk__client_count(client, LK__COUNT_CALL, send_and_retry(&plan, &response, err));
    if (status == LK_OK)
        return lk__buf_append(out, response.body.data, response.body.len, err);
    if (call->refusal != NULL && response.status >= 400 &&
        lk__buf_append(call->refusal, response.body.data, response.body.len, NULL) ==
            LK_ERR_NO_MEMORY) {
        lk__error_clear(err); /* half of a typed result would be a wrong one */
        return lk__no_memory(err);
    }
    return status;
}

lk_status lk__call_write_json(const lk__pair *pairs, size_t n_pairs, lk__buf *out, lk_error *err)
{
    lk__json_writer writer = LK__JSON_WRITER(out);

    lk__json_open_object(&writer, NULL);
    for (size_t i = 0; i < n_pairs; i++)
        lk__json_put_text_if(&writer, pairs[i].name, pairs[i].value);
    lk__json_close_object(&writer);
    return lk__json_end(&writer, err);
}

lk_status lk__call_unusable(lk_status status, const lk_error *why, lk_error *err)
{
    if (status != LK_ERR_PROTOCOL)
        return lk__fail(err, status, "%s", why->message);
    return lk__fail(err, status, "WorkOS answered %d, but not as it should: %.180s",
                    err == NULL ? 0 : err->http_status, why->message);
}

static lk_status decode(const lk__buf *body, const lk__shape *shape, lk__arena *arena, void *out,
                        lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;

    LK_TRY(lk__json_parse(body->data, body->len, &json, err));
    return lk__json_decode(json, shape, arena, out, err);
}

lk_status lk__call_decode(lk_client *client, const lk__call *call, const lk__shape *shape,
                          lk__arena **arena, void **out, lk_error *err)
{
    lk__auto_buf body = LK__SECRET_BUF(call->max_body == 0 ? DEFAULT_MAX_BODY : call->max_body);
    LK_CLEANUP(lk__arena_freep) lk__arena *made = NULL;
    lk_error why = LK_ERROR_INIT;
    lk_status status;
    void *result;

    LK_TRY(lk__call_send(client, call, &body, err));
    made = lk__arena_new();
    result = made == NULL ? NULL : lk__arena_alloc(made, shape->size);
    if (result == NULL)
        return lk__no_memory(err);
    status = decode(&body, shape, made, result, &why);
    if (status != LK_OK)
        return lk__call_unusable(status, &why, err);
    *arena = lk__steal(made);
    *out = result;
    return LK_OK;
}

lk_status lk__call_url(const lk_client *client, const char *const *path, const lk__pair *query,
                       size_t n_query, char **out, lk_error *err)
{
    lk__auto_buf url = LK__BUF(MAX_URL);
    char *text;

    LK_TRY(make_url(client, path, query, n_query, &url, err));
    text = lk__buf_steal(&url);
    if (text == NULL)
        return lk__no_memory(err);
    *out = text;
    return LK_OK;
}
