/* What callers pass in; see options.h. */
#include "api/options.h"

#include <latchkey/version.h>
#include <string.h>

#define MAX_TEXT 16384

lk_status lk__options_read(const void *options, void *out, size_t size, const char *name,
                           lk_error *err)
{
    const unsigned char *bytes = options;
    size_t given;

    if (options == NULL)
        return lk__fail(err, LK_ERR_INVALID, "%s must not be NULL", name);
    memcpy(&given, options, sizeof(given));
    if (given < sizeof(given))
        return lk__fail(err, LK_ERR_INVALID, "%s.size is %zu: use the macro that sets it", name,
                        given);
    for (size_t i = size; i < given; i++) {
        if (bytes[i] != 0)
            return lk__fail(err, LK_ERR_INVALID,
                            "%s sets an option at byte %zu that version %s does not know", name, i,
                            lk_version());
    }
    memset(out, 0, size);
    memcpy(out, options, given < size ? given : size);
    return LK_OK;
}

lk_status lk__require_text(const char *name, const char *value, lk_error *err)
{
    if (value == NULL || value[0] == '\0')
        return lk__fail(err, LK_ERR_INVALID, "%s is missing", name);
    if (strlen(value) > MAX_TEXT)
        return lk__fail(err, LK_ERR_INVALID, "%s has %zu characters, more than %d", name,
                        strlen(value), MAX_TEXT);
    return LK_OK;
}
