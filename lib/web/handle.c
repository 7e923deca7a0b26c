/* Handles of stored sessions; see handle.h. */
#include "web/handle.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "crypto/base64.h"

#define PREFIX "lk."
/* What else the password is used for begins otherwise. */
#define MAC_OF    "latchkey session handle "
#define HANDLE_OF "latchkey moved session "

enum { PREFIX_LEN = sizeof(PREFIX) - 1, TOKEN_LEN = LK__TOKEN_SIZE - 1 };

static lk_status find_name(lk__handle *handle, lk_error *err)
{
    unsigned char hash[LK__SHA256_SIZE];
    int n = 0;

    LK_TRY(lk__sha256(handle->token, TOKEN_LEN, hash, err));
    for (size_t i = 0; i < sizeof(hash); i++)
        n += snprintf(handle->name + n, sizeof(handle->name) - (size_t)n, "%02x", hash[i]);
    return LK_OK;
}

static lk_status compute_mac(const char *token, const char *password, char out[LK__TOKEN_SIZE],
                             lk_error *err)
{
    char message[sizeof(MAC_OF) + TOKEN_LEN] = MAC_OF;
    unsigned char mac[LK__SHA256_SIZE];

    memcpy(message + sizeof(MAC_OF) - 1, token, TOKEN_LEN);
    lk_status status = lk__hmac_sha256(password, strlen(password), message,
                                       sizeof(MAC_OF) - 1 + TOKEN_LEN, mac, err);
    if (status == LK_OK) {
        lk__base64url_encode(mac, sizeof(mac), out);
        out[TOKEN_LEN] = '\0';
    }
    lk__wipe(message, sizeof(message));
    lk__wipe(mac, sizeof(mac));
    return status;
}

lk_status lk__handle_new(const lk_random *random, lk__handle *out, lk_error *err)
{
    LK_CLEANUP(lk__handle_wipe) lk__handle made = { .token = "" };

    LK_TRY(lk__random_token(random, made.token, err));
    LK_TRY(find_name(&made, err));
    *out = made;
    return LK_OK;
}

lk_status lk__handle_of(const char *sealed, const char *password, lk__handle *out, lk_error *err)
{
    LK_CLEANUP(lk__handle_wipe) lk__handle made = { .token = "" };
    lk__auto_buf message = LK__SECRET_BUF(SIZE_MAX);
    unsigned char mac[LK__SHA256_SIZE];

    LK_TRY(lk__buf_text(&message, HANDLE_OF, err));
    LK_TRY(lk__buf_text(&message, sealed, err));
    LK_TRY(lk__hmac_sha256(password, strlen(password), message.data, message.len, mac, err));
    lk__base64url_encode(mac, sizeof(mac), made.token);
    lk__wipe(mac, sizeof(mac));
    LK_TRY(find_name(&made, err));
    *out = made;
    return LK_OK;
}

lk_status lk__handle_print(const lk__handle *handle, const char *password,
                           char out[LK__HANDLE_COOKIE_SIZE], lk_error *err)
{
    char mac[LK__TOKEN_SIZE];

    LK_TRY(compute_mac(handle->token, password, mac, err));
    snprintf(out, LK__HANDLE_COOKIE_SIZE, PREFIX "%s.%s", handle->token, mac);
    return LK_OK;
}

bool lk__handle_looks_like(const char *text)
{
    return lk__text_starts(text, PREFIX);
}

lk_status lk__handle_read(const char *text, const lk__passwords *passwords, lk__handle *out,
                          lk_error *err)
{
    LK_CLEANUP(lk__handle_wipe) lk__handle found = { .token = "" };
    const char *token = text + PREFIX_LEN;

    if (!lk__handle_looks_like(text) || strlen(token) != 2 * TOKEN_LEN + 1 ||
        token[TOKEN_LEN] != '.')
        return lk__fail(err, LK_ERR_SIGNATURE, "no handle of a session");
    memcpy(found.token, token, TOKEN_LEN);
    for (size_t i = 0; i < passwords->n_items; i++) {
        char mac[LK__TOKEN_SIZE];
        LK_TRY(compute_mac(found.token, passwords->items[i], mac, err));
        if (!lk__bytes_equal(mac, token + TOKEN_LEN + 1, TOKEN_LEN))
            continue;
        LK_TRY(find_name(&found, err));
        *out = found;
        return LK_OK;
    }
    return lk__fail(err, LK_ERR_SIGNATURE, "no handle of ours");
}

void lk__handle_wipe(lk__handle *handle)
{
    lk__wipe(handle, sizeof(*handle));
}
