/* Single Sign-On without AuthKit: the address to send the browser to, and the profile. */
#include "api/sso.h"

#include <string.h>

#include "api/authkit.h"
#include "api/authorize.h"
#include "api/call.h"
#include "api/options.h"
#include "base/cleanup.h"
#include "base/text.h"

#define MAX_GRANT 65536

static const lk__field profile_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_profile, id), 0, NULL },
    { "connection_id", LK__TEXT, false, offsetof(lk_profile, connection_id), 0, NULL },
    { "connection_type", LK__TEXT, false, offsetof(lk_profile, connection_type), 0, NULL },
    { "organization_id", LK__TEXT, false, offsetof(lk_profile, organization_id), 0, NULL },
    { "idp_id", LK__TEXT, false, offsetof(lk_profile, idp_id), 0, NULL },
    { "email", LK__TEXT, false, offsetof(lk_profile, email), 0, NULL },
    { "first_name", LK__TEXT, false, offsetof(lk_profile, first_name), 0, NULL },
    { "last_name", LK__TEXT, false, offsetof(lk_profile, last_name), 0, NULL },
    { "name", LK__TEXT, false, offsetof(lk_profile, name), 0, NULL },
    { "role", LK__SLUG, false, offsetof(lk_profile, role), 0, NULL },
    { "groups", LK__TEXTS, false, offsetof(lk_profile, groups), offsetof(lk_profile, n_groups),
      NULL },
    { "custom_attributes", LK__JSON, false, offsetof(lk_profile, custom_attributes_json), 0, NULL },
};
const lk__shape lk__profile_shape = LK__SHAPE(lk_profile, profile_fields);

/* What the caller gets, and the arena that all of it lives in. */
struct owned_profile {
    lk_profile_and_token profile_and_token;
    lk__arena *arena;
};

static const lk__field answer_fields[] = {
    { "profile", LK__OBJECT, true, offsetof(lk_profile_and_token, profile), 0, &lk__profile_shape },
    { "access_token", LK__TEXT, true, offsetof(lk_profile_and_token, access_token), 0, NULL },
};
static const lk__shape answer_shape = LK__SHAPE(struct owned_profile, answer_fields);

static lk_status check_authorization(const lk_sso_authorization_options *options, lk_error *err)
{
    int n = (options->connection != NULL) + (options->organization != NULL) +
            (options->provider != NULL);

    LK_TRY(lk__require_text("redirect_uri", options->redirect_uri, err));
    LK_TRY(lk__require_text("state", options->state, err));
    if (n != 1)
        return lk__fail(err, LK_ERR_INVALID,
                        "%d of connection, organization and provider are set instead of one", n);
    return LK_OK;
}

lk_status lk_sso_authorization_url(const lk_client *client,
                                   const lk_sso_authorization_options *given, char **out,
                                   lk_error *err)
{
    static const char *const path[] = { "sso", "authorize", NULL };
    lk_sso_authorization_options options;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__options_read(given, &options, sizeof(options), "lk_sso_authorization_options", err));
    LK_TRY(check_authorization(&options, err));
    if (options.code_challenge != NULL)
        LK_TRY(lk__check_challenge(options.code_challenge, err));

    const lk__pair query[] = {
        { "response_type", "code" },
        { "client_id", client->client_id },
        { "redirect_uri", options.redirect_uri },
        { "connection", options.connection },
        { "organization", options.organization },
        { "provider", options.provider },
        { "state", options.state },
        { "code_challenge", options.code_challenge },
        { "code_challenge_method", options.code_challenge == NULL ? NULL : "S256" },
        { "login_hint", options.login_hint },
        { "domain_hint", options.domain_hint },
        { "nonce", options.nonce },
    };
    const lk__provider_wishes wishes = { options.provider_scopes, options.n_provider_scopes,
                                         options.provider_query_params,
                                         options.n_provider_query_params };
    return lk__authorization_url(client, path, query, sizeof(query) / sizeof(query[0]), &wishes,
                                 out, err);
}

static lk_status ask_token(lk_client *client, const char *content_type, const char *body,
                           const char *code, lk_profile_and_token **out, lk_error *err)
{
    static const char *const path[] = { "sso", "token", NULL };
    const lk__call call = {
        .method = "POST",
        .path = path,
        .body = body,
        .content_type = content_type,
        .anonymous = true, /* the secret is in the body */
        .retry = LK__RETRY_NEVER,
        .secrets = { code },
    };
    lk__arena *arena = NULL;
    void *result = NULL;

    LK_TRY(lk__call_decode(client, &call, &answer_shape, &arena, &result, err));
    ((struct owned_profile *)result)->arena = arena;
    *out = &((struct owned_profile *)result)->profile_and_token;
    return LK_OK;
}

/* WorkOS documents a form and its emulators read JSON alone. They say so before they look at the
 * code, so it is still good: 400 {"message":"Problems parsing JSON","code":"invalid_request_body"}.
 */
static bool wants_json(const lk_error *err)
{
    return err->status == LK_ERR_API && err->http_status == 400 &&
           strcmp(err->reason, "invalid_request_body") == 0;
}

static lk_status exchange(lk_client *client, const lk__pair *fields, size_t n_fields,
                          const char *code, lk_profile_and_token **out, lk_error *err)
{
    lk__auto_buf form = LK__SECRET_BUF(MAX_GRANT);
    lk__auto_buf json = LK__SECRET_BUF(MAX_GRANT);
    lk_status status;

    LK_TRY(lk__url_query(&form, fields, n_fields, err));
    status = ask_token(client, "application/x-www-form-urlencoded", form.data, code, out, err);
    if (status == LK_OK || !wants_json(err))
        return status;
    lk__error_clear(err);
    LK_TRY(lk__call_write_json(fields, n_fields, &json, err));
    return ask_token(client, "application/json", json.data, code, out, err);
}

lk_status lk_sso_get_profile_and_token(lk_client *client, const char *code, const char *verifier,
                                       lk_profile_and_token **out, lk_error *err)
{
    lk__auto_buf api_key = LK__SECRET_BUF(MAX_GRANT);
    lk_error why = LK_ERROR_INIT; /* is needed even when the caller lends none */
    lk_status status;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("code", code, err));
    if (verifier != NULL || !client->has_api_key)
        LK_TRY(lk__require_text("verifier", verifier, err));

    LK_TRY(lk__client_copy_api_key(client, &api_key, err));
    const lk__pair fields[] = {
        { "client_id", client->client_id },     { "client_secret", api_key.data },
        { "grant_type", "authorization_code" }, { "code", code },
        { "code_verifier", verifier },
    };
    status = exchange(client, fields, sizeof(fields) / sizeof(fields[0]), code, out, &why);
    if (err != NULL)
        *err = why;
    return status;
}

/* The browser will be sent there. */
static bool is_web_address(const char *url)
{
    for (const char *c = url; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~')
            return false;
    }
    return lk__text_starts(url, "https://") || lk__text_starts(url, "http://");
}

static lk_status copy_logout_url(const lk__buf *answer, char **out, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    const char *url;
    char *copy;

    LK_TRY(lk__json_parse(answer->data, answer->len, &json, err));
    url = lk__json_text(json, "logout_url");
    if (url == NULL || !is_web_address(url))
        return lk__fail(err, LK_ERR_PROTOCOL, "\"logout_url\" is missing or no web address");
    copy = strdup(url);
    if (copy == NULL)
        return lk__no_memory(err);
    *out = copy;
    return LK_OK;
}

lk_status lk_sso_logout_url(lk_client *client, const char *profile_id, char **out, lk_error *err)
{
    static const char *const path[] = { "sso", "logout", "authorize", NULL };
    const lk__pair pairs[] = { { "profile_id", profile_id } };
    lk__auto_buf body = LK__BUF(MAX_GRANT);
    lk__auto_buf answer = LK__SECRET_BUF(MAX_GRANT);
    lk_error why = LK_ERROR_INIT;
    lk_status status;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("profile_id", profile_id, err));
    LK_TRY(lk__call_write_json(pairs, 1, &body, err));

    const lk__call call = {
        .method = "POST", .path = path, .body = body.data, .max_body = MAX_GRANT
    };
    LK_TRY(lk__call_send(client, &call, &answer, err));
    status = copy_logout_url(&answer, out, &why);
    return status == LK_OK ? LK_OK : lk__call_unusable(status, &why, err);
}

void lk_profile_and_token_free(lk_profile_and_token *profile_and_token)
{
    if (profile_and_token != NULL)
        lk__arena_free(((struct owned_profile *)profile_and_token)->arena);
}

void lk_profile_and_token_freep(lk_profile_and_token **profile_and_token)
{
    lk_profile_and_token_free(*profile_and_token);
    *profile_and_token = NULL;
}
