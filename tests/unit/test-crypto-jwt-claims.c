/* The claims of access tokens, and their times: crypto/jwt.c. */
#include "test.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "data.h"
#include "fake-clock.h"
#include "fake-token.h"
#include "jwt-kit.h"

static void refuse_all(const lk__jwks *keys, const char *const *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        lk_error err = LK_ERROR_INIT;

        if (jwt_kit_verify_signed(keys, HEADER, rows[i], &err) != LK_ERR_SIGNATURE)
            fail_msg("row %zu: %s: %s", i, rows[i], lk_status_name(err.status));
    }
}

static void test_tokens_of_other_issuers_audiences_and_clients_are_refused(void **state)
{
    static const char *const rows[] = {
        "{" SUB "," EXP "}", /* no issuer */
        "{\"iss\":null," SUB "," EXP "}",
        "{\"iss\":[\"https://api.workos.com\"]," SUB "," EXP "}",
        "{\"iss\":\"\"," SUB "," EXP "}",
        "{\"iss\":\"/\"," SUB "," EXP "}",
        "{\"iss\":\"https://api.workos.com//\"," SUB "," EXP "}", /* one slash is dropped */
        "{\"iss\":\"https://api.workos.co\"," SUB "," EXP "}",
        "{\"iss\":\"https://api.workos.com.evil.example\"," SUB "," EXP "}",
        "{\"iss\":\"http://api.workos.com\"," SUB "," EXP "}",
        "{\"iss\":\"HTTPS://API.WORKOS.COM\"," SUB "," EXP "}",
        "{\"iss\":\"https://api.workos.com/user_management/client_02\"," SUB "," EXP "}",
        "{\"iss\":\"https://api.workos.com\\u0000\"," SUB "," EXP "}",
        "{\"ISS\":\"https://api.workos.com\"," SUB "," EXP "}",
        "{" ISS "," SUB "," EXP ",\"aud\":\"client_02\"}",
        "{" ISS "," SUB "," EXP ",\"aud\":\"\"}",
        "{" ISS "," SUB "," EXP ",\"aud\":[]}",
        "{" ISS "," SUB "," EXP ",\"aud\":[\"client_02\"]}",
        "{" ISS "," SUB "," EXP ",\"aud\":[\"client_01\",5]}",
        "{" ISS "," SUB "," EXP ",\"aud\":null}",
        "{" ISS "," SUB "," EXP ",\"aud\":{\"client_01\":1}}",
        "{" ISS "," SUB "," EXP ",\"client_id\":\"client_02\"}",
        "{" ISS "," SUB "," EXP ",\"client_id\":\"client_01x\"}",
        "{" ISS "," SUB "," EXP ",\"client_id\":null}",
        "{" ISS "," SUB "," EXP ",\"client_id\":[\"client_01\"]}",
    };

    refuse_all(*state, rows, N_ROWS(rows));
}

static void test_claims_that_stand_there_twice_are_refused(void **state)
{
    static const char *const rows[] = {
        "{" ISS "," ISS "," SUB "," EXP "}", /* twice, though the same */
        "{" ISS "," SUB "," EXP ",\"exp\":9999999999}",
        "{" ISS "," SUB "," EXP ",\"x\":1,\"x\":2}",
    };

    refuse_all(*state, rows, N_ROWS(rows));
}

static void test_claims_without_who_and_until_when_are_refused(void **state)
{
    static const char *const rows[] = {
        "[" ISS "]",
        "[{" ISS "," SUB "," EXP "}]", /* an array taken for claims (mod_auth_openidc, 2026) */
        "null",
        "\"x\"",
        "{}",
        "not json",
        CLAIMS "x",
        "{" ISS "," EXP "}", /* no subject */
        "{" ISS ",\"sub\":\"\"," EXP "}",
        "{" ISS ",\"sub\":1," EXP "}",
        "{" ISS ",\"sub\":null," EXP "}",
        "{" ISS ",\"sub\":\"user_01\\u0000evil\"," EXP "}",
        "{" ISS "," SUB "}", /* valid for ever, says the Node SDK */
        "{" ISS "," SUB ",\"exp\":null}",
        "{" ISS "," SUB ",\"exp\":\"1772453000\"}",
        "{" ISS "," SUB ",\"exp\":true}",
        "{" ISS "," SUB ",\"exp\":[1772453000]}",
        "{" ISS "," SUB ",\"exp\":1772453000.5}",
        "{" ISS "," SUB ",\"exp\":1e400}", /* infinite in a double */
        "{" ISS "," SUB ",\"exp\":-1e400}",
        "{" ISS "," SUB ",\"exp\":9223372036854775807}", /* overflows when cast */
        "{" ISS "," SUB ",\"exp\":18446744073709551616}",
        "{" ISS "," SUB ",\"exp\":9007199254740994}",
        "{" ISS "," SUB ",\"Exp\":1772453000}",
        "{" ISS "," SUB "," EXP ",\"nbf\":1772452861}", /* 61 s ahead */
        "{" ISS "," SUB "," EXP ",\"nbf\":9007199254740992}",
        "{" ISS "," SUB "," EXP ",\"nbf\":1e400}",
        "{" ISS "," SUB "," EXP ",\"nbf\":\"1\"}",
        "{" ISS "," SUB "," EXP ",\"nbf\":null}",
    };

    refuse_all(*state, rows, N_ROWS(rows));
}

static void test_refused_issuer_is_named_beside_the_accepted_ones(void **state)
{
    static const char *const one[] = { "https://auth.example" };
    lk__jwt_rules rules = jwt_kit_rules(*state);
    char *token = fake_token_sign("key_1", "{\"iss\":\"https://got.example\"," SUB "," EXP "}");
    lk_error err = LK_ERROR_INIT;

    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    assert_contains(err.message, "its issuer \"https://got.example\" is none of the 2 accepted: "
                                 "\"https://api.workos.com/\" and others");
    lk__error_clear(&err);
    rules.issuers = one;
    rules.n_issuers = 1;
    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    assert_contains(err.message, "is none of the 1 accepted: \"https://auth.example\"");
    lk__error_clear(&err);
    rules.n_issuers = 0;
    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    assert_contains(err.message, "is \"https://got.example\", and none is accepted");
    free(token);
}

static void test_deep_nesting_is_refused(void **state)
{
    char claims[2100];
    lk_error err = LK_ERROR_INIT;

    memset(claims, '[', 1000);
    memset(claims + 1000, ']', 1000);
    claims[2000] = '\0';
    assert_fails(jwt_kit_verify_signed(*state, HEADER, claims, &err), LK_ERR_SIGNATURE, err);
}

static void test_no_issuers_refuse_every_token(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;

    rules.n_issuers = 0;
    assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
}

static void test_a_rule_without_client_matches_no_client(void **state)
{
    lk__jwt_rules rules = jwt_kit_rules(*state);
    static const char *const rows[] = { "\"aud\":\"client_01\"", "\"aud\":[\"client_01\"]",
                                        "\"client_id\":\"client_01\"" };

    rules.client_id = NULL;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__freep) char *token = NULL;
        lk_error err = LK_ERROR_INIT;
        char claims[300];

        snprintf(claims, sizeof(claims), "{" ISS "," SUB "," EXP ",%s}", rows[i]);
        token = fake_token_sign("key_1", claims);
        assert_fails(jwt_kit_verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    }
}

/* ---- Time ---- */

static void test_expiry_with_and_without_leeway(void **state)
{
    static const struct {
        int64_t now_s;
        int leeway_s;
        lk_status status;
    } rows[] = {
        { 1772452999, 0, LK_OK },
        { 1772453000, 0, LK_ERR_EXPIRED },
        { 1772453029, 30, LK_OK },
        { 1772453030, 30, LK_ERR_EXPIRED },
        { 1772453300, 300, LK_ERR_EXPIRED },
        { 0, 0, LK_OK },
        { 9007199254740, 0, LK_ERR_EXPIRED },
    };
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    lk__jwt_rules rules = jwt_kit_rules(*state);

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        rules.now_ms = rows[i].now_s * 1000;
        rules.leeway_s = rows[i].leeway_s;
        if (jwt_kit_verify(token, &rules, &err) != rows[i].status)
            fail_msg("row %zu: %s", i, lk_status_name(err.status));
    }
}

static void test_an_expired_token_still_hands_out_its_claims(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk__jwt_rules rules = jwt_kit_rules(*state);
    lk_error err = LK_ERROR_INIT;

    rules.now_ms = NOON + 86400000;
    assert_fails(lk__jwt_verify(token, &rules, &claims, &err), LK_ERR_EXPIRED, err);
    assert_string_equal(lk__json_text(claims, "org_id"), "org_01");
    assert_contains(err.message, "86200 s ago");
}

static void test_long_expired_tokens_do_not_overflow(void **state)
{
    static const char *const rows[] = { "0", "-1", "-9007199254740992" };
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char claims[300];

        snprintf(claims, sizeof(claims), "{" ISS "," SUB ",\"exp\":%s}", rows[i]);
        lk__error_clear(&err);
        assert_fails(jwt_kit_verify_signed(*state, HEADER, claims, &err), LK_ERR_EXPIRED, err);
    }
}

static void test_expired_and_of_another_client_is_not_ours(void **state)
{
    lk_error err = LK_ERROR_INIT;

    assert_fails(jwt_kit_verify_signed(*state, HEADER,
                                       "{" ISS "," SUB ",\"exp\":1,\"client_id\":\"client_02\"}",
                                       &err),
                 LK_ERR_SIGNATURE, err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_of_other_issuers_audiences_and_clients_are_refused),
        cmocka_unit_test(test_claims_that_stand_there_twice_are_refused),
        cmocka_unit_test(test_claims_without_who_and_until_when_are_refused),
        cmocka_unit_test(test_refused_issuer_is_named_beside_the_accepted_ones),
        cmocka_unit_test(test_deep_nesting_is_refused),
        cmocka_unit_test(test_no_issuers_refuse_every_token),
        cmocka_unit_test(test_a_rule_without_client_matches_no_client),
        cmocka_unit_test(test_expiry_with_and_without_leeway),
        cmocka_unit_test(test_an_expired_token_still_hands_out_its_claims),
        cmocka_unit_test(test_long_expired_tokens_do_not_overflow),
        cmocka_unit_test(test_expired_and_of_another_client_is_not_ours),
    };

    return cmocka_run_group_tests_name("crypto-jwt-claims", tests, jwt_kit_setup, jwt_kit_teardown);
}
