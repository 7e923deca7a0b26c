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
    const char *prompt;
    int max_age_s; /* 0: not sent; -1: 0 (sign in again now) */
} lk_authkit_authorization_options;

#define LK_AUTHKIT_AUTHORIZATION_OPTIONS(...)                                                     \
    (&(const lk_authkit_authorization_options){ .size = sizeof(lk_authkit_authorization_options), \
                                                __VA_ARGS__ })

/* The address to send the browser to. No I/O. Free *out with lk_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_authorization_url(
    const lk_client *client, const lk_authkit_authorization_options *options, char **out,
    lk_error *err);

/* Spends an authorization code. One POST, blocks, never retried: the code is single-use. verifier
 * may be NULL only for a client with an API key. LK_ERR_API with reason "invalid_grant": start the
 * sign-in again. Free *out with lk_authentication_free(). The access token has not been verified:
 * seal and open it, or see lk_session_open(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_exchange_code(lk_client *client, const char *code,
                                                        const char *verifier,
                                                        lk_authentication **out, lk_error *err);

/* Spends a refresh token; WorkOS rotates it: keep the new one before dropping the old. One POST,
 * blocks; retried on network errors, since WorkOS replays the same answer for 30 s. organization_id
 * may be NULL; it switches the organization. Terminal only with LK_ERR_API and a reason of
 * "invalid_grant", "sso_required" or "mfa_enrollment": all else keeps the session. */
LK_API LK_MUST_CHECK lk_status lk_authkit_refresh(lk_client *client, const char *refresh_token,
                                                  const char *organization_id,
                                                  lk_authentication **out, lk_error *err);

/* The address that ends a WorkOS session in the browser; return_to may be NULL. No I/O. Free *out
 * with lk_free(). */
LK_API LK_MUST_CHECK lk_status lk_authkit_logout_url(const lk_client *client,
                                                     const char *session_id, const char *return_to,
                                                     char **out, lk_error *err);

/* Wipes the tokens and frees the tree; NULL is fine. */
LK_API void lk_authentication_free(lk_authentication *authentication);
LK_API void lk_authentication_freep(lk_authentication **authentication);

#ifdef __cplusplus
}
#endif
#endif
