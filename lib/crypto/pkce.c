/* PKCE, and tokens nobody can guess; see pkce.h. */
#include "crypto/pkce.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"

enum { TOKEN_BYTES = 32 };

lk_status lk__random_token(const lk_random *random, char out[LK__TOKEN_SIZE], lk_error *err)
{
    unsigned char bytes[TOKEN_BYTES];
    lk_status status = random->fill(random->ctx, bytes, sizeof(bytes));

    if (status != LK_OK)
        return lk__fail(err, status, "the source of random bytes failed");
    lk__base64url_encode(bytes, sizeof(bytes), out);
    lk__wipe(bytes, sizeof(bytes));
    return LK_OK;
}

lk_status lk__pkce_challenge(const char *verifier, char out[LK__TOKEN_SIZE], lk_error *err)
{
    unsigned char hash[LK__SHA256_SIZE];

    /* RFC 7636, 4.2: "code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))" */
    LK_TRY(lk__sha256(verifier, strlen(verifier), hash, err));
    lk__base64url_encode(hash, sizeof(hash), out);
    return LK_OK;
}

lk_status lk__pkce_make(const lk_random *random, lk_pkce *out, lk_error *err)
{
    lk_pkce made = { .verifier = "" };

    LK_TRY(lk__random_token(random, made.verifier, err));
    LK_TRY(lk__pkce_challenge(made.verifier, made.challenge, err));
    *out = made;
    lk__wipe(&made, sizeof(made));
    return LK_OK;
}
