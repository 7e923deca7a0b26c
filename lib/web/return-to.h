/* Where to go after sign-in: an address somebody else wrote, made safe. Pure. */
#ifndef LK_WEB_RETURN_TO_H
#define LK_WEB_RETURN_TO_H

#include "base/buf.h"

/* Longer ones are not worth it: the address travels in the state cookie. */
enum { LK__MAX_RETURN_TO = 2000 };

/* Appends text rebuilt as path, query and fragment on our own origin, or fallback when it is
 * anything else: another scheme or host in any spelling, control characters, backslashes, broken
 * escapes, invalid UTF-8, more than LK__MAX_RETURN_TO bytes. text NULL: fallback. */
LK_MUST_CHECK lk_status lk__return_to(const char *text, const char *fallback, lk__buf *out,
                                      lk_error *err);

#endif
