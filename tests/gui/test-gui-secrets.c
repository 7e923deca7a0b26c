/* The keyring: a real gnome-keyring, unlocked, locked, and asked by two environments. */
#include <gio/gio.h>
#include <libsecret/secret.h>

#include "gui-kit.h"
#include "latchkey-error.h"
#include "latchkey-secrets.h"
#include "latchkey-source.h"

typedef struct outcome {
    GAsyncResult *result;
} outcome;

static void on_done(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    ((outcome *)data)->result = g_object_ref(result);
}

static gboolean store(LatchkeySecrets *secrets, const char *token, gboolean may_ask, GError **error)
{
    outcome done = { NULL };

    latchkey_secrets_store_async(secrets, token, may_ask, NULL, on_done, &done);
    wait_until(done.result != NULL);
    gboolean is_stored = latchkey_secrets_store_finish(secrets, done.result, error);
    g_object_unref(done.result);
    return is_stored;
}

static char *load(LatchkeySecrets *secrets, GError **error)
{
    outcome done = { NULL };

    latchkey_secrets_load_async(secrets, NULL, on_done, &done);
    wait_until(done.result != NULL);
    char *token = latchkey_secrets_load_finish(secrets, done.result, error);
    g_object_unref(done.result);
    return token;
}

static gboolean clear(LatchkeySecrets *secrets)
{
    outcome done = { NULL };

    latchkey_secrets_clear_async(secrets, NULL, on_done, &done);
    wait_until(done.result != NULL);
    gboolean is_cleared = latchkey_secrets_clear_finish(secrets, done.result, NULL);
    g_object_unref(done.result);
    return is_cleared;
}

static LatchkeySecrets *secrets_of(const char *id, const char *client_id, const char *base_url)
{
    const LatchkeyConfig config = { .id = (char *)id,
                                    .client_id = (char *)client_id,
                                    .base_url = (char *)base_url };

    return latchkey_secrets_new(&config, LATCHKEY_SECRETS_SESSION);
}

static void lock_keyring(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SecretService) service =
        secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(SecretCollection) collection = secret_collection_for_alias_sync(
        service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, NULL, &error);
    g_assert_no_error(error);
    GList objects = { .data = collection };

    g_assert_cmpint(secret_service_lock_sync(service, &objects, NULL, NULL, &error), ==, 1);
    g_assert_no_error(error);
}

static void test_token_is_stored_replaced_and_cleared(void)
{
    g_autoptr(LatchkeySecrets) secrets = secrets_of(NULL, "client_01", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_null(load(secrets, &error));
    g_assert_no_error(error);
    g_assert_true(store(secrets, "rt_first", TRUE, &error));
    g_assert_true(store(secrets, "rt_second", FALSE, &error));
    g_assert_cmpint(latchkey_secrets_get_place(secrets), ==, LATCHKEY_SECRETS_KEYRING);
    char *token = load(secrets, &error);
    g_assert_cmpstr(token, ==, "rt_second");
    latchkey_secret_free(token);
    g_assert_true(clear(secrets));
    g_assert_null(load(secrets, &error));
    g_assert_no_error(error);
    g_assert_true(clear(secrets)); /* nothing to clear is no failure */
}

static void test_environments_do_not_share_a_token(void)
{
    g_autoptr(LatchkeySecrets) production = secrets_of(NULL, "client_01", NULL);
    g_autoptr(LatchkeySecrets) local = secrets_of(NULL, "client_01", "http://127.0.0.1:4100");
    g_autoptr(LatchkeySecrets) other = secrets_of(NULL, "client_02", NULL);

    g_assert_true(store(production, "rt_production", TRUE, NULL));
    g_assert_null(load(local, NULL));
    g_assert_null(load(other, NULL));
    g_autoptr(LatchkeySecrets) second = secrets_of("second", "client_01", NULL);
    g_assert_null(load(second, NULL));
    const LatchkeyConfig config = { .client_id = (char *)"client_01" };
    g_autoptr(LatchkeySecrets) key = latchkey_secrets_new(&config, LATCHKEY_SECRETS_API_KEY);
    g_assert_null(load(key, NULL));
    g_assert_true(clear(local));
    char *token = load(production, NULL);
    g_assert_cmpstr(token, ==, "rt_production");
    latchkey_secret_free(token);
    g_assert_true(clear(production));
}

static void test_locked_keyring_is_said_and_never_asked(void)
{
    g_autoptr(LatchkeySecrets) secrets = secrets_of(NULL, "client_01", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(store(secrets, "rt_first", TRUE, NULL));
    lock_keyring();
    g_assert_null(load(secrets, &error));
    g_assert_error(error, LATCHKEY_ERROR, LATCHKEY_ERROR_LOCKED);
    g_assert_cmpint(latchkey_secrets_get_place(secrets), ==, LATCHKEY_SECRETS_LOCKED);
    g_clear_error(&error);
    g_assert_false(store(secrets, "rt_second", FALSE, &error));
    g_assert_error(error, LATCHKEY_ERROR, LATCHKEY_ERROR_LOCKED);
    g_assert_cmpint(latchkey_secrets_get_place(secrets), ==, LATCHKEY_SECRETS_MEMORY);
    g_assert_nonnull(latchkey_secrets_get_reason(secrets));
}

/* As a person would in the keyring's own dialog, which nobody can drive: by its back door for
 * tests. */
static void unlock_keyring(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
    g_autoptr(GVariant) session = NULL;
    const char *path = NULL;
    const char *password = "test-pass";

    g_assert_no_error(error);
    session =
        g_dbus_connection_call_sync(bus, "org.freedesktop.secrets", "/org/freedesktop/secrets",
                                    "org.freedesktop.Secret.Service", "OpenSession",
                                    g_variant_new("(sv)", "plain", g_variant_new_string("")), NULL,
                                    G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
    g_variant_get(session, "(v&o)", NULL, &path);
    GVariant *secret = g_variant_new(
        "(o@ay@ays)", path, g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, NULL, 0, 1),
        g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, password, strlen(password), 1),
        "text/plain");
    GVariant *done = g_dbus_connection_call_sync(
        bus, "org.freedesktop.secrets", "/org/freedesktop/secrets",
        "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface", "UnlockWithMasterPassword",
        g_variant_new("(o@(oayays))", "/org/freedesktop/secrets/aliases/default", secret), NULL,
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
    g_variant_unref(done);
}

static void test_locked_api_key_is_said_and_found_once_it_is_unlocked(void)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autofree char *mirror = g_strdup_printf("sqlite:%s/key-mirror.db", g_get_home_dir());
    fake_wire wire = FAKE_WIRE({ "GET /directories", .failure = LK_ERR_NETWORK },
                               { "GET /directories", .failure = LK_ERR_NETWORK },
                               { "GET /directories", .failure = LK_ERR_NETWORK });

    unlock_keyring();
    config->client_id = g_strdup("client_01");
    config->store = g_steal_pointer(&mirror);
    config->transport = fake_wire_use(&wire);
    g_autoptr(LatchkeySecrets) writer = latchkey_secrets_new(config, LATCHKEY_SECRETS_API_KEY);
    g_assert_true(store(writer, "sk_test_kept", TRUE, NULL));
    g_assert_cmpstr(latchkey_secrets_get_keyring(writer), ==, "Login");
    lock_keyring();
    g_autoptr(LatchkeySource) source = latchkey_source_new(config);
    LatchkeySecrets *key = latchkey_source_get_key(source);
    LatchkeyFeed *feed = latchkey_source_get_feed(source);
    latchkey_source_start(source);
    wait_until(latchkey_secrets_get_place(key) == LATCHKEY_SECRETS_LOCKED);
    g_assert_cmpint(latchkey_feed_get_state(feed), !=, LATCHKEY_FEED_FAILING);
    g_assert_null(latchkey_feed_dup_credential(feed));
    unlock_keyring();
    outcome done = { NULL };
    latchkey_secrets_unlock_async(key, NULL, on_done, &done); /* nobody is asked: it is open */
    wait_until(done.result != NULL);
    g_assert_true(latchkey_secrets_unlock_finish(key, done.result, NULL));
    g_object_unref(done.result);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_FAILING);
    char *credential = latchkey_feed_dup_credential(feed);
    g_assert_cmpstr(credential, ==, "sk_test_kept");
    latchkey_secret_free(credential);
    latchkey_source_stop(source);
    settle();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/stored", test_token_is_stored_replaced_and_cleared);
    g_test_add_func("/secrets/environments", test_environments_do_not_share_a_token);
    g_test_add_func("/secrets/locked", test_locked_keyring_is_said_and_never_asked);
    g_test_add_func("/secrets/locked-key",
                    test_locked_api_key_is_said_and_found_once_it_is_unlocked);
    return g_test_run();
}
