/* The readers of the mirror: an lk_mirror serves one thread at a time, so request threads borrow
 * one. Opened when needed, kept open. */
#ifndef APP_POOL_H
#define APP_POOL_H

#include <latchkey/mirror.h>

typedef struct pool pool;

/* Opens the first one, so that a store that cannot be used is known at once. */
LK_MUST_CHECK lk_status pool_new(const char *store, pool **out, lk_error *err);
/* All must be back. */
void pool_free(pool *readers);
/* Waits for at most a few seconds while all are out: LK_ERR_STORE then. */
LK_MUST_CHECK lk_status pool_take(pool *readers, lk_mirror **out, lk_error *err);
void pool_give(pool *readers, lk_mirror *mirror);

#endif
