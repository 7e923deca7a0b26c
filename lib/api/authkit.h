/* What the layers above need of authkit.c and grants.c beyond the public header. */
#ifndef LK_API_AUTHKIT_H
#define LK_API_AUTHKIT_H

#include "api/call.h"

#include <latchkey/authkit.h>

extern const lk__shape lk__user_shape; /* snake_case, as the API writes */
extern const lk__shape lk__impersonator_shape;

/* LK_ERR_INVALID unless it is an S256 challenge (RFC 7636, 4.2). */
LK_MUST_CHECK lk_status lk__check_challenge(const char *challenge, lk_error *err);

/* As lk_authkit_refresh(), with attempts (may be NULL). */
LK_MUST_CHECK lk_status lk__authkit_refresh(lk_client *client, const char *refresh_token,
                                            const char *organization_id,
                                            const lk__attempts *attempts, lk_authentication **out,
                                            lk_error *err);

#endif
