/* Access tokens from outside: the input as a token, and as the claims of a token whose key is not
 * known, which shows the claims to the same rules without a signature. */
#include "crypto/jwt.h"

#include <string.h>

#include "base/cleanup.h"
#include "crypto/base64.h"
#include "fuzz.h"
#include "keys.h"

static lk_status verify(const char *token, const lk__jwks *keys)
{
    static const char *const issuers[] = { "https://api.workos.com" };
    const lk__jwt_rules rules = { .keys = keys,
                                  .issuers = issuers,
                                  .n_issuers = 1,
                                  .client_id = "client_01",
                                  .now_ms = INT64_C(1772452800000),
                                  .leeway_s = 30 };
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk__jwt_verify(token, &rules, &claims, &err);

    promise((claims != NULL) == (status == LK_OK || status == LK_ERR_EXPIRED));
    promise(status == err.status);
    if (claims != NULL)
        promise(lk__json_text(claims, "sub") != NULL && lk__json_duplicate(claims) == NULL);
    return status;
}

static void as_claims(const lk__jwks *keys, const uint8_t *data, size_t size)
{
    static const char head[] = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ."; /* kid "x" */
    char *token = malloc(sizeof(head) + lk__base64url_size(size) + 3);
    lk_status status;

    promise(token != NULL);
    strcpy(token, head);
    lk__base64url_encode(data, size, token + sizeof(head) - 1);
    strcat(token, ".AA");
    status = verify(token, keys);
    promise(status == LK_ERR_NO_KEY || status == LK_ERR_SIGNATURE);
    free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    char *token = malloc(size + 1);

    promise(token != NULL);
    memcpy(token, data, size);
    token[size] = '\0';
    promise(lk__jwks_parse(FUZZ_KEYS, strlen(FUZZ_KEYS), &keys, NULL) == LK_OK);
    (void)verify(token, keys); /* the promises are inside */
    as_claims(keys, data, size);
    free(token);
    return 0;
}
