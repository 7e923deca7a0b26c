/* Single Sign-On without AuthKit: a profile per sign-in, no sessions at WorkOS.
 * WorkOS: https://workos.com/docs/reference/sso */
#ifndef LATCHKEY_SSO_H
#define LATCHKEY_SSO_H

#include <latchkey/client.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_profile {
    const char *id; /* "prof_…": key your own user record on this */
    const char *connection_id;
    const char *connection_type;
    const char *organization_id; /* check it: an e-mail domain is no proof of membership */
    const char *idp_id;
    const char *email;
    const char *first_name;
    const char *last_name;
    const char *name;
    const char *role; /* slug */
    const char *const *groups;
    size_t n_groups;
    const char *custom_attributes_json; /* JSON object */
} lk_profile;

typedef struct lk_profile_and_token {
    const lk_profile *profile;
    const char *access_token; /* secret, opaque, lives minutes */
} lk_profile_and_token;

typedef struct lk_sso_authorization_options {
    size_t size;                /* set by LK_SSO_AUTHORIZATION_OPTIONS */
    const char *redirect_uri;   /* required */
    const char *state;          /* required: returned unchanged on the callback */
    const char *code_challenge; /* PKCE, S256; NULL: not sent */
    const char *connection;     /* exactly one of connection, organization, provider */
    const char *organization;
    const char *provider;
    const char *login_hint;
    const char *domain_hint;
    /* More OAuth scopes to ask the provider for, and parameters to hand on to it. */
    const char *const *provider_scopes;
    size_t n_provider_scopes;
    const lk_parameter *provider_query_params;
    size_t n_provider_query_params;
    const char *nonce; /* for the provider's own token; NULL: none */
} lk_sso_authorization_options;

#define LK_SSO_AUTHORIZATION_OPTIONS(...)                                                 \
    (&(const lk_sso_authorization_options){ .size = sizeof(lk_sso_authorization_options), \
                                            __VA_ARGS__ })

/* The address to send the browser to. No I/O. LK_ERR_INVALID names the option that is wrong. Free
 * *out with lk_free(). */
LK_API LK_MUST_CHECK lk_status lk_sso_authorization_url(const lk_client *client,
                                                        const lk_sso_authorization_options *options,
                                                        char **out, lk_error *err);

/* Spends an authorization code. Blocks; never retried after the code may have been spent. verifier
 * may be NULL. Free *out with lk_profile_and_token_free(). */
LK_API LK_MUST_CHECK lk_status lk_sso_get_profile_and_token(lk_client *client, const char *code,
                                                            const char *verifier,
                                                            lk_profile_and_token **out,
                                                            lk_error *err);

/* Asks for the address that signs a browser out at the identity provider, too (POST
 * /sso/logout/authorize). Needs an API key. Blocks; retried. Only custom OpenID Connect connections
 * can do this: LK_ERR_API with reason "connection_invalid" for all others. It is good for one
 * visit, soon. Free *out with lk_free_secret(). */
LK_API LK_MUST_CHECK lk_status lk_sso_logout_url(lk_client *client, const char *profile_id,
                                                 char **out, lk_error *err);

LK_API void lk_profile_and_token_free(lk_profile_and_token *profile_and_token);
LK_API void lk_profile_and_token_freep(lk_profile_and_token **profile_and_token);

#ifdef __cplusplus
}
#endif
#endif
