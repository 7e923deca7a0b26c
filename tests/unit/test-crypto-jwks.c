/* Key sets: crypto/jwks.c. */
#include "test.h"

#include <stdio.h>

#include "base/buf.h"
#include "crypto/jwks.h"
#include "data.h"

/* 2048 bits, all ones: an odd number of the right size. */
#define N64          "________________________________________________________________"
#define N2048        N64 N64 N64 N64 N64 "_____________________w" /* 5 * 64 + 22 = 342 characters */
#define KEY(members) "{\"keys\":[{" members "}]}"
#define SOUND        "\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N2048 "\",\"e\":\"AQAB\""

static void test_keys_are_found_by_id(void **state)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    LK_CLEANUP(lk__freep) char *text = NULL;
    lk_error err = LK_ERROR_INIT;
    size_t len;

    (void)state;
    text = data_read("jwks-two.json", &len);
    assert_ok(lk__jwks_parse(text, len, &keys, &err), err);
    assert_non_null(lk__jwks_find(keys, "key_1"));
    assert_non_null(lk__jwks_find(keys, "key_2"));
    assert_ptr_not_equal(lk__jwks_find(keys, "key_1"), lk__jwks_find(keys, "key_2"));
    assert_null(lk__jwks_find(keys, "KEY_1"));
    assert_null(lk__jwks_find(keys, "key_3"));
    assert_null(lk__jwks_find(keys, ""));
    assert_null(lk__jwks_find(keys, NULL));
}

static void test_keys_that_may_verify_are_kept(void **state)
{
    static const char *const rows[] = {
        KEY(SOUND),
        KEY(SOUND ",\"use\":\"sig\",\"alg\":\"RS256\",\"key_ops\":[\"verify\"]"),
        KEY(SOUND ",\"key_ops\":[\"sign\",\"verify\"]"),
        KEY(SOUND ",\"x5c\":[\"AAAA\"],\"x5t#S256\":\"x\",\"extra\":{}"),
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"AP"
            "_8\",\"e\":\"AQAB\"},{" SOUND),
        KEY("\"kty\":\"EC\",\"kid\":\"k\",\"crv\":\"P-256\"},{" SOUND),
        "{\"keys\":[null,1,\"x\",[],{" SOUND "}]}",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk__jwks_parse(rows[i], strlen(rows[i]), &keys, &err), err);
        assert_non_null(lk__jwks_find(keys, "k"));
    }
}

static void test_keys_that_may_not_verify_are_left_out(void **state)
{
    static const char *const rows[] = {
        "{\"keys\":[]}",
        "{\"keys\":{}}",
        "{\"Keys\":[{" SOUND "}]}",
        "[]",
        "null",
        "",
        "<html>",
        KEY(""),
        KEY(SOUND ",\"use\":\"enc\""),
        KEY(SOUND ",\"use\":null"),
        KEY(SOUND ",\"alg\":\"RS512\""),
        KEY(SOUND ",\"alg\":\"HS256\""),
        KEY(SOUND ",\"alg\":5"),
        KEY(SOUND ",\"key_ops\":[\"sign\"]"),
        KEY(SOUND ",\"key_ops\":[]"),
        KEY(SOUND ",\"key_ops\":\"verify\""),
        KEY(SOUND ",\"kid\":\"other\""), /* a name that stands twice */
        KEY("\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AAAA\""),
        KEY("\"kty\":\"rsa\",\"kid\":\"k\",\"n\":\"" N2048 "\",\"e\":\"AQAB\""),
        KEY("\"kid\":\"k\",\"n\":\"" N2048 "\",\"e\":\"AQAB\""),
        KEY("\"kty\":\"RSA\",\"n\":\"" N2048 "\",\"e\":\"AQAB\""),
        KEY("\"kty\":\"RSA\",\"kid\":\"\",\"n\":\"" N2048 "\",\"e\":\"AQAB\""),
        KEY("\"kty\":\"RSA\",\"kid\":7,\"n\":\"" N2048 "\",\"e\":\"AQAB\""),
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"e\":\"AQAB\""),
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N2048 "\""),
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N2048 "\",\"e\":\"\""),
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N2048 "\",\"e\":\"AQ\""),   /* 1 */
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N2048 "\",\"e\":\"AQAA\""), /* even */
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N2048 "\",\"e\":\"AQ+B\""),
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N2048 "==\",\"e\":\"AQAB\""),
        KEY("\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N64 N64 "\",\"e\":\"AQAB\""), /* 768 bits */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__jwks *keys = NULL;
        lk_error err = LK_ERROR_INIT;

        if (lk__jwks_parse(rows[i], strlen(rows[i]), &keys, &err) != LK_ERR_PROTOCOL)
            fail_msg("row %zu: %s", i, rows[i]);
        assert_null(keys);
    }
    lk__jwks_free(NULL);
}

static void test_a_key_of_1024_bits_is_left_out(void **state)
{
    LK_CLEANUP(lk__freep) char *text = NULL;
    lk_error err = LK_ERROR_INIT;
    lk__jwks *keys = NULL;
    size_t len;

    (void)state;
    text = data_read("jwks-weak.json", &len);
    assert_fails(lk__jwks_parse(text, len, &keys, &err), LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "none of the 1 keys");
}

static void test_of_two_keys_with_one_id_the_first_counts(void **state)
{
    lk__auto_buf text = LK__BUF(10000);
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(
        lk__buf_text(&text,
                     KEY(SOUND "},{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"" N64 N64 N64 N64 N64 N64
                               "\",\"e\":\"Aw\""),
                     &err),
        err);
    assert_ok(lk__jwks_parse(text.data, text.len, &keys, &err), err);
    /* 2048 bits, not the 2304 of the second */
    assert_fails(lk__rsa_verify_sha256(lk__jwks_find(keys, "k"), "x", 1, N2048, 288, &err),
                 LK_ERR_SIGNATURE, err);
    assert_contains(err.message, "288 bytes where 256");
}

static void test_a_flood_of_keys_is_cut(void **state)
{
    lk__auto_buf text = LK__BUF(1000000);
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__buf_text(&text, "{\"keys\":[", &err), err);
    for (int i = 0; i < 200; i++)
        assert_ok(lk__buf_printf(&text, &err,
                                 "%s{\"kty\":\"RSA\",\"kid\":\"k%d\",\"n\":\"" N2048
                                 "\",\"e\":\"AQAB\"}",
                                 i > 0 ? "," : "", i),
                  err);
    assert_ok(lk__buf_text(&text, "]}", &err), err);
    assert_ok(lk__jwks_parse(text.data, text.len, &keys, &err), err);
    assert_non_null(lk__jwks_find(keys, "k63"));
    assert_null(lk__jwks_find(keys, "k64"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_found_by_id),
        cmocka_unit_test(test_keys_that_may_verify_are_kept),
        cmocka_unit_test(test_keys_that_may_not_verify_are_left_out),
        cmocka_unit_test(test_a_key_of_1024_bits_is_left_out),
        cmocka_unit_test(test_of_two_keys_with_one_id_the_first_counts),
        cmocka_unit_test(test_a_flood_of_keys_is_cut),
    };

    return cmocka_run_group_tests_name("crypto-jwks", tests, NULL, NULL);
}
