/* A refused grant as the next step of a sign-in. Pure. */
#ifndef LK_API_CHALLENGE_H
#define LK_API_CHALLENGE_H

#include "base/buf.h"

#include <latchkey/authkit.h>

/* Reads the body of a refused grant. *out stays NULL when it asks for no step (a wrong
 * password, invalid_grant). Fails with LK_ERR_NO_MEMORY alone. Free *out with
 * lk_authentication_challenge_free(). */
LK_MUST_CHECK lk_status lk__challenge_read(const lk__buf *body, lk_authentication_challenge **out,
                                           lk_error *err);

#endif
