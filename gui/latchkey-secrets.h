/* Where one secret of an environment is kept: the Secret Service, or nowhere but in memory.
 *
 * Every call is asynchronous, since a keyring may sit behind a dialog for as long as it likes. No
 * call makes a file. Loading never asks for a password; unlocking and the first storing may. */
#pragma once

#include "latchkey-config.h"

G_BEGIN_DECLS

typedef enum {
    LATCHKEY_SECRETS_SESSION, /* the refresh token */
    LATCHKEY_SECRETS_API_KEY,
} LatchkeySecretsKind;

typedef enum {
    LATCHKEY_SECRETS_UNKNOWN, /* not asked yet */
    LATCHKEY_SECRETS_KEYRING, /* kept, or nothing to keep */
    LATCHKEY_SECRETS_LOCKED,  /* the keyring is locked */
    LATCHKEY_SECRETS_MEMORY,  /* this run only: see the reason */
} LatchkeySecretsPlace;

#define LATCHKEY_TYPE_SECRETS (latchkey_secrets_get_type())
G_DECLARE_FINAL_TYPE(LatchkeySecrets, latchkey_secrets, LATCHKEY, SECRETS, GObject)

/* One token per environment, client id and base URL, so that no two ever share one. */
LatchkeySecrets *latchkey_secrets_new(const LatchkeyConfig *config, LatchkeySecretsKind kind);

/* Emits "changed" whenever one of these two does. */
LatchkeySecretsPlace latchkey_secrets_get_place(LatchkeySecrets *self);
const char *latchkey_secrets_get_reason(LatchkeySecrets *self); /* NULL when there is none */
/* What the keyring is called where something was stored in this run; NULL: not known. */
const char *latchkey_secrets_get_keyring(LatchkeySecrets *self);

/* Finds the kept token: NULL without an error when there is none, LATCHKEY_ERROR_LOCKED when it
 * cannot be read yet. No keyring at all counts as none. Wipe what is returned. */
void latchkey_secrets_load_async(LatchkeySecrets *self, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer data);
char *latchkey_secrets_load_finish(LatchkeySecrets *self, GAsyncResult *result, GError **error);

/* Replaces the kept token. may_ask: somebody is there to answer a password dialog. */
void latchkey_secrets_store_async(LatchkeySecrets *self, const char *token, gboolean may_ask,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer data);
gboolean latchkey_secrets_store_finish(LatchkeySecrets *self, GAsyncResult *result, GError **error);

void latchkey_secrets_clear_async(LatchkeySecrets *self, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer data);
gboolean latchkey_secrets_clear_finish(LatchkeySecrets *self, GAsyncResult *result, GError **error);

/* Asks the person for the keyring's password. */
void latchkey_secrets_unlock_async(LatchkeySecrets *self, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer data);
gboolean latchkey_secrets_unlock_finish(LatchkeySecrets *self, GAsyncResult *result,
                                        GError **error);

G_END_DECLS
