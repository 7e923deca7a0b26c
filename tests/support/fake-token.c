/* Access tokens as WorkOS would sign them; see fake-token.h. */
#include "fake-token.h"

#include <inttypes.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "data.h"

enum { SIGNATURE_SIZE = 256, MAX_CLAIMS = 65536 };

/* Signing draws randomness for blinding; any will do for a test. */
static int draw(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(i + 1);
    return 0;
}

static bool sign(const char *kid, const unsigned char hash[LK__SHA256_SIZE],
                 unsigned char out[SIGNATURE_SIZE])
{
    size_t len = 0;
    char *pem = data_read(strcmp(kid, "key_2") == 0 ? "other-key.pem" : "signing-key.pem", &len);
    mbedtls_pk_context key;
    bool done;

    mbedtls_pk_init(&key);
#if MBEDTLS_VERSION_MAJOR >= 3
    done = mbedtls_pk_parse_key(&key, (unsigned char *)pem, len + 1, NULL, 0, draw, NULL) == 0 &&
           mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash, LK__SHA256_SIZE, out, SIGNATURE_SIZE,
                           &len, draw, NULL) == 0;
#else
    done =
        mbedtls_pk_parse_key(&key, (unsigned char *)pem, len + 1, NULL, 0) == 0 &&
        mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash, LK__SHA256_SIZE, out, &len, draw, NULL) == 0;
#endif
    mbedtls_pk_free(&key);
    free(pem);
    return done && len == SIGNATURE_SIZE;
}

char *fake_token_sign(const char *kid, const char *claims)
{
    unsigned char hash[LK__SHA256_SIZE];
    unsigned char signature[SIGNATURE_SIZE];
    char header[256];
    size_t size;
    size_t used;
    char *token;

    snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid);
    size = lk__base64url_size(strlen(header)) + lk__base64url_size(strlen(claims)) +
           lk__base64url_size(SIGNATURE_SIZE) + 3;
    token = malloc(size);
    if (token == NULL)
        abort();
    lk__base64url_encode(header, strlen(header), token);
    used = strlen(token);
    token[used++] = '.';
    lk__base64url_encode(claims, strlen(claims), token + used);
    used = strlen(token);
    if (lk__sha256(token, used, hash, NULL) != LK_OK || !sign(kid, hash, signature)) {
        fputs("fake-token: cannot sign\n", stderr);
        abort();
    }
    token[used++] = '.';
    lk__base64url_encode(signature, sizeof(signature), token + used);
    return token;
}

char *fake_token(int64_t now_ms)
{
    char claims[512];

    snprintf(claims, sizeof(claims),
             "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"sid\":\"session_01\","
             "\"org_id\":\"org_01\",\"role\":\"admin\",\"permissions\":[\"directory:read\"],"
             "\"jti\":\"jti_01\",\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}",
             now_ms / 1000, now_ms / 1000 + 300);
    return fake_token_sign("key_1", claims);
}
