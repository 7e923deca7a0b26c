/* The built-in transport: libcurl.
 *
 * A pool of easy handles, each with the connections it has made: a request takes one, or makes one
 * when all are out, and gives it back. The mutex guards the pool alone and is never held across
 * I/O, so as many requests run at once as there are threads that ask. */
#include "http/curl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "http/http.h"

#define MAX_IDLE           16
#define CONNECT_TIMEOUT_MS 5000

struct pool {
    pthread_mutex_t mutex;
    CURL *idle[MAX_IDLE];
    size_t n_idle;
    char *proxy;   /* NULL: from the environment */
    char *ca_file; /* NULL: the system's */
};

/* One request on its way. */
struct exchange {
    const lk_http_request *request;
    lk_http_response *response;
    lk_status status; /* why a callback stopped it; LK_OK when none did */
    bool body_too_large;
    char detail[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void initialise_curl(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static CURL *take(struct pool *pool)
{
    CURL *curl = NULL;

    pthread_mutex_lock(&pool->mutex);
    if (pool->n_idle > 0)
        curl = pool->idle[--pool->n_idle]; /* last used first: its connection is warm */
    pthread_mutex_unlock(&pool->mutex);
    return curl == NULL ? curl_easy_init() : curl;
}

static void give_back(struct pool *pool, CURL *curl)
{
    curl_easy_reset(curl); /* forgets key and body, keeps the connections */
    pthread_mutex_lock(&pool->mutex);
    if (pool->n_idle < MAX_IDLE) {
        pool->idle[pool->n_idle++] = curl;
        curl = NULL;
    }
    pthread_mutex_unlock(&pool->mutex);
    curl_easy_cleanup(curl);
}

static size_t stop(struct exchange *exchange, lk_status status)
{
    if (exchange->status == LK_OK)
        exchange->status = status;
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct exchange *exchange = ctx;
    size_t len = size * count; /* libcurl: size is always 1 */
    lk_status status = lk_http_response_append(exchange->response, data, len);

    if (status == LK_OK)
        return len;
    exchange->body_too_large = status == LK_ERR_PROTOCOL;
    return stop(exchange, status);
}

static lk_status add_header(lk_http_response *response, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    LK_CLEANUP(lk__freep) char *name = NULL;
    LK_CLEANUP(lk__freep) char *value = NULL;
    const char *start;
    const char *end = line + len;

    if (colon == NULL)
        return LK_OK; /* the empty line at the end, or nothing we need */
    start = colon + 1;
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    name = strndup(line, (size_t)(colon - line));
    value = strndup(start, (size_t)(end - start));
    if (name == NULL || value == NULL)
        return LK_ERR_NO_MEMORY;
    return lk_http_response_add_header(response, name, value);
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct exchange *exchange = ctx;
    size_t len = size * count;
    lk_status status;

    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        lk__http_response_restart(exchange->response);
        return len;
    }
    status = add_header(exchange->response, line, len);
    return status == LK_OK ? len : stop(exchange, status);
}

static bool append(struct curl_slist **list, const char *line)
{
    struct curl_slist *grown = curl_slist_append(*list, line);

    if (grown == NULL)
        return false;
    *list = grown;
    return true;
}

static void free_list(struct curl_slist **list)
{
    for (struct curl_slist *item = *list; item != NULL; item = item->next)
        lk__wipe(item->data, strlen(item->data)); /* the key is in one of them */
    curl_slist_free_all(*list);
}

static lk_status make_headers(const lk_http_request *request, struct curl_slist **out,
                              lk_error *err)
{
    /* No "Expect: 100-continue": it costs a round trip or, with some proxies, a second. */
    if (!append(out, "Expect:"))
        return lk__no_memory(err);
    for (size_t i = 0; i < request->n_headers; i++) {
        LK_CLEANUP(lk__buf_clear) lk__buf line = LK__SECRET_BUF(LK__MAX_HEADER_BYTES);

        if (strpbrk(request->headers[i].name, "\r\n:") != NULL ||
            strpbrk(request->headers[i].value, "\r\n") != NULL)
            return lk__fail(err, LK_ERR_INVALID, "header %zu of the request holds a line break",
                            i + 1);
        LK_TRY(lk__buf_printf(&line, err, "%s: %s", request->headers[i].name,
                              request->headers[i].value));
        if (!append(out, line.data))
            return lk__no_memory(err);
    }
    return LK_OK;
}

/* Options fail when libcurl was built without them or memory is short; a TLS or protocol rule that
 * was not set must never be missed, so all results are looked at together. */
static CURLcode set_rules(CURL *curl, const struct pool *pool, const lk_http_request *request)
{
    bool plain = strncasecmp(request->url, "http:", 5) == 0;
    long connect_ms =
        request->timeout_ms < CONNECT_TIMEOUT_MS ? request->timeout_ms : CONNECT_TIMEOUT_MS;
    CURLcode bad = CURLE_OK;

    bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    bad |= curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    bad |= curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->max_body);
    if (pool->ca_file != NULL)
        bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, pool->ca_file);
    /* Plain HTTP is for this machine alone: a proxy from the environment could not reach it, and
     * would see the key. */
    if (pool->proxy != NULL || plain)
        bad |= curl_easy_setopt(curl, CURLOPT_PROXY, pool->proxy == NULL ? "" : pool->proxy);
    return bad;
}

static CURLcode set_request(CURL *curl, struct exchange *exchange, struct curl_slist *headers)
{
    const lk_http_request *request = exchange->request;
    CURLcode bad = CURLE_OK;

    bad |= curl_easy_setopt(curl, CURLOPT_URL, request->url);
    bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->detail);
    if (request->body != NULL || strcmp(request->method, "POST") == 0) {
        /* The size first: libcurl would otherwise look for the end of the text. */
        bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                                request->body == NULL ? "" : (const char *)request->body);
    }
    if (strcmp(request->method, "GET") != 0 || request->body != NULL)
        bad |= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    return bad;
}

static lk_status explain_stop(const struct exchange *exchange, lk_error *err)
{
    if (exchange->status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (exchange->body_too_large)
        return lk__fail(err, LK_ERR_PROTOCOL, "answer is larger than %zu bytes",
                        exchange->request->max_body);
    return lk__fail(err, LK_ERR_PROTOCOL, "answer has more than %d headers or %d bytes of them",
                    LK__MAX_HEADERS, LK__MAX_HEADER_BYTES);
}

/* libcurl's result as a sentence of ours. The detail it gives is used where it names no more than
 * hosts, files and certificates. */
static lk_status explain(CURLcode code, const struct exchange *exchange, lk_error *err)
{
    const char *start = strstr(exchange->request->url, "://");
    const char *host = start == NULL ? exchange->request->url : start + 3;
    int len = (int)strcspn(host, "/?#");
    const char *detail = exchange->detail[0] == '\0' ? curl_easy_strerror(code) : exchange->detail;

    len = len > 80 ? 80 : len;
    if (exchange->status != LK_OK)
        return explain_stop(exchange, err);
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return lk__no_memory(err);
    case CURLE_FILESIZE_EXCEEDED:
        return lk__fail(err, LK_ERR_PROTOCOL, "answer is larger than %zu bytes",
                        exchange->request->max_body);
    case CURLE_OPERATION_TIMEDOUT:
        return lk__fail(err, LK_ERR_NETWORK, "no complete answer from %.*s within %d ms", len, host,
                        exchange->request->timeout_ms);
    case CURLE_COULDNT_RESOLVE_HOST:
        return lk__fail(err, LK_ERR_NETWORK, "cannot find the host %.*s", len, host);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return lk__fail(err, LK_ERR_NETWORK, "cannot find the proxy on the way to %.*s", len, host);
    case CURLE_COULDNT_CONNECT:
        return lk__fail(err, LK_ERR_NETWORK, "cannot connect to %.*s: %.120s", len, host, detail);
    case CURLE_GOT_NOTHING:
        return lk__fail(err, LK_ERR_NETWORK, "%.*s closed the connection without an answer", len,
                        host);
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return lk__fail(err, LK_ERR_NETWORK,
                        "the connection to %.*s broke in the middle of the answer, after %zu "
                        "bytes",
                        len, host, exchange->response->body.len);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return lk__fail(err, LK_ERR_NETWORK, "no trusted TLS connection to %.*s: %.120s", len, host,
                        detail);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
        return lk__fail(err, LK_ERR_PROTOCOL, "%.*s does not answer as HTTP should: %.100s", len,
                        host, curl_easy_strerror(code));
    default:
        return lk__fail(err, LK_ERR_NETWORK, "no answer from %.*s: %.100s", len, host,
                        curl_easy_strerror(code));
    }
}

static lk_status perform(struct pool *pool, CURL *curl, struct exchange *exchange,
                         struct curl_slist *headers, lk_error *err)
{
    CURLcode code = set_rules(curl, pool, exchange->request);
    long status = 0;

    code |= set_request(curl, exchange, headers);
    if (code != CURLE_OK)
        return lk__fail(err, LK_ERR_NO_MEMORY, "libcurl %s does not take our options",
                        lk__curl_version());
    code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        return explain(code, exchange, err);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    lk_http_response_set_status(exchange->response, (int)status);
    return LK_OK;
}

static lk_status send_request(void *ctx, const lk_http_request *request, lk_http_response *response,
                              lk_error *err)
{
    struct pool *pool = ctx;
    struct exchange exchange = { .request = request, .response = response };
    LK_CLEANUP(free_list) struct curl_slist *headers = NULL;
    CURL *curl;
    lk_status status;

    LK_TRY(make_headers(request, &headers, err));
    curl = take(pool);
    if (curl == NULL)
        return lk__no_memory(err);
    status = perform(pool, curl, &exchange, headers, err);
    give_back(pool, curl);
    return status;
}

static void pool_free(void *ctx)
{
    struct pool *pool = ctx;

    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->n_idle; i++)
        curl_easy_cleanup(pool->idle[i]);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->proxy);
    free(pool->ca_file);
    free(pool);
}

const char *lk__curl_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

lk_status lk__curl_transport(const char *proxy, const char *ca_file, lk_transport *out,
                             lk_error *err)
{
    struct pool *made;

    pthread_once(&once, initialise_curl);
    if (global_result != CURLE_OK)
        return lk__fail(err, LK_ERR_NO_MEMORY, "libcurl cannot be initialised: %s",
                        curl_easy_strerror(global_result));
    made = calloc(1, sizeof(*made));
    if (made == NULL)
        return lk__no_memory(err);
    pthread_mutex_init(&made->mutex, NULL);
    made->proxy = proxy == NULL ? NULL : strdup(proxy);
    made->ca_file = ca_file == NULL ? NULL : strdup(ca_file);
    if ((proxy != NULL && made->proxy == NULL) || (ca_file != NULL && made->ca_file == NULL)) {
        pool_free(made);
        return lk__no_memory(err);
    }
    *out = (lk_transport){ .send = send_request, .free = pool_free, .ctx = made };
    return LK_OK;
}
