/* AuthKit: the hosted sign-in, and the grants behind it.
 * WorkOS: https://workos.com/docs/reference/authkit */
#ifndef LATCHKEY_AUTHKIT_H
#define LATCHKEY_AUTHKIT_H

#include <latchkey/client.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Answers are read-only and own all they point to: one free for the whole tree. Text that WorkOS
 * did not send is NULL; times it did not send are 0. */
typedef struct lk_user {
    const char *id;
    const char *email;
    bool email_verified;
    const char *first_name;
    const char *last_name;
    const char *name; /* newer environments only */
    const char *profile_picture_url;
    const char *external_id;
    const char *locale;
    const char *metadata_json; /* JSON object */
    int64_t last_sign_in_at_ms;
    int64_t created_at_ms;
    int64_t updated_at_ms;
} lk_user;

typedef struct lk_impersonator {
    const char *email;
    const char *reason; /* NULL when none was given */
} lk_impersonator;

typedef struct lk_authentication {
    const lk_user *user;
    const char *organization_id;
    const char *access_token;  /* secret */
    const char *refresh_token; /* secret; NULL when WorkOS sent none */
    const char *authentication_method;
    const lk_impersonator *impersonator; /* NULL unless somebody acts as this user */
} lk_authentication;

/* A PKCE pair (RFC 7636, S256). The verifier is a secret until it is spent. */
typedef struct lk_pkce {
    char verifier[44];
    char challenge[44];
} lk_pkce;

/* Fills a fresh pair; no I/O. */
LK_API LK_MUST_CHECK lk_status lk_pkce_new(const lk_client *client, lk_pkce *out, lk_error *err);

typedef struct lk_authkit_authorization_options {
    size_t size;                /* set by LK_AUTHKIT_AUTHORIZATION_OPTIONS */
    const char *redirect_uri;   /* required */
    const char *state;          /* required: returned unchanged on the callback */
    const char *code_challenge; /* required: PKCE, S256 */
    const char *provider;       /* NULL: "authkit", unless a connection or organization is given */
    const char *connection_id;
    const char *organization_id;
    const char *login_hint;
    const char *domain_hint;
    const char *screen_hint; /* "sign-in" or "sign-up"; only with provider authkit */
    const char *invitation_token;
    const char *prompt; /* an open set: "login", "none", "consent", "select_account" */
    int max_age_s;      /* 0: not sent; -1: 0 (sign in again now) */
    /* More OAuth scopes to ask the provider for, and parameters to hand on to it. */
    const char *const *provider_scopes;
    size_t n_provider_scopes;
    const lk_parameter *provider_query_params;
    size_t n_provider_query_params;
    const char *claim_nonce; /* of a one-shot environment */
} lk_authkit_authorization_options;

#define LK_AUTHKIT_AUTHORIZATION_OPTIONS(...)                                                     \
    (&(const lk_authkit_authorization_options){ .size = sizeof(lk_authkit_authorization_options), \
                                                __VA_ARGS__ })

/* The address to send the browser to. No I/O. LK_ERR_INVALID names the option that is wrong. Free
 * *out with lk_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_authorization_url(
    const lk_client *client, const lk_authkit_authorization_options *options, char **out,
    lk_error *err);

/* ---- Grants: POST /user_management/authenticate ---- */

typedef struct lk_authentication_factor {
    const char *id;
    const char *type; /* "totp"; NULL when WorkOS did not say */
} lk_authentication_factor;

typedef struct lk_organization_choice {
    const char *id;
    const char *name;
} lk_organization_choice;

/* What a sign-in needs next, and the function that answers it. */
typedef enum lk_challenge_kind {
    LK_CHALLENGE_OTHER = 0, /* a step that this version does not know: see code */
    /* The code is in an e-mail: lk_authkit_authenticate_with_email_verification(). */
    LK_CHALLENGE_EMAIL_VERIFICATION_REQUIRED,
    /* The user has no second factor yet: lk_authkit_enroll_totp(), then as MFA_CHALLENGE. */
    LK_CHALLENGE_MFA_ENROLLMENT,
    /* lk_authkit_challenge_factor(), then lk_authkit_authenticate_with_totp(). */
    LK_CHALLENGE_MFA_CHALLENGE,
    /* lk_authkit_authenticate_with_organization_selection(). */
    LK_CHALLENGE_ORGANIZATION_SELECTION_REQUIRED,
    /* lk_authkit_authorization_url() with a connection of connection_ids. */
    LK_CHALLENGE_SSO_REQUIRED,
    /* The organization wants another way: one of methods, or of connection_ids. */
    LK_CHALLENGE_ORGANIZATION_AUTHENTICATION_METHODS_REQUIRED,
    LK_CHALLENGE_RADAR_CHALLENGE, /* WorkOS finds the sign-in suspicious: use the hosted one */
    /* The code is in an e-mail: lk_authkit_authenticate_with_radar_email_challenge(). */
    LK_CHALLENGE_RADAR_EMAIL_CHALLENGE,
    /* lk_authkit_send_radar_sms_challenge(), then …_authenticate_with_radar_sms_challenge(). */
    LK_CHALLENGE_RADAR_SMS_CHALLENGE,
    LK_CHALLENGE_PASSKEY_ENROLLMENT, /* the hosted sign-in offers a passkey */
    LK_CHALLENGE_METHOD_NOT_ALLOWED, /* sign in in another way */
    LK_CHALLENGE_APPLICATION_CONSENT /* the hosted sign-in asks for it */
} lk_challenge_kind;

/* Ways to sign in that an organization accepts. */
typedef struct lk_authentication_methods {
    bool apple_oauth;
    bool github_oauth;
    bool google_oauth;
    bool magic_auth;
    bool microsoft_oauth;
    bool password;
} lk_authentication_methods;

/* A grant that is refused for now, and what its next step takes. Read-only; text that WorkOS did
 * not send is NULL, lists it did not send are empty.
 * WorkOS: https://workos.com/docs/reference/authkit/authentication-errors */
typedef struct lk_authentication_challenge {
    lk_challenge_kind kind;
    const char *code;                         /* WorkOS' word, e.g. "mfa_challenge" */
    const char *pending_authentication_token; /* secret: it stands for the first factor */
    const char *email;
    const char *email_verification_id;
    const char *radar_challenge_id;
    const lk_user *user;
    const lk_authentication_factor *const *factors;
    size_t n_factors;
    const lk_organization_choice *const *organizations;
    size_t n_organizations;
    const char *const *connection_ids;
    size_t n_connection_ids;
    const lk_authentication_methods *methods; /* NULL: not told */
    const char *authkit_redirect_url; /* secret: where the hosted sign-in goes on with this one */
} lk_authentication_challenge;

/* Wipes the token and frees the tree; NULL is fine. */
LK_API void lk_authentication_challenge_free(lk_authentication_challenge *challenge);
LK_API void lk_authentication_challenge_freep(lk_authentication_challenge **challenge);

/* What the grants take. Each function names what it needs; a member that does not belong to it is
 * refused with LK_ERR_INVALID, since it would not be sent. */
typedef struct lk_authentication_options {
    size_t size; /* set by LK_AUTHENTICATION_OPTIONS */
    const char *email;
    const char *password;      /* secret */
    const char *code;          /* secret: authorization code, or from e-mail or app */
    const char *code_verifier; /* secret: PKCE */
    const char *refresh_token; /* secret */
    const char *pending_authentication_token; /* secret: from a challenge */
    const char *authentication_challenge_id;  /* from lk_authkit_challenge_factor() */
    const char *organization_id;
    const char *device_code;      /* secret: see <latchkey/device.h> */
    const char *invitation_token; /* secret */
    const char *ip_address;       /* of the end user, as are user agents: for WorkOS' protection */
    const char *user_agent;       /* against abuse; both optional with every grant */
    const char *device_id;        /* of the end user, too */
    const char *signals_id;       /* from WorkOS' script in the page: with code, password, magic */
    const char *radar_auth_attempt_id;   /* from an earlier answer: with password, magic */
    const char *radar_challenge_id;      /* from a challenge */
    const char *verification_id;         /* from lk_authkit_send_radar_sms_challenge() */
    const char *phone_number;            /* as there */
    const char *link_authorization_code; /* secret: with magic, to link an identity */
} lk_authentication_options;

#define LK_AUTHENTICATION_OPTIONS(...) \
    (&(const lk_authentication_options){ .size = sizeof(lk_authentication_options), __VA_ARGS__ })

/* All grants: one POST, blocks, from any thread. Never retried: codes are single-use and wrong
 * passwords are counted; only the refresh token is. Free *out with lk_authentication_free().
 *
 * challenge may be NULL. Otherwise *challenge is set to NULL first, and on LK_ERR_API to what the
 * sign-in needs next, if WorkOS says so; free it with lk_authentication_challenge_free(). It is
 * NULL for a plain refusal, whose word is in err->reason: "invalid_credentials",
 * "invalid_one_time_code", "one_time_code_expired", "invalid_grant", …
 *
 * The access token has not been verified: seal and open it, or see lk_session_open(). */

/* Needs code, and code_verifier in a client without an API key; takes invitation_token. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_code(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs refresh_token; takes organization_id, which switches. See lk_authkit_refresh(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_refresh_token(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs email and password, and a client with an API key, as do all below but the device's; takes
 * invitation_token. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_password(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs email and code: see lk_authkit_create_magic_auth(); takes invitation_token and
 * link_authorization_code. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_magic_auth(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs code and pending_authentication_token. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_email_verification(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs code, pending_authentication_token and authentication_challenge_id. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_totp(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs pending_authentication_token and organization_id. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_organization_selection(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs code, pending_authentication_token and radar_challenge_id. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_radar_email_challenge(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs code, pending_authentication_token, verification_id and phone_number. */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_radar_sms_challenge(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);
/* Needs device_code; sends no secret of the client. For a code that came in another way: what asks
 * for one and waits is lk_device_start(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_authenticate_with_device_code(
    lk_client *client, const lk_authentication_options *options, lk_authentication **out,
    lk_authentication_challenge **challenge, lk_error *err);

/* A code to sign in with, good for ten minutes. */
typedef struct lk_magic_auth {
    const char *id;
    const char *user_id;
    const char *email;
    const char *code; /* secret: send it to the e-mail address, never to the browser */
    int64_t expires_at_ms;
} lk_magic_auth;

/* Makes a code for lk_authkit_authenticate_with_magic_auth() (POST /user_management/magic_auth);
 * WorkOS e-mails it where the environment says so. invitation_token may be NULL. Needs an API key.
 * Blocks; never retried. Free *out with lk_magic_auth_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_create_magic_auth(lk_client *client, const char *email,
                                                            const char *invitation_token,
                                                            lk_magic_auth **out, lk_error *err);
LK_API void lk_magic_auth_free(lk_magic_auth *magic_auth);
LK_API void lk_magic_auth_freep(lk_magic_auth **magic_auth);

typedef struct lk_factor_challenge {
    const char *id; /* the authentication_challenge_id of lk_authkit_authenticate_with_totp() */
    const char *factor_id;
    int64_t expires_at_ms;
} lk_factor_challenge;

/* Asks a second factor for a code (POST /auth/factors/{factor_id}/challenge); the ids are in a
 * LK_CHALLENGE_MFA_CHALLENGE. Needs an API key. Blocks; never retried. Free *out with
 * lk_factor_challenge_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_challenge_factor(lk_client *client, const char *factor_id,
                                                           lk_factor_challenge **out,
                                                           lk_error *err);
LK_API void lk_factor_challenge_free(lk_factor_challenge *challenge);
LK_API void lk_factor_challenge_freep(lk_factor_challenge **challenge);

/* What an authenticator app is told once. */
typedef struct lk_totp {
    const char *issuer;
    const char *user;
    const char *secret;  /* secret: to be typed in where no camera is */
    const char *qr_code; /* secret: a picture, "data:image/png;base64,…" */
    const char *uri;     /* secret: what the picture says, "otpauth://totp/…" */
} lk_totp;

typedef struct lk_totp_factor {
    const char *id;
    const lk_totp *totp;
} lk_totp_factor;

typedef struct lk_totp_enrollment {
    const lk_totp_factor *factor;
    const lk_factor_challenge *challenge; /* answered by the first code of the app */
} lk_totp_enrollment;

typedef struct lk_totp_options {
    size_t size;        /* set by LK_TOTP_OPTIONS */
    const char *issuer; /* the app shows it: your product; NULL: WorkOS' choice */
    const char *user;   /* as shown beside it; NULL: WorkOS' choice */
    const char *secret; /* secret: one that the app knows already; NULL: a new one */
} lk_totp_options;

#define LK_TOTP_OPTIONS(...) \
    (&(const lk_totp_options){ .size = sizeof(lk_totp_options), __VA_ARGS__ })

/* Gives a user a second factor (POST /user_management/users/{id}/auth_factors). Show qr_code or uri
 * over a private connection, once; the first code goes to lk_authkit_authenticate_with_totp() with
 * the challenge's id. Needs an API key. Blocks; never retried. Free *out with
 * lk_totp_enrollment_free(), which wipes. */
LK_API LK_MUST_CHECK lk_status lk_authkit_enroll_totp(lk_client *client, const char *user_id,
                                                      const lk_totp_options *options,
                                                      lk_totp_enrollment **out, lk_error *err);
LK_API void lk_totp_enrollment_free(lk_totp_enrollment *enrollment);
LK_API void lk_totp_enrollment_freep(lk_totp_enrollment **enrollment);

typedef struct lk_sms_challenge {
    const char *verification_id;
    const char *phone_number;
} lk_sms_challenge;

/* Sends a code by text message (POST /user_management/radar_challenges), after a
 * LK_CHALLENGE_RADAR_SMS_CHALLENGE, whose user and pending token it takes. Needs an API key.
 * Blocks; never retried. Free *out with lk_sms_challenge_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_send_radar_sms_challenge(
    lk_client *client, const char *user_id, const char *pending_authentication_token,
    const char *phone_number, lk_sms_challenge **out, lk_error *err);
LK_API void lk_sms_challenge_free(lk_sms_challenge *challenge);
LK_API void lk_sms_challenge_freep(lk_sms_challenge **challenge);

/* The short form of …_with_code(). One POST, blocks, never retried: the code is single-use.
 * verifier may be NULL only for a client with an API key. LK_ERR_API with reason "invalid_grant":
 * start the sign-in again. Free *out with lk_authentication_free(). The access token has not been
 * verified: seal and open it, or see lk_session_open(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_exchange_code(lk_client *client, const char *code,
                                                        const char *verifier,
                                                        lk_authentication **out, lk_error *err);

/* Spends a refresh token; the short form of …_with_refresh_token(). WorkOS rotates it: keep the new
 * one before dropping the old. One POST, blocks; retried on network errors, since WorkOS replays
 * the same answer for 30 s. organization_id may be NULL; it switches the organization. Whether a
 * failure ends the session says lk_authkit_is_terminal(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_refresh(lk_client *client, const char *refresh_token,
                                                  const char *organization_id,
                                                  lk_authentication **out, lk_error *err);

/* Whether WorkOS refused a refresh token for good: LK_ERR_API with the reason "invalid_grant",
 * "sso_required" or "mfa_enrollment". Nobody is signed in any more; all other failures keep the
 * session. */
LK_API bool lk_authkit_is_terminal(const lk_error *err);

/* The address that ends a WorkOS session in the browser; return_to may be NULL. No I/O. Free *out
 * with lk_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_logout_url(const lk_client *client,
                                                     const char *session_id, const char *return_to,
                                                     char **out, lk_error *err);

/* Ends a session at WorkOS without a browser (POST /user_management/sessions/revoke); its refresh
 * token is worth nothing from then on, an access token until it expires. Needs an API key. Blocks;
 * retried. LK_ERR_API with http_status 400 or 404: there is no such session. */
LK_API LK_MUST_CHECK lk_status lk_authkit_revoke_session(lk_client *client, const char *session_id,
                                                         lk_error *err);

/* That a person belongs to an organization; text that WorkOS did not send is NULL. */
typedef struct lk_membership {
    const char *id;
    const char *organization_id;
    const char *organization_name;
    const char *role; /* slug */
} lk_membership;

typedef struct lk_membership_page {
    const lk_membership *const *items;
    size_t count;
} lk_membership_page;

/* The organizations that a person may sign in to or switch to: their active memberships, the first
 * 100 (GET /user_management/organization_memberships). Needs an API key. Blocks; retried. Free
 * *out with lk_membership_page_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_list_memberships(lk_client *client, const char *user_id,
                                                           lk_membership_page **out, lk_error *err);
LK_API void lk_membership_page_free(lk_membership_page *page);
LK_API void lk_membership_page_freep(lk_membership_page **page);

/* Wipes the tokens and frees the tree; NULL is fine. */
LK_API void lk_authentication_free(lk_authentication *authentication);
LK_API void lk_authentication_freep(lk_authentication **authentication);

#ifdef __cplusplus
}
#endif
#endif
