/* The state of one sign-in under way: who asked, and how to finish.
 *
 * A seal is both the OAuth "state" and the value of a cookie whose name is derived from it, so
 * parallel sign-ins do not overwrite each other and only the browser that began one can end it. */
#ifndef LK_WEB_STATE_H
#define LK_WEB_STATE_H

#include "base/buf.h"
#include "crypto/pkce.h"
#include "web/cookie.h"
#include "web/passwords.h"

#include <latchkey/client.h>

#define LK__STATE_PREFIX "wos-auth-verifier-"
enum {
    LK__STATE_NAME_SIZE = sizeof(LK__STATE_PREFIX) + 8, /* with 8 hex digits and the NUL */
    LK__STATE_TTL_S = 600,
    LK__MAX_STATE = 8192, /* bytes; ours stay below a cookie's 4096 */
    LK__MAX_PENDING = 5   /* sign-ins at once in one browser */
};

/* Text is owned. */
typedef struct lk__state {
    char code_verifier[LK__TOKEN_SIZE]; /* secret */
    char *return_to;                    /* NULL: home */
    char *connection;                   /* SSO: what the profile must name; NULL: not asked */
    char *organization_id;
    int64_t issued_at_ms;
    int max_age_s; /* what the sign-in was asked for: 0: nothing; -1: to be of now */
    bool is_sso;
} lk__state;

void lk__state_clear(lk__state *state);
#define lk__auto_state LK_CLEANUP(lk__state_clear) lk__state

/* wos-auth-verifier-<FNV-1a of the seal, 32 bits, in hex>. */
void lk__state_cookie_name(const char *seal, char out[LK__STATE_NAME_SIZE]);

/* Appends the seal. redirect_uri is written for the WorkOS SDKs, which read it. */
LK_MUST_CHECK lk_status lk__state_seal(const lk_random *random, const char *password,
                                       const lk__state *state, const char *redirect_uri,
                                       int64_t now_ms, lk__buf *out, lk_error *err);
/* LK_ERR_STATE: not ours, or not a state. LK_ERR_EXPIRED: ours, but issued more than
 * LK__STATE_TTL_S ago or in the future. */
LK_MUST_CHECK lk_status lk__state_open(const lk__passwords *passwords, const char *seal,
                                       int64_t now_ms, lk__state *out, lk_error *err);

/* The pending states in a Cookie header. Call it once for each header with the same list. */
typedef struct lk__pending {
    struct lk__pending_state {
        char name[LK__STATE_NAME_SIZE];
        int64_t issued_at_ms; /* 0: unreadable or expired, the first to go */
    } items[24];
    size_t n_items; /* those beyond are left to the next reply */
} lk__pending;

LK_MUST_CHECK lk_status lk__pending_read(const lk__passwords *passwords, const char *cookie_header,
                                         int64_t now_ms, lk__pending *out, lk_error *err);
/* Oldest first. */
void lk__pending_sort(lk__pending *pending);

/* Whether the browser holds this very state under its name. */
LK_MUST_CHECK lk_status lk__state_is_held(const char *cookie_header, const char *seal, bool *held,
                                          lk_error *err);

#endif
