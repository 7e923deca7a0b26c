/* What the layers above need of session.c beyond the public header. */
#ifndef LK_WEB_SESSION_H
#define LK_WEB_SESSION_H

#include "api/authkit.h"
#include "base/cleanup.h"
#include "web/passwords.h"

#include <latchkey/session.h>
#include <stdbool.h>

/* A browser keeps a cookie of about 4096 bytes; nothing longer than this is worth unsealing. */
enum { LK__MAX_SEALED = 65536 };

/* What it takes to renew or to end a session: read from a cookie whose token may be stale. */
typedef struct lk__grant {
    char *refresh_token;   /* secret; NULL when the cookie holds none */
    char *organization_id; /* NULL: none */
    char *user_id;
    char *session_id; /* NULL when the token names none or its key is unknown */
    bool key_unknown; /* the token could not be checked: only the seal vouches for it */
    bool is_sso;      /* a profile: nothing to refresh, nothing to end at WorkOS */
} lk__grant;

void lk__grant_clear(lk__grant *grant);
#define lk__auto_grant LK_CLEANUP(lk__grant_clear) lk__grant

/* Reads a sealed cookie of ours. A stale token and one with an unknown key are fine here; forged
 * ones and a user that is not the token's are LK_ERR_SIGNATURE. *out is empty before. */
LK_MUST_CHECK lk_status lk__session_peek(const lk_client *client, const lk__passwords *passwords,
                                         const char *sealed, lk__grant *out, lk_error *err);
/* Opens the seal, and that is all: LK_ERR_SIGNATURE for whatever is wrong with it. */
LK_MUST_CHECK lk_status lk__session_unseal(const lk_client *client, const lk__passwords *passwords,
                                           const char *sealed, lk__json **out, lk_error *err);
/* Spends the refresh token, verifies the answer, seals it. Blocks: see lk_session_refresh().
 * attempts may be NULL. */
LK_MUST_CHECK lk_status lk__session_renew(lk_client *client, const char *password,
                                          const lk__grant *grant, const char *organization_id,
                                          const lk__attempts *attempts, char **out_sealed,
                                          lk_session **out, lk_error *err);
/* As lk_session_open(), under any of the passwords. */
LK_MUST_CHECK lk_status lk__session_open(const lk_client *client, const lk__passwords *passwords,
                                         const char *sealed, lk_session **out, lk_error *err);
/* Another holder of the same session: each frees it with lk_session_free(), the last one for good.
 */
lk_session *lk__session_share(lk_session *session);
/* Opens; on LK_ERR_NO_KEY fetches the keys (blocks) and tries once more. */
LK_MUST_CHECK lk_status lk__session_open_fetching(lk_client *client, const lk__passwords *passwords,
                                                  const char *sealed, lk_session **out,
                                                  lk_error *err);
/* refresh_token stands for the authentication's own. Free *out with lk_free_secret(). */
LK_MUST_CHECK lk_status lk__session_seal(const lk_client *client, const char *password,
                                         const lk_authentication *authentication,
                                         const char *refresh_token, char **out, lk_error *err);
/* Seals an SSO profile: ours alone, with an end of its own. Free *out with lk_free_secret(). */
LK_MUST_CHECK lk_status lk__session_seal_profile(const lk_client *client, const char *password,
                                                 const lk_profile *profile, int64_t expires_at_ms,
                                                 char **out, lk_error *err);

#endif
