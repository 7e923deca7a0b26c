/* Query strings, as hostile as they come. Pure. */
#ifndef LK_WEB_QUERY_H
#define LK_WEB_QUERY_H

#include "base/buf.h"

/* Appends the decoded value of one parameter. *found is false when it is not there (or has no
 * value), and out is then as it was. LK_ERR_INVALID: it stands there twice, is too long for out, or
 * holds a broken escape, a control character or invalid UTF-8. Names are compared decoded, so an
 * escaped twin does not hide. */
LK_MUST_CHECK lk_status lk__query_get(const char *query, const char *name, lk__buf *out,
                                      bool *found, lk_error *err);

#endif
