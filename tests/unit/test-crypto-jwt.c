/* Access tokens: crypto/jwt.c, all but the claims. Tokens in files were signed with openssl. */
#include "test.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "crypto/base64.h"
#include "data.h"
#include "fake-token.h"
#include "jwt-kit.h"

/* ---- Good tokens ---- */

static void test_a_token_signed_by_openssl_is_accepted(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__jwt_verify(token, &rules, &claims, &err), err);
    assert_string_equal(lk__json_text(claims, "sub"), "user_01");
    assert_string_equal(lk__json_text(claims, "sid"), "session_01");
}

static void test_a_key_with_exponent_3_is_accepted(void **state)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = jwt_kit_keys("jwks-exponent-3.json");
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token-exponent-3.txt", NULL);
    const lk__jwt_rules rules = jwt_kit_rules(keys);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(jwt_kit_verify(token, &rules, &err), err);
}

static void test_tokens_that_are_accepted(void **state)
{
    static const struct {
        const char *header, *claims;
    } rows[] = {
        { HEADER, CLAIMS },
        { "{\"kid\":\"key_1\",\"typ\":\"JWT\",\"alg\":\"RS256\",\"x\":1}", CLAIMS },
        { "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"typ\":\"at+JWT\"}", CLAIMS },
        { "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"typ\":\"application/at+jwt\"}", CLAIMS },
        { " { \"alg\" : \"RS256\" , \"kid\" : \"key_1\" } ", CLAIMS },
        { HEADER, "{\"iss\":\"https://api.workos.com/\"," SUB "," EXP "}" },
        { HEADER,
          "{\"iss\":\"https://api.workos.com/user_management/client_01\"," SUB "," EXP "}" },
        { HEADER,
          "{\"iss\":\"https://api.workos.com/user_management/client_01/\"," SUB "," EXP "}" },
        { HEADER, "{" ISS "," SUB "," EXP ",\"aud\":\"client_01\"}" },
        { HEADER, "{" ISS "," SUB "," EXP ",\"aud\":[\"x\",\"client_01\"]}" },
        { HEADER, "{" ISS "," SUB "," EXP ",\"client_id\":\"client_01\"}" },
        { HEADER, "{" ISS "," SUB "," EXP ",\"nbf\":1772452860}" }, /* a minute ahead */
        { HEADER, "{" ISS "," SUB "," EXP ",\"nbf\":-5}" },
        { HEADER, "{" ISS "," SUB "," EXP ",\"iat\":\"whenever\"}" }, /* means nothing to us */
        { HEADER, "{" ISS "," SUB ",\"exp\":1.772453e9}" },
        { HEADER, "{" ISS "," SUB ",\"exp\":2147483648}" },       /* 2038 */
        { HEADER, "{" ISS "," SUB ",\"exp\":4294967296}" },       /* 2106 */
        { HEADER, "{" ISS "," SUB ",\"exp\":9007199254740992}" }, /* 2^53: the last */
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        if (jwt_kit_verify_signed(*state, rows[i].header, rows[i].claims, &err) != LK_OK)
            fail_msg("row %zu: %s: %s", i, rows[i].claims, err.message);
    }
}

/* ---- Headers ---- */

static void refuse_all(const lk__jwks *keys, const char *const *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        lk_error err = LK_ERROR_INIT;

        if (jwt_kit_verify_signed(keys, rows[i], CLAIMS, &err) != LK_ERR_SIGNATURE)
            fail_msg("row %zu: %s: %s", i, rows[i], lk_status_name(err.status));
    }
}

static void test_other_algorithms_than_rs256_are_refused(void **state)
{
    static const char *const rows[] = {
        "{\"alg\":\"none\",\"kid\":\"key_1\"}",
        "{\"alg\":\"None\",\"kid\":\"key_1\"}",
        "{\"alg\":\"\",\"kid\":\"key_1\"}",
        "{\"kid\":\"key_1\"}",
        "{\"alg\":null,\"kid\":\"key_1\"}",
        "{\"alg\":[\"RS256\"],\"kid\":\"key_1\"}", /* cjose crashed on a non-text alg */
        "{\"alg\":256,\"kid\":\"key_1\"}",
        "{\"alg\":\"rs256\",\"kid\":\"key_1\"}",
        "{\"ALG\":\"RS256\",\"kid\":\"key_1\"}", /* cJSON ignores case by default */
        "{\"alg\":\"RS256 \",\"kid\":\"key_1\"}",
        "{\"alg\":\"RS384\",\"kid\":\"key_1\"}",
        "{\"alg\":\"PS256\",\"kid\":\"key_1\"}",
        "{\"alg\":\"ES256\",\"kid\":\"key_1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"key_1\"}",
        "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"key_1\"}", /* first or last wins? */
    };

    refuse_all(*state, rows, N_ROWS(rows));
}

static void test_headers_that_are_refused(void **state)
{
    static const char *const rows[] = {
        "{\"alg\":\"RS256\"}", /* no key id */
        "{\"alg\":\"RS256\",\"kid\":\"\"}",
        "{\"alg\":\"RS256\",\"kid\":1}",
        "{\"alg\":\"RS256\",\"kid\":null}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"kid\":\"key_2\"}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\\u0000\"}", /* reads as key_1 in C */
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"crit\":[]}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"crit\":null}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"b64\":false,\"crit\":[\"b64\"]}", /* RFC 7797 */
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"typ\":\"logout+jwt\"}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"typ\":\"dpop+jwt\"}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\",\"typ\":5}",
        "[\"alg\",\"RS256\"]",
        "\"RS256\"",
        "null",
        "{}",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\"}x",
        "{\"alg\":\"RS256\",\"kid\":\"key_1\"",
        "not json",
    };

    refuse_all(*state, rows, N_ROWS(rows));
}

static void test_an_hmac_under_the_public_key_is_refused(void **state)
{
    static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"key_1\"}";
    LK_CLEANUP(lk__freep) char *unsigned_token = fake_token_with(header, CLAIMS, "", 0);
    LK_CLEANUP(lk__freep) char *key = NULL;
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    size_t key_lens[2] = { 0, 0 }; /* the text of the public key, and the empty key of libjwt */
    unsigned char mac[LK__SHA256_SIZE];

    key = data_read("signing-key-public.pem", &key_lens[0]);
    for (size_t i = 0; i < 2; i++) {
        LK_CLEANUP(lk__freep) char *token = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk__hmac_sha256(key, key_lens[i], unsigned_token, strlen(unsigned_token) - 1, mac,
                                  &err),
                  err);
        token = fake_token_with(header, CLAIMS, mac, sizeof(mac));
        assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
        assert_contains(err.message, "RS256");
    }
}

/* ---- Keys ---- */

static void test_an_unknown_key_asks_for_new_keys(void **state)
{
    LK_CLEANUP(lk__freep) char *token = fake_token_sign("key_9", CLAIMS);
    LK_CLEANUP(lk__freep) char *known = fake_token_sign("key_1", CLAIMS);
    lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;

    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_NO_KEY, err);
    rules.keys = NULL;
    lk__error_clear(&err);
    assert_fails(jwt_kit_verify(known, &rules, &err), LK_ERR_NO_KEY, err);
}

static void test_an_unknown_key_is_no_reason_to_fetch_for_a_hopeless_token(void **state)
{
    static const char *const rows[] = {
        "{" SUB "," EXP "}", "{\"iss\":\"https://evil.example\"," SUB "," EXP "}",
        "{" ISS "," SUB "}", "{" ISS "," SUB "," EXP ",\"aud\":\"other\"}",
        "not json",
    };
    lk__jwt_rules rules = jwt_kit_rules(*state);

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__freep) char *token = fake_token_sign("key_9", rows[i]);
        lk_error err = LK_ERROR_INIT;

        assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
        assert_lacks(err.message, "evil"); /* nothing unsigned is repeated */
    }
}

static void test_an_unknown_key_is_never_just_expired(void **state)
{
    LK_CLEANUP(lk__freep)
    char *token =
        fake_token_sign("key_9", "{" ISS "," SUB ",\"exp\":1}"); /* nobody vouches for it */
    lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;

    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_NO_KEY, err);
}

static void test_a_weak_key_never_verifies(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("bad-token-weak-key.txt", NULL);
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;

    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_NO_KEY,
                 err); /* jwks.c leaves it out */
}

static void test_keys_are_not_mixed_up(void **state)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *two = jwt_kit_keys("jwks-two.json");
    LK_CLEANUP(lk__freep)
    char *right = fake_token_by("other-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_2\"}", CLAIMS);
    LK_CLEANUP(lk__freep)
    char *wrong = fake_token_by("other-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_1\"}", CLAIMS);
    const lk__jwt_rules rules = jwt_kit_rules(two);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(jwt_kit_verify(right, &rules, &err), err);
    assert_fails(jwt_kit_verify(wrong, &rules, &err), LK_ERR_SIGNATURE, err);
}

/* ---- Signatures ---- */

static void test_signatures_of_another_kind_are_refused(void **state)
{
    static const char *const files[] = { "bad-token-signed-sha384.txt",
                                         "bad-token-signed-pss.txt" };
    const lk__jwt_rules rules = jwt_kit_rules(*state);

    for (size_t i = 0; i < N_ROWS(files); i++) {
        LK_CLEANUP(lk__freep) char *token = data_read(files[i], NULL);
        lk_error err = LK_ERROR_INIT;

        assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    }
}

static void test_signatures_of_a_wrong_length_are_refused(void **state)
{
    static const size_t lengths[] = { 1, 32, 255, 257, 512, 1024 };
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    unsigned char signature[1024] = { 0 };

    for (size_t i = 0; i < N_ROWS(lengths); i++) {
        LK_CLEANUP(lk__freep) char *token = fake_token_with(HEADER, CLAIMS, signature, lengths[i]);
        lk_error err = LK_ERROR_INIT;

        assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    }
}

static void test_a_signature_with_a_zero_in_front_is_refused(void **state)
{
    LK_CLEANUP(lk__freep) char *token = fake_token_sign("key_1", CLAIMS);
    LK_CLEANUP(lk__freep) char *longer = NULL;
    lk__auto_buf signature = LK__BUF(1000);
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;
    const char *part = strrchr(token, '.') + 1;

    assert_ok(lk__buf_append(&signature, "\0", 1, &err), err);
    assert_ok(lk__base64url_decode(&signature, part, strlen(part), false, &err), err);
    longer = fake_token_with("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"key_1\"}", CLAIMS,
                             signature.data, signature.len);
    assert_fails(jwt_kit_verify(longer, &rules, &err), LK_ERR_SIGNATURE, err);
}

static void test_damage_in_every_character_is_refused(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    const lk__jwt_rules rules = jwt_kit_rules(*state);

    for (size_t i = 0; token[i] != '\0'; i++) {
        lk_error err = LK_ERROR_INIT;
        char kept = token[i];
        lk_status status;

        token[i] = kept == 'A' ? 'B' : 'A';
        status = jwt_kit_verify(token, &rules, &err);
        if (status != LK_ERR_SIGNATURE && status != LK_ERR_NO_KEY) /* within the key id */
            fail_msg("character %zu: %s", i, lk_status_name(status));
        token[i] = kept;
    }
}

/* ---- Form ---- */

static void test_forms_that_are_refused(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    const char *dot = strchr(token, '.');
    const char *last = strrchr(token, '.');
    int header = (int)(dot - token);
    int payload = (int)(last - dot - 1);
    struct {
        const char *format;
        const char *why;
    } rows[] = {
        { "%.*s.%.*s.%s.", "three parts" },     { ".%.*s.%.*s.%s", "three parts" },
        { "%.*s..%.*s.%s", "three parts" },     { "%.*s.%.*s.", "empty" },
        { "%.*s.%.*s", "three parts" },         { "%.*s", "three parts" },
        { "%.*s.%.*s.%s=", "base64url" }, /* padding */
        { "%.*s.%.*s.%s\n", "base64url" },      { " %.*s.%.*s.%s", "base64url" },
        { "Bearer %.*s.%.*s.%s", "base64url" }, { "%.*s=.%.*s.%s", "base64url" },
        { "%.*s.%.*s=.%s", "signature" }, /* no longer what was signed */
    };
    char text[4000];

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        snprintf(text, sizeof(text), rows[i].format, header, token, payload, dot + 1, last + 1);
#pragma GCC diagnostic pop
        assert_fails(jwt_kit_verify(text, &rules, &err), LK_ERR_SIGNATURE, err);
        assert_contains(err.message, rows[i].why);
    }
}

static void test_empty_parts_are_refused(void **state)
{
    static const char *const rows[] = { "",    ".",   "..",   "...",  "a..",
                                        ".a.", "..a", "a.b.", "a..c", ".b.c" };
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__error_clear(&err);
        assert_fails(jwt_kit_verify(rows[i], &rules, &err), LK_ERR_SIGNATURE, err);
    }
    lk__error_clear(&err);
    assert_fails(jwt_kit_verify(NULL, &rules, &err), LK_ERR_SIGNATURE, err);
}

static void test_a_huge_token_is_refused(void **state)
{
    const lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;
    size_t len = 10000000;
    char *token = malloc(len + 1);

    memset(token, 'A', len);
    token[len] = '\0';
    token[10] = '.';
    token[len - 10] = '.';
    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    assert_contains(err.message, "32 KiB");
    memset(token, '.', len);
    lk__error_clear(&err);
    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    free(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_signed_by_openssl_is_accepted),
        cmocka_unit_test(test_a_key_with_exponent_3_is_accepted),
        cmocka_unit_test(test_tokens_that_are_accepted),
        cmocka_unit_test(test_other_algorithms_than_rs256_are_refused),
        cmocka_unit_test(test_headers_that_are_refused),
        cmocka_unit_test(test_an_hmac_under_the_public_key_is_refused),
        cmocka_unit_test(test_an_unknown_key_asks_for_new_keys),
        cmocka_unit_test(test_an_unknown_key_is_no_reason_to_fetch_for_a_hopeless_token),
        cmocka_unit_test(test_an_unknown_key_is_never_just_expired),
        cmocka_unit_test(test_a_weak_key_never_verifies),
        cmocka_unit_test(test_keys_are_not_mixed_up),
        cmocka_unit_test(test_signatures_of_another_kind_are_refused),
        cmocka_unit_test(test_signatures_of_a_wrong_length_are_refused),
        cmocka_unit_test(test_a_signature_with_a_zero_in_front_is_refused),
        cmocka_unit_test(test_damage_in_every_character_is_refused),
        cmocka_unit_test(test_forms_that_are_refused),
        cmocka_unit_test(test_empty_parts_are_refused),
        cmocka_unit_test(test_a_huge_token_is_refused),
    };

    return cmocka_run_group_tests_name("crypto-jwt", tests, jwt_kit_setup, jwt_kit_teardown);
}
