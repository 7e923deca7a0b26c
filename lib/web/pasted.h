/* The address that a person copied out of the browser: text of anybody's making. Pure. */
#ifndef LK_WEB_PASTED_H
#define LK_WEB_PASTED_H

#include "base/buf.h"

enum { LK__MAX_PASTED = 8192 }; /* bytes */

/* Appends the query of an address that is redirect_uri, letter by letter, and nothing else than a
 * query behind it; white space around it is passed over. LK_ERR_INVALID says what to paste instead.
 */
LK_MUST_CHECK lk_status lk__pasted_read(const char *text, const char *redirect_uri, lk__buf *query,
                                        lk_error *err);

#endif
