/* What the layers above need of sso.c beyond the public header. */
#ifndef LK_API_SSO_H
#define LK_API_SSO_H

#include "base/json.h"

#include <latchkey/sso.h>

extern const lk__shape lk__profile_shape;

#endif
