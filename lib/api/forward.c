/* Events out as webhooks; see latchkey/forward.h. */
#include <latchkey/forward.h>

#include <latchkey/version.h>
#include <stdlib.h>
#include <string.h>

#include "api/options.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/signature.h"
#include "http/curl.h"
#include "http/http.h"
#include "http/retry.h"
#include "http/url.h"

enum {
    DEFAULT_TIMEOUT_MS = 10000,
    MAX_TIMEOUT_MS = 600000,
    MAX_SECRET = 512,
    MAX_SIGNATURE = 256,
    MAX_ANSWER = 1 << 20 /* bytes; nobody reads it */
};

struct lk_forward {
    char *url;
    char *secret;
    int timeout_ms;
    lk_transport transport;
    lk_clock clock;
};

/* A query is common here, where a token of the receiver's stands in it. */
static lk_status check_url(const char *url, lk_error *err)
{
    LK_CLEANUP(lk__freep) char *base = NULL;
    lk_error why = LK_ERROR_INIT;
    const char *query;

    if (lk__text_empty(url))
        return lk__fail(err, LK_ERR_INVALID, "url is missing");
    query = url + strcspn(url, "?");
    for (const char *c = query; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || *c == '#')
            return lk__fail(err, LK_ERR_INVALID,
                            "url: character %zu cannot stand in the query of a URL",
                            (size_t)(c - url) + 1);
    base = strndup(url, (size_t)(query - url));
    if (base == NULL)
        return lk__no_memory(err);
    if (lk__url_check_base(base, &why) != LK_OK)
        return lk__fail(err, LK_ERR_INVALID, "url: %.200s", why.message);
    return LK_OK;
}

static lk_status check_options(const lk_forward_options *options, lk_error *err)
{
    size_t len = options->secret != NULL ? strlen(options->secret) : 0;

    LK_TRY(check_url(options->url, err));
    if (len < 1 || len > MAX_SECRET)
        return lk__fail(err, LK_ERR_INVALID, "secret has %zu bytes; 1 to %d are possible", len,
                        (int)MAX_SECRET);
    if (options->timeout_ms < 0 || options->timeout_ms > MAX_TIMEOUT_MS)
        return lk__fail(err, LK_ERR_INVALID, "timeout_ms is %d; 0 to %d are possible",
                        options->timeout_ms, (int)MAX_TIMEOUT_MS);
    return LK_OK;
}

lk_status lk_forward_new(const lk_forward_options *given, lk_forward **out, lk_error *err)
{
    LK_CLEANUP(lk_forward_freep) lk_forward *forward = NULL;
    lk_forward_options options;

    lk__error_clear(err);
    if (out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "out must not be NULL");
    LK_TRY(lk__options_read(given, &options, sizeof(options), "lk_forward_options", err));
    LK_TRY(check_options(&options, err));
    forward = calloc(1, sizeof(*forward));
    if (forward == NULL)
        return lk__no_memory(err);
    forward->url = strdup(options.url);
    forward->secret = strdup(options.secret);
    if (forward->url == NULL || forward->secret == NULL)
        return lk__no_memory(err);
    forward->timeout_ms = options.timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : options.timeout_ms;
    forward->clock = options.clock;
    if (forward->clock.now_ms == NULL)
        forward->clock.now_ms = lk__system_now_ms;
    if (options.transport.send == NULL)
        LK_TRY(lk__curl_transport(NULL, options.ca_file, &forward->transport, err));
    else
        forward->transport = options.transport;
    *out = lk__steal(forward);
    return LK_OK;
}

void lk_forward_free(lk_forward *forward)
{
    if (forward == NULL)
        return;
    if (forward->transport.free != NULL)
        forward->transport.free(forward->transport.ctx);
    lk__free_secretp(&forward->secret);
    free(forward->url);
    free(forward);
}

void lk_forward_freep(lk_forward **forward)
{
    lk_forward_free(*forward);
    *forward = NULL;
}

/* The query of the URL may hold a token: it is not told. */
static lk_status judge(const lk_forward *forward, const lk_http_response *response, lk_error *err)
{
    int len = (int)strcspn(forward->url, "?");
    int64_t wait_ms = lk__retry_after_ms(lk__http_response_header(response, "Retry-After"),
                                         forward->clock.now_ms(forward->clock.ctx));
    bool is_redirect = response->status >= 300 && response->status < 400;

    if (err != NULL) {
        err->http_status = response->status;
        err->retry_after = wait_ms > 0 ? (int)(wait_ms / 1000) : 0;
    }
    if (response->status >= 200 && response->status < 300)
        return LK_OK;
    return lk__fail(err, LK_ERR_API, "%.*s answered %d%s", len > 150 ? 150 : len, forward->url,
                    response->status, is_redirect ? ", a redirect, which is not followed" : "");
}

lk_status lk_forward_send(lk_forward *forward, const void *event, size_t event_len, lk_error *err)
{
    LK_CLEANUP(lk__http_response_clear) lk_http_response response;
    lk__auto_buf signature = LK__BUF(MAX_SIGNATURE);

    lk__http_response_init(&response, MAX_ANSWER);
    lk__error_clear(err);
    if (forward == NULL || event == NULL || event_len == 0)
        return lk__fail(err, LK_ERR_INVALID, "lk_forward_send() was given nothing to send");
    LK_TRY(lk__signature_make(forward->secret, event, event_len,
                              forward->clock.now_ms(forward->clock.ctx), &signature, err));
    const lk_header headers[] = {
        { "Content-Type", "application/json" },
        { "User-Agent", "latchkey/" LK_VERSION },
        { "WorkOS-Signature", signature.data },
    };
    const lk_http_request request = { .method = "POST",
                                      .url = forward->url,
                                      .headers = headers,
                                      .n_headers = sizeof(headers) / sizeof(headers[0]),
                                      .body = event,
                                      .body_len = event_len,
                                      .timeout_ms = forward->timeout_ms,
                                      .max_body = MAX_ANSWER };
    LK_TRY(forward->transport.send(forward->transport.ctx, &request, &response, err));
    return judge(forward, &response, err);
}
