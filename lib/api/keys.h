/* The cache of an environment's signing keys; shared by all threads that use one client. */
#ifndef LK_API_KEYS_H
#define LK_API_KEYS_H

#include "api/client.h"

LK_MUST_CHECK lk_status lk__keys_new(lk__keys **out, lk_error *err);
void lk__keys_free(lk__keys *keys);

#endif
