/* The Secret Service through libsecret, always by its asynchronous calls.
 *
 * A lookup that may unlock blocks behind a dialog, and a wrong password there looks like "nothing
 * was ever stored". So loading searches without unlocking and looks at each item's lock itself. */
#include "latchkey-secrets.h"

#include "latchkey-error.h"

#include <glib/gi18n.h>
#include <libsecret/secret.h>
#include <string.h>

struct _LatchkeySecrets {
    GObject parent_instance;
    LatchkeySecretsKind kind;
    char *environment;
    char *client_id;
    char *base_url;
    LatchkeySecretsPlace place;
    char *reason;
    char *keyring; /* NULL: not known */
};

G_DEFINE_FINAL_TYPE(LatchkeySecrets, latchkey_secrets, G_TYPE_OBJECT)

static const SecretSchema schema = {
    .name = "io.github.latchkey.Latchkey",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = { { "kind", SECRET_SCHEMA_ATTRIBUTE_STRING },
                    { "environment", SECRET_SCHEMA_ATTRIBUTE_STRING },
                    { "client-id", SECRET_SCHEMA_ATTRIBUTE_STRING },
                    { "base-url", SECRET_SCHEMA_ATTRIBUTE_STRING } },
};

typedef struct Store {
    char *token; /* secret */
    gboolean may_ask;
} Store;

static void store_free(gpointer data)
{
    Store *store = data;

    latchkey_secret_free(store->token);
    g_free(store);
}

static void item_list_free(GList *items)
{
    g_list_free_full(items, g_object_unref);
}

static GHashTable *attributes_of(LatchkeySecrets *self)
{
    return secret_attributes_build(&schema, "kind",
                                   self->kind == LATCHKEY_SECRETS_API_KEY ? "api-key" : "session",
                                   "environment", self->environment, "client-id", self->client_id,
                                   "base-url", self->base_url, NULL);
}

static void set_place(LatchkeySecrets *self, LatchkeySecretsPlace place, const char *reason)
{
    if (self->place == place && g_strcmp0(self->reason, reason) == 0)
        return;
    g_free(self->reason);
    self->reason = g_strdup(reason);
    self->place = place;
    g_signal_emit_by_name(self, "changed");
}

/* Nothing to store in is a state to show, not a failure of the call that found out. */
static void set_memory(LatchkeySecrets *self, const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    g_debug("keyring: %s", error->message);
    if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
        g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        set_place(self, LATCHKEY_SECRETS_MEMORY,
                  _("No keyring was found (GNOME Keyring or KWallet)."));
    else
        set_place(self, LATCHKEY_SECRETS_MEMORY, error->message);
}

/* ---- Load ---- */

static void on_searched(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    g_autoptr(GError) error = NULL;
    GList *items = secret_service_search_finish(SECRET_SERVICE(source), result, &error);

    if (error != NULL) {
        set_memory(self, error);
        g_task_return_pointer(task, NULL, NULL);
        return;
    }
    SecretItem *item = items != NULL ? items->data : NULL;
    if (item != NULL && secret_item_get_locked(item)) {
        set_place(self, LATCHKEY_SECRETS_LOCKED, NULL);
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_LOCKED, "%s",
                                _("The keyring is locked."));
        item_list_free(items);
        return;
    }
    SecretValue *value = item != NULL ? secret_item_get_secret(item) : NULL;
    const char *token = value != NULL ? secret_value_get_text(value) : NULL;
    set_place(self, LATCHKEY_SECRETS_KEYRING, NULL);
    g_task_return_pointer(task, token != NULL ? g_strdup(token) : NULL, latchkey_secret_free);
    if (value != NULL)
        secret_value_unref(value);
    item_list_free(items);
}

static void on_load_service(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    g_autoptr(GError) error = NULL;
    g_autoptr(SecretService) service = secret_service_get_finish(result, &error);

    if (service == NULL) {
        set_memory(self, error);
        g_task_return_pointer(task, NULL, NULL);
        return;
    }
    g_autoptr(GHashTable) attributes = attributes_of(self);
    GCancellable *cancellable = g_task_get_cancellable(task);
    secret_service_search(service, &schema, attributes, SECRET_SEARCH_LOAD_SECRETS, cancellable,
                          on_searched, g_steal_pointer(&task));
}

void latchkey_secrets_load_async(LatchkeySecrets *self, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer data)
{
    GTask *task = g_task_new(self, cancellable, callback, data);

    secret_service_get(SECRET_SERVICE_OPEN_SESSION, cancellable, on_load_service, task);
}

char *latchkey_secrets_load_finish(LatchkeySecrets *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}

/* ---- Store ---- */

static void on_stored(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    GError *error = NULL;

    if (secret_password_store_finish(result, &error)) {
        set_place(self, LATCHKEY_SECRETS_KEYRING, NULL);
        g_task_return_boolean(task, TRUE);
        return;
    }
    set_memory(self, error);
    g_task_return_error(task, error);
}

static void store_now(GTask *task)
{
    LatchkeySecrets *self = g_task_get_source_object(task);
    const Store *store = g_task_get_task_data(task);
    g_autoptr(GHashTable) attributes = attributes_of(self);

    secret_password_storev(&schema, attributes, SECRET_COLLECTION_DEFAULT,
                           self->kind == LATCHKEY_SECRETS_API_KEY ? _("Latchkey API key")
                                                                  : _("Latchkey session"),
                           store->token, g_task_get_cancellable(task), on_stored, task);
}

/* Whether storing would raise a dialog: there is no default keyring yet, or it is locked. */
static void on_collection(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    const Store *store = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(SecretCollection) collection = secret_collection_for_alias_finish(result, &error);

    if (error != NULL) {
        set_memory(self, error);
        g_task_return_error(task, error);
        return;
    }
    g_free(self->keyring);
    self->keyring = collection != NULL ? secret_collection_get_label(collection) : NULL;
    if (store->may_ask || (collection != NULL && !secret_collection_get_locked(collection))) {
        store_now(g_steal_pointer(&task));
        return;
    }
    set_place(self, LATCHKEY_SECRETS_MEMORY,
              collection == NULL ? _("There is no default keyring yet.")
                                 : _("The keyring is locked."));
    g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_LOCKED, "%s", self->reason);
}

static void on_store_service(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    GError *error = NULL;
    g_autoptr(SecretService) service = secret_service_get_finish(result, &error);

    if (service == NULL) {
        set_memory(self, error);
        g_task_return_error(task, error);
        return;
    }
    GCancellable *cancellable = g_task_get_cancellable(task);
    secret_collection_for_alias(service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
                                cancellable, on_collection, g_steal_pointer(&task));
}

void latchkey_secrets_store_async(LatchkeySecrets *self, const char *token, gboolean may_ask,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer data)
{
    GTask *task = g_task_new(self, cancellable, callback, data);
    Store *store = g_new0(Store, 1);

    store->token = g_strdup(token);
    store->may_ask = may_ask;
    g_task_set_task_data(task, store, store_free);
    secret_service_get(SECRET_SERVICE_OPEN_SESSION, cancellable, on_store_service, task);
}

gboolean latchkey_secrets_store_finish(LatchkeySecrets *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
    return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- Clear ---- */

static void on_cleared(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    GError *error = NULL;

    (void)secret_password_clear_finish(result, &error); /* FALSE: there was nothing to clear */
    if (error == NULL) {
        g_task_return_boolean(task, TRUE);
        return;
    }
    /* Without a keyring nothing was kept, so nothing is left behind. */
    gboolean nothing_kept = self->place == LATCHKEY_SECRETS_MEMORY;
    set_memory(self, error);
    if (!nothing_kept) {
        g_task_return_error(task, error);
        return;
    }
    g_error_free(error);
    g_task_return_boolean(task, TRUE);
}

void latchkey_secrets_clear_async(LatchkeySecrets *self, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer data)
{
    GTask *task = g_task_new(self, cancellable, callback, data);
    g_autoptr(GHashTable) attributes = attributes_of(self);

    secret_password_clearv(&schema, attributes, cancellable, on_cleared, task);
}

gboolean latchkey_secrets_clear_finish(LatchkeySecrets *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
    return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- Unlock ---- */

static void on_unlocked(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    GError *error = NULL;
    GList *unlocked = NULL;
    gint n = secret_service_unlock_finish(SECRET_SERVICE(source), result, &unlocked, &error);

    item_list_free(unlocked);
    if (error != NULL) {
        g_task_return_error(task, error);
        return;
    }
    if (n < 1) { /* the person closed the dialog */
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_LOCKED, "%s",
                                _("The keyring is still locked."));
        return;
    }
    set_place(self, LATCHKEY_SECRETS_KEYRING, NULL);
    g_task_return_boolean(task, TRUE);
}

static void on_locked_items(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    GError *error = NULL;
    GList *items = secret_service_search_finish(SECRET_SERVICE(source), result, &error);

    if (error != NULL) {
        g_task_return_error(task, error);
        return;
    }
    GCancellable *cancellable = g_task_get_cancellable(task);
    secret_service_unlock(SECRET_SERVICE(source), items, cancellable, on_unlocked,
                          g_steal_pointer(&task));
    item_list_free(items);
}

static void on_unlock_service(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) task = data;
    LatchkeySecrets *self = g_task_get_source_object(task);
    GError *error = NULL;
    g_autoptr(SecretService) service = secret_service_get_finish(result, &error);

    if (service == NULL) {
        g_task_return_error(task, error);
        return;
    }
    g_autoptr(GHashTable) attributes = attributes_of(self);
    GCancellable *cancellable = g_task_get_cancellable(task);
    secret_service_search(service, &schema, attributes, SECRET_SEARCH_ALL, cancellable,
                          on_locked_items, g_steal_pointer(&task));
}

void latchkey_secrets_unlock_async(LatchkeySecrets *self, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer data)
{
    GTask *task = g_task_new(self, cancellable, callback, data);

    secret_service_get(SECRET_SERVICE_OPEN_SESSION, cancellable, on_unlock_service, task);
}

gboolean latchkey_secrets_unlock_finish(LatchkeySecrets *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
    return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- The object ---- */

static void latchkey_secrets_finalize(GObject *object)
{
    LatchkeySecrets *self = LATCHKEY_SECRETS(object);

    g_free(self->environment);
    g_free(self->client_id);
    g_free(self->base_url);
    g_free(self->reason);
    g_free(self->keyring);
    G_OBJECT_CLASS(latchkey_secrets_parent_class)->finalize(object);
}

static void latchkey_secrets_class_init(LatchkeySecretsClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_secrets_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_secrets_init(LatchkeySecrets *self)
{
    self->place = LATCHKEY_SECRETS_UNKNOWN;
}

LatchkeySecrets *latchkey_secrets_new(const LatchkeyConfig *config, LatchkeySecretsKind kind)
{
    LatchkeySecrets *self = g_object_new(LATCHKEY_TYPE_SECRETS, NULL);

    self->kind = kind;
    self->environment = g_strdup(config->id != NULL ? config->id : "environment");
    self->client_id = g_strdup(config->client_id != NULL ? config->client_id : "");
    self->base_url =
        g_strdup(config->base_url != NULL ? config->base_url : "https://api.workos.com");
    return self;
}

LatchkeySecretsPlace latchkey_secrets_get_place(LatchkeySecrets *self)
{
    return self->place;
}

const char *latchkey_secrets_get_reason(LatchkeySecrets *self)
{
    return self->reason;
}

const char *latchkey_secrets_get_keyring(LatchkeySecrets *self)
{
    return self->keyring;
}
