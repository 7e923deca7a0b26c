/* A state machine whose slow parts are tasks: an attempt to sign in (latchkey-attempt.c), the
 * renewal of latchkey-grant.c and the keyring's calls.
 *
 * Every task carries a cancellable. Cancelling, signing in again, signing out and the account's own
 * end cancel it, so a late answer finds itself cancelled and touches nothing. */
#include "latchkey-account.h"

#include "latchkey-attempt.h"
#include "latchkey-error.h"
#include "latchkey-grant.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>

enum { CHECK_S = 5, EARLIEST_RETRY_MS = 5000, LATEST_RETRY_MS = 120000, EARLY_MS = 60000 };

struct _LatchkeyAccount {
    GObject parent_instance;
    LatchkeyConfig *config;
    LatchkeySecrets *secrets;
    LatchkeyClient *client; /* NULL: unconfigured */
    LatchkeyAccountState state;
    GError *error;
    LatchkeyGrant *grant;     /* NULL: signed out */
    char *kept_token;         /* secret: read from the keyring, not yet renewed */
    LatchkeyAttempt *attempt; /* to sign in; NULL: none is under way */
    GCancellable *cancellable;
    guint check_source;
    gboolean is_renewing;
    gboolean is_for_switch;    /* the renewal under way */
    char *wanted_organization; /* to switch to; NULL: none */
    char *last_user_id;        /* who was signed in before, unless they signed out */
    gboolean has_ended;        /* the session did, and they were not signed in again */
    gboolean uses_code;        /* the last sign-in did, so trying again does */
    gint64 due_at_ms;          /* when to renew; 0: never */
    gint64 retry_ms;           /* the pause before the next try after a failure */
};

G_DEFINE_FINAL_TYPE(LatchkeyAccount, latchkey_account, G_TYPE_OBJECT)

/* ---- The state machine ---- */

static void set_state(LatchkeyAccount *self, LatchkeyAccountState state, GError *error)
{
    g_clear_error(&self->error);
    self->error = error;
    self->state = state;
    g_signal_emit_by_name(self, "changed");
}

static void notice(LatchkeyAccount *self, const char *text)
{
    g_signal_emit_by_name(self, "notice", text);
}

static void abandon(LatchkeyAccount *self)
{
    g_cancellable_cancel(self->cancellable);
    g_set_object(&self->cancellable, NULL);
    self->cancellable = g_cancellable_new();
    self->is_renewing = FALSE;
    g_clear_pointer(&self->attempt, latchkey_attempt_free);
}

static void forget(LatchkeyAccount *self)
{
    g_clear_pointer(&self->grant, latchkey_grant_free);
    g_clear_pointer(&self->kept_token, latchkey_secret_free);
    g_clear_pointer(&self->wanted_organization, g_free);
    self->due_at_ms = 0;
    self->retry_ms = 0;
}

static void on_stored(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(LatchkeyAccount) self = data;
    g_autoptr(GError) error = NULL;

    /* The place, with its reason, is on show in the window; the session goes on without it. */
    if (!latchkey_secrets_store_finish(LATCHKEY_SECRETS(source), result, &error))
        g_debug("the session is kept in memory only: %s", error->message);
    if (self->state == LATCHKEY_ACCOUNT_SIGNED_IN)
        g_signal_emit_by_name(self, "changed");
}

/* Renewing early leaves a margin for slow networks; a fifth, so that short tokens live too. */
static gint64 due_at(const lk_session *session, gint64 now_ms)
{
    gint64 left = session->expires_at_ms - now_ms;

    if (session->expires_at_ms == 0)
        return 0;
    return session->expires_at_ms - MIN(EARLY_MS, MAX(left, 0) / 5);
}

/* Who meant to go on as one person and chose another in the browser would hardly notice. */
static void compare_person(LatchkeyAccount *self, const lk_user *user)
{
    if (self->last_user_id != NULL && g_strcmp0(self->last_user_id, user->id) != 0) {
        g_autofree char *who = latchkey_text_person(user->email != NULL ? user->email : user->id);
        g_autofree char *text = g_strdup_printf(_("This is another account than before: %s"), who);
        notice(self, text);
    }
    g_free(self->last_user_id);
    self->last_user_id = g_strdup(user->id);
}

static void adopt(LatchkeyAccount *self, LatchkeyGrant *grant, gboolean somebody_is_there)
{
    const char *token = grant->authentication->refresh_token;

    g_clear_pointer(&self->grant, latchkey_grant_free);
    g_clear_pointer(&self->kept_token, latchkey_secret_free);
    self->grant = grant;
    self->has_ended = FALSE;
    self->retry_ms = 0;
    self->due_at_ms = token != NULL ? due_at(grant->session, latchkey_account_now_ms(self)) : 0;
    if (token != NULL)
        latchkey_secrets_store_async(self->secrets, token, somebody_is_there, self->cancellable,
                                     on_stored, g_object_ref(self));
    set_state(self, LATCHKEY_ACCOUNT_SIGNED_IN, NULL);
    compare_person(self, grant->authentication->user);
}

static void on_forgotten(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(LatchkeyAccount) self = data;
    g_autoptr(GError) error = NULL;

    if (!latchkey_secrets_clear_finish(LATCHKEY_SECRETS(source), result, &error))
        notice(self, _("The session could not be removed from the keyring."));
}

/* Not cancellable: a session that ended must not come back at the next start. */
static void forget_everywhere(LatchkeyAccount *self)
{
    forget(self);
    latchkey_secrets_clear_async(self->secrets, NULL, on_forgotten, g_object_ref(self));
}

static const char *refresh_token(LatchkeyAccount *self)
{
    return self->grant != NULL ? self->grant->authentication->refresh_token : self->kept_token;
}

static void renewal_failed(LatchkeyAccount *self, GError *error)
{
    if (!latchkey_error_is_transient(error)) {
        /* Nobody was seen in yet where only the keyring's session has ended. */
        self->has_ended = self->grant != NULL;
        forget_everywhere(self);
        set_state(self, self->has_ended ? LATCHKEY_ACCOUNT_ENDED : LATCHKEY_ACCOUNT_FAILED, error);
        return;
    }
    /* The session is kept: a network that is down for an hour must not sign anybody out. */
    self->retry_ms = CLAMP(self->retry_ms * 2, EARLIEST_RETRY_MS, LATEST_RETRY_MS);
    self->due_at_ms = latchkey_account_now_ms(self) + self->retry_ms;
    set_state(self, self->grant != NULL ? LATCHKEY_ACCOUNT_SIGNED_IN : LATCHKEY_ACCOUNT_FAILED,
              error);
}

/* The session is as good as before: only the wish was refused. */
static void switch_failed(LatchkeyAccount *self, GError *error)
{
    g_autofree char *text =
        g_strdup_printf(_("The organization was not switched: %s"), error->message);

    g_error_free(error);
    notice(self, text);
    g_signal_emit_by_name(self, "changed");
}

static void renew(LatchkeyAccount *self);

static void on_renewed(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    LatchkeyAccount *self = data;
    GError *error = NULL;
    LatchkeyGrant *grant = latchkey_grant_finish(result, &error);

    if (latchkey_error_drop_cancelled(error))
        return;
    self->is_renewing = FALSE;
    if (self->is_for_switch)
        g_clear_pointer(&self->wanted_organization, g_free);
    if (grant != NULL)
        adopt(self, grant, FALSE);
    else if (self->is_for_switch)
        switch_failed(self, error);
    else
        renewal_failed(self, error);
    if (self->wanted_organization != NULL) /* asked for meanwhile */
        renew(self);
}

static void renew(LatchkeyAccount *self)
{
    const char *token = refresh_token(self);

    if (self->is_renewing || token == NULL)
        return;
    self->is_renewing = TRUE;
    self->is_for_switch = self->wanted_organization != NULL;
    latchkey_grant_renew_async(self->client, token, self->wanted_organization, self->cancellable,
                               on_renewed, self);
}

void latchkey_account_switch_organization(LatchkeyAccount *self, const char *organization_id)
{
    if (self->grant == NULL || self->wanted_organization != NULL ||
        self->grant->authentication->refresh_token == NULL)
        return;
    self->wanted_organization = g_strdup(organization_id);
    renew(self);
    g_signal_emit_by_name(self, "changed");
}

gboolean latchkey_account_is_switching(LatchkeyAccount *self)
{
    return self->wanted_organization != NULL;
}

void latchkey_account_check(LatchkeyAccount *self)
{
    if (self->due_at_ms != 0 && latchkey_account_now_ms(self) >= self->due_at_ms)
        renew(self);
}

/* A short period instead of one long timer: the monotonic clock stands still during sleep. */
static gboolean on_check(gpointer data)
{
    latchkey_account_check(data);
    return G_SOURCE_CONTINUE;
}

/* ---- The kept session ---- */

static void on_loaded(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(LatchkeyAccount) self = data;
    g_autoptr(GError) error = NULL;
    char *token = latchkey_secrets_load_finish(LATCHKEY_SECRETS(source), result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (error != NULL) {
        set_state(self, LATCHKEY_ACCOUNT_LOCKED, NULL);
        return;
    }
    if (token == NULL) {
        set_state(self, LATCHKEY_ACCOUNT_SIGNED_OUT, NULL);
        return;
    }
    g_clear_pointer(&self->kept_token, latchkey_secret_free);
    self->kept_token = token;
    renew(self);
}

static void load(LatchkeyAccount *self)
{
    set_state(self, LATCHKEY_ACCOUNT_STARTING, NULL);
    latchkey_secrets_load_async(self->secrets, self->cancellable, on_loaded, g_object_ref(self));
}

static void on_unlocked(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(LatchkeyAccount) self = data;
    g_autoptr(GError) error = NULL;

    if (latchkey_secrets_unlock_finish(LATCHKEY_SECRETS(source), result, &error))
        load(self);
    else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        notice(self, _("The keyring is still locked."));
}

void latchkey_account_start(LatchkeyAccount *self)
{
    if (self->state == LATCHKEY_ACCOUNT_UNCONFIGURED)
        return;
    self->check_source = g_timeout_add_seconds(CHECK_S, on_check, self);
    load(self);
}

void latchkey_account_unlock(LatchkeyAccount *self)
{
    latchkey_secrets_unlock_async(self->secrets, self->cancellable, on_unlocked,
                                  g_object_ref(self));
}

/* ---- Sign-in ---- */

static void on_attempt_moved(gpointer data)
{
    LatchkeyAccount *self = data;

    if (latchkey_attempt_is_by_code(self->attempt))
        set_state(self, LATCHKEY_ACCOUNT_CODE, NULL);
    else
        set_state(self, LATCHKEY_ACCOUNT_EXCHANGING, NULL);
}

static void on_attempt_ended(LatchkeyGrant *grant, GError *error, gpointer data)
{
    LatchkeyAccount *self = data;

    g_clear_pointer(&self->attempt, latchkey_attempt_free);
    if (grant != NULL)
        adopt(self, grant, TRUE);
    else
        set_state(self, LATCHKEY_ACCOUNT_FAILED, error);
}

static gboolean may_sign_in(LatchkeyAccount *self)
{
    return self->client != NULL && self->state != LATCHKEY_ACCOUNT_EXCHANGING &&
           self->state != LATCHKEY_ACCOUNT_SIGNED_IN;
}

void latchkey_account_sign_in(LatchkeyAccount *self)
{
    GError *error = NULL;

    if (!may_sign_in(self))
        return;
    if (self->state != LATCHKEY_ACCOUNT_WAITING) {
        abandon(self);
        self->uses_code = FALSE;
        self->attempt = latchkey_attempt_new_by_browser(self->client, on_attempt_moved,
                                                        on_attempt_ended, self, &error);
        if (self->attempt == NULL) {
            set_state(self, LATCHKEY_ACCOUNT_FAILED, error);
            return;
        }
        set_state(self, LATCHKEY_ACCOUNT_WAITING, NULL);
    }
    g_signal_emit_by_name(self, "open-uri", latchkey_account_get_url(self));
}

gboolean latchkey_account_paste(LatchkeyAccount *self, const char *address, GError **error)
{
    return self->attempt == NULL || latchkey_attempt_paste(self->attempt, address, error);
}

void latchkey_account_sign_in_with_code(LatchkeyAccount *self)
{
    if (!may_sign_in(self) || self->state == LATCHKEY_ACCOUNT_CODE)
        return;
    abandon(self);
    self->uses_code = TRUE;
    self->attempt =
        latchkey_attempt_new_by_code(self->client, on_attempt_moved, on_attempt_ended, self);
    set_state(self, LATCHKEY_ACCOUNT_CODE, NULL);
}

void latchkey_account_cancel(LatchkeyAccount *self)
{
    if (self->state != LATCHKEY_ACCOUNT_WAITING && self->state != LATCHKEY_ACCOUNT_EXCHANGING &&
        self->state != LATCHKEY_ACCOUNT_CODE && self->state != LATCHKEY_ACCOUNT_FAILED &&
        self->state != LATCHKEY_ACCOUNT_LOCKED)
        return;
    abandon(self);
    forget(self);
    set_state(self, self->has_ended ? LATCHKEY_ACCOUNT_ENDED : LATCHKEY_ACCOUNT_SIGNED_OUT, NULL);
}

void latchkey_account_retry(LatchkeyAccount *self)
{
    if (self->state != LATCHKEY_ACCOUNT_FAILED)
        return;
    if (self->kept_token != NULL) {
        renew(self);
        set_state(self, LATCHKEY_ACCOUNT_STARTING, NULL);
    } else if (self->uses_code) {
        latchkey_account_sign_in_with_code(self);
    } else {
        latchkey_account_sign_in(self);
    }
}

/* The address that ends the session at WorkOS; NULL: there is none. Free with lk_free(). */
static char *end_of_session(LatchkeyAccount *self)
{
    lk_error err = LK_ERROR_INIT;
    char *url = NULL;

    if (self->grant == NULL)
        return NULL; /* it has ended already */
    const char *session_id = self->grant->session->session_id;
    if (session_id == NULL ||
        lk_authkit_logout_url(self->client->client, session_id, NULL, &url, &err) != LK_OK)
        notice(self, _("Signed out here; the session at WorkOS ends by itself."));
    return url;
}

void latchkey_account_sign_out(LatchkeyAccount *self)
{
    if (self->grant == NULL && self->state != LATCHKEY_ACCOUNT_ENDED)
        return;
    abandon(self);
    char *url = end_of_session(self);
    forget_everywhere(self);
    g_clear_pointer(&self->last_user_id, g_free);
    self->has_ended = FALSE;
    set_state(self, LATCHKEY_ACCOUNT_SIGNED_OUT, NULL);
    if (url != NULL)
        g_signal_emit_by_name(self, "open-uri", url);
    lk_free(url);
}

/* ---- The object ---- */

static void latchkey_account_dispose(GObject *object)
{
    LatchkeyAccount *self = LATCHKEY_ACCOUNT(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_handle_id(&self->check_source, g_source_remove);
    g_clear_pointer(&self->attempt, latchkey_attempt_free);
    G_OBJECT_CLASS(latchkey_account_parent_class)->dispose(object);
}

static void latchkey_account_finalize(GObject *object)
{
    LatchkeyAccount *self = LATCHKEY_ACCOUNT(object);

    forget(self);
    g_free(self->last_user_id);
    g_clear_object(&self->cancellable);
    g_clear_object(&self->secrets);
    g_clear_error(&self->error);
    g_clear_pointer(&self->client, latchkey_client_unref);
    latchkey_config_unref(self->config);
    G_OBJECT_CLASS(latchkey_account_parent_class)->finalize(object);
}

static void latchkey_account_class_init(LatchkeyAccountClass *class)
{
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_account_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_account_finalize;
    g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    g_signal_new("open-uri", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_STRING);
    g_signal_new("notice", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_STRING);
}

static void latchkey_account_init(LatchkeyAccount *self)
{
    self->state = LATCHKEY_ACCOUNT_STARTING;
    self->cancellable = g_cancellable_new();
}

LatchkeyAccount *latchkey_account_new(LatchkeyConfig *config)
{
    LatchkeyAccount *self = g_object_new(LATCHKEY_TYPE_ACCOUNT, NULL);

    self->config = latchkey_config_ref(config);
    self->secrets = latchkey_secrets_new(config, LATCHKEY_SECRETS_SESSION);
    self->client = latchkey_client_new(config, &self->error);
    if (self->client == NULL)
        self->state = LATCHKEY_ACCOUNT_UNCONFIGURED;
    return self;
}

LatchkeyAccountState latchkey_account_get_state(LatchkeyAccount *self)
{
    return self->state;
}

LatchkeyConfig *latchkey_account_get_config(LatchkeyAccount *self)
{
    return self->config;
}

LatchkeySecrets *latchkey_account_get_secrets(LatchkeyAccount *self)
{
    return self->secrets;
}

const lk_authentication *latchkey_account_get_authentication(LatchkeyAccount *self)
{
    return self->grant != NULL ? self->grant->authentication : NULL;
}

const lk_session *latchkey_account_get_session(LatchkeyAccount *self)
{
    return self->grant != NULL ? self->grant->session : NULL;
}

const GError *latchkey_account_get_error(LatchkeyAccount *self)
{
    return self->error;
}

const char *latchkey_account_get_url(LatchkeyAccount *self)
{
    return self->attempt != NULL ? latchkey_attempt_get_url(self->attempt) : NULL;
}

const lk_device_authorization *latchkey_account_get_device(LatchkeyAccount *self)
{
    return self->attempt != NULL ? latchkey_attempt_get_device(self->attempt) : NULL;
}

gint64 latchkey_account_get_time_left_ms(LatchkeyAccount *self)
{
    if (self->attempt == NULL)
        return 0;
    return latchkey_attempt_get_time_left_ms(self->attempt, latchkey_account_now_ms(self));
}

gint64 latchkey_account_now_ms(LatchkeyAccount *self)
{
    return latchkey_config_now_ms(self->config);
}
