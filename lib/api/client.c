/* The client: options checked one by one and copied; see client.h and <latchkey/client.h>. */
#include "api/client.h"

#include <latchkey/version.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/keys.h"
#include "api/options.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "http/curl.h"
#include "http/url.h"

#define WORKOS_URL      "https://api.workos.com"
#define DEFAULT_TIMEOUT 10000
#define MAX_TIMEOUT     600000
#define DEFAULT_RETRIES 2
#define MAX_RETRIES     10
#define DEFAULT_LEEWAY  30
#define MAX_LEEWAY      300
#define DEFAULT_REFRESH 600
#define DEFAULT_MAX_AGE 86400
#define MAX_MAX_AGE     2592000
#define MAX_CLIENT_ID   512
#define MAX_API_KEY     8192 /* at a Latchkey server it is an access token */
#define MAX_ISSUERS     16
#define MAX_ISSUER_LEN  1024
#define N_SHAPES        4

static lk_status copy_text(const char *text, char **out, lk_error *err)
{
    *out = strdup(text);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

/* Client ids and keys go into headers and paths: visible ASCII without spaces. The value itself is
 * never in the message. */
static lk_status check_credential(const char *name, const char *value, size_t max_len,
                                  const char *wrong_prefix, lk_error *err)
{
    size_t len = strlen(value);

    if (len == 0 || len > max_len)
        return lk__fail(err, LK_ERR_INVALID, "%s has %zu characters; 1 to %zu are possible", name,
                        len, max_len);
    for (size_t i = 0; i < len; i++) {
        if (value[i] <= ' ' || value[i] > '~')
            return lk__fail(err, LK_ERR_INVALID,
                            "%s has a space or another impossible character at position %zu", name,
                            i + 1);
    }
    if (lk__text_starts(value, wrong_prefix))
        return lk__fail(err, LK_ERR_INVALID, "%s begins with \"%s\": was it taken for another one?",
                        name, wrong_prefix);
    return LK_OK;
}

static lk_status check_range(const char *name, int value, int min, int max, lk_error *err)
{
    if (value < min || value > max)
        return lk__fail(err, LK_ERR_INVALID, "%s is %d; %d to %d are possible", name, value, min,
                        max);
    return LK_OK;
}

static lk_status check_seams(const lk_client_options *options, lk_error *err)
{
    if (options->transport.send == NULL &&
        (options->transport.free != NULL || options->transport.ctx != NULL))
        return lk__fail(err, LK_ERR_INVALID, "transport has no send()");
    if (options->transport.send != NULL && (options->proxy != NULL || options->ca_file != NULL))
        return lk__fail(err, LK_ERR_INVALID,
                        "proxy and ca_file are for the built-in transport, but another one is set");
    if ((options->clock.now_ms == NULL) != (options->clock.sleep_ms == NULL))
        return lk__fail(err, LK_ERR_INVALID, "clock needs both now_ms() and sleep_ms()");
    return LK_OK;
}

static lk_status check_keys(const lk_client_options *options, lk_error *err)
{
    int refresh_s = options->key_refresh_s == 0 ? DEFAULT_REFRESH : options->key_refresh_s;
    int max_age_s = options->key_max_age_s == 0 ? DEFAULT_MAX_AGE : options->key_max_age_s;

    LK_TRY(check_range("key_refresh_s", options->key_refresh_s, -1, MAX_MAX_AGE, err));
    LK_TRY(check_range("key_max_age_s", options->key_max_age_s, 0, MAX_MAX_AGE, err));
    if (refresh_s >= max_age_s)
        return lk__fail(err, LK_ERR_INVALID,
                        "key_refresh_s is %d, so keys would be over after key_max_age_s, %d, "
                        "before they are renewed",
                        refresh_s, max_age_s);
    if (options->key_cache_path != NULL && options->key_cache_path[0] == '\0')
        return lk__fail(err, LK_ERR_INVALID, "key_cache_path is empty: leave it NULL for none");
    return LK_OK;
}

static lk_status check_options(const lk_client_options *options, lk_error *err)
{
    lk_error why = LK_ERROR_INIT;

    if (options->client_id == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client_id is missing");
    LK_TRY(check_credential("client_id", options->client_id, MAX_CLIENT_ID, "sk_", err));
    if (options->api_key != NULL)
        LK_TRY(check_credential("api_key", options->api_key, MAX_API_KEY, "client_", err));
    if (options->base_url != NULL && lk__url_check_base(options->base_url, &why) != LK_OK)
        return lk__fail(err, LK_ERR_INVALID, "base_url cannot be used: %.200s", why.message);
    if (options->proxy != NULL && options->proxy[0] == '\0')
        return lk__fail(err, LK_ERR_INVALID, "proxy is empty: leave it NULL for the environment's");
    if (options->ca_file != NULL && options->ca_file[0] == '\0')
        return lk__fail(err, LK_ERR_INVALID, "ca_file is empty: leave it NULL for the system's");
    LK_TRY(check_range("timeout_ms", options->timeout_ms, 0, MAX_TIMEOUT, err));
    LK_TRY(check_range("max_retries", options->max_retries, -1, MAX_RETRIES, err));
    LK_TRY(check_range("leeway_s", options->leeway_s, -1, MAX_LEEWAY, err));
    LK_TRY(check_keys(options, err));
    return check_seams(options, err);
}

static lk_status copy_base_url(lk_client *client, const char *url, lk_error *err)
{
    size_t len;

    LK_TRY(copy_text(url == NULL ? WORKOS_URL : url, &client->base_url, err));
    len = strlen(client->base_url);
    while (client->base_url[len - 1] == '/')
        client->base_url[--len] = '\0';
    return LK_OK;
}

static lk_status add_issuer(lk_client *client, const char *text, size_t len, lk_error *err)
{
    char *copy;

    if (len > 0 && text[len - 1] == '/')
        len--;
    if (len == 0)
        return lk__fail(err, LK_ERR_INVALID, "issuer has an empty entry");
    copy = strndup(text, len);
    if (copy == NULL)
        return lk__no_memory(err);
    client->issuers[client->n_issuers++] = copy;
    return LK_OK;
}

/* "https://a, https://b" */
static lk_status split_issuers(lk_client *client, const char *list, lk_error *err)
{
    size_t count = 1;

    if (strlen(list) > MAX_ISSUER_LEN)
        return lk__fail(err, LK_ERR_INVALID, "issuer has %zu characters, more than %d",
                        strlen(list), MAX_ISSUER_LEN);
    for (const char *c = list; *c != '\0'; c++)
        count += *c == ',';
    if (count > MAX_ISSUERS)
        return lk__fail(err, LK_ERR_INVALID, "issuer has %zu entries, more than %d", count,
                        MAX_ISSUERS);
    client->issuers = calloc(count, sizeof(*client->issuers));
    if (client->issuers == NULL)
        return lk__no_memory(err);
    for (size_t i = 0; i < count; i++) {
        size_t skip = strspn(list, " ");
        size_t len = strcspn(list + skip, ", ");
        size_t tail = strspn(list + skip + len, " ");

        if (list[skip + len + tail] != ',' && list[skip + len + tail] != '\0')
            return lk__fail(err, LK_ERR_INVALID, "issuer %zu has a space within", i + 1);
        LK_TRY(add_issuer(client, list + skip, len, err));
        list += skip + len + tail + 1;
    }
    return LK_OK;
}

/* The shapes seen in production, where which one comes depends on the age of the environment. */
static lk_status add_issuers_of(lk_client *client, const char *base, const char *rest,
                                lk_error *err)
{
    static const char *const below[N_SHAPES] = { "", "/user_management/", "/sso/", "/convex/" };

    for (size_t i = 0; i < N_SHAPES; i++) {
        lk__auto_buf text = LK__BUF(2 * MAX_ISSUER_LEN);

        LK_TRY(lk__buf_printf(&text, err, "%s%s%s%s", base, rest, below[i],
                              below[i][0] == '\0' ? "" : client->client_id));
        LK_TRY(add_issuer(client, text.data, text.len, err));
    }
    return LK_OK;
}

/* WorkOS itself, and the same at another base URL: a custom domain, or an emulator, which may call
 * itself by another name of this machine than the one that was typed. */
static lk_status default_issuers(lk_client *client, lk_error *err)
{
    static const char *const loopback[] = { "http://localhost", "http://127.0.0.1",
                                            "http://[::1]" };
    const size_t n_loopback = sizeof(loopback) / sizeof(loopback[0]);
    const char *rest = NULL; /* of a base URL on this machine, after the host */

    client->issuers = calloc((2 + n_loopback) * N_SHAPES, sizeof(*client->issuers));
    if (client->issuers == NULL)
        return lk__no_memory(err);
    for (size_t i = 0; i < n_loopback; i++) {
        size_t len = strlen(loopback[i]);

        if (strncmp(client->base_url, loopback[i], len) == 0 &&
            strchr(":/", client->base_url[len]) != NULL)
            rest = client->base_url + len;
    }
    for (size_t i = 0; i < n_loopback && rest != NULL; i++)
        LK_TRY(add_issuers_of(client, loopback[i], rest, err));
    if (rest == NULL && strcmp(client->base_url, WORKOS_URL) != 0)
        LK_TRY(add_issuers_of(client, client->base_url, "", err));
    return add_issuers_of(client, WORKOS_URL, "", err);
}

/* curl, the program, honours the first variable and OpenSSL the second; libcurl looks at neither,
 * and who runs behind a company's proxy has set one of them. */
static const char *ca_file_from_environment(void)
{
    const char *path = secure_getenv("CURL_CA_BUNDLE");

    if (lk__text_empty(path))
        path = secure_getenv("SSL_CERT_FILE");
    return lk__text_empty(path) ? NULL : path;
}

static lk_status make_user_agent(lk_client *client, bool with_curl, lk_error *err)
{
    lk__auto_buf text = LK__BUF(256);

    LK_TRY(lk__buf_printf(&text, err, "latchkey/%s", lk_version()));
    if (with_curl)
        LK_TRY(lk__buf_printf(&text, err, " libcurl/%s", lk__curl_version()));
    client->user_agent = lk__buf_steal(&text);
    return client->user_agent == NULL ? lk__no_memory(err) : LK_OK;
}

static void set_seams(lk_client *client, const lk_client_options *options)
{
    client->clock = options->clock;
    client->random = options->random;
    client->log = options->log;
    if (client->clock.now_ms == NULL)
        client->clock = (lk_clock){ .now_ms = lk__system_now_ms, .sleep_ms = lk__system_sleep_ms };
    if (client->random.fill == NULL)
        client->random = (lk_random){ .fill = lk__random_fill };
}

static void set_numbers(lk_client *client, const lk_client_options *options)
{
    client->timeout_ms = options->timeout_ms == 0 ? DEFAULT_TIMEOUT : options->timeout_ms;
    client->max_retries = options->max_retries == 0 ? DEFAULT_RETRIES : options->max_retries;
    client->leeway_s = options->leeway_s == 0 ? DEFAULT_LEEWAY : options->leeway_s;
    if (client->max_retries < 0)
        client->max_retries = 0;
    if (client->leeway_s < 0)
        client->leeway_s = 0;
}

static lk_status make_keys(lk_client *client, const lk_client_options *options, lk_error *err)
{
    int refresh_s = options->key_refresh_s == 0 ? DEFAULT_REFRESH : options->key_refresh_s;
    int max_age_s = options->key_max_age_s == 0 ? DEFAULT_MAX_AGE : options->key_max_age_s;
    const lk__keys_rules rules = { .refresh_ms = refresh_s < 0 ? -1 : (int64_t)refresh_s * 1000,
                                   .max_age_ms = (int64_t)max_age_s * 1000,
                                   .file = options->key_cache_path };

    return lk__keys_new(client, &rules, &client->keys, err);
}

static lk_status fill(lk_client *client, const lk_client_options *options, lk_error *err)
{
    set_numbers(client, options);
    set_seams(client, options);
    LK_TRY(copy_text(options->client_id, &client->client_id, err));
    if (options->api_key != NULL)
        LK_TRY(copy_text(options->api_key, &client->api_key, err));
    client->has_api_key = options->api_key != NULL;
    LK_TRY(copy_base_url(client, options->base_url, err));
    LK_TRY(options->issuer == NULL ? default_issuers(client, err)
                                   : split_issuers(client, options->issuer, err));
    LK_TRY(make_user_agent(client, options->transport.send == NULL, err));
    atomic_init(&client->clock_skew_ms, LK__SKEW_UNKNOWN);
    return make_keys(client, options, err);
}

lk_status lk_client_new(const lk_client_options *given, lk_client **out, lk_error *err)
{
    lk_client_options options;
    lk_auto(lk_client) client = NULL;

    lk__error_clear(err);
    LK_TRY(lk__options_read(given, &options, sizeof(options), "lk_client_options", err));
    LK_TRY(check_options(&options, err));
    client = calloc(1, sizeof(*client));
    if (client == NULL)
        return lk__no_memory(err);
    /* Does not fail on Linux with default attributes. */
    (void)pthread_mutex_init(&client->api_key_mutex, NULL);
    LK_TRY(fill(client, &options, err));
    /* Last, so that a client that could not be made never frees a transport that is not its own. */
    if (options.transport.send != NULL)
        client->transport = options.transport;
    else
        LK_TRY(lk__curl_transport(
            options.proxy, options.ca_file == NULL ? ca_file_from_environment() : options.ca_file,
            &client->transport, err));
    *out = lk__steal(client);
    return LK_OK;
}

void lk_client_free(lk_client *client)
{
    if (client == NULL)
        return;
    lk__keys_free(client->keys); /* first: a thread of theirs may still send */
    if (client->transport.free != NULL)
        client->transport.free(client->transport.ctx);
    for (size_t i = 0; i < client->n_issuers; i++)
        free(client->issuers[i]);
    free(client->issuers);
    free(client->user_agent);
    free(client->base_url);
    lk_free_secret(client->api_key);
    pthread_mutex_destroy(&client->api_key_mutex);
    free(client->client_id);
    free(client);
}

void lk_client_freep(lk_client **client)
{
    lk_client_free(*client);
    *client = NULL;
}

lk_status lk_client_set_api_key(lk_client *client, const char *api_key, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *copied = NULL;

    lk__error_clear(err);
    if (client == NULL || api_key == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_client_set_api_key() was given NULL");
    if (!client->has_api_key)
        return lk__fail(err, LK_ERR_INVALID, "a client that was made without an API key has none");
    LK_TRY(check_credential("api_key", api_key, MAX_API_KEY, "client_", err));
    LK_TRY(copy_text(api_key, &copied, err));
    pthread_mutex_lock(&client->api_key_mutex);
    char *before = client->api_key;
    client->api_key = copied;
    copied = before; /* wiped on return */
    pthread_mutex_unlock(&client->api_key_mutex);
    return LK_OK;
}

lk_status lk__client_copy_api_key(const lk_client *client, lk__buf *out, lk_error *err)
{
    /* The one thing in a client that is exchanged. */
    pthread_mutex_t *mutex = (pthread_mutex_t *)&client->api_key_mutex;
    lk_status status = LK_OK;

    if (!client->has_api_key)
        return LK_OK;
    pthread_mutex_lock(mutex);
    status = lk__buf_text(out, client->api_key, err);
    pthread_mutex_unlock(mutex);
    return status;
}

bool lk_client_get_clock_skew(const lk_client *client, int64_t *out_ms)
{
    int64_t skew_ms = atomic_load(&client->clock_skew_ms);

    if (skew_ms == LK__SKEW_UNKNOWN)
        return false;
    *out_ms = skew_ms;
    return true;
}

lk_status lk__client_count(lk_client *client, lk__counted what, lk_status status)
{
    atomic_fetch_add(&client->counts[what].n, 1);
    if (status != LK_OK)
        atomic_fetch_add(&client->counts[what].n_failed, 1);
    return status;
}

lk_status lk_client_get_counts(const lk_client *client, lk_client_counts *out, lk_error *err)
{
    lk__error_clear(err);
    if (client == NULL || out == NULL || out->size < sizeof(*out))
        return lk__fail(err, LK_ERR_INVALID, "lk_client_get_counts() needs a client and a size");
    const lk__count *counts = client->counts;
    out->n_calls = atomic_load(&counts[LK__COUNT_CALL].n);
    out->n_calls_failed = atomic_load(&counts[LK__COUNT_CALL].n_failed);
    out->n_key_fetches = atomic_load(&counts[LK__COUNT_KEY_FETCH].n);
    out->n_key_fetches_failed = atomic_load(&counts[LK__COUNT_KEY_FETCH].n_failed);
    out->n_refreshes = atomic_load(&counts[LK__COUNT_REFRESH].n);
    out->n_refreshes_failed = atomic_load(&counts[LK__COUNT_REFRESH].n_failed);
    return LK_OK;
}

int64_t lk__now_ms(const lk_client *client)
{
    return client->clock.now_ms(client->clock.ctx);
}

int64_t lk__server_ms(const lk_client *client, int64_t at_ms)
{
    int64_t ahead_ms = 0;

    (void)lk_client_get_clock_skew(client, &ahead_ms); /* not known: ours counts */
    return at_ms - ahead_ms;
}

int64_t lk__server_now_ms(const lk_client *client)
{
    return lk__server_ms(client, lk__now_ms(client));
}
