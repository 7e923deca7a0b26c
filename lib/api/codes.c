/* One-time codes: those that go out by e-mail or text message, and an authenticator that makes
 * them. */
#include <latchkey/authkit.h>

#include "api/call.h"
#include "api/options.h"
#include "base/cleanup.h"

#define MAX_BODY 65536

struct owned_magic_auth {
    lk_magic_auth magic_auth;
    lk__arena *arena;
};

static const lk__field magic_auth_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_magic_auth, id), 0, NULL },
    { "user_id", LK__TEXT, false, offsetof(lk_magic_auth, user_id), 0, NULL },
    { "email", LK__TEXT, false, offsetof(lk_magic_auth, email), 0, NULL },
    { "code", LK__TEXT, false, offsetof(lk_magic_auth, code), 0, NULL },
    { "expires_at", LK__TIME, false, offsetof(lk_magic_auth, expires_at_ms), 0, NULL },
};
static const lk__shape magic_auth_shape = LK__SHAPE(struct owned_magic_auth, magic_auth_fields);

struct owned_factor_challenge {
    lk_factor_challenge challenge;
    lk__arena *arena;
};

static const lk__field factor_challenge_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_factor_challenge, id), 0, NULL },
    { "authentication_factor_id", LK__TEXT, false, offsetof(lk_factor_challenge, factor_id), 0,
      NULL },
    { "expires_at", LK__TIME, false, offsetof(lk_factor_challenge, expires_at_ms), 0, NULL },
};
static const lk__shape factor_challenge_shape =
    LK__SHAPE(struct owned_factor_challenge, factor_challenge_fields);

static const lk__field totp_fields[] = {
    { "issuer", LK__TEXT, false, offsetof(lk_totp, issuer), 0, NULL },
    { "user", LK__TEXT, false, offsetof(lk_totp, user), 0, NULL },
    { "secret", LK__TEXT, false, offsetof(lk_totp, secret), 0, NULL },
    { "qr_code", LK__TEXT, false, offsetof(lk_totp, qr_code), 0, NULL },
    { "uri", LK__TEXT, false, offsetof(lk_totp, uri), 0, NULL },
};
static const lk__shape totp_shape = LK__SHAPE(lk_totp, totp_fields);

static const lk__field factor_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_totp_factor, id), 0, NULL },
    { "totp", LK__OBJECT, true, offsetof(lk_totp_factor, totp), 0, &totp_shape },
};
static const lk__shape factor_shape = LK__SHAPE(lk_totp_factor, factor_fields);

struct owned_enrollment {
    lk_totp_enrollment enrollment;
    lk__arena *arena;
};

static const lk__shape plain_challenge_shape =
    LK__SHAPE(lk_factor_challenge, factor_challenge_fields);
static const lk__field enrollment_fields[] = {
    { "authentication_factor", LK__OBJECT, true, offsetof(lk_totp_enrollment, factor), 0,
      &factor_shape },
    { "authentication_challenge", LK__OBJECT, true, offsetof(lk_totp_enrollment, challenge), 0,
      &plain_challenge_shape },
};
static const lk__shape enrollment_shape = LK__SHAPE(struct owned_enrollment, enrollment_fields);

struct owned_sms_challenge {
    lk_sms_challenge challenge;
    lk__arena *arena;
};

static const lk__field sms_challenge_fields[] = {
    { "verification_id", LK__TEXT, true, offsetof(lk_sms_challenge, verification_id), 0, NULL },
    { "phone_number", LK__TEXT, false, offsetof(lk_sms_challenge, phone_number), 0, NULL },
};
static const lk__shape sms_challenge_shape =
    LK__SHAPE(struct owned_sms_challenge, sms_challenge_fields);

lk_status lk_authkit_create_magic_auth(lk_client *client, const char *email,
                                       const char *invitation_token, lk_magic_auth **out,
                                       lk_error *err)
{
    static const char *const path[] = { "user_management", "magic_auth", NULL };
    const lk__pair pairs[] = { { "email", email }, { "invitation_token", invitation_token } };
    lk__auto_buf body = LK__SECRET_BUF(MAX_BODY);
    lk__arena *arena = NULL;
    void *result = NULL;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("email", email, err));
    if (invitation_token != NULL)
        LK_TRY(lk__require_text("invitation_token", invitation_token, err));
    LK_TRY(lk__call_write_json(pairs, 2, &body, err));

    const lk__call call = { .method = "POST",
                            .path = path,
                            .body = body.data,
                            .retry = LK__RETRY_NEVER, /* it may send an e-mail */
                            .secrets = { invitation_token } };
    LK_TRY(lk__call_decode(client, &call, &magic_auth_shape, &arena, &result, err));
    ((struct owned_magic_auth *)result)->arena = arena;
    *out = &((struct owned_magic_auth *)result)->magic_auth;
    return LK_OK;
}

lk_status lk_authkit_challenge_factor(lk_client *client, const char *factor_id,
                                      lk_factor_challenge **out, lk_error *err)
{
    const char *const path[] = { "auth", "factors", factor_id, "challenge", NULL };
    const lk__call call = {
        .method = "POST", .path = path, .body = "{}", .retry = LK__RETRY_NEVER
    }; /* it may send a text message */
    lk__arena *arena = NULL;
    void *result = NULL;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("factor_id", factor_id, err));
    LK_TRY(lk__call_decode(client, &call, &factor_challenge_shape, &arena, &result, err));
    ((struct owned_factor_challenge *)result)->arena = arena;
    *out = &((struct owned_factor_challenge *)result)->challenge;
    return LK_OK;
}

lk_status lk_authkit_enroll_totp(lk_client *client, const char *user_id,
                                 const lk_totp_options *given, lk_totp_enrollment **out,
                                 lk_error *err)
{
    const char *const path[] = { "user_management", "users", user_id, "auth_factors", NULL };
    lk__auto_buf body = LK__SECRET_BUF(MAX_BODY);
    lk_totp_options options;
    lk__arena *arena = NULL;
    void *result = NULL;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("user_id", user_id, err));
    LK_TRY(lk__options_read(given, &options, sizeof(options), "lk_totp_options", err));
    const lk__pair pairs[] = { { "type", "totp" },
                               { "totp_issuer", options.issuer },
                               { "totp_user", options.user },
                               { "totp_secret", options.secret } };
    for (size_t i = 1; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i].value != NULL)
            LK_TRY(lk__require_text(pairs[i].name, pairs[i].value, err));
    LK_TRY(lk__call_write_json(pairs, sizeof(pairs) / sizeof(pairs[0]), &body, err));

    const lk__call call = { .method = "POST",
                            .path = path,
                            .body = body.data,
                            .retry = LK__RETRY_NEVER, /* each makes another factor */
                            .secrets = { options.secret } };
    LK_TRY(lk__call_decode(client, &call, &enrollment_shape, &arena, &result, err));
    ((struct owned_enrollment *)result)->arena = arena;
    *out = &((struct owned_enrollment *)result)->enrollment;
    return LK_OK;
}

lk_status lk_authkit_send_radar_sms_challenge(lk_client *client, const char *user_id,
                                              const char *pending_authentication_token,
                                              const char *phone_number, lk_sms_challenge **out,
                                              lk_error *err)
{
    static const char *const path[] = { "user_management", "radar_challenges", NULL };
    const lk__pair pairs[] = { { "user_id", user_id },
                               { "pending_authentication_token", pending_authentication_token },
                               { "phone_number", phone_number } };
    lk__auto_buf body = LK__SECRET_BUF(MAX_BODY);
    lk__arena *arena = NULL;
    void *result = NULL;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        LK_TRY(lk__require_text(pairs[i].name, pairs[i].value, err));
    LK_TRY(lk__call_write_json(pairs, sizeof(pairs) / sizeof(pairs[0]), &body, err));

    const lk__call call = { .method = "POST",
                            .path = path,
                            .body = body.data,
                            .retry = LK__RETRY_NEVER, /* it sends a text message */
                            .secrets = { pending_authentication_token } };
    LK_TRY(lk__call_decode(client, &call, &sms_challenge_shape, &arena, &result, err));
    ((struct owned_sms_challenge *)result)->arena = arena;
    *out = &((struct owned_sms_challenge *)result)->challenge;
    return LK_OK;
}

void lk_magic_auth_free(lk_magic_auth *magic_auth)
{
    if (magic_auth != NULL)
        lk__arena_free(((struct owned_magic_auth *)magic_auth)->arena);
}

void lk_magic_auth_freep(lk_magic_auth **magic_auth)
{
    lk_magic_auth_free(*magic_auth);
    *magic_auth = NULL;
}

void lk_factor_challenge_free(lk_factor_challenge *challenge)
{
    if (challenge != NULL)
        lk__arena_free(((struct owned_factor_challenge *)challenge)->arena);
}

void lk_factor_challenge_freep(lk_factor_challenge **challenge)
{
    lk_factor_challenge_free(*challenge);
    *challenge = NULL;
}

void lk_totp_enrollment_free(lk_totp_enrollment *enrollment)
{
    if (enrollment != NULL)
        lk__arena_free(((struct owned_enrollment *)enrollment)->arena);
}

void lk_totp_enrollment_freep(lk_totp_enrollment **enrollment)
{
    lk_totp_enrollment_free(*enrollment);
    *enrollment = NULL;
}

void lk_sms_challenge_free(lk_sms_challenge *challenge)
{
    if (challenge != NULL)
        lk__arena_free(((struct owned_sms_challenge *)challenge)->arena);
}

void lk_sms_challenge_freep(lk_sms_challenge **challenge)
{
    lk_sms_challenge_free(*challenge);
    *challenge = NULL;
}
