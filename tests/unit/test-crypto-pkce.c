/* PKCE and tokens: crypto/pkce.c. */
#include "test.h"

#include "crypto/crypto.h"
#include "crypto/pkce.h"
#include "fake-random.h"

static void test_challenge_of_the_rfc(void **state)
{
    char challenge[LK__TOKEN_SIZE];
    lk_error err = LK_ERROR_INIT;

    (void)state;
    /* RFC 7636, appendix B */
    assert_ok(lk__pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge, &err),
              err);
    assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void test_a_pair_belongs_together(void **state)
{
    fake_random fake = { .next = 0 };
    lk_random random = fake_random_use(&fake);
    char challenge[LK__TOKEN_SIZE];
    lk_error err = LK_ERROR_INIT;
    lk_pkce pair;

    (void)state;
    assert_ok(lk__pkce_make(&random, &pair, &err), err);
    assert_string_equal(pair.verifier, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    assert_ok(lk__pkce_challenge(pair.verifier, challenge, &err), err);
    assert_string_equal(pair.challenge, challenge);
}

static void test_tokens_differ(void **state)
{
    const lk_random random = { .fill = lk__random_fill };
    char a[LK__TOKEN_SIZE];
    char b[LK__TOKEN_SIZE];
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__random_token(&random, a, &err), err);
    assert_ok(lk__random_token(&random, b, &err), err);
    assert_int_equal(strlen(a), LK__TOKEN_SIZE - 1);
    assert_string_not_equal(a, b);
}

static void test_without_random_bytes_there_is_no_token(void **state)
{
    fake_random fake = { .broken = true };
    lk_random random = fake_random_use(&fake);
    char token[LK__TOKEN_SIZE] = "untouched";
    lk_pkce pair = { .verifier = "untouched" };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk__random_token(&random, token, &err), LK_ERR_STATE, err);
    assert_string_equal(token, "untouched");
    lk__error_clear(&err);
    assert_fails(lk__pkce_make(&random, &pair, &err), LK_ERR_STATE, err);
    assert_string_equal(pair.verifier, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_challenge_of_the_rfc),
        cmocka_unit_test(test_a_pair_belongs_together),
        cmocka_unit_test(test_tokens_differ),
        cmocka_unit_test(test_without_random_bytes_there_is_no_token),
    };

    return cmocka_run_group_tests_name("crypto-pkce", tests, NULL, NULL);
}
