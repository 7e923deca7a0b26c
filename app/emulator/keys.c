/* RSA, SHA-256 and randomness through mbedTLS. */
#include "keys.h"

#include <mbedtls/base64.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"

#define KEY_BITS    2048
#define MAX_OLD     8
#define SHA256_SIZE 32
#define MAX_CERT    2048 /* bytes of DER; ours have about 800 */

struct key_ring {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_pk_context pair;
    char *id;
    cJSON *shown; /* the public key as the set shows it */
    cJSON *old;   /* those that do not sign any more */
};

static void add_base64url(text *out, const unsigned char *bytes, size_t len)
{
    size_t size = len / 3 * 4 + 5, written = 0;
    AUTO_CHARS encoded = memory_zeroed(size);
    if (mbedtls_base64_encode((unsigned char *)encoded, size, &written, bytes, len))
        return;
    for (char *at = encoded; *at && *at != '='; at++)
        text_add_bytes(out, *at == '+' ? "-" : *at == '/' ? "_" : at, 1);
}

static int sha256(const void *bytes, size_t len, unsigned char out[SHA256_SIZE])
{
    return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes, len, out);
}

static void set_integer(cJSON *key, const char *name, const mbedtls_mpi *integer)
{
    unsigned char bytes[KEY_BITS / 8];
    size_t len = mbedtls_mpi_size(integer);
    AUTO_TEXT encoded = { 0 };
    if (len <= sizeof bytes && mbedtls_mpi_write_binary(integer, bytes, len) == 0)
        add_base64url(&encoded, bytes, len);
    json_set_text(key, name, text_get(&encoded));
}

static cJSON *public_key(const key_ring *self)
{
    mbedtls_mpi n, e;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&e);
    (void)mbedtls_rsa_export(mbedtls_pk_rsa(self->pair), &n, NULL, NULL, NULL, &e);
    cJSON *key = json_object();
    json_set_text(key, "alg", "RS256");
    json_set_text(key, "kty", "RSA");
    json_set_text(key, "use", "sig");
    json_set_text(key, "kid", self->id);
    set_integer(key, "n", &n);
    set_integer(key, "e", &e);
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&e);
    return key;
}

/* A certificate that the key has signed for itself, at the end of the buffer. Its length, or an
 * error below 0. */
static int write_certificate(key_ring *self, unsigned char out[MAX_CERT])
{
    const char *name = "CN=latchkey emulate";
    mbedtls_x509write_cert cert;
    mbedtls_mpi serial;
    mbedtls_x509write_crt_init(&cert);
    mbedtls_mpi_init(&serial);
    mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&cert, &self->pair);
    mbedtls_x509write_crt_set_issuer_key(&cert, &self->pair);
    bool failed = mbedtls_mpi_lset(&serial, 1) ||
                  mbedtls_x509write_crt_set_serial(&cert, &serial) ||
                  mbedtls_x509write_crt_set_subject_name(&cert, name) ||
                  mbedtls_x509write_crt_set_issuer_name(&cert, name) ||
                  mbedtls_x509write_crt_set_validity(&cert, "20200101000000", "20491231235959");
    int len = failed ? -1
                     : mbedtls_x509write_crt_der(&cert, out, MAX_CERT, mbedtls_ctr_drbg_random,
                                                 &self->random);
    mbedtls_mpi_free(&serial);
    mbedtls_x509write_crt_free(&cert);
    return len;
}

/* RFC 7517, 4.7 and 4.9: x5c in base64, "not base64url-encoded"; x5t#S256 in base64url. */
static bool add_certificate(key_ring *self, cJSON *key)
{
    unsigned char cert[MAX_CERT], hash[SHA256_SIZE];
    char encoded[MAX_CERT * 4 / 3 + 5];
    size_t written = 0;
    AUTO_TEXT thumbprint = { 0 };
    int len = write_certificate(self, cert);
    const unsigned char *der = cert + MAX_CERT - (len > 0 ? len : 0);
    if (len < 0 || sha256(der, (size_t)len, hash) ||
        mbedtls_base64_encode((unsigned char *)encoded, sizeof encoded, &written, der, (size_t)len))
        return false;
    cJSON *chain = json_array();
    json_push_text(chain, encoded);
    add_base64url(&thumbprint, hash, sizeof hash);
    json_set(key, "x5c", chain);
    json_set_text(key, "x5t#S256", thumbprint.bytes);
    return true;
}

/* What the world sees of the pair. */
static bool make_shown(key_ring *self)
{
    self->shown = public_key(self);
    return add_certificate(self, self->shown);
}

static bool make_pair(key_ring *self)
{
    if (mbedtls_pk_setup(&self->pair, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) ||
        mbedtls_rsa_gen_key(mbedtls_pk_rsa(self->pair), mbedtls_ctr_drbg_random, &self->random,
                            KEY_BITS, 65537))
        return false;
    return make_shown(self);
}

key_ring *keys_new(void)
{
    key_ring *self = memory_zeroed(sizeof *self);
    mbedtls_entropy_init(&self->entropy);
    mbedtls_ctr_drbg_init(&self->random);
    mbedtls_pk_init(&self->pair);
    if (mbedtls_ctr_drbg_seed(&self->random, mbedtls_entropy_func, &self->entropy, NULL, 0)) {
        keys_free(self);
        return NULL;
    }
    return self;
}

void keys_free(key_ring *self)
{
    if (!self)
        return;
    mbedtls_pk_free(&self->pair);
    mbedtls_ctr_drbg_free(&self->random);
    mbedtls_entropy_free(&self->entropy);
    cJSON_Delete(self->shown);
    cJSON_Delete(self->old);
    free(self->id);
    free(self);
}

static int sign_hash(key_ring *self, const unsigned char hash[SHA256_SIZE],
                     unsigned char out[MBEDTLS_PK_SIGNATURE_MAX_SIZE], size_t *out_len)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_sign(&self->pair, MBEDTLS_MD_SHA256, hash, SHA256_SIZE, out,
                           MBEDTLS_PK_SIGNATURE_MAX_SIZE, out_len, mbedtls_ctr_drbg_random,
                           &self->random);
#else
    return mbedtls_pk_sign(&self->pair, MBEDTLS_MD_SHA256, hash, SHA256_SIZE, out, out_len,
                           mbedtls_ctr_drbg_random, &self->random);
#endif
}

char *keys_sign(key_ring *self, const cJSON *claims)
{
    AUTO_JSON header = json_object();
    json_set_text(header, "alg", "RS256");
    json_set_text(header, "kid", self->id);
    json_set_text(header, "typ", "JWT");
    AUTO_CHARS header_text = json_print(header);
    AUTO_CHARS claims_text = json_print(claims);
    AUTO_TEXT token = { 0 };
    add_base64url(&token, (const unsigned char *)header_text, strlen(header_text));
    text_add(&token, ".");
    add_base64url(&token, (const unsigned char *)claims_text, strlen(claims_text));

    unsigned char hash[SHA256_SIZE], signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t signature_len = 0;
    if (sha256(token.bytes, token.len, hash) || sign_hash(self, hash, signature, &signature_len))
        return NULL;
    text_add(&token, ".");
    add_base64url(&token, signature, signature_len);
    return text_copy(token.bytes);
}

cJSON *keys_set(const key_ring *self)
{
    cJSON *set = json_object(), *list = json_array();
    const cJSON *old = NULL;
    json_push(list, json_copy(self->shown));
    cJSON_ArrayForEach(old, self->old) json_push(list, json_copy(old));
    json_set(set, "keys", list);
    return set;
}

const char *keys_id(const key_ring *self)
{
    return self->id;
}

cJSON *keys_save(const key_ring *self)
{
    unsigned char der[KEY_BITS]; /* such a key takes about 1200 bytes */
    cJSON *saved = json_object();
    AUTO_TEXT pair = { 0 };
    /* mbedTLS 2 asks for a context that may be changed, and leaves it alone. */
    int len =
        mbedtls_pk_write_key_der((mbedtls_pk_context *)(uintptr_t)&self->pair, der, sizeof der);
    if (len > 0) /* it is written at the end of the buffer */
        add_base64url(&pair, der + sizeof der - len, (size_t)len);
    mbedtls_platform_zeroize(der, sizeof der);
    json_set_text(saved, "id", self->id);
    json_set_text(saved, "pair", text_get(&pair));
    json_set_copy(saved, "old", self->old);
    return saved;
}

static int parse_pair(key_ring *self, const unsigned char *der, size_t len)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_parse_key(&self->pair, der, len, NULL, 0, mbedtls_ctr_drbg_random,
                                &self->random);
#else
    return mbedtls_pk_parse_key(&self->pair, der, len, NULL, 0);
#endif
}

bool keys_restore(key_ring *self, const cJSON *saved)
{
    unsigned char der[KEY_BITS];
    size_t len = 0;
    const char *id = json_text(saved, "id"), *encoded = json_text(saved, "pair");
    AUTO_TEXT padded = { 0 };
    for (const char *at = encoded; at && *at; at++)
        text_add_bytes(&padded, *at == '-' ? "+" : *at == '_' ? "/" : at, 1);
    while (padded.len % 4)
        text_add(&padded, "=");
    if (!id || self->id ||
        mbedtls_base64_decode(der, sizeof der, &len, (const unsigned char *)text_get(&padded),
                              padded.len))
        return false;
    int failed = parse_pair(self, der, len);
    mbedtls_platform_zeroize(der, sizeof der);
    if (failed || !mbedtls_pk_can_do(&self->pair, MBEDTLS_PK_RSA))
        return false;
    self->id = text_copy(id);
    self->old = json_copy(json_get(saved, "old"));
    return make_shown(self);
}

bool keys_rotate(key_ring *self, const char *key_id, bool keeps_old)
{
    cJSON *old = keeps_old ? (self->old ? self->old : json_array()) : NULL;
    if (keeps_old) {
        json_push(old, self->shown);
        while (cJSON_GetArraySize(old) > MAX_OLD)
            cJSON_DeleteItemFromArray(old, 0);
    } else {
        cJSON_Delete(self->shown);
        cJSON_Delete(self->old);
    }
    self->shown = NULL;
    self->old = old;
    mbedtls_pk_free(&self->pair);
    mbedtls_pk_init(&self->pair);
    free(self->id);
    self->id = text_copy(key_id);
    return make_pair(self);
}

char *keys_secret(key_ring *self, const char *prefix)
{
    unsigned char bytes[32];
    if (mbedtls_ctr_drbg_random(&self->random, bytes, sizeof bytes))
        memory_need(NULL); /* no randomness: nothing here may go on */
    AUTO_TEXT secret = { 0 };
    text_add(&secret, prefix);
    add_base64url(&secret, bytes, sizeof bytes);
    return text_copy(secret.bytes);
}

uint64_t keys_number(key_ring *self)
{
    uint64_t number = 0;
    if (mbedtls_ctr_drbg_random(&self->random, (unsigned char *)&number, sizeof number))
        memory_need(NULL);
    return number;
}

bool keys_challenge_fits(const char *challenge, const char *verifier)
{
    unsigned char hash[SHA256_SIZE];
    AUTO_TEXT expected = { 0 };
    if (!challenge || !verifier || sha256(verifier, strlen(verifier), hash))
        return false;
    add_base64url(&expected, hash, sizeof hash);
    return strcmp(text_get(&expected), challenge) == 0;
}

void keys_hmac_sha1(const void *key, size_t key_len, const void *bytes, size_t len,
                    unsigned char out[20])
{
    if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), key, key_len, bytes, len, out))
        memory_need(NULL); /* SHA-1 is part of every mbedTLS: only memory can be missing */
}

void keys_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                      unsigned char out[32])
{
    if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, key_len, bytes, len,
                        out))
        memory_need(NULL);
}
