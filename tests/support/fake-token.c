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

enum { MAX_SIGNATURE = MBEDTLS_PK_SIGNATURE_MAX_SIZE };

/* Signing draws randomness for blinding; any will do for a test. */
static int draw(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(i + 1);
    return 0;
}

static bool sign(const char *key_file, const unsigned char hash[LK__SHA256_SIZE],
                 unsigned char out[MAX_SIGNATURE], size_t *out_len)
{
    size_t len = 0;
    char *pem = data_read(key_file, &len);
    mbedtls_pk_context key;
    bool done;

    mbedtls_pk_init(&key);
#if MBEDTLS_VERSION_MAJOR >= 3
    done = mbedtls_pk_parse_key(&key, (unsigned char *)pem, len + 1, NULL, 0, draw, NULL) == 0 &&
           mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash, LK__SHA256_SIZE, out, MAX_SIGNATURE,
                           out_len, draw, NULL) == 0;
#else
    done = mbedtls_pk_parse_key(&key, (unsigned char *)pem, len + 1, NULL, 0) == 0 &&
           mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash, LK__SHA256_SIZE, out, out_len, draw,
                           NULL) == 0;
#endif
    mbedtls_pk_free(&key);
    free(pem);
    return done;
}

char *fake_token_with(const char *header, const char *claims, const void *signature,
                      size_t signature_len)
{
    char *token = malloc(lk__base64url_size(strlen(header)) + lk__base64url_size(strlen(claims)) +
                         lk__base64url_size(signature_len) + 3);
    size_t used;

    if (token == NULL)
        abort();
    lk__base64url_encode(header, strlen(header), token);
    used = strlen(token);
    token[used++] = '.';
    lk__base64url_encode(claims, strlen(claims), token + used);
    used = strlen(token);
    token[used++] = '.';
    lk__base64url_encode(signature, signature_len, token + used);
    return token;
}

char *fake_token_by(const char *key_file, const char *header, const char *claims)
{
    unsigned char hash[LK__SHA256_SIZE];
    unsigned char signature[MAX_SIGNATURE];
    char *text = fake_token_with(header, claims, "", 0);
    size_t len = 0;

    if (lk__sha256(text, strlen(text) - 1, hash, NULL) != LK_OK ||
        !sign(key_file, hash, signature, &len)) {
        fputs("fake-token: cannot sign\n", stderr);
        abort();
    }
    free(text);
    return fake_token_with(header, claims, signature, len);
}

char *fake_token_sign(const char *kid, const char *claims)
{
    char header[256];

    snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid);
    return fake_token_by(strcmp(kid, "key_2") == 0 ? "other-key.pem" : "signing-key.pem", header,
                         claims);
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
