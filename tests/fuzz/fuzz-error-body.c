/* Answers that refuse: two bytes for the HTTP status, then the body. */
#include "api/challenge.h"
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

/* Whatever is handed out is whole: lists have as many members as they say, each with its id. */
static void check_challenge(const char *bytes, size_t size)
{
    lk__auto_buf body = LK__BUF(1 << 20);
    lk_auto(lk_authentication_challenge) got = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk__buf_append(&body, bytes, size, &err) != LK_OK)
        return;
    promise(lk__challenge_read(&body, &got, &err) == LK_OK);
    if (got == NULL)
        return;
    promise(got->code != NULL);
    promise(got->kind != LK_CHALLENGE_OTHER || got->pending_authentication_token != NULL);
    for (size_t i = 0; i < got->n_factors; i++)
        promise(got->factors[i]->id != NULL);
    for (size_t i = 0; i < got->n_organizations; i++)
        promise(got->organizations[i]->id != NULL);
    for (size_t i = 0; i < got->n_connection_ids; i++)
        promise(got->connection_ids[i] != NULL);
    promise(got->user == NULL || (got->user->id != NULL && got->user->email != NULL));
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
    check_challenge((const char *)data + 2, size - 2);
    return 0;
}
