/* How errors are born; see error.h. */
#include "base/error.h"

#include <latchkey/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const status_names[] = {
    [LK_OK] = "LK_OK",
    [LK_ERR_INVALID] = "LK_ERR_INVALID",
    [LK_ERR_NO_MEMORY] = "LK_ERR_NO_MEMORY",
    [LK_ERR_NETWORK] = "LK_ERR_NETWORK",
    [LK_ERR_API] = "LK_ERR_API",
    [LK_ERR_RATE_LIMITED] = "LK_ERR_RATE_LIMITED",
    [LK_ERR_PROTOCOL] = "LK_ERR_PROTOCOL",
    [LK_ERR_SIGNATURE] = "LK_ERR_SIGNATURE",
    [LK_ERR_EXPIRED] = "LK_ERR_EXPIRED",
    [LK_ERR_NO_KEY] = "LK_ERR_NO_KEY",
    [LK_ERR_STATE] = "LK_ERR_STATE",
    [LK_ERR_NOT_FOUND] = "LK_ERR_NOT_FOUND",
    [LK_ERR_STORE] = "LK_ERR_STORE",
    [LK_ERR_CANCELLED] = "LK_ERR_CANCELLED",
};

lk_status lk__fail(lk_error *err, lk_status status, const char *format, ...)
{
    va_list args;

    if (err == NULL || err->status != LK_OK)
        return status;
    err->status = status;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return status;
}

lk_status lk__no_memory(lk_error *err)
{
    return lk__fail(err, LK_ERR_NO_MEMORY, "out of memory");
}

void lk__error_clear(lk_error *err)
{
    if (err != NULL)
        memset(err, 0, sizeof(*err));
}

const char *lk_status_name(lk_status status)
{
    size_t i = (size_t)status;

    if (i >= sizeof(status_names) / sizeof(status_names[0]))
        return "LK_ERR_?";
    return status_names[i];
}

const char *lk_version(void)
{
    return LK_VERSION;
}
