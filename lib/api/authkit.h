/* What the layers above need of authkit.c beyond the public header. */
#ifndef LK_API_AUTHKIT_H
#define LK_API_AUTHKIT_H

#include "base/json.h"

#include <latchkey/authkit.h>

extern const lk__shape lk__user_shape; /* snake_case, as the API writes */
extern const lk__shape lk__impersonator_shape;

#endif
