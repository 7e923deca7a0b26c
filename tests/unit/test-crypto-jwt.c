/* Access tokens: crypto/jwt.c. Tokens in files were signed with openssl. */
#include "test.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "crypto/base64.h"
#include "crypto/jwt.h"
#include "data.h"
#include "fake-clock.h"
#include "fake-token.h"

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"key_1\"}"
#define ISS    "\"iss\":\"https://api.workos.com\""
#define SUB    "\"sub\":\"user_01\""
#define EXP    "\"exp\":1772453000" /* 200 s after NOON */
#define CLAIMS "{" ISS "," SUB "," EXP "}"

static const char *const issuers[] = { "https://api.workos.com/",
                                       "https://api.workos.com/user_management/client_01" };

static lk__jwks *load(const char *file)
{
    LK_CLEANUP(lk__freep) char *text = NULL;
    lk_error err = LK_ERROR_INIT;
    lk__jwks *keys = NULL;
    size_t len;

    text = data_read(file, &len);
    assert_ok(lk__jwks_parse(text, len, &keys, &err), err);
    return keys;
}

static int setup(void **state)
{
    *state = load("jwks.json");
    return 0;
}

static int teardown(void **state)
{
    lk__jwks_free(*state);
    return 0;
}

static lk__jwt_rules rules_with(const lk__jwks *keys)
{
    return (lk__jwt_rules){ .keys = keys,
                            .issuers = issuers,
                            .n_issuers = N_ROWS(issuers),
                            .client_id = "client_01",
                            .now_ms = NOON,
                            .leeway_s = 30 };
}

/* Verifies and forgets the claims; also: claims on LK_OK and LK_ERR_EXPIRED only, and no part of
 * the token in the message. */
static lk_status verify(const char *token, const lk__jwt_rules *rules, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk_status status = lk__jwt_verify(token, rules, &claims, err);

    assert_int_equal(claims != NULL, status == LK_OK || status == LK_ERR_EXPIRED);
    assert_lacks(err->message, "eyJ");
    return status;
}

static lk_status verify_signed(const lk__jwks *keys, const char *header, const char *claims,
                               lk_error *err)
{
    LK_CLEANUP(lk__freep) char *token = fake_token_by("signing-key.pem", header, claims);
    const lk__jwt_rules rules = rules_with(keys);

    return verify(token, &rules, err);
}

/* ---- Good tokens ---- */

static void test_a_token_signed_by_openssl_is_accepted(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    const lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__jwt_verify(token, &rules, &claims, &err), err);
    assert_string_equal(lk__json_text(claims, "sub"), "user_01");
    assert_string_equal(lk__json_text(claims, "sid"), "session_01");
}

static void test_a_key_with_exponent_3_is_accepted(void **state)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = load("jwks-exponent-3.json");
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token-exponent-3.txt", NULL);
    const lk__jwt_rules rules = rules_with(keys);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(verify(token, &rules, &err), err);
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

        if (verify_signed(*state, rows[i].header, rows[i].claims, &err) != LK_OK)
            fail_msg("row %zu: %s: %s", i, rows[i].claims, err.message);
    }
}

/* ---- Headers ---- */

static void test_headers_that_are_refused(void **state)
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
        "{\"alg\":\"RS256\"}",                                    /* no key id */
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

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        if (verify_signed(*state, rows[i], CLAIMS, &err) != LK_ERR_SIGNATURE)
            fail_msg("row %zu: %s: %s", i, rows[i], lk_status_name(err.status));
    }
}

static void test_an_hmac_under_the_public_key_is_refused(void **state)
{
    static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"key_1\"}";
    LK_CLEANUP(lk__freep) char *unsigned_token = fake_token_with(header, CLAIMS, "", 0);
    LK_CLEANUP(lk__freep) char *key = NULL;
    const lk__jwt_rules rules = rules_with(*state);
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
        assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
        assert_contains(err.message, "RS256");
    }
}

/* ---- Keys ---- */

static void test_an_unknown_key_asks_for_new_keys(void **state)
{
    LK_CLEANUP(lk__freep) char *token = fake_token_sign("key_9", CLAIMS);
    LK_CLEANUP(lk__freep) char *known = fake_token_sign("key_1", CLAIMS);
    lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;

    assert_fails(verify(token, &rules, &err), LK_ERR_NO_KEY, err);
    rules.keys = NULL;
    lk__error_clear(&err);
    assert_fails(verify(known, &rules, &err), LK_ERR_NO_KEY, err);
}

static void test_an_unknown_key_is_no_reason_to_fetch_for_a_hopeless_token(void **state)
{
    static const char *const rows[] = {
        "{" SUB "," EXP "}", "{\"iss\":\"https://evil.example\"," SUB "," EXP "}",
        "{" ISS "," SUB "}", "{" ISS "," SUB "," EXP ",\"aud\":\"other\"}",
        "not json",
    };
    lk__jwt_rules rules = rules_with(*state);

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__freep) char *token = fake_token_sign("key_9", rows[i]);
        lk_error err = LK_ERROR_INIT;

        assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
        assert_lacks(err.message, "evil"); /* nothing unsigned is repeated */
    }
}

static void test_an_unknown_key_is_never_just_expired(void **state)
{
    LK_CLEANUP(lk__freep)
    char *token =
        fake_token_sign("key_9", "{" ISS "," SUB ",\"exp\":1}"); /* nobody vouches for it */
    lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;

    assert_fails(verify(token, &rules, &err), LK_ERR_NO_KEY, err);
}

static void test_a_weak_key_never_verifies(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("bad-token-weak-key.txt", NULL);
    const lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;

    assert_fails(verify(token, &rules, &err), LK_ERR_NO_KEY, err); /* jwks.c leaves it out */
}

static void test_keys_are_not_mixed_up(void **state)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *two = load("jwks-two.json");
    LK_CLEANUP(lk__freep)
    char *right = fake_token_by("other-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_2\"}", CLAIMS);
    LK_CLEANUP(lk__freep)
    char *wrong = fake_token_by("other-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_1\"}", CLAIMS);
    const lk__jwt_rules rules = rules_with(two);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(verify(right, &rules, &err), err);
    assert_fails(verify(wrong, &rules, &err), LK_ERR_SIGNATURE, err);
}

/* ---- Signatures ---- */

static void test_signatures_of_another_kind_are_refused(void **state)
{
    static const char *const files[] = { "bad-token-signed-sha384.txt",
                                         "bad-token-signed-pss.txt" };
    const lk__jwt_rules rules = rules_with(*state);

    for (size_t i = 0; i < N_ROWS(files); i++) {
        LK_CLEANUP(lk__freep) char *token = data_read(files[i], NULL);
        lk_error err = LK_ERROR_INIT;

        assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    }
}

static void test_signatures_of_a_wrong_length_are_refused(void **state)
{
    static const size_t lengths[] = { 1, 32, 255, 257, 512, 1024 };
    const lk__jwt_rules rules = rules_with(*state);
    unsigned char signature[1024] = { 0 };

    for (size_t i = 0; i < N_ROWS(lengths); i++) {
        LK_CLEANUP(lk__freep) char *token = fake_token_with(HEADER, CLAIMS, signature, lengths[i]);
        lk_error err = LK_ERROR_INIT;

        assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    }
}

static void test_a_signature_with_a_zero_in_front_is_refused(void **state)
{
    LK_CLEANUP(lk__freep) char *token = fake_token_sign("key_1", CLAIMS);
    LK_CLEANUP(lk__freep) char *longer = NULL;
    lk__auto_buf signature = LK__BUF(1000);
    const lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;
    const char *part = strrchr(token, '.') + 1;

    assert_ok(lk__buf_append(&signature, "\0", 1, &err), err);
    assert_ok(lk__base64url_decode(&signature, part, strlen(part), false, &err), err);
    longer = fake_token_with("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"key_1\"}", CLAIMS,
                             signature.data, signature.len);
    assert_fails(verify(longer, &rules, &err), LK_ERR_SIGNATURE, err);
}

static void test_damage_in_every_character_is_refused(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    const lk__jwt_rules rules = rules_with(*state);

    for (size_t i = 0; token[i] != '\0'; i++) {
        lk_error err = LK_ERROR_INIT;
        char kept = token[i];
        lk_status status;

        token[i] = kept == 'A' ? 'B' : 'A';
        status = verify(token, &rules, &err);
        if (status != LK_ERR_SIGNATURE && status != LK_ERR_NO_KEY) /* within the key id */
            fail_msg("character %zu: %s", i, lk_status_name(status));
        token[i] = kept;
    }
}

/* ---- Form ---- */

static void test_forms_that_are_refused(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    const lk__jwt_rules rules = rules_with(*state);
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
        assert_fails(verify(text, &rules, &err), LK_ERR_SIGNATURE, err);
        assert_contains(err.message, rows[i].why);
    }
}

static void test_empty_parts_are_refused(void **state)
{
    static const char *const rows[] = { "",    ".",   "..",   "...",  "a..",
                                        ".a.", "..a", "a.b.", "a..c", ".b.c" };
    const lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__error_clear(&err);
        assert_fails(verify(rows[i], &rules, &err), LK_ERR_SIGNATURE, err);
    }
    lk__error_clear(&err);
    assert_fails(verify(NULL, &rules, &err), LK_ERR_SIGNATURE, err);
}

static void test_a_huge_token_is_refused(void **state)
{
    const lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;
    size_t len = 10000000;
    char *token = malloc(len + 1);

    memset(token, 'A', len);
    token[len] = '\0';
    token[10] = '.';
    token[len - 10] = '.';
    assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    assert_contains(err.message, "32 KiB");
    memset(token, '.', len);
    lk__error_clear(&err);
    assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
    free(token);
}

/* ---- Claims ---- */

static void test_claims_that_are_refused(void **state)
{
    static const char *const rows[] = {
        "[" ISS "]",
        "[{" ISS "," SUB "," EXP "}]", /* an array taken for claims (mod_auth_openidc, 2026) */
        "null",
        "\"x\"",
        "{}",
        "not json",
        CLAIMS "x",
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
        "{" ISS "," ISS "," SUB "," EXP "}", /* twice, though the same */
        "{" ISS "," SUB "," EXP ",\"exp\":9999999999}",
        "{" ISS "," SUB "," EXP ",\"x\":1,\"x\":2}",
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

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        if (verify_signed(*state, HEADER, rows[i], &err) != LK_ERR_SIGNATURE)
            fail_msg("row %zu: %s: %s", i, rows[i], lk_status_name(err.status));
    }
}

static void test_deep_nesting_is_refused(void **state)
{
    char claims[2100];
    lk_error err = LK_ERROR_INIT;

    memset(claims, '[', 1000);
    memset(claims + 1000, ']', 1000);
    claims[2000] = '\0';
    assert_fails(verify_signed(*state, HEADER, claims, &err), LK_ERR_SIGNATURE, err);
}

static void test_no_issuers_refuse_every_token(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    lk__jwt_rules rules = rules_with(*state);
    lk_error err = LK_ERROR_INIT;

    rules.n_issuers = 0;
    assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
}

static void test_a_rule_without_client_matches_no_client(void **state)
{
    lk__jwt_rules rules = rules_with(*state);
    static const char *const rows[] = { "\"aud\":\"client_01\"", "\"aud\":[\"client_01\"]",
                                        "\"client_id\":\"client_01\"" };

    rules.client_id = NULL;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__freep) char *token = NULL;
        lk_error err = LK_ERROR_INIT;
        char claims[300];

        snprintf(claims, sizeof(claims), "{" ISS "," SUB "," EXP ",%s}", rows[i]);
        token = fake_token_sign("key_1", claims);
        assert_fails(verify(token, &rules, &err), LK_ERR_SIGNATURE, err);
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
    lk__jwt_rules rules = rules_with(*state);

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        rules.now_ms = rows[i].now_s * 1000;
        rules.leeway_s = rows[i].leeway_s;
        if (verify(token, &rules, &err) != rows[i].status)
            fail_msg("row %zu: %s", i, lk_status_name(err.status));
    }
}

static void test_an_expired_token_still_hands_out_its_claims(void **state)
{
    LK_CLEANUP(lk__freep) char *token = data_read("ok-token.txt", NULL);
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk__jwt_rules rules = rules_with(*state);
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
        assert_fails(verify_signed(*state, HEADER, claims, &err), LK_ERR_EXPIRED, err);
    }
}

static void test_expired_and_of_another_client_is_not_ours(void **state)
{
    lk_error err = LK_ERROR_INIT;

    assert_fails(verify_signed(*state, HEADER,
                               "{" ISS "," SUB ",\"exp\":1,\"client_id\":\"client_02\"}", &err),
                 LK_ERR_SIGNATURE, err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_signed_by_openssl_is_accepted),
        cmocka_unit_test(test_a_key_with_exponent_3_is_accepted),
        cmocka_unit_test(test_tokens_that_are_accepted),
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
        cmocka_unit_test(test_claims_that_are_refused),
        cmocka_unit_test(test_deep_nesting_is_refused),
        cmocka_unit_test(test_no_issuers_refuse_every_token),
        cmocka_unit_test(test_a_rule_without_client_matches_no_client),
        cmocka_unit_test(test_expiry_with_and_without_leeway),
        cmocka_unit_test(test_an_expired_token_still_hands_out_its_claims),
        cmocka_unit_test(test_long_expired_tokens_do_not_overflow),
        cmocka_unit_test(test_expired_and_of_another_client_is_not_ours),
    };

    return cmocka_run_group_tests_name("crypto-jwt", tests, setup, teardown);
}
