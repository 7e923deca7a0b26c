/* The Cookie header, and the pending sign-ins in it. */
#include "web/cookie.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "web/state.h"

#define PASSWORD "a-password-of-the-tests-0123456789"

static void check(const lk__cookie *cookie, const char *header, size_t len)
{
    lk__auto_buf value = LK__BUF(4096);
    lk_error err = LK_ERROR_INIT;

    promise(cookie->name_len > 0);
    promise(cookie->name >= header && cookie->name + cookie->name_len <= header + len);
    promise(cookie->value >= header && cookie->value + cookie->value_len <= header + len);
    for (size_t i = 0; i < cookie->value_len; i++)
        promise(cookie->value[i] >= ' ' && cookie->value[i] <= '~' && cookie->value[i] != ';');
    if (lk__cookie_decode(cookie, &value, &err) == LK_OK)
        promise(value.len == 0 || strlen(value.data) == value.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = malloc(size + 1);
    const char *rest = header;
    lk__cookie cookie;
    lk__pending pending = { .n_items = 0 };

    if (header == NULL)
        return 0;
    memcpy(header, data, size);
    header[size] = '\0';
    while (lk__cookie_next(&rest, &cookie))
        check(&cookie, header, strlen(header));
    promise(lk__pending_read(LK__ONE_PASSWORD(PASSWORD), header, 0, &pending, NULL) == LK_OK);
    lk__pending_sort(&pending);
    for (size_t i = 0; i < pending.n_items; i++)
        promise(strlen(pending.items[i].name) == LK__STATE_NAME_SIZE - 1);
    free(header);
    return 0;
}
