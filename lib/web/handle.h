/* The cookie of a session that is kept in a store: "lk.", a random handle, "." and the handle's MAC
 * under the cookie password. Nobody can guess a handle; the MAC keeps those who try away from the
 * store. */
#ifndef LK_WEB_HANDLE_H
#define LK_WEB_HANDLE_H

#include "crypto/crypto.h"
#include "crypto/pkce.h"
#include "web/passwords.h"

enum {
    LK__HANDLE_COOKIE_SIZE = 3 + 2 * LK__TOKEN_SIZE, /* with the NUL */
    LK__HANDLE_NAME_SIZE = 2 * LK__SHA256_SIZE + 1
};

typedef struct lk__handle {
    char token[LK__TOKEN_SIZE];      /* secret; "": none */
    char name[LK__HANDLE_NAME_SIZE]; /* its SHA-256, in hex: what the store is told */
} lk__handle;

/* Draws one. */
LK_MUST_CHECK lk_status lk__handle_new(const lk_random *random, lk__handle *out, lk_error *err);
/* The one for a session that moves from cookies into the store: of requests that move it at once,
 * each comes to the same. Nobody knows it who has not both the seal and the password. */
LK_MUST_CHECK lk_status lk__handle_of(const char *sealed, const char *password, lk__handle *out,
                                      lk_error *err);
LK_MUST_CHECK lk_status lk__handle_print(const lk__handle *handle, const char *password,
                                         char out[LK__HANDLE_COOKIE_SIZE], lk_error *err);
/* Whether text means to be one: no seal does. */
bool lk__handle_looks_like(const char *text);
/* LK_ERR_SIGNATURE: none of ours. */
LK_MUST_CHECK lk_status lk__handle_read(const char *text, const lk__passwords *passwords,
                                        lk__handle *out, lk_error *err);
void lk__handle_wipe(lk__handle *handle);

#endif
