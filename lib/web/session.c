/* Sealed sessions. Two kinds of text stand in a seal:
 *
 *   {organizationId?, user, accessToken, refreshToken, authenticationMethod?, impersonator?}
 *       what @workos-inc/node seals, in its order and its camelCase;
 *   {profile, issuedAt, expiresAt}
 *       an SSO profile, ours alone: WorkOS keeps no session for it, so it carries its own end.
 *
 * The seal says that somebody with the password wrote it. Who is signed in is believed only where
 * the access token inside says so and names the same user. */
#include "web/session.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "crypto/seal.h"

typedef struct session_tree {
    lk_session session; /* first: the public pointer is this struct's */
    lk__arena *arena;
    atomic_size_t n_holders;
} session_tree;

static const lk__field user_fields[] = {
    { .name = "id", .kind = LK__TEXT, .required = true, .offset = offsetof(lk_user, id) },
    { .name = "email", .kind = LK__TEXT, .offset = offsetof(lk_user, email) },
    { .name = "emailVerified", .kind = LK__FLAG, .offset = offsetof(lk_user, email_verified) },
    { .name = "firstName", .kind = LK__TEXT, .offset = offsetof(lk_user, first_name) },
    { .name = "lastName", .kind = LK__TEXT, .offset = offsetof(lk_user, last_name) },
    { .name = "name", .kind = LK__TEXT, .offset = offsetof(lk_user, name) },
    { .name = "profilePictureUrl",
      .kind = LK__TEXT,
      .offset = offsetof(lk_user, profile_picture_url) },
    { .name = "externalId", .kind = LK__TEXT, .offset = offsetof(lk_user, external_id) },
    { .name = "locale", .kind = LK__TEXT, .offset = offsetof(lk_user, locale) },
    { .name = "metadata", .kind = LK__JSON, .offset = offsetof(lk_user, metadata_json) },
    { .name = "lastSignInAt", .kind = LK__TIME, .offset = offsetof(lk_user, last_sign_in_at_ms) },
    { .name = "createdAt", .kind = LK__TIME, .offset = offsetof(lk_user, created_at_ms) },
    { .name = "updatedAt", .kind = LK__TIME, .offset = offsetof(lk_user, updated_at_ms) },
};
static const lk__shape user_shape = LK__SHAPE(lk_user, user_fields);

static const lk__field impersonator_fields[] = {
    { .name = "email", .kind = LK__TEXT, .offset = offsetof(lk_impersonator, email) },
    { .name = "reason", .kind = LK__TEXT, .offset = offsetof(lk_impersonator, reason) },
};
static const lk__shape impersonator_shape = LK__SHAPE(lk_impersonator, impersonator_fields);

/* Of the seal itself; the user and the impersonator hang below. */
static const lk__field sealed_fields[] = {
    { .name = "user",
      .kind = LK__OBJECT,
      .required = true,
      .offset = offsetof(lk_session, user),
      .shape = &user_shape },
    { .name = "impersonator",
      .kind = LK__OBJECT,
      .offset = offsetof(lk_session, impersonator),
      .shape = &impersonator_shape },
    { .name = "authenticationMethod",
      .kind = LK__TEXT,
      .offset = offsetof(lk_session, authentication_method) },
    { .name = "accessToken",
      .kind = LK__TEXT,
      .required = true,
      .offset = offsetof(lk_session, access_token) },
};
static const lk__shape sealed_shape = LK__SHAPE(lk_session, sealed_fields);

static const lk__field claim_fields[] = {
    { .name = "sid", .kind = LK__TEXT, .offset = offsetof(lk_session, session_id) },
    { .name = "org_id", .kind = LK__TEXT, .offset = offsetof(lk_session, organization_id) },
    { .name = "role", .kind = LK__TEXT, .offset = offsetof(lk_session, role) },
    { .name = "roles",
      .kind = LK__TEXTS,
      .offset = offsetof(lk_session, roles),
      .count_offset = offsetof(lk_session, n_roles) },
    { .name = "permissions",
      .kind = LK__TEXTS,
      .offset = offsetof(lk_session, permissions),
      .count_offset = offsetof(lk_session, n_permissions) },
    { .name = "entitlements",
      .kind = LK__TEXTS,
      .offset = offsetof(lk_session, entitlements),
      .count_offset = offsetof(lk_session, n_entitlements) },
    { .name = "feature_flags",
      .kind = LK__TEXTS,
      .offset = offsetof(lk_session, feature_flags),
      .count_offset = offsetof(lk_session, n_feature_flags) },
};
static const lk__shape claims_shape = LK__SHAPE(lk_session, claim_fields);

static const lk__field profile_fields[] = {
    { .name = "id", .kind = LK__TEXT, .required = true, .offset = offsetof(lk_profile, id) },
    { .name = "connectionId", .kind = LK__TEXT, .offset = offsetof(lk_profile, connection_id) },
    { .name = "connectionType", .kind = LK__TEXT, .offset = offsetof(lk_profile, connection_type) },
    { .name = "organizationId", .kind = LK__TEXT, .offset = offsetof(lk_profile, organization_id) },
    { .name = "idpId", .kind = LK__TEXT, .offset = offsetof(lk_profile, idp_id) },
    { .name = "email", .kind = LK__TEXT, .offset = offsetof(lk_profile, email) },
    { .name = "firstName", .kind = LK__TEXT, .offset = offsetof(lk_profile, first_name) },
    { .name = "lastName", .kind = LK__TEXT, .offset = offsetof(lk_profile, last_name) },
    { .name = "name", .kind = LK__TEXT, .offset = offsetof(lk_profile, name) },
    { .name = "role", .kind = LK__SLUG, .offset = offsetof(lk_profile, role) },
    { .name = "groups",
      .kind = LK__TEXTS,
      .offset = offsetof(lk_profile, groups),
      .count_offset = offsetof(lk_profile, n_groups) },
    { .name = "customAttributes",
      .kind = LK__JSON,
      .offset = offsetof(lk_profile, custom_attributes_json) },
};
static const lk__shape profile_shape = LK__SHAPE(lk_profile, profile_fields);

/* ---- Opening ---- */

/* Everything that can be wrong with a cookie is one kind of failure: whoever damages one must not
 * learn how far it got. */
lk_status lk__session_unseal(const lk_client *client, const lk__passwords *passwords,
                             const char *sealed, lk__json **out, lk_error *err)
{
    lk__auto_buf text = LK__SECRET_BUF(LK__MAX_SEALED);
    lk_error cause = LK_ERROR_INIT;
    size_t len = strlen(sealed);

    if (len > LK__MAX_SEALED)
        return lk__fail(err, LK_ERR_SIGNATURE, "no session cookie of ours: %zu bytes", len);
    lk_status status = lk__unseal(passwords->items, passwords->n_items, sealed, len,
                                  lk__now_ms(client), &text, &cause);
    if (status == LK_ERR_INVALID || status == LK_ERR_NO_MEMORY)
        return lk__fail(err, status, "%s", cause.message);
    if (status != LK_OK)
        return lk__fail(err, LK_ERR_SIGNATURE, "no session cookie of ours");

    lk_auto(lk__json) json = NULL;
    status = lk__json_parse(text.data, text.len, &json, &cause);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK || !lk__json_is_object(json))
        return lk__fail(err, LK_ERR_SIGNATURE, "the session cookie holds no session");
    *out = lk__steal(json);
    return LK_OK;
}

static lk_status tree_new(session_tree **out, lk_error *err)
{
    lk_auto(lk__arena) arena = lk__arena_new();

    if (arena == NULL)
        return lk__no_memory(err);
    session_tree *tree = lk__arena_alloc(arena, sizeof(*tree));
    if (tree == NULL)
        return lk__no_memory(err);
    tree->arena = lk__steal(arena);
    atomic_init(&tree->n_holders, 1);
    *out = tree;
    return LK_OK;
}

/* A damaged member is a damaged cookie, whatever the decoder calls it. */
static lk_status decode(const lk__json *json, const lk__shape *shape, lk__arena *arena, void *out,
                        const char *what, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    lk_status status = lk__json_decode(json, shape, arena, out, &cause);

    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK)
        return lk__fail(err, LK_ERR_SIGNATURE, "%s: %s", what, cause.message);
    return LK_OK;
}

/* "iat" and "exp" are seconds; a number beyond what milliseconds hold counts as not told. */
static int64_t seconds_claim(const lk__json *claims, const char *name)
{
    int64_t seconds = 0;

    if (!lk__json_int64(claims, name, &seconds) || seconds < 0 || seconds > INT64_MAX / 1000)
        return 0;
    return seconds * 1000;
}

static lk_status fill_claims(const lk__json *claims, session_tree *tree, lk_error *err)
{
    LK_TRY(decode(claims, &claims_shape, tree->arena, &tree->session, "the access token", err));
    tree->session.issued_at_ms = seconds_claim(claims, "iat");
    tree->session.expires_at_ms = seconds_claim(claims, "exp");
    tree->session.authenticated_at_ms = seconds_claim(claims, "auth_time");

    /* RFC 8693, 4.1: "act" names who acts as the user. */
    const char *actor = lk__json_text(lk__json_get(claims, "act"), "sub");
    if (actor == NULL)
        return LK_OK;
    lk_impersonator *impersonator = lk__arena_alloc(tree->arena, sizeof(*impersonator));
    if (impersonator == NULL)
        return lk__no_memory(err);
    impersonator->email = lk__arena_text(tree->arena, actor);
    if (impersonator->email == NULL)
        return lk__no_memory(err);
    tree->session.impersonator = impersonator;
    return LK_OK;
}

/* The SDK does not compare the two; a seal of one user's profile over another's token would then
 * show the one and act as the other. */
static lk_status check_subject(const lk__json *claims, const char *user_id, lk_error *err)
{
    const char *subject = lk__json_text(claims, "sub");

    if (subject == NULL || !lk__text_equal(subject, user_id))
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "the session cookie's user is not the one its access token names");
    return LK_OK;
}

static lk_status open_authkit(const lk_client *client, const lk__json *json, const char *token,
                              lk_session **out, lk_error *err)
{
    lk_auto(lk__json) claims = NULL;
    session_tree *tree = NULL;

    LK_TRY(lk__client_verify(client, token, &claims, err));
    LK_TRY(check_subject(claims, lk__json_text(lk__json_get(json, "user"), "id"), err));
    LK_TRY(tree_new(&tree, err));
    lk_auto(lk_session) session = &tree->session;
    LK_TRY(decode(json, &sealed_shape, tree->arena, session, "the session cookie", err));

    lk_session sealed = *session;
    LK_TRY(fill_claims(claims, tree, err));
    session->user = sealed.user;
    session->authentication_method = sealed.authentication_method;
    session->access_token = sealed.access_token;
    if (sealed.impersonator != NULL && sealed.impersonator->email != NULL &&
        (session->impersonator == NULL ||
         lk__text_equal(session->impersonator->email, sealed.impersonator->email)))
        session->impersonator = sealed.impersonator; /* it knows the reason */
    *out = lk__steal(session);
    return LK_OK;
}

static lk_status open_sso(const lk_client *client, const lk__json *json, lk_session **out,
                          lk_error *err)
{
    int64_t issued_at_ms = 0;
    int64_t expires_at_ms = 0;
    session_tree *tree = NULL;

    if (!lk__json_int64(json, "expiresAt", &expires_at_ms))
        return lk__fail(err, LK_ERR_SIGNATURE, "the SSO session cookie has no end");
    if (expires_at_ms <= lk__now_ms(client))
        return lk__fail(err, LK_ERR_EXPIRED, "the SSO session ended: sign in again");
    (void)lk__json_int64(json, "issuedAt", &issued_at_ms); /* 0 when not told */

    LK_TRY(tree_new(&tree, err));
    lk_auto(lk_session) session = &tree->session;
    lk_profile *profile = lk__arena_alloc(tree->arena, sizeof(*profile));
    lk_user *user = lk__arena_alloc(tree->arena, sizeof(*user));
    if (profile == NULL || user == NULL)
        return lk__no_memory(err);
    LK_TRY(decode(lk__json_get(json, "profile"), &profile_shape, tree->arena, profile,
                  "the SSO session cookie", err));
    user->id = profile->id;
    user->email = profile->email;
    user->first_name = profile->first_name;
    user->last_name = profile->last_name;
    user->name = profile->name;
    session->user = user;
    session->profile = profile;
    session->organization_id = profile->organization_id;
    session->role = profile->role;
    session->issued_at_ms = issued_at_ms;
    session->expires_at_ms = expires_at_ms;
    *out = lk__steal(session);
    return LK_OK;
}

static lk_status open_json(const lk_client *client, const lk__json *json, lk_session **out,
                           lk_error *err)
{
    const char *token = lk__json_text(json, "accessToken");

    if (token != NULL)
        return open_authkit(client, json, token, out, err);
    if (lk__json_is_object(lk__json_get(json, "profile")))
        return open_sso(client, json, out, err);
    return lk__fail(err, LK_ERR_SIGNATURE, "the session cookie holds no access token");
}

/* ---- Renewing ---- */

void lk__grant_clear(lk__grant *grant)
{
    lk_free_secret(grant->refresh_token);
    free(grant->organization_id);
    free(grant->user_id);
    free(grant->session_id);
    *grant = (lk__grant){ .refresh_token = NULL };
}

static lk_status copy_text(const char *text, char **out, lk_error *err)
{
    if (text == NULL)
        return LK_OK;
    *out = strdup(text);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

static lk_status peek_authkit(const lk_client *client, const lk__json *json, const char *token,
                              lk__grant *out, lk_error *err)
{
    const char *user_id = lk__json_text(lk__json_get(json, "user"), "id");
    const char *organization_id = lk__json_text(json, "organizationId");
    const char *session_id = NULL;
    lk_auto(lk__json) claims = NULL;
    lk_error cause = LK_ERROR_INIT;

    lk_status status = lk__client_verify(client, token, &claims, &cause);
    if (status != LK_OK && status != LK_ERR_EXPIRED && status != LK_ERR_NO_KEY)
        return lk__fail(err, status, "%s", cause.message);
    if (claims != NULL) {
        LK_TRY(check_subject(claims, user_id, err));
        session_id = lk__json_text(claims, "sid");
        organization_id = lk__json_text(claims, "org_id");
    }
    out->key_unknown = status == LK_ERR_NO_KEY;
    LK_TRY(copy_text(lk__json_text(json, "refreshToken"), &out->refresh_token, err));
    LK_TRY(copy_text(user_id, &out->user_id, err));
    LK_TRY(copy_text(organization_id, &out->organization_id, err));
    return copy_text(session_id, &out->session_id, err);
}

lk_status lk__session_peek(const lk_client *client, const lk__passwords *passwords,
                           const char *sealed, lk__grant *out, lk_error *err)
{
    lk_auto(lk__json) json = NULL;

    LK_TRY(lk__session_unseal(client, passwords, sealed, &json, err));
    const char *token = lk__json_text(json, "accessToken");
    if (token != NULL)
        return peek_authkit(client, json, token, out, err);
    if (!lk__json_is_object(lk__json_get(json, "profile")))
        return lk__fail(err, LK_ERR_SIGNATURE, "the session cookie holds no access token");
    out->is_sso = true;
    return LK_OK;
}

lk_session *lk__session_share(lk_session *session)
{
    session_tree *tree = (session_tree *)session;

    atomic_fetch_add(&tree->n_holders, 1);
    return session;
}

lk_status lk__session_open(const lk_client *client, const lk__passwords *passwords,
                           const char *sealed, lk_session **out, lk_error *err)
{
    lk_auto(lk__json) json = NULL;

    LK_TRY(lk__session_unseal(client, passwords, sealed, &json, err));
    return open_json(client, json, out, err);
}

lk_status lk__session_open_fetching(lk_client *client, const lk__passwords *passwords,
                                    const char *sealed, lk_session **out, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    lk_status status = lk__session_open(client, passwords, sealed, out, &cause);

    if (status == LK_ERR_NO_KEY) {
        LK_TRY(lk_client_refresh_keys(client, err));
        status = lk__session_open(client, passwords, sealed, out, &cause);
    }
    return status == LK_OK ? LK_OK : lk__fail(err, status, "%s", cause.message);
}

lk_status lk__session_renew(lk_client *client, const char *password, const lk__grant *grant,
                            const char *organization_id, const lk__attempts *attempts,
                            char **out_sealed, lk_session **out, lk_error *err)
{
    if (lk__text_empty(grant->refresh_token))
        return lk__fail(err, LK_ERR_EXPIRED, "the session cannot be renewed: sign in again");

    lk_auto(lk_authentication) authentication = NULL;
    LK_TRY(lk__authkit_refresh(client, grant->refresh_token,
                               organization_id ? organization_id : grant->organization_id, attempts,
                               &authentication, err));
    if (!lk__text_equal(authentication->user->id, grant->user_id))
        return lk__fail(err, LK_ERR_SIGNATURE, "WorkOS renewed the session of somebody else");

    /* RFC 6749, 6: "The authorization server MAY issue a new refresh token"; otherwise the old one
     * stays good. */
    const char *refresh_token =
        authentication->refresh_token ? authentication->refresh_token : grant->refresh_token;
    LK_CLEANUP(lk__free_secretp) char *sealed = NULL;
    LK_TRY(lk__session_seal(client, password, authentication, refresh_token, &sealed, err));
    lk_error cause = LK_ERROR_INIT;
    lk_status status =
        lk__session_open_fetching(client, LK__ONE_PASSWORD(password), sealed, out, &cause);
    /* Not LK_ERR_EXPIRED, which would ask to renew it again. */
    if (status == LK_ERR_EXPIRED)
        return lk__fail(err, LK_ERR_PROTOCOL,
                        "WorkOS renewed the session with a token that has expired: is the clock "
                        "right?");
    if (status != LK_OK) {
        if (err != NULL)
            *err = cause;
        return status;
    }
    *out_sealed = lk__steal(sealed);
    return LK_OK;
}

/* ---- Public ---- */

lk_status lk_session_open(const lk_client *client, const char *password, const char *sealed,
                          lk_session **out, lk_error *err)
{
    lk__error_clear(err);
    if (client == NULL || password == NULL || sealed == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_session_open() was given NULL");
    return lk__session_open(client, LK__ONE_PASSWORD(password), sealed, out, err);
}

lk_status lk_session_refresh(lk_client *client, const char *password, const char *sealed,
                             const char *organization_id, char **out_sealed, lk_session **out,
                             lk_error *err)
{
    lk__auto_grant grant = { .refresh_token = NULL };

    lk__error_clear(err);
    if (client == NULL || password == NULL || sealed == NULL || out_sealed == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_session_refresh() was given NULL");
    LK_TRY(lk__session_peek(client, LK__ONE_PASSWORD(password), sealed, &grant, err));
    return lk__session_renew(client, password, &grant, organization_id, NULL, out_sealed, out, err);
}

lk_status lk_session_from_token(const lk_client *client, const char *access_token, lk_session **out,
                                lk_error *err)
{
    lk_auto(lk__json) claims = NULL;
    session_tree *tree = NULL;

    lk__error_clear(err);
    if (client == NULL || access_token == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_session_from_token() was given NULL");
    LK_TRY(lk__client_verify(client, access_token, &claims, err));
    LK_TRY(tree_new(&tree, err));
    lk_auto(lk_session) session = &tree->session;
    LK_TRY(fill_claims(claims, tree, err));

    lk_user *user = lk__arena_alloc(tree->arena, sizeof(*user));
    session->access_token = lk__arena_text(tree->arena, access_token);
    if (user == NULL || session->access_token == NULL)
        return lk__no_memory(err);
    user->id = lk__arena_text(tree->arena, lk__json_text(claims, "sub"));
    if (user->id == NULL)
        return lk__no_memory(err);
    session->user = user;
    *out = lk__steal(session);
    return LK_OK;
}

lk_status lk_session_from_token_fetching(lk_client *client, const char *access_token,
                                         lk_session **out, lk_error *err)
{
    lk_status status = lk_session_from_token(client, access_token, out, err);

    if (status != LK_ERR_NO_KEY)
        return status;
    LK_TRY(lk_client_refresh_keys(client, err));
    return lk_session_from_token(client, access_token, out, err);
}

void lk_session_free(lk_session *session)
{
    if (session == NULL)
        return;
    session_tree *tree = (session_tree *)session;
    if (atomic_fetch_sub(&tree->n_holders, 1) == 1)
        lk__arena_free(tree->arena);
}

void lk_session_freep(lk_session **session)
{
    lk_session_free(*session);
    *session = NULL;
}
