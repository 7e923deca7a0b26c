/* The object behind lk_web: its options, checked once so that no request meets a wrong one. */
#include "web/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/client.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "web/return-to.h"

enum { DEFAULT_SSO_SESSION_S = 8 * 60 * 60, DEFAULT_CACHED_SESSIONS = 1024 };

static lk_status copy(const char *text, const char *fallback, char **out, lk_error *err)
{
    const char *source = text ? text : fallback;

    if (source == NULL)
        return LK_OK;
    *out = strdup(source);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

static bool is_origin_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] > 0x7e ||
            strchr("@\\\"'<>,;?#", text[i]) != NULL)
            return false;
    return len > 0;
}

/* A browser writes the origin in lower case and without the scheme's own port. */
static char *make_origin(const char *scheme, const char *host, size_t host_len)
{
    const char *port = strcmp(scheme, "https") == 0 ? ":443" : ":80";
    size_t port_len = strlen(port);
    char *origin = NULL;

    if (host_len > port_len && memcmp(host + host_len - port_len, port, port_len) == 0)
        host_len -= port_len;
    if (asprintf(&origin, "%s://%.*s", scheme, (int)host_len, host) < 0)
        return NULL;
    for (char *c = origin; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return origin;
}

static lk_status read_redirect_uri(lk_web *web, const char *uri, lk_error *err)
{
    const char *scheme = strncasecmp(uri, "https://", 8) == 0  ? "https"
                         : strncasecmp(uri, "http://", 7) == 0 ? "http"
                                                               : NULL;
    if (scheme == NULL)
        return lk__fail(err, LK_ERR_INVALID, "redirect_uri must begin with https:// or http://");
    const char *host = uri + strlen(scheme) + 3;
    size_t host_len = strcspn(host, "/?#");
    const char *path = host + host_len;

    if (host_len > 255 || !is_origin_text(host, host_len))
        return lk__fail(err, LK_ERR_INVALID, "redirect_uri names no host");
    if (path[0] != '/' || path[1] == '/' || strpbrk(path, "?#\\ \"<>") != NULL)
        return lk__fail(err, LK_ERR_INVALID,
                        "redirect_uri needs a path, and neither query nor fragment");
    web->origin = make_origin(scheme, host, host_len);
    if (web->origin == NULL)
        return lk__no_memory(err);
    LK_TRY(copy(path, NULL, &web->callback_path, err));
    return copy(uri, NULL, &web->redirect_uri, err);
}

static lk_status check_path(const char *path, const char *name, lk_error *err)
{
    lk__auto_buf rebuilt = LK__BUF(4 * LK__MAX_RETURN_TO);

    LK_TRY(lk__return_to(path, "", &rebuilt, err));
    if (rebuilt.len == 0 || strcmp(rebuilt.data, path) != 0 || strpbrk(path, "?#") != NULL)
        return lk__fail(err, LK_ERR_INVALID, "%s must be a plain path such as \"/login\"", name);
    return LK_OK;
}

static lk_status read_paths(lk_web *web, const lk_web_options *options, lk_error *err)
{
    LK_TRY(copy(options->login_path, "/login", &web->login_path, err));
    LK_TRY(copy(options->logout_path, "/logout", &web->logout_path, err));
    LK_TRY(copy(options->home_path, "/", &web->home_path, err));
    LK_TRY(check_path(web->login_path, "login_path", err));
    LK_TRY(check_path(web->logout_path, "logout_path", err));
    LK_TRY(check_path(web->home_path, "home_path", err));
    if (strcmp(web->login_path, web->logout_path) == 0 ||
        strcmp(web->login_path, web->callback_path) == 0 ||
        strcmp(web->logout_path, web->callback_path) == 0)
        return lk__fail(err, LK_ERR_INVALID, "login, callback and logout need different paths");
    return LK_OK;
}

/* RFC 6265bis, 4.1.3: browsers refuse cookies of these names without their attributes. */
static bool keeps_prefix(const lk_web *web)
{
    if (strncasecmp(web->cookie_name, "__Host-", 7) == 0)
        return web->session_rules.secure && web->cookie_domain == NULL;
    return strncasecmp(web->cookie_name, "__Secure-", 9) != 0 || web->session_rules.secure;
}

static lk_status read_cookie(lk_web *web, const lk_web_options *options, lk_error *err)
{
    const char *same_site = options->cookie_same_site ? options->cookie_same_site : "lax";

    LK_TRY(copy(options->cookie_name, LK__COOKIE_NAME, &web->cookie_name, err));
    LK_TRY(copy(options->cookie_domain, NULL, &web->cookie_domain, err));
    if (!lk__cookie_name_valid(web->cookie_name) || strlen(web->cookie_name) > 128 ||
        lk__text_starts(web->cookie_name, LK__STATE_PREFIX))
        return lk__fail(err, LK_ERR_INVALID, "cookie_name cannot be the name of a cookie");
    if (web->cookie_domain != NULL && !lk__cookie_domain_valid(web->cookie_domain))
        return lk__fail(err, LK_ERR_INVALID, "cookie_domain is no domain");

    const char *word = lk__text_equal_nocase(same_site, "lax")      ? "Lax"
                       : lk__text_equal_nocase(same_site, "strict") ? "Strict"
                       : lk__text_equal_nocase(same_site, "none")   ? "None"
                                                                    : NULL;
    if (word == NULL)
        return lk__fail(err, LK_ERR_INVALID, "cookie_same_site must be lax, strict or none");
    bool secure = strcmp(word, "None") == 0 || lk__text_starts(web->origin, "https:");
    web->session_rules =
        (lk__cookie_rules){ .domain = web->cookie_domain, .same_site = word, .secure = secure };
    /* The way back from WorkOS is a navigation from another site: Strict would withhold it. */
    web->state_rules = web->session_rules;
    if (strcmp(word, "Strict") == 0)
        web->state_rules.same_site = "Lax";
    if (!keeps_prefix(web))
        return lk__fail(err, LK_ERR_INVALID,
                        "a cookie_name with __Host- or __Secure- needs https%s",
                        web->cookie_domain ? ", and __Host- no cookie_domain" : "");
    return LK_OK;
}

static lk_status read_numbers(lk_web *web, const lk_web_options *options, lk_error *err)
{
    if (options->mode != LK_WEB_AUTHKIT && options->mode != LK_WEB_SSO)
        return lk__fail(err, LK_ERR_INVALID, "mode %d is unknown", (int)options->mode);
    if (options->cookie_max_age_s < 0 || options->sso_session_s < 0)
        return lk__fail(err, LK_ERR_INVALID, "cookie_max_age_s and sso_session_s count upwards");
    web->mode = options->mode;
    web->cookie_max_age_s =
        options->cookie_max_age_s ? options->cookie_max_age_s : LK__COOKIE_MAX_AGE_S;
    web->sso_session_s = options->sso_session_s ? options->sso_session_s : DEFAULT_SSO_SESSION_S;
    return LK_OK;
}

/* A password that cannot seal is better known now than at the first sign-in. */
static lk_status try_password(const lk_client *client, const char *password, lk_error *err)
{
    lk__auto_buf trial = LK__SECRET_BUF(SIZE_MAX);

    return lk__seal(&client->random, password, "{}", 2, 0, 0, &trial, err);
}

static lk_status try_passwords(const lk_client *client, const char *password, const char *previous,
                               lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;

    LK_TRY(try_password(client, password, err));
    if (previous != NULL && try_password(client, previous, &cause) != LK_OK)
        return lk__fail(err, cause.status, "cookie_password_previous: %s", cause.message);
    return LK_OK;
}

static lk_status check_seams(const lk_web_options *options, lk_error *err)
{
    const lk_refresh_lease *lease = &options->refresh_lease;
    const lk_session_store *store = &options->session_store;

    if ((lease->acquire != NULL) != (lease->renew != NULL) ||
        (lease->acquire != NULL) != (lease->finish != NULL))
        return lk__fail(err, LK_ERR_INVALID, "refresh_lease needs all three of its functions");
    if ((store->get != NULL) != (store->put != NULL) ||
        (store->get != NULL) != (store->replace != NULL) ||
        (store->get != NULL) != (store->remove != NULL))
        return lk__fail(err, LK_ERR_INVALID, "session_store needs all four of its functions");
    if (options->session_storage < LK_SESSIONS_IN_COOKIES ||
        options->session_storage > LK_SESSIONS_AUTO)
        return lk__fail(err, LK_ERR_INVALID, "session_storage %d is unknown",
                        (int)options->session_storage);
    if (options->session_storage != LK_SESSIONS_IN_COOKIES && store->get == NULL)
        return lk__fail(err, LK_ERR_INVALID, "session_storage needs a session_store");
    return LK_OK;
}

static lk_status read_options(lk_web *web, const lk_web_options *options, lk_error *err)
{
    if (options->client == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client is required");
    if (options->cookie_password == NULL)
        return lk__fail(err, LK_ERR_INVALID, "cookie_password is required");
    if (options->redirect_uri == NULL)
        return lk__fail(err, LK_ERR_INVALID, "redirect_uri is required");
    LK_TRY(check_seams(options, err));
    web->client = options->client;
    web->revocation = options->revocation;
    web->store = options->session_store;
    web->storage = options->session_storage;
    web->allows_idp_initiated = options->allow_idp_initiated;
    if (options->allow_idp_initiated && !options->client->has_api_key)
        return lk__fail(err, LK_ERR_INVALID,
                        "allow_idp_initiated needs a client with an API key: such a code comes "
                        "without PKCE");
    LK_TRY(read_numbers(web, options, err));
    LK_TRY(try_passwords(web->client, options->cookie_password, options->cookie_password_previous,
                         err));
    LK_TRY(lk__keyring_new(options->cookie_password, options->cookie_password_previous,
                           &web->keyring, err));
    LK_TRY(read_redirect_uri(web, options->redirect_uri, err));
    LK_TRY(read_paths(web, options, err));
    LK_TRY(read_cookie(web, options, err));
    LK_TRY(copy(options->connection, NULL, &web->connection, err));
    LK_TRY(copy(options->organization_id, NULL, &web->organization_id, err));
    return copy(options->provider, NULL, &web->provider, err);
}

/* A caller built against an older header passes a shorter struct: what it lacks is zero. */
static lk_status take_options(const lk_web_options *given, lk_web_options *out, lk_error *err)
{
    if (given == NULL || given->size < offsetof(lk_web_options, mode))
        return lk__fail(err, LK_ERR_INVALID, "the options were not made with LK_WEB_OPTIONS()");
    *out = (lk_web_options){ .size = sizeof(*out) };
    memcpy(out, given, given->size < sizeof(*out) ? given->size : sizeof(*out));
    return LK_OK;
}

static lk_status make_cache(lk_web *web, int n_sessions, lk_error *err)
{
    if (n_sessions < -1)
        return lk__fail(err, LK_ERR_INVALID, "cached_sessions of %d: -1 keeps none", n_sessions);
    if (n_sessions == 0)
        n_sessions = DEFAULT_CACHED_SESSIONS;
    return lk__session_cache_new(&web->client->random, n_sessions > 0 ? (size_t)n_sessions : 0,
                                 &web->cache, err);
}

lk_status lk_web_new(const lk_web_options *options, lk_web **out, lk_error *err)
{
    lk_web_options taken;

    lk__error_clear(err);
    if (out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_web_new() was given NULL");
    LK_TRY(take_options(options, &taken, err));
    lk_auto(lk_web) web = calloc(1, sizeof(*web));
    if (web == NULL)
        return lk__no_memory(err);
    LK_TRY(read_options(web, &taken, err));
    LK_TRY(make_cache(web, taken.cached_sessions, err));
    LK_TRY(
        lk__refresher_new(web->client, web->keyring, &taken.refresh_lease, &web->refresher, err));
    *out = lk__steal(web);
    return LK_OK;
}

void lk_web_free(lk_web *web)
{
    if (web == NULL)
        return;
    lk__refresher_free(web->refresher);
    lk__session_cache_free(web->cache);
    lk__keyring_free(web->keyring);
    free(web->redirect_uri);
    free(web->origin);
    free(web->callback_path);
    free(web->login_path);
    free(web->logout_path);
    free(web->home_path);
    free(web->cookie_name);
    free(web->cookie_domain);
    free(web->connection);
    free(web->organization_id);
    free(web->provider);
    free(web);
}

void lk_web_freep(lk_web **web)
{
    lk_web_free(*web);
    *web = NULL;
}

lk_status lk_web_set_cookie_passwords(lk_web *web, const char *password, const char *previous,
                                      lk_error *err)
{
    lk__error_clear(err);
    if (web == NULL || password == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_web_set_cookie_passwords() was given NULL");
    LK_TRY(try_passwords(web->client, password, previous, err));
    return lk__keyring_set(web->keyring, password, previous, err);
}

const char *lk__web_password(const lk_web *web)
{
    return lk__keyring_now(web->keyring)->items[0];
}

const char *lk_web_login_path(const lk_web *web)
{
    return web->login_path;
}

const char *lk_web_callback_path(const lk_web *web)
{
    return web->callback_path;
}

const char *lk_web_logout_path(const lk_web *web)
{
    return web->logout_path;
}
