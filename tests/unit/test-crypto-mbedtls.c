/* The primitives: crypto/mbedtls.c against published vectors. */
#include "test.h"

#include <pthread.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "crypto/jwks.h"
#include "data.h"

static void hex(const unsigned char *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
}

static void test_sha256(void **state)
{
    lk_error err = LK_ERROR_INIT;
    unsigned char hash[LK__SHA256_SIZE];
    char text[65];

    (void)state;
    assert_ok(lk__sha256("abc", 3, hash, &err), err); /* FIPS 180-2, B.1 */
    hex(hash, sizeof(hash), text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_ok(lk__sha256(NULL, 0, hash, &err), err);
    hex(hash, sizeof(hash), text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_hmac_sha256(void **state)
{
    lk_error err = LK_ERROR_INIT;
    unsigned char mac[LK__SHA256_SIZE];
    char text[65];

    (void)state;
    /* RFC 4231, 4.3 */
    assert_ok(lk__hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac, &err), err);
    hex(mac, sizeof(mac), text);
    assert_string_equal(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#define K64 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

static void test_pbkdf2_sha1(void **state)
{
    static const struct {
        const char *password;
        size_t password_len;
        const char *salt;
        size_t salt_len;
        unsigned iterations;
        size_t len;
        const char *key;
    } rows[] = {
        /* RFC 6070, 2 */
        { "password", 8, "salt", 4, 1, 20, "0c60c80f961f0e71f3a9b524af6012062fe037a6" },
        { "password", 8, "salt", 4, 2, 20, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957" },
        { "passwordPASSWORDpassword", 24, "saltSALTsaltSALTsaltSALTsaltSALTsalt", 36, 4096, 25,
          "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038" },
        { "pass\0word", 9, "sa\0lt", 5, 4096, 16, "56fa6aa75548099dcc37d7f03425e0c3" },
        /* as long as a block of the hash, and hashed for being longer: from OpenSSL 3 */
        { K64, 64, "salt", 4, 1, 32,
          "7f9059ecbe80e8ee60cf66dfb3c10c317f2956e987cf3b7e89633585887777e0" },
        { K64 "k", 65, "salt", 4, 1, 32,
          "eeb200422abe95e191bae9890338bc8e540c78110e64ae2b234f704bd4b70265" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__kdf_freep) lk__kdf *kdf = NULL;
        lk_error err = LK_ERROR_INIT;
        unsigned char key[32];
        char text[65];

        assert_ok(lk__kdf_new(rows[i].password, rows[i].password_len, &kdf, &err), err);
        for (int again = 0; again < 2; again++) { /* deriving uses nothing up */
            memset(key, 0, sizeof(key));
            assert_ok(lk__kdf_derive(kdf, rows[i].salt, rows[i].salt_len, rows[i].iterations, key,
                                     rows[i].len, &err),
                      err);
            hex(key, rows[i].len, text);
            assert_string_equal(text, rows[i].key);
        }
    }
}

static void test_aes256_cbc(void **state)
{
    /* NIST SP 800-38A, F.2.5 */
    static const unsigned char key[LK__AES_KEY] = {
        0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae,
        0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61,
        0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4
    };
    static const unsigned char iv[LK__AES_BLOCK] = { 0, 1, 2,  3,  4,  5,  6,  7,
                                                     8, 9, 10, 11, 12, 13, 14, 15 };
    static const unsigned char plain[16] = { 0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
                                             0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a };
    lk_error err = LK_ERROR_INIT;
    unsigned char out[16];
    char text[33];

    (void)state;
    assert_ok(lk__aes256_cbc(true, key, iv, plain, 16, out, &err), err);
    hex(out, 16, text);
    assert_string_equal(text, "f58c4c04d6e5f1ba779eabfb5f7bfbd6");
    assert_ok(lk__aes256_cbc(false, key, iv, out, 16, out, &err), err); /* in place */
    assert_memory_equal(out, plain, 16);
    assert_fails(lk__aes256_cbc(false, key, iv, out, 15, out, &err), LK_ERR_INVALID, err);
}

static void test_comparing_bytes(void **state)
{
    (void)state;
    assert_true(lk__bytes_equal("abc", "abc", 3));
    assert_false(lk__bytes_equal("abc", "abd", 3));
    assert_false(lk__bytes_equal("Abc", "abc", 3));
    assert_true(lk__bytes_equal("abc", "abd", 2));
}

static void test_random_bytes_differ(void **state)
{
    unsigned char a[3000] = { 0 }; /* more than the kernel promises at a time */
    unsigned char b[3000] = { 0 };
    unsigned seen[256] = { 0 };

    (void)state;
    assert_int_equal(lk__random_fill(NULL, a, sizeof(a)), LK_OK);
    assert_int_equal(lk__random_fill(NULL, b, sizeof(b)), LK_OK);
    assert_memory_not_equal(a, b, sizeof(a));
    for (size_t i = 0; i < sizeof(a); i++)
        seen[a[i]]++;
    for (size_t i = 0; i < 256; i++) /* 11.7 expected; 60 is 14 standard deviations away */
        assert_true(seen[i] < 60);
}

/* ---- RSA ---- */

static lk_status key_of(size_t modulus_len, unsigned first, unsigned last, const char *exponent,
                        size_t exponent_len)
{
    LK_CLEANUP(lk__rsa_key_freep) lk__rsa_key *key = NULL;
    unsigned char modulus[1100];

    memset(modulus, 0xA5, sizeof(modulus));
    modulus[0] = (unsigned char)first;
    modulus[modulus_len - 1] = (unsigned char)last;
    return lk__rsa_key_new(modulus, modulus_len, exponent, exponent_len, &key, NULL);
}

static void test_keys_have_a_size_and_an_odd_exponent(void **state)
{
    static const struct {
        size_t modulus_len;
        unsigned first, last;
        const char *exponent;
        size_t exponent_len;
        lk_status status;
    } rows[] = {
        { 256, 0xFF, 1, "\x01\x00\x01", 3, LK_OK },
        { 256, 0x80, 1, "\x03", 1, LK_OK },
        { 257, 0x00, 1, "\x00\x01\x00\x01", 4, LK_OK }, /* leading zeros count for nothing */
        { 1024, 0xFF, 1, "\x01\x00\x01", 3, LK_OK },
        { 128, 0xFF, 1, "\x01\x00\x01", 3, LK_ERR_INVALID }, /* 1024 bits */
        { 256, 0x7F, 1, "\x01\x00\x01", 3, LK_ERR_INVALID }, /* 2047 bits */
        { 257, 0x00, 1, "", 0, LK_ERR_INVALID },
        { 1025, 0xFF, 1, "\x01\x00\x01", 3, LK_ERR_INVALID }, /* 8200 bits: slow */
        { 256, 0xFF, 2, "\x01\x00\x01", 3, LK_ERR_INVALID },  /* even modulus */
        { 256, 0xFF, 1, "\x01", 1, LK_ERR_INVALID },          /* signature = message */
        { 256, 0xFF, 1, "\x00", 1, LK_ERR_INVALID },
        { 256, 0xFF, 1, "\x02", 1, LK_ERR_INVALID },
        { 256, 0xFF, 1, "\x01\x00\x00", 3, LK_ERR_INVALID },                         /* even */
        { 256, 0xFF, 1, "\x01\x02\x03\x04\x05\x06\x07\x08\x09", 9, LK_ERR_INVALID }, /* slow */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++)
        if (key_of(rows[i].modulus_len, rows[i].first, rows[i].last, rows[i].exponent,
                   rows[i].exponent_len) != rows[i].status)
            fail_msg("row %zu", i);
    lk__rsa_key_free(NULL);
}

typedef struct job {
    const lk__rsa_key *key;
    const char *token;
    const char *signature; /* bytes */
    size_t signature_len;
    int n_bad;
} job;

static void *verify_often(void *ctx)
{
    job *j = ctx;
    size_t len = (size_t)(strrchr(j->token, '.') - j->token);

    for (int i = 0; i < 50; i++) {
        j->n_bad += lk__rsa_verify_sha256(j->key, j->token, len, j->signature, j->signature_len,
                                          NULL) != LK_OK;
        j->n_bad += lk__rsa_verify_sha256(j->key, j->token, len - 1, j->signature, j->signature_len,
                                          NULL) != LK_ERR_SIGNATURE;
    }
    return NULL;
}

static void test_one_key_serves_many_threads(void **state)
{
    enum { N_THREADS = 24 }; /* more than the pool of contexts holds */
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    LK_CLEANUP(lk__freep) char *text = NULL;
    LK_CLEANUP(lk__freep) char *token = NULL;
    lk__auto_buf signature = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;
    pthread_t threads[N_THREADS];
    job jobs[N_THREADS];
    size_t len;

    (void)state;
    text = data_read("jwks.json", &len);
    assert_ok(lk__jwks_parse(text, len, &keys, &err), err);
    token = data_read("ok-token.txt", NULL);
    assert_ok(lk__base64url_decode(&signature, strrchr(token, '.') + 1,
                                   strlen(strrchr(token, '.') + 1), false, &err),
              err);
    for (int i = 0; i < N_THREADS; i++) {
        jobs[i] = (job){ .key = lk__jwks_find(keys, "key_1"),
                         .token = token,
                         .signature = signature.data,
                         .signature_len = signature.len };
        assert_int_equal(pthread_create(&threads[i], NULL, verify_often, &jobs[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(jobs[i].n_bad, 0);
    }
}

static void test_a_signature_has_the_length_of_the_modulus(void **state)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    LK_CLEANUP(lk__freep) char *text = NULL;
    unsigned char signature[300] = { 0 };
    lk_error err = LK_ERROR_INIT;
    size_t len;

    (void)state;
    text = data_read("jwks.json", &len);
    assert_ok(lk__jwks_parse(text, len, &keys, &err), err);
    for (size_t n = 0; n < sizeof(signature); n++) {
        lk__error_clear(&err);
        assert_fails(
            lk__rsa_verify_sha256(lk__jwks_find(keys, "key_1"), "x", 1, signature, n, &err),
            LK_ERR_SIGNATURE, err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_pbkdf2_sha1),
        cmocka_unit_test(test_aes256_cbc),
        cmocka_unit_test(test_comparing_bytes),
        cmocka_unit_test(test_random_bytes_differ),
        cmocka_unit_test(test_keys_have_a_size_and_an_odd_exponent),
        cmocka_unit_test(test_one_key_serves_many_threads),
        cmocka_unit_test(test_a_signature_has_the_length_of_the_modulus),
    };

    return cmocka_run_group_tests_name("crypto-mbedtls", tests, NULL, NULL);
}
