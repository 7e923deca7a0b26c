/* What the client holds, for the layers above. */
#ifndef LK_API_CLIENT_H
#define LK_API_CLIENT_H

#include "base/json.h"

#include <latchkey/client.h>
#include <pthread.h>

typedef struct lk__keys lk__keys; /* the key cache: keys.c */

typedef enum lk__counted {
    LK__COUNT_CALL,
    LK__COUNT_KEY_FETCH,
    LK__COUNT_REFRESH,
    LK__N_COUNTED
} lk__counted;

typedef struct lk__count {
    _Atomic uint64_t n, n_failed;
} lk__count;

struct lk_client {
    char *client_id;
    bool has_api_key; /* false in a public client; never changes */
    pthread_mutex_t api_key_mutex;
    char *api_key;  /* secret; read it with lk__client_copy_api_key() */
    char *base_url; /* no trailing slash */
    char *user_agent;
    char **issuers; /* accepted, without trailing slash */
    size_t n_issuers;
    int timeout_ms;
    int max_retries; /* 0: never */
    int leeway_s;
    lk_transport transport;
    lk_clock clock;
    lk_random random;
    lk_log log;
    lk__keys *keys;
    lk__count counts[LK__N_COUNTED];
    _Atomic int64_t clock_skew_ms; /* LK__SKEW_UNKNOWN before the first answer with a Date */
};

#define LK__SKEW_UNKNOWN INT64_MIN

int64_t lk__now_ms(const lk_client *client);
/* A moment of this clock by WorkOS', as far as its answers told; and now. */
int64_t lk__server_ms(const lk_client *client, int64_t at_ms);
int64_t lk__server_now_ms(const lk_client *client);
/* Returns status. */
lk_status lk__client_count(lk_client *client, lk__counted what, lk_status status);
/* Appends the key as it is now; nothing in a public client. out should be a secret buffer. */
LK_MUST_CHECK lk_status lk__client_copy_api_key(const lk_client *client, lk__buf *out,
                                                lk_error *err);

/* Verifies an access token with the cached keys and the client's rules: see crypto/jwt.h. No I/O.
 */
LK_MUST_CHECK lk_status lk__client_verify(const lk_client *client, const char *token,
                                          lk__json **claims, lk_error *err);
/* Which keys a token would be verified with now: another number after each change, 0 while there
 * are none. Renews old ones in the background as a verification does. No I/O. */
uint64_t lk__client_keys_id(const lk_client *client);

#endif
