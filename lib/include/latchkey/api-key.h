/* API keys that your customers make in WorkOS' widgets, to call your program with.
 * WorkOS: https://workos.com/docs/reference/authkit/api-keys */
#ifndef LATCHKEY_API_KEY_H
#define LATCHKEY_API_KEY_H

#include <latchkey/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read-only. Text that WorkOS did not send is NULL; times it did not send are 0. */
typedef struct lk_api_key {
    const char *id;
    const char *name;
    const char *obfuscated_value; /* "sk_…xyz": fit to be shown */
    const char *owner_type;       /* "organization" or "user"; an open set */
    const char *owner_id;
    const char *organization_id; /* the owner, or the one in which the owner acts */
    const char *const *permissions;
    size_t n_permissions;
    int64_t last_used_at_ms;
    int64_t created_at_ms;
    int64_t updated_at_ms;
} lk_api_key;

/* Whose key is this? (POST /api_keys/validations.) Needs a client with an API key of its own.
 * Blocks; retried; from any thread. LK_ERR_NOT_FOUND: no such key, or it was revoked: answer 401.
 * All other errors say nothing about the key: answer 503. Keep no copy of the value. Free *out with
 * lk_api_key_free(). */
LK_API LK_MUST_CHECK lk_status lk_api_key_validate(lk_client *client, const char *value,
                                                   lk_api_key **out, lk_error *err);
LK_API void lk_api_key_free(lk_api_key *key);
LK_API void lk_api_key_freep(lk_api_key **key);

#ifdef __cplusplus
}
#endif
#endif
