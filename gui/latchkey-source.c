/* Hands the feed its credential: for WorkOS the API key, of the environment or from the keyring;
 * for a server the access token of whoever is signed in, each time there is a fresh one.
 *
 * It also notices what a poller on a thread cannot: that the computer has slept, or that the
 * network is back. Both are a reason to ask at once. */
#include "latchkey-source.h"

#include "latchkey-error.h"

#include <time.h>

enum { SLEEP_CHECK_S = 2, SLEPT_MS = 3000 };

struct _LatchkeySource {
    GObject parent_instance;
    LatchkeyConfig *config;
    LatchkeyAccount *account;
    LatchkeyFeed *feed;
    LatchkeySecrets *key;   /* where the API key is kept */
    gboolean is_key_locked; /* it could not be read for that */
    char *viewer;           /* of a server: whose the feed is; NULL: nobody's yet */
    GCancellable *cancellable;
    guint sleep_source;
    gint64 slept_ms; /* since the computer was started */
};

G_DEFINE_FINAL_TYPE(LatchkeySource, latchkey_source, G_TYPE_OBJECT)

/* ---- A server's viewer ---- */

static char *viewer_of(LatchkeyAccount *account)
{
    const lk_session *session = latchkey_account_get_session(account);
    const char *organization = session->organization_id;

    return g_strconcat(session->user->id, "\n", organization != NULL ? organization : "", NULL);
}

static void renew_feed(LatchkeySource *self)
{
    latchkey_feed_stop(self->feed);
    g_object_unref(self->feed);
    self->feed = latchkey_feed_new(self->config, 0);
    if (self->viewer != NULL)
        latchkey_feed_set_viewer(self->feed, self->viewer);
}

/* The first viewer gets the feed that is there, so that the window need not begin anew. */
static void enter_as(LatchkeySource *self, const char *viewer)
{
    gboolean is_first = self->viewer == NULL;

    g_free(self->viewer);
    self->viewer = g_strdup(viewer);
    if (is_first)
        latchkey_feed_set_viewer(self->feed, viewer);
    else
        renew_feed(self);
}

static void on_account_changed(LatchkeySource *self)
{
    const lk_authentication *authentication = latchkey_account_get_authentication(self->account);

    if (authentication == NULL) {
        latchkey_feed_set_credential(self->feed, NULL);
        return;
    }
    g_autofree char *viewer = viewer_of(self->account);
    LatchkeyFeed *before = self->feed;
    if (g_strcmp0(viewer, self->viewer) != 0)
        enter_as(self, viewer);
    latchkey_feed_set_credential(self->feed, authentication->access_token);
    latchkey_feed_start(self->feed);
    if (self->feed != before)
        g_signal_emit_by_name(self, "changed");
}

/* ---- Another history ---- */

/* No connection to the old file is left: closing one would remove the log of the new one. */
static void on_store_gone(gpointer data, GObject *store)
{
    (void)store;
    g_autoptr(LatchkeyFeed) feed = data;

    latchkey_feed_start_fresh(feed);
    latchkey_feed_start(feed);
}

void latchkey_source_start_fresh(LatchkeySource *self)
{
    g_autoptr(LatchkeyStore) store = NULL;

    if (latchkey_feed_get_store(self->feed) == NULL) {
        latchkey_feed_start_fresh(self->feed);
        return;
    }
    store = g_object_ref(latchkey_feed_get_store(self->feed));
    char *credential = latchkey_feed_dup_credential(self->feed);
    renew_feed(self);
    latchkey_feed_set_credential(self->feed, credential);
    latchkey_secret_free(credential);
    g_object_weak_ref(G_OBJECT(store), on_store_gone, g_object_ref(self->feed));
    g_signal_emit_by_name(self, "changed");
}

/* ---- The API key ---- */

static void on_key_loaded(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    char *key = latchkey_secrets_load_finish(LATCHKEY_SECRETS(source), result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* and the source may be gone */
    LatchkeySource *self = data;
    self->is_key_locked = g_error_matches(error, LATCHKEY_ERROR, LATCHKEY_ERROR_LOCKED);
    if (key != NULL)
        latchkey_feed_set_credential(self->feed, key);
    latchkey_secret_free(key);
}

static void load_key(LatchkeySource *self)
{
    latchkey_secrets_load_async(self->key, self->cancellable, on_key_loaded, self);
}

/* The key lies beside the session: unlocked for one, unlocked for both. */
static void on_keyring_changed(LatchkeySource *self, LatchkeySecrets *secrets)
{
    if (!self->is_key_locked || latchkey_secrets_get_place(secrets) != LATCHKEY_SECRETS_KEYRING)
        return;
    self->is_key_locked = FALSE;
    load_key(self);
}

/* ---- Sleep and network ---- */

static gint64 ms_of(clockid_t clock)
{
    struct timespec now = { 0 };

    clock_gettime(clock, &now);
    return (gint64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* CLOCK_BOOTTIME goes on while the computer sleeps, CLOCK_MONOTONIC does not. */
static gint64 slept_ms(void)
{
    return ms_of(CLOCK_BOOTTIME) - ms_of(CLOCK_MONOTONIC);
}

static void ask_at_once(LatchkeySource *self)
{
    latchkey_account_check(self->account);
    latchkey_feed_wake(self->feed);
}

static gboolean on_sleep_check(gpointer data)
{
    LatchkeySource *self = data;
    gint64 slept = slept_ms();

    if (slept - self->slept_ms > SLEPT_MS)
        ask_at_once(self);
    self->slept_ms = slept;
    return G_SOURCE_CONTINUE;
}

/* A hint only: without a network this computer may still reach itself. */
static void on_network_changed(LatchkeySource *self, gboolean is_available)
{
    if (is_available)
        ask_at_once(self);
}

/* ---- The object ---- */

void latchkey_source_start(LatchkeySource *self)
{
    GNetworkMonitor *network = g_network_monitor_get_default();

    latchkey_account_start(self->account);
    self->slept_ms = slept_ms();
    self->sleep_source = g_timeout_add_seconds(SLEEP_CHECK_S, on_sleep_check, self);
    g_signal_connect_object(network, "network-changed", G_CALLBACK(on_network_changed), self,
                            G_CONNECT_SWAPPED);
    if (self->config->server != NULL) {
        g_signal_connect_object(self->account, "changed", G_CALLBACK(on_account_changed), self,
                                G_CONNECT_SWAPPED);
        return;
    }
    latchkey_feed_start(self->feed);
    if (self->config->api_key != NULL || self->config->client_id == NULL)
        return;
    g_signal_connect_object(latchkey_account_get_secrets(self->account), "changed",
                            G_CALLBACK(on_keyring_changed), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->key, "changed", G_CALLBACK(on_keyring_changed), self,
                            G_CONNECT_SWAPPED);
    load_key(self);
}

void latchkey_source_stop(LatchkeySource *self)
{
    g_cancellable_cancel(self->cancellable);
    g_clear_handle_id(&self->sleep_source, g_source_remove);
    if (self->feed != NULL)
        latchkey_feed_stop(self->feed);
}

static void latchkey_source_dispose(GObject *object)
{
    LatchkeySource *self = LATCHKEY_SOURCE(object);

    latchkey_source_stop(self);
    g_clear_object(&self->feed);
    g_clear_object(&self->account);
    g_clear_object(&self->key);
    G_OBJECT_CLASS(latchkey_source_parent_class)->dispose(object);
}

static void latchkey_source_finalize(GObject *object)
{
    LatchkeySource *self = LATCHKEY_SOURCE(object);

    g_clear_object(&self->cancellable);
    g_free(self->viewer);
    latchkey_config_unref(self->config);
    G_OBJECT_CLASS(latchkey_source_parent_class)->finalize(object);
}

static void latchkey_source_class_init(LatchkeySourceClass *class)
{
    G_OBJECT_CLASS(class)->dispose = latchkey_source_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_source_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_source_init(LatchkeySource *self)
{
    self->cancellable = g_cancellable_new();
}

LatchkeySource *latchkey_source_new(LatchkeyConfig *config)
{
    LatchkeySource *self = g_object_new(LATCHKEY_TYPE_SOURCE, NULL);

    self->config = latchkey_config_ref(config);
    self->account = latchkey_account_new(config);
    self->feed = latchkey_feed_new(config, 0);
    self->key = latchkey_secrets_new(config, LATCHKEY_SECRETS_API_KEY);
    return self;
}

LatchkeyAccount *latchkey_source_get_account(LatchkeySource *self)
{
    return self->account;
}

LatchkeyFeed *latchkey_source_get_feed(LatchkeySource *self)
{
    return self->feed;
}

LatchkeySecrets *latchkey_source_get_key(LatchkeySource *self)
{
    return self->config->server == NULL ? self->key : NULL;
}
