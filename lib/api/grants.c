/* The grants of POST /user_management/authenticate: what a program sends, and user and tokens in
 * return. */
#include "api/authkit.h"

#include "api/call.h"
#include "api/options.h"
#include "base/cleanup.h"

#define MAX_GRANT 32768
/* WorkOS replays the answer to a refresh token for 30 s; a repeat that arrives later would end the
 * session. */
#define REPLAY_MS 25000

static const lk__field user_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_user, id), 0, NULL },
    { "email", LK__TEXT, true, offsetof(lk_user, email), 0, NULL },
    { "email_verified", LK__FLAG, false, offsetof(lk_user, email_verified), 0, NULL },
    { "first_name", LK__TEXT, false, offsetof(lk_user, first_name), 0, NULL },
    { "last_name", LK__TEXT, false, offsetof(lk_user, last_name), 0, NULL },
    { "name", LK__TEXT, false, offsetof(lk_user, name), 0, NULL },
    { "profile_picture_url", LK__TEXT, false, offsetof(lk_user, profile_picture_url), 0, NULL },
    { "external_id", LK__TEXT, false, offsetof(lk_user, external_id), 0, NULL },
    { "locale", LK__TEXT, false, offsetof(lk_user, locale), 0, NULL },
    { "metadata", LK__JSON, false, offsetof(lk_user, metadata_json), 0, NULL },
    { "last_sign_in_at", LK__TIME, false, offsetof(lk_user, last_sign_in_at_ms), 0, NULL },
    { "created_at", LK__TIME, false, offsetof(lk_user, created_at_ms), 0, NULL },
    { "updated_at", LK__TIME, false, offsetof(lk_user, updated_at_ms), 0, NULL },
};
const lk__shape lk__user_shape = LK__SHAPE(lk_user, user_fields);

static const lk__field impersonator_fields[] = {
    { "email", LK__TEXT, true, offsetof(lk_impersonator, email), 0, NULL },
    { "reason", LK__TEXT, false, offsetof(lk_impersonator, reason), 0, NULL },
};
const lk__shape lk__impersonator_shape = LK__SHAPE(lk_impersonator, impersonator_fields);

/* What the caller gets, and the arena that all of it lives in. */
struct owned_authentication {
    lk_authentication authentication;
    lk__arena *arena;
};

static const lk__field authentication_fields[] = {
    { "user", LK__OBJECT, true, offsetof(lk_authentication, user), 0, &lk__user_shape },
    { "organization_id", LK__TEXT, false, offsetof(lk_authentication, organization_id), 0, NULL },
    { "access_token", LK__TEXT, true, offsetof(lk_authentication, access_token), 0, NULL },
    { "refresh_token", LK__TEXT, false, offsetof(lk_authentication, refresh_token), 0, NULL },
    { "authentication_method", LK__TEXT, false, offsetof(lk_authentication, authentication_method),
      0, NULL },
    { "impersonator", LK__OBJECT, false, offsetof(lk_authentication, impersonator), 0,
      &lk__impersonator_shape },
};
static const lk__shape authentication_shape =
    LK__SHAPE(struct owned_authentication, authentication_fields);

/* The names and values of a grant beside the client's own. */
static lk_status write_grant(const lk_client *client, const lk__pair *fields, size_t n_fields,
                             lk__buf *out, lk_error *err)
{
    lk__json_writer writer = LK__JSON_WRITER(out);

    lk__json_open_object(&writer, NULL);
    lk__json_put_text(&writer, "client_id", client->client_id);
    /* WorkOS: the API key is the client secret. A public client has none (RFC 8252, 8.5). */
    lk__json_put_text_if(&writer, "client_secret", client->api_key);
    for (size_t i = 0; i < n_fields; i++)
        lk__json_put_text_if(&writer, fields[i].name, fields[i].value);
    lk__json_close_object(&writer);
    return lk__json_end(&writer, err);
}

static lk_status authenticate(lk_client *client, const lk__pair *fields, size_t n_fields,
                              lk__call_retry retry, lk_authentication **out, lk_error *err)
{
    static const char *const path[] = { "user_management", "authenticate", NULL };
    lk__auto_buf body = LK__SECRET_BUF(MAX_GRANT);
    lk__arena *arena = NULL;
    void *result = NULL;

    LK_TRY(write_grant(client, fields, n_fields, &body, err));

    const lk__call call = {
        .method = "POST",
        .path = path,
        .body = body.data,
        .anonymous = true, /* the secret is in the body */
        .retry = retry,
        .retry_within_ms = REPLAY_MS,
        .secrets = { fields[1].value },
    };
    LK_TRY(lk__call_decode(client, &call, &authentication_shape, &arena, &result, err));
    ((struct owned_authentication *)result)->arena = arena;
    *out = &((struct owned_authentication *)result)->authentication;
    return LK_OK;
}

lk_status lk_authkit_exchange_code(lk_client *client, const char *code, const char *verifier,
                                   lk_authentication **out, lk_error *err)
{
    const lk__pair fields[] = {
        { "grant_type", "authorization_code" },
        { "code", code },
        { "code_verifier", verifier },
    };

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("code", code, err));
    if (verifier != NULL || client->api_key == NULL)
        LK_TRY(lk__require_text("verifier", verifier, err));
    return authenticate(client, fields, 3, LK__RETRY_NEVER, out, err);
}

lk_status lk_authkit_refresh(lk_client *client, const char *refresh_token,
                             const char *organization_id, lk_authentication **out, lk_error *err)
{
    const lk__pair fields[] = {
        { "grant_type", "refresh_token" },
        { "refresh_token", refresh_token },
        { "organization_id", organization_id },
    };

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("refresh_token", refresh_token, err));
    return authenticate(client, fields, 3, LK__RETRY_SAFE, out, err);
}

void lk_authentication_free(lk_authentication *authentication)
{
    if (authentication != NULL)
        lk__arena_free(((struct owned_authentication *)authentication)->arena);
}

void lk_authentication_freep(lk_authentication **authentication)
{
    lk_authentication_free(*authentication);
    *authentication = NULL;
}
