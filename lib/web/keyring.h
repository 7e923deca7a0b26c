/* The cookie passwords of an lk_web, exchanged while requests are under way.
 *
 * A request that has begun goes on with what it has: old passwords are wiped once the last request
 * that began under them has ended. */
#ifndef LK_WEB_KEYRING_H
#define LK_WEB_KEYRING_H

#include "base/cleanup.h"
#include "base/error.h"
#include "web/passwords.h"

#include <stdint.h>

typedef struct lk__keyring lk__keyring;
typedef struct lk__key_age lk__key_age; /* the time in which the passwords do not change */

/* previous NULL: none. Copies; what the passwords are worth is for the caller to try. */
LK_MUST_CHECK lk_status lk__keyring_new(const char *password, const char *previous,
                                        lk__keyring **out, lk_error *err);
/* Nobody may be in it. NULL is fine. */
void lk__keyring_free(lk__keyring *ring);
/* From any thread. */
LK_MUST_CHECK lk_status lk__keyring_set(lk__keyring *ring, const char *password,
                                        const char *previous, lk_error *err);

/* Around each request. What lk__keyring_now() returns in between lives until the leave. */
typedef struct lk__keyring_visit {
    lk__keyring *ring;
    lk__key_age *age;
} lk__keyring_visit;
lk__keyring_visit lk__keyring_enter(lk__keyring *ring);
void lk__keyring_leave(lk__keyring_visit *visit);
#define lk__auto_keyring_visit \
    __attribute__((__unused__)) LK_CLEANUP(lk__keyring_leave) lk__keyring_visit

const lk__passwords *lk__keyring_now(const lk__keyring *ring);
/* Another number after each change. */
uint64_t lk__keyring_id(const lk__keyring *ring);

#endif
