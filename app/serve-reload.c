/* New secrets for a server that runs; see serve-reload.h. */
#include "serve-reload.h"

#include "config.h"
#include "fail.h"

#include <stdlib.h>
#include <string.h>

/* NULL: as it was. */
typedef struct secrets {
    char *password, *previous, *api_key, *webhook, *webhook_previous;
} secrets;

static void secrets_deinit(secrets *all)
{
    free_secretp(&all->password);
    free_secretp(&all->previous);
    free_secretp(&all->api_key);
    free_secretp(&all->webhook);
    free_secretp(&all->webhook_previous);
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static lk_status read_secrets(const app_arguments *given, secrets *out, lk_error *err)
{
    TRY(config_secret(given, "cookie-password-file", "WORKOS_COOKIE_PASSWORD", &out->password,
                      err));
    TRY(config_secret(given, "cookie-password-previous-file", "WORKOS_COOKIE_PASSWORD_PREVIOUS",
                      &out->previous, err));
    TRY(config_secret(given, "api-key-file", "WORKOS_API_KEY", &out->api_key, err));
    TRY(config_secret(given, "webhook-secret-file", "WORKOS_WEBHOOK_SECRET", &out->webhook, err));
    return config_secret(given, "webhook-secret-previous-file", "WORKOS_WEBHOOK_SECRET_PREVIOUS",
                         &out->webhook_previous, err);
}

/* People carry what was in use until now: unless somebody names another one in the same breath, it
 * is the previous one from now on. */
static const char *choose_previous(const serve_settings *own, const secrets *found)
{
    bool is_changed = found->password != NULL && !is_same(found->password, own->cookie_password);
    bool is_named =
        found->previous != NULL && !is_same(found->previous, own->cookie_password_previous);

    if (is_named)
        return found->previous;
    return is_changed ? own->cookie_password : own->cookie_password_previous;
}

/* A client takes a key as a whole: whether this is one is tried on another. */
static lk_status try_key(const serve_settings *own, const char *api_key, lk_error *err)
{
    lk_auto(lk_client) trial = NULL;

    if (api_key == NULL)
        return LK_OK;
    if (!own->server.follows)
        return failed(err, LK_ERR_INVALID,
                      "WORKOS_API_KEY was not set when the server started: restart it");
    return lk_client_new(LK_CLIENT_OPTIONS(.client_id = own->client_id, .api_key = api_key), &trial,
                         err);
}

static lk_status take(serve_settings *own, server *running, secrets *found, const char *previous,
                      lk_error *err)
{
    const char *password = found->password != NULL ? found->password : own->cookie_password;
    char *kept CLEANUP(free_secretp) = previous != NULL ? strdup(previous) : NULL;

    if (previous != NULL && kept == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    TRY(lk_web_set_cookie_passwords(running->web, password, kept, err));
    if (found->api_key != NULL)
        TRY(lk_client_set_api_key(own->client, found->api_key, err));
    webhook_secrets_set(&running->webhook_secrets, &found->webhook, &found->webhook_previous);
    free_secretp(&own->cookie_password_previous);
    own->cookie_password_previous = kept;
    kept = NULL;
    if (found->password == NULL)
        return LK_OK;
    free_secretp(&own->cookie_password);
    own->cookie_password = found->password;
    found->password = NULL;
    return LK_OK;
}

lk_status serve_reload(const app_arguments *given, serve_settings *own, server *running,
                       lk_error *err)
{
    secrets found CLEANUP(secrets_deinit) = { .password = NULL };
    bool is_new = false;

    TRY(read_secrets(given, &found, err));
    TRY(try_key(own, found.api_key, err));
    if (own->server.tls != NULL)
        TRY(tls_refresh(own->server.tls, true, &is_new, err));
    return take(own, running, &found, choose_previous(own, &found), err);
}
