/* How errors are born and travel. */
#ifndef LK_BASE_ERROR_H
#define LK_BASE_ERROR_H

#include <latchkey/error.h>

/* Forwards a failure. The only macro that hides control flow; safe since every local owner cleans
 * itself up. */
#define LK_TRY(call)                \
    do {                            \
        lk_status status_ = (call); \
        if (status_ != LK_OK)       \
            return status_;         \
    } while (0)

/* The one way an error is born: `return lk__fail(err, LK_ERR_…, "sentence with the numbers: %d")`.
 * err may be NULL. An error that is already set stays: the first one wins. Returns status. */
lk_status lk__fail(lk_error *err, lk_status status, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
lk_status lk__no_memory(lk_error *err);

/* Public functions clear what an earlier call left behind. NULL is fine. */
void lk__error_clear(lk_error *err);

#endif
