/* What WorkOS grants to a sign-in, and the two tasks that ask for it. */
#pragma once

#include "latchkey-config.h"

#include <latchkey/loopback.h>
#include <latchkey/session.h>

G_BEGIN_DECLS

/* A client by reference: it outlives every task that uses it, even when the account does not. */
typedef struct LatchkeyClient {
    lk_client *client;
} LatchkeyClient;

/* Without the API key. LATCHKEY_ERROR_CONFIG names the setting that is wrong. */
LatchkeyClient *latchkey_client_new(const LatchkeyConfig *config, GError **error);
void latchkey_client_unref(LatchkeyClient *client);

/* The access token in it has been verified: session is what it says. */
typedef struct LatchkeyGrant {
    lk_authentication *authentication;
    lk_session *session;
} LatchkeyGrant;

void latchkey_grant_free(gpointer grant);

/* Spends the code that the browser brought. Takes the loopback over. */
void latchkey_grant_exchange_async(LatchkeyClient *client, lk_loopback *loopback,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer data);
/* Spends a refresh token. organization_id: to switch to; NULL: stay. */
void latchkey_grant_renew_async(LatchkeyClient *client, const char *refresh_token,
                                const char *organization_id, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data);
/* Of either. Cancelling ends the wait at once; the request itself ends by its time limit. */
LatchkeyGrant *latchkey_grant_finish(GAsyncResult *result, GError **error);

/* For workers: verifies the token and ends the task with the grant or the error. Takes the
 * authentication over, in any case. */
void latchkey_grant_return(GTask *task, lk_client *client, lk_authentication *authentication);

G_END_DECLS
