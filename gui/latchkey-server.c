/* Two plain requests: a document, and a stream of which each line is looked at. */
#include "latchkey-server.h"

#include "latchkey-error.h"
#include "latchkey-fetch.h"

#include <cjson/cJSON.h>
#include <glib/gi18n.h>
#include <string.h>

enum { MAX_DOCUMENT = 65536, MAX_LINE = 4096 };

/* ---- How to sign in ---- */

static char *member(const cJSON *json, const char *name)
{
    return g_strdup(cJSON_GetStringValue(cJSON_GetObjectItem(json, name)));
}

/* NULL: this is not what a Latchkey server says. */
static LatchkeyConfig *read_document(const char *url, GBytes *document)
{
    gsize len = 0;
    const char *text = g_bytes_get_data(document, &len);
    cJSON *json = cJSON_ParseWithLength(text, len);
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
    const LatchkeyFetch fetch = { .url = address, .protocols = "http,https" };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) document = latchkey_fetch_bytes(&fetch, MAX_DOCUMENT, cancellable, &error);
    LatchkeyConfig *config = document != NULL ? read_document(url, document) : NULL;

    if (config != NULL)
        g_task_return_pointer(task, config, (GDestroyNotify)latchkey_config_unref);
    else if (g_error_matches(error, LATCHKEY_ERROR, LATCHKEY_ERROR_NETWORK))
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_NETWORK,
                                _("Could not reach %s: %s"), url, error->message);
    else
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER,
                                _("There is no Latchkey server at %s"), url);
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

typedef struct Stream {
    GString *line; /* that has begun */
    char *last_id;
    LatchkeyServerNews *news;
    gpointer data;
} Stream;

/* HTML, 9.2.6: "id: the last event ID", "data: a line of it". What the event says comes with the
 * feed, which never misses one; here it is enough that there is one. */
static void take_line(Stream *self, const char *line)
{
    if (g_str_has_prefix(line, "id: "))
        g_strlcpy(self->last_id, line + strlen("id: "), LATCHKEY_SERVER_ID_SIZE);
    if (g_str_has_prefix(line, "data:"))
        self->news(self->data);
}

/* An event may be long and is not looked at: what does not fit its line is dropped. */
static void on_bytes(const char *bytes, gsize n, gpointer data)
{
    Stream *self = data;

    for (gsize i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
            take_line(self, g_strchomp(self->line->str));
            g_string_truncate(self->line, 0);
        } else if (self->line->len < MAX_LINE) {
            g_string_append_c(self->line, bytes[i]);
        }
    }
}

void latchkey_server_follow(const LatchkeyConfig *config, const char *token, char *last_id,
                            GCancellable *cancellable, LatchkeyServerNews *news, gpointer data)
{
    g_autofree char *url = g_strconcat(config->server, "/api/events/stream", NULL);
    g_autofree char *place = g_strconcat("Last-Event-ID: ", last_id, NULL);
    g_autoptr(GString) line = g_string_new(NULL);
    const LatchkeyFetch fetch = { .url = url,
                                  .protocols = "http,https",
                                  .token = token,
                                  .header = last_id[0] != '\0' ? place : NULL };
    Stream stream = { .line = line, .last_id = last_id, .news = news, .data = data };

    /* However it ends, the caller begins again or polls. */
    (void)latchkey_fetch_stream(&fetch, on_bytes, &stream, cancellable, NULL);
}
