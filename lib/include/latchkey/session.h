/* Sessions: the sealed cookie that the WorkOS Node family reads and writes (Fe26.2).
 *
 * A cookie holds the access token, the refresh token and the user. The seal says that we wrote it;
 * only the token inside says that WorkOS did. Both are checked on every opening. */
#ifndef LATCHKEY_SESSION_H
#define LATCHKEY_SESSION_H

#include <latchkey/authkit.h>
#include <latchkey/sso.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Immutable; read it from any thread. Claims beyond these are environment-controlled input. */
typedef struct lk_session {
    const char *session_id;    /* "sid"; NULL in an SSO session */
    const lk_user *user;       /* in an SSO session: id, email and names of the profile */
    const lk_profile *profile; /* SSO sessions only, else NULL */
    const char *organization_id;
    const char *role;
    const char *const *roles;
    size_t n_roles;
    const char *const *permissions;
    size_t n_permissions;
    const char *const *entitlements;
    size_t n_entitlements;
    const char *const *feature_flags;
    size_t n_feature_flags;
    const char *authentication_method;
    const lk_impersonator *impersonator;
    const char *access_token; /* secret; NULL in an SSO session */
    int64_t issued_at_ms;     /* 0 when not told */
    int64_t expires_at_ms;    /* of the access token, or of the SSO session */
    /* When the person last proved who they are ("auth_time"); 0: WorkOS does not tell. For what
     * wants a recent sign-in: lead to the login path with max_age where it is longer ago. */
    int64_t authenticated_at_ms;
} lk_session;

/* Seals what a grant returned, as @workos-inc/node would. No I/O. password: at least 32 characters.
 * Free *out with lk_free_secret(). */
LK_API LK_MUST_CHECK lk_status lk_session_seal(const lk_client *client, const char *password,
                                               const lk_authentication *authentication, char **out,
                                               lk_error *err);

/* Opens a sealed cookie and checks the access token in it. Never touches the network.
 * LK_ERR_SIGNATURE: no session. LK_ERR_EXPIRED: genuine but stale, call lk_session_refresh() with
 * the same cookie. LK_ERR_NO_KEY: call lk_client_refresh_keys() and try once more. Free *out with
 * lk_session_free(). */
LK_API LK_MUST_CHECK lk_status lk_session_open(const lk_client *client, const char *password,
                                               const char *sealed, lk_session **out, lk_error *err);

/* Spends the refresh token in the cookie and verifies what comes back before handing it on. One
 * POST, blocks; errors as lk_authkit_refresh(). organization_id NULL keeps the organization. */
LK_API LK_MUST_CHECK lk_status lk_session_refresh(lk_client *client, const char *password,
                                                  const char *sealed, const char *organization_id,
                                                  char **out_sealed, lk_session **out,
                                                  lk_error *err);

/* Checks an access token alone, as from "Authorization: Bearer". user holds the id only. No I/O;
 * errors as lk_session_open(). */
LK_API LK_MUST_CHECK lk_status lk_session_from_token(const lk_client *client,
                                                     const char *access_token, lk_session **out,
                                                     lk_error *err);

/* The same, but on an unknown key fetches the keys and tries once more: blocks then, with the
 * errors of lk_client_refresh_keys(). */
LK_API LK_MUST_CHECK lk_status lk_session_from_token_fetching(lk_client *client,
                                                              const char *access_token,
                                                              lk_session **out, lk_error *err);

/* Seals any JSON text, and opens a seal without looking at what is in it. No client, no network.
 * ttl_s 0: never expires. LK_ERR_SIGNATURE, LK_ERR_EXPIRED. Free *out with lk_free_secret(). */
LK_API LK_MUST_CHECK lk_status lk_seal_text(const char *password, const char *json, int ttl_s,
                                            char **out, lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_open_text(const char *password, const char *sealed,
                                            int64_t now_ms, char **out, lk_error *err);

typedef struct lk_session_part {
    const char *name; /* "user.metadata"; of a claim of the token "accessToken.permissions" */
    size_t bytes;     /* that it takes in the seal */
} lk_session_part;

typedef struct lk_session_sizes {
    size_t sealed;                /* bytes: what goes into cookies, or into a store */
    size_t one_cookie;            /* bytes of it that one cookie takes */
    size_t all_cookies;           /* that four of them take */
    int n_cookies;                /* 1 to 4 that it needs; 0: more, so it belongs into a store */
    bool fits_store;              /* beyond that no server keeps it */
    const lk_session_part *parts; /* largest first; the bytes of all of them are the seal's */
    size_t n_parts;
} lk_session_sizes;

/* What in a session takes how much of its seal, and how many cookies that is. json: what a seal
 * holds, see lk_open_text(); nothing of it is verified. cookie_name NULL: "wos-session";
 * cookie_domain NULL: none. No I/O. LK_ERR_INVALID: no JSON object. Free *out with
 * lk_session_sizes_free(). */
LK_API LK_MUST_CHECK lk_status lk_session_size(const char *json, const char *cookie_name,
                                               const char *cookie_domain, lk_session_sizes **out,
                                               lk_error *err);
LK_API void lk_session_sizes_free(lk_session_sizes *sizes);
LK_API void lk_session_sizes_freep(lk_session_sizes **sizes);

/* Wipes the token and frees the tree; NULL is fine. */
LK_API void lk_session_free(lk_session *session);
LK_API void lk_session_freep(lk_session **session);

#ifdef __cplusplus
}
#endif
#endif
