/* The cache of an environment's signing keys; shared by all threads that use one client. */
#ifndef LK_API_KEYS_H
#define LK_API_KEYS_H

#include "api/client.h"

typedef struct lk__keys_rules {
    int64_t refresh_ms; /* older keys are renewed in the background; -1: never */
    int64_t max_age_ms; /* older keys are not used */
    const char *file;   /* borrowed; NULL: memory alone */
} lk__keys_rules;

/* Reads the file where there is one; what is wrong with it is told to the client's log. The
 * client's other members are set, and it outlives the keys. */
LK_MUST_CHECK lk_status lk__keys_new(lk_client *client, const lk__keys_rules *rules, lk__keys **out,
                                     lk_error *err);
/* Waits for a renewal in the background. */
void lk__keys_free(lk__keys *keys);

#endif
