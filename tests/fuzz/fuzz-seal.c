/* Sealed cookies from outside: the input as a seal; as the text of one; and as the fields under a
 * sound MAC, which is what lies behind the check that random bytes never pass. */
#include "crypto/seal.h"

#include <string.h>

#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "fuzz.h"

#define PASSWORD "latchkey-vector-one-password-0001"
#define SALT     "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

enum { NOW_MS = 1000000, LIMIT = 1 << 20 };

static const char *const passwords[] = { PASSWORD };

static lk_status unseal(const void *seal, size_t len, lk__buf *out)
{
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk__unseal(passwords, 1, seal, len, NOW_MS, out, &err);

    promise(status == err.status);
    promise(status == LK_OK || status == LK_ERR_SIGNATURE || status == LK_ERR_EXPIRED);
    promise(status == LK_OK || out->len == 0);
    return status;
}

static void as_text(const uint8_t *data, size_t size)
{
    const lk_random random = { .fill = lk__random_fill };
    lk__auto_buf seal = LK__BUF(LIMIT);
    lk__auto_buf out = LK__SECRET_BUF(LIMIT);

    if (size > 100000)
        return;
    promise(lk__seal(&random, PASSWORD, data, size, NOW_MS, 0, &seal, NULL) == LK_OK);
    promise(unseal(seal.data, seal.len, &out) == LK_OK);
    promise(out.len == size && memcmp(out.data, data, size) == 0);
}

static void under_a_sound_mac(const uint8_t *data, size_t size)
{
    lk__auto_buf seal = LK__BUF(LIMIT);
    lk__auto_buf out = LK__SECRET_BUF(LIMIT);
    LK_CLEANUP(lk__kdf_freep) lk__kdf *kdf = NULL;
    unsigned char key[LK__AES_KEY];
    unsigned char mac[LK__SHA256_SIZE];
    char text[64];

    if (size > 100000)
        return;
    promise(lk__buf_text(&seal, "Fe26.2*1*" SALT "*", NULL) == LK_OK);
    promise(lk__buf_append(&seal, data, size, NULL) == LK_OK);
    promise(lk__kdf_new(PASSWORD, strlen(PASSWORD), &kdf, NULL) == LK_OK);
    promise(lk__kdf_derive(kdf, SALT, 64, 1, key, sizeof(key), NULL) == LK_OK);
    promise(lk__hmac_sha256(key, 32, seal.data, seal.len, mac, NULL) == LK_OK);
    lk__base64url_encode(mac, sizeof(mac), text);
    promise(lk__buf_printf(&seal, NULL, "*" SALT "*%s~2", text) == LK_OK);
    (void)unseal(seal.data, seal.len, &out); /* the promises are inside */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lk__auto_buf out = LK__SECRET_BUF(LIMIT);

    (void)unseal(data, size, &out); /* the promises are inside */
    as_text(data, size);
    under_a_sound_mac(data, size);
    return 0;
}
