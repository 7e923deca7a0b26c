/* Key sets from outside. */
#include "crypto/jwks.h"

#include "base/cleanup.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    unsigned char signature[256] = { 1 };
    const lk__rsa_key *key;
    lk_error err = LK_ERROR_INIT;

    if (lk__jwks_parse((const char *)data, size, &keys, &err) != LK_OK) {
        promise(err.status == LK_ERR_PROTOCOL && keys == NULL);
        return 0;
    }
    /* Whatever was taken for a key can be used, and accepts no nonsense. */
    key = lk__jwks_find(keys, "key_1");
    if (key != NULL)
        promise(lk__rsa_verify_sha256(key, "x", 1, signature, sizeof(signature), NULL) ==
                LK_ERR_SIGNATURE);
    return 0;
}
