/* Answers that refuse: two bytes for the HTTP status, then the body. */
#include "api/refusal.h"

#include <string.h>

#include "base/text.h"
#include "fuzz.h"

#define SECRET "s3cr3t-c0de"

static void check_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    promise(len < size);
    promise(lk__utf8_valid(text, len));
    promise(strstr(text, SECRET) == NULL);
    for (size_t i = 0; i < len; i++)
        promise((unsigned char)text[i] >= ' ' && text[i] != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const items[] = { NULL, SECRET };
    const lk__secrets secrets = { .items = items, .count = 2 };
    lk_error err = LK_ERROR_INIT;
    lk_error unreadable = LK_ERROR_INIT;
    lk_status status;
    int http_status;

    if (size < 2)
        return 0;
    http_status = data[0] << 8 | data[1];
    status = lk__refusal_read(http_status, (const char *)data + 2, size - 2, secrets, &err);
    promise(status == err.status);
    promise(status == LK_ERR_API || status == LK_ERR_RATE_LIMITED || status == LK_ERR_PROTOCOL);
    promise(err.message[0] != '\0');
    check_text(err.message, sizeof(err.message));
    check_text(err.reason, sizeof(err.reason));
    promise(strpbrk(err.reason, " \"<>&'") == NULL);

    (void)lk__refusal_looks_like_json((const char *)data + 2, size - 2);
    promise(lk__refusal_unreadable(200, (const char *)data + 2, size - 2, &unreadable) ==
            LK_ERR_PROTOCOL);
    check_text(unreadable.message, sizeof(unreadable.message));
    return 0;
}
