/* Writes what session.c opens: sessions and SSO profiles under a seal. */
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "web/session.h"

static void put_time(lk__json_writer *writer, const char *name, int64_t ms)
{
    char text[LK__TIME_SIZE];

    if (ms == 0) {
        lk__json_put_text(writer, name, NULL);
        return;
    }
    lk__time_format(ms, text);
    lk__json_put_text(writer, name, text);
}

/* The order of @workos-inc/node's deserializeUser(). */
static void put_user(lk__json_writer *writer, const lk_user *user)
{
    lk__json_open_object(writer, "user");
    lk__json_put_text(writer, "object", "user");
    lk__json_put_text(writer, "id", user->id);
    lk__json_put_text(writer, "email", user->email);
    lk__json_put_flag(writer, "emailVerified", user->email_verified);
    lk__json_put_text_if(writer, "name", user->name);
    lk__json_put_text(writer, "firstName", user->first_name);
    lk__json_put_text(writer, "profilePictureUrl", user->profile_picture_url);
    lk__json_put_text(writer, "lastName", user->last_name);
    put_time(writer, "lastSignInAt", user->last_sign_in_at_ms);
    lk__json_put_text_if(writer, "locale", user->locale);
    put_time(writer, "createdAt", user->created_at_ms);
    put_time(writer, "updatedAt", user->updated_at_ms);
    lk__json_put_text(writer, "externalId", user->external_id);
    lk__json_put_raw(writer, "metadata", user->metadata_json ? user->metadata_json : "{}");
    lk__json_close_object(writer);
}

static lk_status write_session(const lk_authentication *authentication, const char *refresh_token,
                               lk__buf *out, lk_error *err)
{
    const lk_impersonator *impersonator = authentication->impersonator;
    lk__json_writer writer = LK__JSON_WRITER(out);

    lk__json_open_object(&writer, NULL);
    lk__json_put_text_if(&writer, "organizationId", authentication->organization_id);
    put_user(&writer, authentication->user);
    lk__json_put_text(&writer, "accessToken", authentication->access_token);
    lk__json_put_text_if(&writer, "refreshToken", refresh_token);
    lk__json_put_text_if(&writer, "authenticationMethod", authentication->authentication_method);
    if (impersonator != NULL) {
        lk__json_open_object(&writer, "impersonator");
        lk__json_put_text(&writer, "email", impersonator->email);
        lk__json_put_text(&writer, "reason", impersonator->reason);
        lk__json_close_object(&writer);
    }
    lk__json_close_object(&writer);
    return lk__json_end(&writer, err);
}

static lk_status hand_over(lk__buf *buf, char **out, lk_error *err)
{
    char *text = lk__buf_steal(buf);

    if (text == NULL)
        return lk__no_memory(err);
    *out = text;
    return LK_OK;
}

static lk_status refuse_size(size_t len, lk_error *err)
{
    return lk__fail(err, LK_ERR_PROTOCOL,
                    "the session takes %zu bytes, at most %d can be kept: the profile, its "
                    "metadata or the token's claims are too large",
                    len, (int)LK__MAX_SEALED);
}

static lk_status seal_text(const lk_random *random, const char *password, const lk__buf *text,
                           int64_t now_ms, int64_t ttl_ms, char **out, lk_error *err)
{
    lk__auto_buf sealed = LK__SECRET_BUF(2 * LK__MAX_SEALED);

    if (text->len > LK__MAX_SEALED)
        return refuse_size(text->len, err);
    LK_TRY(lk__seal(random, password, text->data, text->len, now_ms, ttl_ms, &sealed, err));
    if (sealed.len > LK__MAX_SEALED)
        return refuse_size(sealed.len, err);
    return hand_over(&sealed, out, err);
}

lk_status lk__session_seal(const lk_client *client, const char *password,
                           const lk_authentication *authentication, const char *refresh_token,
                           char **out, lk_error *err)
{
    lk__auto_buf text = LK__SECRET_BUF(SIZE_MAX);

    LK_TRY(write_session(authentication, refresh_token, &text, err));
    return seal_text(&client->random, password, &text, lk__now_ms(client), 0, out, err);
}

lk_status lk__session_seal_profile(const lk_client *client, const char *password,
                                   const lk_profile *profile, int64_t expires_at_ms, char **out,
                                   lk_error *err)
{
    lk__auto_buf text = LK__SECRET_BUF(SIZE_MAX);
    lk__json_writer writer = LK__JSON_WRITER(&text);

    lk__json_open_object(&writer, NULL);
    lk__json_open_object(&writer, "profile");
    lk__json_put_text(&writer, "id", profile->id);
    lk__json_put_text_if(&writer, "connectionId", profile->connection_id);
    lk__json_put_text_if(&writer, "connectionType", profile->connection_type);
    lk__json_put_text_if(&writer, "organizationId", profile->organization_id);
    lk__json_put_text_if(&writer, "idpId", profile->idp_id);
    lk__json_put_text_if(&writer, "email", profile->email);
    lk__json_put_text_if(&writer, "firstName", profile->first_name);
    lk__json_put_text_if(&writer, "lastName", profile->last_name);
    lk__json_put_text_if(&writer, "name", profile->name);
    lk__json_put_text_if(&writer, "role", profile->role);
    if (profile->n_groups > 0) {
        lk__json_open_array(&writer, "groups");
        for (size_t i = 0; i < profile->n_groups; i++)
            lk__json_put_text(&writer, NULL, profile->groups[i]);
        lk__json_close_array(&writer);
    }
    if (profile->custom_attributes_json != NULL)
        lk__json_put_raw(&writer, "customAttributes", profile->custom_attributes_json);
    lk__json_close_object(&writer);
    lk__json_put_number(&writer, "issuedAt", lk__now_ms(client));
    lk__json_put_number(&writer, "expiresAt", expires_at_ms);
    lk__json_close_object(&writer);
    LK_TRY(lk__json_end(&writer, err));
    return seal_text(&client->random, password, &text, lk__now_ms(client), 0, out, err);
}

lk_status lk_session_seal(const lk_client *client, const char *password,
                          const lk_authentication *authentication, char **out, lk_error *err)
{
    lk__error_clear(err);
    if (client == NULL || password == NULL || authentication == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_session_seal() was given NULL");
    if (authentication->user == NULL || lk__text_empty(authentication->access_token))
        return lk__fail(err, LK_ERR_INVALID, "there is no user or no access token to seal");
    return lk__session_seal(client, password, authentication, authentication->refresh_token, out,
                            err);
}
