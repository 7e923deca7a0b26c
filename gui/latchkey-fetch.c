/* The one file that knows libcurl. */
#include "latchkey-fetch.h"

#include "latchkey-error.h"

#include <curl/curl.h>

enum { TIMEOUT_S = 15, QUIET_S = 30 };

typedef struct Transfer {
    GByteArray *bytes; /* NULL: a stream */
    gsize max_len;
    LatchkeyFetchTake *take;
    gpointer data;
    GCancellable *cancellable;
} Transfer;

static size_t on_bytes(char *bytes, size_t size, size_t n, void *data)
{
    Transfer *self = data;

    if (self->bytes == NULL) {
        self->take(bytes, size * n, self->data);
        return size * n;
    }
    if (self->bytes->len + size * n > self->max_len)
        return 0;
    g_byte_array_append(self->bytes, (const guint8 *)bytes, (guint)(size * n));
    return size * n;
}

static int on_progress(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    (void)total, (void)now, (void)up_total, (void)up_now;
    const Transfer *self = data;

    return g_cancellable_is_cancelled(self->cancellable) ? 1 : 0;
}

static CURL *request_new(const LatchkeyFetch *fetch, Transfer *transfer)
{
    CURL *curl = curl_easy_init();

    curl_easy_setopt(curl, CURLOPT_URL, fetch->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, fetch->protocols);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    if (fetch->token != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, fetch->token);
    }
    return curl;
}

static gboolean check(CURLcode code, long status, GError **error)
{
    if (code == CURLE_OK && status == 200)
        return TRUE;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    else if (code == CURLE_OK || code == CURLE_HTTP_RETURNED_ERROR)
        g_set_error(error, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER, "HTTP %ld", status);
    else if (code == CURLE_WRITE_ERROR)
        g_set_error_literal(error, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER, "the answer is too long");
    else
        g_set_error_literal(error, LATCHKEY_ERROR, LATCHKEY_ERROR_NETWORK,
                            curl_easy_strerror(code));
    return FALSE;
}

/* Frees the request. */
static gboolean run(CURL *curl, const char *header, GError **error)
{
    struct curl_slist *headers = header != NULL ? curl_slist_append(NULL, header) : NULL;
    long status = 0;

    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return check(code, status, error);
}

GBytes *latchkey_fetch_bytes(const LatchkeyFetch *fetch, gsize max_len, GCancellable *cancellable,
                             GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Transfer transfer = { .bytes = bytes, .max_len = max_len, .cancellable = cancellable };
    CURL *curl = request_new(fetch, &transfer);

    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    if (!run(curl, fetch->header, error))
        return NULL;
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

gboolean latchkey_fetch_stream(const LatchkeyFetch *fetch, LatchkeyFetchTake *take, gpointer data,
                               GCancellable *cancellable, GError **error)
{
    Transfer transfer = { .take = take, .data = data, .cancellable = cancellable };
    CURL *curl = request_new(fetch, &transfer);

    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)QUIET_S);
    return run(curl, fetch->header, error);
}
