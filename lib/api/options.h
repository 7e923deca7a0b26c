/* What callers pass in: options stamped with their size, so that old programs and new libraries
 * agree, and text that must be there. */
#ifndef LK_API_OPTIONS_H
#define LK_API_OPTIONS_H

#include "base/error.h"

/* Copies a struct that begins with its size_t size into *out, of the size known here. A shorter one
 * leaves the rest zero, which means the defaults. A longer one is fine while all that we do not
 * know is zero: nothing that was asked for is ignored. LK_ERR_INVALID says what is wrong; name is
 * the struct's, for the message. */
LK_MUST_CHECK lk_status lk__options_read(const void *options, void *out, size_t size,
                                         const char *name, lk_error *err);

/* LK_ERR_INVALID names the argument that is NULL, empty, or longer than any code, token or URL. */
LK_MUST_CHECK lk_status lk__require_text(const char *name, const char *value, lk_error *err);

#endif
