/* Two plain requests by libcurl, as the library's own go: same proxies, same certificates. */
#include "latchkey-server.h"

#include "latchkey-error.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <glib/gi18n.h>
#include <string.h>

enum { TIMEOUT_S = 15, MAX_DOCUMENT = 65536, MAX_LINE = 4096, QUIET_S = 30 };

typedef struct Transfer {
    GString *text; /* the document, or the line that has begun */
    gsize max_len;
    GCancellable *cancellable;
    void (*line)(struct Transfer *self, const char *line); /* NULL: a document */
    char *last_id;
    LatchkeyServerNews *news;
    gpointer data;
} Transfer;

static void take_lines(Transfer *self)
{
    char *end = NULL;

    while ((end = memchr(self->text->str, '\n', self->text->len)) != NULL) {
        gsize len = (gsize)(end - self->text->str);
        *end = '\0';
        g_strchomp(self->text->str);
        self->line(self, self->text->str);
        g_string_erase(self->text, 0, (gssize)len + 1);
    }
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *data)
{
    Transfer *self = data;

    /* An event may be long and is not looked at: what does not fit its line is dropped. */
    if (self->line == NULL && self->text->len + size * n > self->max_len)
        return 0;
    g_string_append_len(self->text, bytes, (gssize)(size * n));
    if (self->line != NULL)
        take_lines(self);
    if (self->line != NULL && self->text->len > self->max_len)
        g_string_truncate(self->text, self->max_len);
    return size * n;
}

static int on_progress(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    (void)total, (void)now, (void)up_total, (void)up_now;
    const Transfer *self = data;

    return g_cancellable_is_cancelled(self->cancellable) ? 1 : 0;
}

static CURL *request_new(const char *url, Transfer *transfer)
{
    CURL *curl = curl_easy_init();

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    return curl;
}

/* ---- How to sign in ---- */

static char *member(const cJSON *json, const char *name)
{
    return g_strdup(cJSON_GetStringValue(cJSON_GetObjectItem(json, name)));
}

/* NULL: this is not what a Latchkey server says. */
static LatchkeyConfig *read_document(const char *url, const char *text)
{
    cJSON *json = cJSON_Parse(text);
    g_autofree char *client_id = member(json, "client_id");
    LatchkeyConfig *config = NULL;

    if (client_id != NULL && client_id[0] != '\0') {
        config = latchkey_config_new();
        config->server = g_strdup(url);
        config->client_id = g_steal_pointer(&client_id);
        config->base_url = member(json, "base_url");
        config->issuer = member(json, "issuer");
    }
    cJSON_Delete(json);
    return config;
}

static void describe_worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source;
    const char *url = data;
    g_autofree char *address = g_strconcat(url, "/api/environment", NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    Transfer transfer = { .text = text, .max_len = MAX_DOCUMENT, .cancellable = cancellable };
    CURL *curl = request_new(address, &transfer);

    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    LatchkeyConfig *config = code == CURLE_OK ? read_document(url, text->str) : NULL;
    if (config != NULL)
        g_task_return_pointer(task, config, (GDestroyNotify)latchkey_config_unref);
    else if (code == CURLE_OK || code == CURLE_HTTP_RETURNED_ERROR || code == CURLE_WRITE_ERROR)
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER,
                                _("There is no Latchkey server at %s"), url);
    else
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_NETWORK,
                                _("Could not reach %s: %s"), url, curl_easy_strerror(code));
}

/* Also what the token will be sent to later, so that a bad address is refused before that. */
static gboolean check_address(const char *url, GError **error)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();

    config->server = g_strdup(url);
    config->client_id = g_strdup("client_unknown");
    lk_client *client = latchkey_config_new_feed_client(config, NULL, error);
    lk_client_free(client);
    return client != NULL;
}

void latchkey_server_describe_async(const char *url, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
    char *address = g_strdup(url);
    GError *error = NULL;

    for (gsize len = strlen(address); len > 0 && address[len - 1] == '/'; len--)
        address[len - 1] = '\0';
    g_task_set_task_data(task, address, g_free);
    if (!check_address(address, &error)) {
        g_task_return_error(task, error);
        return;
    }
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, describe_worker);
}

LatchkeyConfig *latchkey_server_describe_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

/* ---- News ---- */

/* HTML, 9.2.6: "id: the last event ID", "data: a line of it". What the event says comes with the
 * feed, which never misses one; here it is enough that there is one. */
static void take_stream_line(Transfer *self, const char *line)
{
    if (g_str_has_prefix(line, "id: "))
        g_strlcpy(self->last_id, line + strlen("id: "), LATCHKEY_SERVER_ID_SIZE);
    if (g_str_has_prefix(line, "data:"))
        self->news(self->data);
}

void latchkey_server_follow(const LatchkeyConfig *config, const char *token, char *last_id,
                            GCancellable *cancellable, LatchkeyServerNews *news, gpointer data)
{
    g_autofree char *url = g_strconcat(config->server, "/api/events/stream", NULL);
    g_autofree char *place = g_strconcat("Last-Event-ID: ", last_id, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    Transfer transfer = { .text = text,
                          .max_len = MAX_LINE,
                          .cancellable = cancellable,
                          .line = take_stream_line,
                          .last_id = last_id,
                          .news = news,
                          .data = data };
    CURL *curl = request_new(url, &transfer);
    struct curl_slist *headers = last_id[0] != '\0' ? curl_slist_append(NULL, place) : NULL;

    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, token);
    /* The server says each few seconds that it is still there. */
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)QUIET_S);
    (void)curl_easy_perform(curl); /* however it ends, the caller begins again or polls */
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}
