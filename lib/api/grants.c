/* The grants of POST /user_management/authenticate: what a program sends, and user and tokens in
 * return. */
#include "api/authkit.h"

#include <string.h>

#include "api/call.h"
#include "api/challenge.h"
#include "api/options.h"
#include "base/cleanup.h"

#define MAX_GRANT   131072
#define MAX_REFUSAL (1024 * 1024)
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

/* A member of the options and what it is called on the wire. */
static const struct {
    const char *name;
    size_t offset;
    bool is_secret;
} inputs[] = {
    { "email", offsetof(lk_authentication_options, email), false },
    { "password", offsetof(lk_authentication_options, password), true },
    { "code", offsetof(lk_authentication_options, code), true },
    { "code_verifier", offsetof(lk_authentication_options, code_verifier), true },
    { "refresh_token", offsetof(lk_authentication_options, refresh_token), true },
    { "pending_authentication_token",
      offsetof(lk_authentication_options, pending_authentication_token), true },
    { "authentication_challenge_id",
      offsetof(lk_authentication_options, authentication_challenge_id), false },
    { "organization_id", offsetof(lk_authentication_options, organization_id), false },
    { "device_code", offsetof(lk_authentication_options, device_code), true },
    { "invitation_token", offsetof(lk_authentication_options, invitation_token), true },
    { "ip_address", offsetof(lk_authentication_options, ip_address), false },
    { "user_agent", offsetof(lk_authentication_options, user_agent), false },
    { "device_id", offsetof(lk_authentication_options, device_id), false },
    { "signals_id", offsetof(lk_authentication_options, signals_id), false },
    { "radar_auth_attempt_id", offsetof(lk_authentication_options, radar_auth_attempt_id), false },
    { "radar_challenge_id", offsetof(lk_authentication_options, radar_challenge_id), false },
    { "verification_id", offsetof(lk_authentication_options, verification_id), false },
    { "phone_number", offsetof(lk_authentication_options, phone_number), false },
    { "link_authorization_code", offsetof(lk_authentication_options, link_authorization_code),
      true },
};
enum { N_INPUTS = sizeof(inputs) / sizeof(inputs[0]) };

/* Bits in the order of inputs. */
enum {
    EMAIL = 1 << 0,
    PASSWORD = 1 << 1,
    CODE = 1 << 2,
    CODE_VERIFIER = 1 << 3,
    REFRESH_TOKEN = 1 << 4,
    PENDING_TOKEN = 1 << 5,
    CHALLENGE_ID = 1 << 6,
    ORGANIZATION_ID = 1 << 7,
    DEVICE_CODE = 1 << 8,
    INVITATION_TOKEN = 1 << 9,
    END_USER = 1 << 10 | 1 << 11 | 1 << 12, /* goes with every grant */
    SIGNALS_ID = 1 << 13,
    RADAR_ATTEMPT_ID = 1 << 14,
    RADAR_CHALLENGE_ID = 1 << 15,
    VERIFICATION_ID = 1 << 16,
    PHONE_NUMBER = 1 << 17,
    LINK_CODE = 1 << 18
};

/* Who may ask: a client with an API key sends it as its secret, unless the grant is for programs
 * that can keep none (RFC 8252, 8.5). */
typedef enum proof { KEY_IF_ANY, KEY, NO_KEY } proof;

typedef struct grant {
    const char *type;
    unsigned needs; /* inputs */
    unsigned takes; /* inputs */
    proof proof;
    lk__call_retry retry;
} grant;

static const grant code_grant = { "authorization_code", CODE,
                                  CODE_VERIFIER | INVITATION_TOKEN | SIGNALS_ID, KEY_IF_ANY,
                                  LK__RETRY_NEVER };
static const grant refresh_grant = { "refresh_token", REFRESH_TOKEN, ORGANIZATION_ID, KEY_IF_ANY,
                                     LK__RETRY_SAFE };
static const grant password_grant = { "password", EMAIL | PASSWORD,
                                      INVITATION_TOKEN | SIGNALS_ID | RADAR_ATTEMPT_ID, KEY,
                                      LK__RETRY_NEVER };
static const grant magic_auth_grant = { "urn:workos:oauth:grant-type:magic-auth:code", EMAIL | CODE,
                                        INVITATION_TOKEN | SIGNALS_ID | RADAR_ATTEMPT_ID |
                                            LINK_CODE,
                                        KEY, LK__RETRY_NEVER };
static const grant email_verification_grant = {
    "urn:workos:oauth:grant-type:email-verification:code", CODE | PENDING_TOKEN, 0, KEY,
    LK__RETRY_NEVER
};
static const grant totp_grant = { "urn:workos:oauth:grant-type:mfa-totp",
                                  CODE | PENDING_TOKEN | CHALLENGE_ID, 0, KEY, LK__RETRY_NEVER };
static const grant organization_grant = { "urn:workos:oauth:grant-type:organization-selection",
                                          PENDING_TOKEN | ORGANIZATION_ID, 0, KEY,
                                          LK__RETRY_NEVER };
static const grant radar_email_grant = { "urn:workos:oauth:grant-type:radar-email-challenge:code",
                                         CODE | PENDING_TOKEN | RADAR_CHALLENGE_ID, 0, KEY,
                                         LK__RETRY_NEVER };
static const grant radar_sms_grant = { "urn:workos:oauth:grant-type:radar-sms-challenge:code",
                                       CODE | PENDING_TOKEN | VERIFICATION_ID | PHONE_NUMBER, 0,
                                       KEY, LK__RETRY_NEVER };
static const grant device_grant = { "urn:ietf:params:oauth:grant-type:device_code", DEVICE_CODE, 0,
                                    NO_KEY, LK__RETRY_NEVER };

static const char *input_of(const lk_authentication_options *options, size_t i)
{
    const char *value;

    memcpy(&value, (const char *)options + inputs[i].offset, sizeof(value));
    return value;
}

static lk_status check_inputs(const lk_client *client, const grant *how,
                              const lk_authentication_options *options, lk_error *err)
{
    /* OAuth 2.0 Security (RFC 9700, 2.1.1): "Public clients MUST use PKCE". */
    unsigned needs = how->needs | (how == &code_grant && !client->has_api_key ? CODE_VERIFIER : 0);

    if (how->proof == KEY && !client->has_api_key)
        return lk__fail(err, LK_ERR_INVALID, "this grant needs a client with an API key");
    for (size_t i = 0; i < N_INPUTS; i++) {
        const char *value = input_of(options, i);

        if (value == NULL && !(needs & 1U << i))
            continue;
        if (!((needs | how->takes | END_USER) & 1U << i))
            return lk__fail(err, LK_ERR_INVALID, "%s does not go with the grant %s", inputs[i].name,
                            how->type);
        LK_TRY(lk__require_text(inputs[i].name, value, err));
    }
    return LK_OK;
}

static lk_status write_grant(const lk_client *client, const grant *how,
                             const lk_authentication_options *options, lk__buf *out, lk_error *err)
{
    lk__auto_buf api_key = LK__SECRET_BUF(MAX_GRANT);
    LK_TRY(lk__client_copy_api_key(client, &api_key, err));
    lk__pair pairs[3 + N_INPUTS] = {
        { "client_id", client->client_id },
        { "client_secret", how->proof == NO_KEY ? NULL : api_key.data },
        { "grant_type", how->type },
    };

    for (size_t i = 0; i < N_INPUTS; i++)
        pairs[3 + i] = (lk__pair){ .name = inputs[i].name, .value = input_of(options, i) };
    return lk__call_write_json(pairs, 3 + N_INPUTS, out, err);
}

/* No grant has more secrets than a call can hold. */
static void list_secrets(const lk_authentication_options *options, lk__call *call)
{
    size_t n = 0;

    for (size_t i = 0; i < N_INPUTS; i++) {
        const char *value = inputs[i].is_secret ? input_of(options, i) : NULL;

        if (value != NULL && n < LK__CALL_SECRETS)
            call->secrets[n++] = value;
    }
}

static lk_status send_grant(lk_client *client, const grant *how,
                            const lk_authentication_options *options, const lk__attempts *attempts,
                            lk__buf *refusal, lk_authentication **out, lk_error *err)
{
    static const char *const path[] = { "user_management", "authenticate", NULL };
    lk__auto_buf body = LK__SECRET_BUF(MAX_GRANT);
    lk__arena *arena = NULL;
    void *result = NULL;

    LK_TRY(write_grant(client, how, options, &body, err));

    lk__call call = {
        .method = "POST",
        .path = path,
        .body = body.data,
        .anonymous = true, /* the secret is in the body */
        .retry = how->retry,
        .retry_within_ms = REPLAY_MS,
        .refusal = refusal,
        .attempts = attempts,
    };
    list_secrets(options, &call);
    lk_status status = lk__call_decode(client, &call, &authentication_shape, &arena, &result, err);
    if (how == &refresh_grant)
        lk__client_count(client, LK__COUNT_REFRESH, status);
    if (status != LK_OK)
        return status;
    ((struct owned_authentication *)result)->arena = arena;
    *out = &((struct owned_authentication *)result)->authentication;
    return LK_OK;
}

/* A challenge that is lost leaves the person where they were before, so that comes first. */
static lk_status add_challenge(lk_status status, const lk__buf *refusal,
                               lk_authentication_challenge **challenge, lk_error *err)
{
    lk_error why = LK_ERROR_INIT;

    if (status != LK_ERR_API || lk__challenge_read(refusal, challenge, &why) == LK_OK)
        return status;
    lk__error_clear(err);
    return lk__no_memory(err);
}

/* The one implementation of all grants. */
static lk_status authenticate(lk_client *client, const grant *how,
                              const lk_authentication_options *given, lk_authentication **out,
                              lk_authentication_challenge **challenge, lk_error *err)
{
    lk__auto_buf refusal = LK__SECRET_BUF(MAX_REFUSAL);
    lk_authentication_options options;
    lk_status status;

    lk__error_clear(err);
    if (challenge != NULL)
        *challenge = NULL;
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__options_read(given, &options, sizeof(options), "lk_authentication_options", err));
    LK_TRY(check_inputs(client, how, &options, err));
    status = send_grant(client, how, &options, NULL, challenge == NULL ? NULL : &refusal, out, err);
    return challenge == NULL ? status : add_challenge(status, &refusal, challenge, err);
}

lk_status lk_authkit_authenticate_with_code(lk_client *client,
                                            const lk_authentication_options *options,
                                            lk_authentication **out,
                                            lk_authentication_challenge **challenge, lk_error *err)
{
    return authenticate(client, &code_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_refresh_token(lk_client *client,
                                                     const lk_authentication_options *options,
                                                     lk_authentication **out,
                                                     lk_authentication_challenge **challenge,
                                                     lk_error *err)
{
    return authenticate(client, &refresh_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_password(lk_client *client,
                                                const lk_authentication_options *options,
                                                lk_authentication **out,
                                                lk_authentication_challenge **challenge,
                                                lk_error *err)
{
    return authenticate(client, &password_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_magic_auth(lk_client *client,
                                                  const lk_authentication_options *options,
                                                  lk_authentication **out,
                                                  lk_authentication_challenge **challenge,
                                                  lk_error *err)
{
    return authenticate(client, &magic_auth_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_email_verification(lk_client *client,
                                                          const lk_authentication_options *options,
                                                          lk_authentication **out,
                                                          lk_authentication_challenge **challenge,
                                                          lk_error *err)
{
    return authenticate(client, &email_verification_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_totp(lk_client *client,
                                            const lk_authentication_options *options,
                                            lk_authentication **out,
                                            lk_authentication_challenge **challenge, lk_error *err)
{
    return authenticate(client, &totp_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_organization_selection(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err)
{
    return authenticate(client, &organization_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_radar_email_challenge(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err)
{
    return authenticate(client, &radar_email_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_radar_sms_challenge(lk_client *client,
                                                           const lk_authentication_options *options,
                                                           lk_authentication **out,
                                                           lk_authentication_challenge **challenge,
                                                           lk_error *err)
{
    return authenticate(client, &radar_sms_grant, options, out, challenge, err);
}

lk_status lk_authkit_authenticate_with_device_code(lk_client *client,
                                                   const lk_authentication_options *options,
                                                   lk_authentication **out,
                                                   lk_authentication_challenge **challenge,
                                                   lk_error *err)
{
    return authenticate(client, &device_grant, options, out, challenge, err);
}

lk_status lk_authkit_exchange_code(lk_client *client, const char *code, const char *verifier,
                                   lk_authentication **out, lk_error *err)
{
    return authenticate(client, &code_grant,
                        LK_AUTHENTICATION_OPTIONS(.code = code, .code_verifier = verifier), out,
                        NULL, err);
}

lk_status lk__authkit_refresh(lk_client *client, const char *refresh_token,
                              const char *organization_id, const lk__attempts *attempts,
                              lk_authentication **out, lk_error *err)
{
    const lk_authentication_options options = { .size = sizeof(options),
                                                .refresh_token = refresh_token,
                                                .organization_id = organization_id };

    LK_TRY(check_inputs(client, &refresh_grant, &options, err));
    return send_grant(client, &refresh_grant, &options, attempts, NULL, out, err);
}

lk_status lk_authkit_refresh(lk_client *client, const char *refresh_token,
                             const char *organization_id, lk_authentication **out, lk_error *err)
{
    return authenticate(client, &refresh_grant,
                        LK_AUTHENTICATION_OPTIONS(.refresh_token = refresh_token,
                                                  .organization_id = organization_id),
                        out, NULL, err);
}

bool lk_authkit_is_terminal(const lk_error *err)
{
    return err->status == LK_ERR_API &&
           (strcmp(err->reason, "invalid_grant") == 0 || strcmp(err->reason, "sso_required") == 0 ||
            strcmp(err->reason, "mfa_enrollment") == 0);
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
