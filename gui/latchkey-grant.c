/* The blocking calls of sign-in, each as worker, async and finish. A worker sees its own copies and
 * the client: no widget, no property, no signal. */
#include "latchkey-grant.h"

#include "latchkey-error.h"

typedef struct Exchange {
    LatchkeyClient *client;
    lk_loopback *loopback;
} Exchange;

typedef struct Renewal {
    LatchkeyClient *client;
    char *refresh_token;   /* secret */
    char *organization_id; /* NULL: the same */
} Renewal;

static void client_clear(gpointer data)
{
    lk_client_free(((LatchkeyClient *)data)->client);
}

static void exchange_free(gpointer data)
{
    Exchange *exchange = data;

    lk_loopback_free(exchange->loopback);
    latchkey_client_unref(exchange->client);
    g_free(exchange);
}

static void renewal_free(gpointer data)
{
    Renewal *renewal = data;

    latchkey_secret_free(renewal->refresh_token);
    g_free(renewal->organization_id);
    latchkey_client_unref(renewal->client);
    g_free(renewal);
}

void latchkey_grant_return(GTask *task, lk_client *client, lk_authentication *authentication)
{
    LatchkeyGrant *grant = g_new0(LatchkeyGrant, 1);
    lk_error err = LK_ERROR_INIT;

    grant->authentication = authentication;
    if (lk_session_from_token_fetching(client, authentication->access_token, &grant->session,
                                       &err) == LK_OK) {
        g_task_return_pointer(task, grant, latchkey_grant_free);
        return;
    }
    latchkey_grant_free(grant);
    /* A token that is stale on arrival speaks of this computer's clock, not of the browser. */
    if (err.status == LK_ERR_EXPIRED)
        err.status = LK_ERR_SIGNATURE;
    g_task_return_error(task, latchkey_error_new(&err));
}

static void exchange_worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    Exchange *exchange = data;
    lk_authentication *authentication = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_loopback_finish(exchange->loopback, &authentication, &err) == LK_OK)
        latchkey_grant_return(task, exchange->client->client, authentication);
    else
        g_task_return_error(task, latchkey_error_new(&err));
}

static void renew_worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    Renewal *renewal = data;
    lk_authentication *authentication = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_authkit_refresh(renewal->client->client, renewal->refresh_token,
                           renewal->organization_id, &authentication, &err) == LK_OK)
        latchkey_grant_return(task, renewal->client->client, authentication);
    else
        g_task_return_error(task, latchkey_error_new(&err));
}

static void run(GTask *task, gpointer data, GDestroyNotify data_free, GTaskThreadFunc worker)
{
    g_task_set_task_data(task, data, data_free);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, worker);
    g_object_unref(task);
}

LatchkeyClient *latchkey_client_new(const LatchkeyConfig *config, GError **error)
{
    lk_client *client = latchkey_config_new_client(config, error);
    if (client == NULL)
        return NULL;

    LatchkeyClient *self = g_atomic_rc_box_new0(LatchkeyClient);
    self->client = client;
    return self;
}

void latchkey_client_unref(LatchkeyClient *client)
{
    g_atomic_rc_box_release_full(client, client_clear);
}

void latchkey_grant_free(gpointer data)
{
    LatchkeyGrant *grant = data;

    lk_session_free(grant->session);
    lk_authentication_free(grant->authentication);
    g_free(grant);
}

void latchkey_grant_exchange_async(LatchkeyClient *client, lk_loopback *loopback,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer data)
{
    Exchange *exchange = g_new0(Exchange, 1);

    exchange->client = g_atomic_rc_box_acquire(client);
    exchange->loopback = loopback;
    run(g_task_new(NULL, cancellable, callback, data), exchange, exchange_free, exchange_worker);
}

void latchkey_grant_renew_async(LatchkeyClient *client, const char *refresh_token,
                                const char *organization_id, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data)
{
    Renewal *renewal = g_new0(Renewal, 1);

    renewal->client = g_atomic_rc_box_acquire(client);
    renewal->refresh_token = g_strdup(refresh_token);
    renewal->organization_id = g_strdup(organization_id);
    run(g_task_new(NULL, cancellable, callback, data), renewal, renewal_free, renew_worker);
}

LatchkeyGrant *latchkey_grant_finish(GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, NULL), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}
