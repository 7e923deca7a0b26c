/* The environment, read once at the start. */
#include "latchkey-config.h"

#include "latchkey-error.h"

#include <glib/gi18n.h>
#include <string.h>

void latchkey_secret_free(gpointer secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

static void config_clear(gpointer data)
{
    LatchkeyConfig *config = data;

    g_free(config->id);
    g_free(config->name);
    g_free(config->server);
    g_free(config->client_id);
    latchkey_secret_free(config->api_key);
    g_free(config->base_url);
    g_free(config->issuer);
    g_free(config->store);
}

static char *variable(const char *name)
{
    const char *value = g_getenv(name);

    if (value == NULL || value[0] == '\0')
        return NULL;
    return g_strdup(value);
}

static char *secret_variable(const char *name)
{
    char *value = variable(name);
    if (value != NULL)
        return value;

    g_autofree char *file_name = g_strconcat(name, "_FILE", NULL);
    const char *path = g_getenv(file_name);
    g_autoptr(GError) error = NULL;
    if (path == NULL)
        return NULL;
    if (!g_file_get_contents(path, &value, NULL, &error)) {
        g_warning("%s: %s", file_name, error->message);
        return NULL;
    }
    return g_strchomp(value);
}

LatchkeyConfig *latchkey_config_new(void)
{
    return g_atomic_rc_box_new0(LatchkeyConfig);
}

LatchkeyConfig *latchkey_config_from_environment(void)
{
    LatchkeyConfig *config = latchkey_config_new();

    config->client_id = variable("WORKOS_CLIENT_ID");
    config->api_key = secret_variable("WORKOS_API_KEY");
    config->base_url = variable("WORKOS_API_BASE_URL");
    config->issuer = variable("WORKOS_ISSUER");
    config->server = variable("LATCHKEY_SERVER");
    config->store = variable("LATCHKEY_STORE");
    return config;
}

LatchkeyConfig *latchkey_config_ref(LatchkeyConfig *config)
{
    return g_atomic_rc_box_acquire(config);
}

void latchkey_config_unref(LatchkeyConfig *config)
{
    if (config != NULL)
        g_atomic_rc_box_release_full(config, config_clear);
}

static lk_client *new_client(const LatchkeyConfig *config, const char *base_url, const char *key,
                             GError **error)
{
    lk_client *client = NULL;
    lk_error err = LK_ERROR_INIT;

    if (config->client_id == NULL) {
        g_set_error_literal(error, LATCHKEY_ERROR, LATCHKEY_ERROR_CONFIG,
                            _("Set up an environment to sign in to, or start Latchkey with "
                              "WORKOS_CLIENT_ID set to the client ID of your WorkOS environment "
                              "(client_…)."));
        return NULL;
    }
    if (lk_client_new(LK_CLIENT_OPTIONS(.client_id = config->client_id, .api_key = key,
                                        .base_url = base_url, .issuer = config->issuer,
                                        .transport = config->transport, .clock = config->clock),
                      &client, &err) == LK_OK)
        return client;
    g_propagate_error(error, latchkey_error_new(&err));
    return NULL;
}

lk_client *latchkey_config_new_client(const LatchkeyConfig *config, GError **error)
{
    return new_client(config, config->base_url, NULL, error);
}

lk_client *latchkey_config_new_feed_client(const LatchkeyConfig *config, const char *credential,
                                           GError **error)
{
    g_autofree char *replica =
        config->server != NULL ? g_strconcat(config->server, "/api/replica", NULL) : NULL;

    return new_client(config, replica != NULL ? replica : config->base_url, credential, error);
}

/* sqlite:PATH/mirror.db becomes sqlite:PATH/mirror-0123456789abcdef.db for a viewer. */
char *latchkey_config_get_store(const LatchkeyConfig *config, const char *viewer)
{
    g_autofree char *store =
        config->store != NULL
            ? g_strdup(config->store)
            : g_strconcat("sqlite:", g_get_user_state_dir(), "/latchkey/",
                          config->id != NULL ? config->id : "mirror", ".db", NULL);

    if (viewer == NULL)
        return g_steal_pointer(&store);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, viewer, -1);
    if (g_str_has_suffix(store, ".db"))
        store[strlen(store) - strlen(".db")] = '\0';
    return g_strdup_printf("%s-%.16s.db", store, digest);
}

gint64 latchkey_config_now_ms(const LatchkeyConfig *config)
{
    if (config->clock.now_ms != NULL)
        return config->clock.now_ms(config->clock.ctx);
    return g_get_real_time() / 1000;
}
