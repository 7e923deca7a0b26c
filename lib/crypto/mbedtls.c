/* crypto.h by mbedTLS 2.28 and 3.x, and the kernel: only calls that both have, and no look into
 * their structs.
 *
 * mbedTLS guards an RSA context by a mutex, so threads that share one wait for each other. A key
 * therefore keeps its numbers and a small pool of contexts: each verification borrows one. */
#include "crypto/crypto.h"

#include <errno.h>
#include <mbedtls/aes.h>
#include <mbedtls/constant_time.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
    SHA1_SIZE = 20, /* bytes */
    SHA1_BLOCK = 64,
    MIN_MODULUS = 2048 / 8, /* bytes */
    MAX_MODULUS = 8192 / 8,
    MAX_EXPONENT = 8, /* bytes: a longer one only makes verifying slow */
    POOL_SIZE = 16
};

/* The lower seven bits of a code name the module below: -0x0010 is the bignum's lack of memory. */
static lk_status fail(int code, const char *what, lk_error *err)
{
    if (code == MBEDTLS_ERR_MD_ALLOC_FAILED || code == MBEDTLS_ERR_PK_ALLOC_FAILED ||
        (-code & 0x7F) == -MBEDTLS_ERR_MPI_ALLOC_FAILED)
        return lk__no_memory(err);
    return lk__fail(err, LK_ERR_INVALID, "%s failed: mbedTLS -0x%04x", what, (unsigned)-code);
}

/* ---- Hashes ---- */

static const mbedtls_md_info_t *sha256(void)
{
    return mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
}

lk_status lk__sha256(const void *data, size_t len, unsigned char out[LK__SHA256_SIZE],
                     lk_error *err)
{
    int code = mbedtls_md(sha256(), data, len, out);

    return code == 0 ? LK_OK : fail(code, "SHA-256", err);
}

lk_status lk__hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                          unsigned char out[LK__SHA256_SIZE], lk_error *err)
{
    int code = mbedtls_md_hmac(sha256(), key, key_len, data, len, out);

    return code == 0 ? LK_OK : fail(code, "HMAC-SHA256", err);
}

bool lk__bytes_equal(const void *a, const void *b, size_t len)
{
    return mbedtls_ct_memcmp(a, b, len) == 0;
}

/* ---- Keys of a password ---- */

/* HMAC's two hashes, each past the block that holds the key: every use continues a copy. */
struct lk__kdf {
    mbedtls_md_context_t inner;
    mbedtls_md_context_t outer;
    mbedtls_md_context_t salted; /* the inner one past the salt */
    mbedtls_md_context_t work;
};

static const mbedtls_md_info_t *sha1(void)
{
    return mbedtls_md_info_from_type(MBEDTLS_MD_SHA1);
}

/* RFC 2104, 2: the key, hashed when longer than a block, filled with zeros, XORed with pad. */
static int begin(mbedtls_md_context_t *hash, const unsigned char key[SHA1_BLOCK], unsigned char pad)
{
    unsigned char block[SHA1_BLOCK];
    int code = mbedtls_md_setup(hash, sha1(), 0);

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ pad;
    if (code == 0)
        code = mbedtls_md_starts(hash);
    if (code == 0)
        code = mbedtls_md_update(hash, block, sizeof(block));
    lk__wipe(block, sizeof(block));
    return code;
}

static int kdf_setup(lk__kdf *kdf, const void *password, size_t len)
{
    unsigned char key[SHA1_BLOCK] = { 0 };
    int code = 0;

    if (len > sizeof(key))
        code = mbedtls_md(sha1(), password, len, key);
    else if (len > 0)
        memcpy(key, password, len);
    if (code == 0)
        code = begin(&kdf->inner, key, 0x36);
    if (code == 0)
        code = begin(&kdf->outer, key, 0x5c);
    if (code == 0)
        code = mbedtls_md_setup(&kdf->salted, sha1(), 0);
    if (code == 0)
        code = mbedtls_md_setup(&kdf->work, sha1(), 0);
    lk__wipe(key, sizeof(key));
    return code;
}

lk_status lk__kdf_new(const void *password, size_t len, lk__kdf **out, lk_error *err)
{
    LK_CLEANUP(lk__kdf_freep) lk__kdf *kdf = calloc(1, sizeof(*kdf));
    int code;

    if (kdf == NULL)
        return lk__no_memory(err);
    mbedtls_md_init(&kdf->inner);
    mbedtls_md_init(&kdf->outer);
    mbedtls_md_init(&kdf->salted);
    mbedtls_md_init(&kdf->work);
    code = kdf_setup(kdf, password, len);
    if (code != 0)
        return fail(code, "PBKDF2", err);
    *out = lk__steal(kdf);
    return LK_OK;
}

void lk__kdf_free(lk__kdf *kdf)
{
    if (kdf == NULL)
        return;
    mbedtls_md_free(&kdf->inner);
    mbedtls_md_free(&kdf->outer);
    mbedtls_md_free(&kdf->salted);
    mbedtls_md_free(&kdf->work);
    free(kdf);
}

void lk__kdf_freep(lk__kdf **kdf)
{
    lk__kdf_free(*kdf);
}

/* HMAC: goes on behind from with text. */
static int finish_mac(lk__kdf *kdf, const mbedtls_md_context_t *from, const void *text, size_t len,
                      unsigned char out[SHA1_SIZE])
{
    int code = mbedtls_md_clone(&kdf->work, from);

    if (code == 0)
        code = mbedtls_md_update(&kdf->work, text, len);
    if (code == 0)
        code = mbedtls_md_finish(&kdf->work, out);
    if (code == 0)
        code = mbedtls_md_clone(&kdf->work, &kdf->outer);
    if (code == 0)
        code = mbedtls_md_update(&kdf->work, out, SHA1_SIZE);
    return code == 0 ? mbedtls_md_finish(&kdf->work, out) : code;
}

/* RFC 8018, 5.2: T_i = U_1 \xor U_2 \xor … \xor U_c, U_1 = PRF (P, S || INT (i)). */
static int derive_block(lk__kdf *kdf, uint32_t number, unsigned iterations,
                        unsigned char out[SHA1_SIZE])
{
    const unsigned char counter[] = { (unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                      (unsigned char)(number >> 8), (unsigned char)number };
    unsigned char u[SHA1_SIZE];
    int code = finish_mac(kdf, &kdf->salted, counter, sizeof(counter), u);

    memcpy(out, u, sizeof(u));
    for (unsigned i = 1; i < iterations && code == 0; i++) {
        code = finish_mac(kdf, &kdf->inner, u, sizeof(u), u);
        for (size_t j = 0; j < sizeof(u); j++)
            out[j] ^= u[j];
    }
    lk__wipe(u, sizeof(u));
    return code;
}

lk_status lk__kdf_derive(lk__kdf *kdf, const void *salt, size_t salt_len, unsigned iterations,
                         void *out, size_t out_len, lk_error *err)
{
    unsigned char block[SHA1_SIZE];
    unsigned char *bytes = out;
    int code = mbedtls_md_clone(&kdf->salted, &kdf->inner);

    if (code == 0)
        code = mbedtls_md_update(&kdf->salted, salt, salt_len);
    for (uint32_t number = 1; out_len > 0 && code == 0; number++) {
        size_t n = out_len < sizeof(block) ? out_len : sizeof(block);

        code = derive_block(kdf, number, iterations, block);
        memcpy(bytes, block, n);
        bytes += n;
        out_len -= n;
    }
    lk__wipe(block, sizeof(block));
    return code == 0 ? LK_OK : fail(code, "PBKDF2", err);
}

/* ---- AES ---- */

lk_status lk__aes256_cbc(bool encrypt, const unsigned char key[LK__AES_KEY],
                         const unsigned char iv[LK__AES_BLOCK], const void *in, size_t len,
                         void *out, lk_error *err)
{
    LK_CLEANUP(mbedtls_aes_free) mbedtls_aes_context ctx;
    unsigned char chain[LK__AES_BLOCK]; /* mbedTLS moves the vector on */
    int code;

    if (len % LK__AES_BLOCK != 0)
        return lk__fail(err, LK_ERR_INVALID, "AES-CBC wants whole blocks, not %zu bytes", len);
    memcpy(chain, iv, sizeof(chain));
    mbedtls_aes_init(&ctx);
    code = encrypt ? mbedtls_aes_setkey_enc(&ctx, key, LK__AES_KEY * 8)
                   : mbedtls_aes_setkey_dec(&ctx, key, LK__AES_KEY * 8);
    if (code == 0)
        code = mbedtls_aes_crypt_cbc(&ctx, encrypt ? MBEDTLS_AES_ENCRYPT : MBEDTLS_AES_DECRYPT, len,
                                     chain, in, out);
    return code == 0 ? LK_OK : fail(code, "AES-CBC", err);
}

/* ---- RSA ---- */

struct lk__rsa_key {
    size_t modulus_len;
    size_t exponent_len;
    pthread_mutex_t mutex; /* guards idle and n_idle, never held while computing */
    mbedtls_pk_context *idle[POOL_SIZE];
    size_t n_idle;
    unsigned char exponent[MAX_EXPONENT];
    unsigned char modulus[MAX_MODULUS];
};

static void context_freep(mbedtls_pk_context **context)
{
    if (*context == NULL)
        return;
    mbedtls_pk_free(*context);
    free(*context);
}

static int import(mbedtls_pk_context *context, const lk__rsa_key *key)
{
    mbedtls_rsa_context *rsa;
    int code = mbedtls_pk_setup(context, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));

    if (code != 0)
        return code;
    rsa = mbedtls_pk_rsa(*context);
    code = mbedtls_rsa_import_raw(rsa, key->modulus, key->modulus_len, NULL, 0, NULL, 0, NULL, 0,
                                  key->exponent, key->exponent_len);
    if (code == 0)
        code = mbedtls_rsa_complete(rsa);
    return code == 0 ? mbedtls_rsa_check_pubkey(rsa) : code;
}

static lk_status context_new(const lk__rsa_key *key, mbedtls_pk_context **out, lk_error *err)
{
    LK_CLEANUP(context_freep) mbedtls_pk_context *context = calloc(1, sizeof(*context));
    int code;

    if (context == NULL)
        return lk__no_memory(err);
    mbedtls_pk_init(context);
    code = import(context, key);
    if (code != 0)
        return fail(code, "reading an RSA key", err);
    *out = lk__steal(context);
    return LK_OK;
}

static lk_status borrow(lk__rsa_key *key, mbedtls_pk_context **out, lk_error *err)
{
    mbedtls_pk_context *context = NULL;

    pthread_mutex_lock(&key->mutex);
    if (key->n_idle > 0)
        context = key->idle[--key->n_idle];
    pthread_mutex_unlock(&key->mutex);
    if (context == NULL)
        return context_new(key, out, err);
    *out = context;
    return LK_OK;
}

static void give_back(lk__rsa_key *key, mbedtls_pk_context *context)
{
    pthread_mutex_lock(&key->mutex);
    if (key->n_idle < POOL_SIZE) {
        key->idle[key->n_idle++] = context;
        context = NULL;
    }
    pthread_mutex_unlock(&key->mutex);
    context_freep(&context);
}

static void drop_zeros(const unsigned char **number, size_t *len)
{
    while (*len > 0 && **number == 0) {
        (*number)++;
        (*len)--;
    }
}

static lk_status check_numbers(const unsigned char *modulus, size_t modulus_len,
                               const unsigned char *exponent, size_t exponent_len, lk_error *err)
{
    if (modulus_len < MIN_MODULUS || modulus_len > MAX_MODULUS ||
        (modulus_len == MIN_MODULUS && (modulus[0] & 0x80) == 0))
        return lk__fail(err, LK_ERR_INVALID, "RSA key of about %zu bits: 2048 to 8192 are allowed",
                        modulus_len * 8);
    if (exponent_len == 0 || exponent_len > MAX_EXPONENT || (exponent[exponent_len - 1] & 1) == 0 ||
        (exponent_len == 1 && exponent[0] < 3))
        return lk__fail(err, LK_ERR_INVALID,
                        "RSA exponent of %zu bytes: it must be odd, at least 3, at most %d bytes",
                        exponent_len, MAX_EXPONENT);
    return LK_OK;
}

lk_status lk__rsa_key_new(const void *modulus, size_t modulus_len, const void *exponent,
                          size_t exponent_len, lk__rsa_key **out, lk_error *err)
{
    LK_CLEANUP(lk__rsa_key_freep) lk__rsa_key *key = NULL;
    const unsigned char *n = modulus;
    const unsigned char *e = exponent;
    mbedtls_pk_context *context;

    drop_zeros(&n, &modulus_len);
    drop_zeros(&e, &exponent_len);
    LK_TRY(check_numbers(n, modulus_len, e, exponent_len, err));
    key = calloc(1, sizeof(*key));
    if (key == NULL)
        return lk__no_memory(err);
    pthread_mutex_init(&key->mutex, NULL); /* never fails on Linux */
    key->modulus_len = modulus_len;
    key->exponent_len = exponent_len;
    memcpy(key->modulus, n, modulus_len);
    memcpy(key->exponent, e, exponent_len);
    LK_TRY(context_new(key, &context, err));
    give_back(key, context);
    *out = lk__steal(key);
    return LK_OK;
}

void lk__rsa_key_free(lk__rsa_key *key)
{
    if (key == NULL)
        return;
    while (key->n_idle > 0)
        context_freep(&key->idle[--key->n_idle]);
    pthread_mutex_destroy(&key->mutex);
    free(key);
}

void lk__rsa_key_freep(lk__rsa_key **key)
{
    lk__rsa_key_free(*key);
}

lk_status lk__rsa_verify_sha256(const lk__rsa_key *key, const void *data, size_t len,
                                const void *signature, size_t signature_len, lk_error *err)
{
    /* The numbers are constant; the pool behind its mutex is not part of the key's value. Every
     * key comes from calloc(), so none of them is an object defined const. */
    lk__rsa_key *pool = (lk__rsa_key *)(uintptr_t)key;
    unsigned char hash[LK__SHA256_SIZE];
    mbedtls_pk_context *context;
    int code;

    /* RFC 8017, 8.2.2: "If the length of the signature S is not k octets, output "invalid
     * signature"" */
    if (signature_len != key->modulus_len)
        return lk__fail(err, LK_ERR_SIGNATURE, "signature of %zu bytes where %zu are needed",
                        signature_len, key->modulus_len);
    LK_TRY(lk__sha256(data, len, hash, err));
    LK_TRY(borrow(pool, &context, err));
    code =
        mbedtls_pk_verify(context, MBEDTLS_MD_SHA256, hash, sizeof(hash), signature, signature_len);
    give_back(pool, context);
    if (code == 0)
        return LK_OK;
    if ((-code & 0x7F) == -MBEDTLS_ERR_MPI_ALLOC_FAILED)
        return lk__no_memory(err);
    return lk__fail(err, LK_ERR_SIGNATURE, "signature does not match");
}

/* ---- Randomness ---- */

/* The kernel's generator: no state of ours to share between threads or to repeat after fork().
 * mbedTLS would gather entropy and seed a CTR_DRBG, 460 us for each call that must not share one.
 */
lk_status lk__random_fill(void *ctx, void *out, size_t len)
{
    unsigned char *bytes = out;

    (void)ctx;
    while (len > 0) {
        ssize_t n = getrandom(bytes, len, 0);

        if (n < 0 && errno != EINTR)
            return LK_ERR_INVALID; /* no kernel older than 3.17 is meant */
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return LK_OK;
}
