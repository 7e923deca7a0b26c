/* Sealed sessions: what opens, and everything that must not. */
#include <stdio.h>

#include "crypto/seal.h"
#include "fake-token.h"
#include "test-client.h"
#include "test.h"
#include "web/session.h"

#define PASSWORD "a-password-of-the-tests-0123456789"

static const lk_user mira = { .id = "user_01",
                              .email = "mira@nordwind.example",
                              .email_verified = true,
                              .first_name = "Mira",
                              .metadata_json = "{\"team\":\"ops\"}",
                              .created_at_ms = NOON };

static char *seal_user(const lk_client *client, const lk_user *user, const char *token)
{
    const lk_impersonator impersonator = { .email = "ops@workos.example" };
    const lk_authentication authentication = { .user = user,
                                               .organization_id = "org_01",
                                               .access_token = token,
                                               .refresh_token = "rt_01",
                                               .authentication_method = "SSO",
                                               .impersonator = &impersonator };
    lk_error err = LK_ERROR_INIT;
    char *sealed = NULL;

    assert_ok(lk_session_seal(client, PASSWORD, &authentication, &sealed, &err), err);
    return sealed;
}

static void load_keys(lk_client *client)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_client_refresh_keys(client, &err), err);
}

#define WIRE_WITH_KEYS FAKE_WIRE({ "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" })

static void test_seal_holds_what_the_node_sdk_seals(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;

    test_client_open(&test, &wire);
    char *sealed = seal_user(test.client, &mira, "a.b.c");
    assert_int_equal(strncmp(sealed, "Fe26.2*1*", 9), 0);
    assert_ok(lk_open_text(PASSWORD, sealed, NOON, &text, &err), err);
    assert_string_equal(
        text,
        "{\"organizationId\":\"org_01\",\"user\":{\"object\":\"user\",\"id\":\"user_01\","
        "\"email\":\"mira@nordwind.example\",\"emailVerified\":true,\"firstName\":\"Mira\","
        "\"profilePictureUrl\":null,\"lastName\":null,\"lastSignInAt\":null,"
        "\"createdAt\":\"2026-03-02T12:00:00.000Z\",\"updatedAt\":null,\"externalId\":null,"
        "\"metadata\":{\"team\":\"ops\"}},\"accessToken\":\"a.b.c\",\"refreshToken\":\"rt_01\","
        "\"authenticationMethod\":\"SSO\","
        "\"impersonator\":{\"email\":\"ops@workos.example\",\"reason\":null}}");
    lk_free_secret(text);
    lk_free_secret(sealed);
    test_client_close(&test, &wire);
}

static void test_session_opens_with_claims_and_user(void **unused)
{
    (void)unused;
    fake_wire wire = WIRE_WITH_KEYS;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_session *session = NULL;

    test_client_open(&test, &wire);
    load_keys(test.client);
    char *token = fake_token(NOON);
    char *sealed = seal_user(test.client, &mira, token);
    assert_ok(lk_session_open(test.client, PASSWORD, sealed, &session, &err), err);
    assert_string_equal(session->session_id, "session_01");
    assert_string_equal(session->user->id, "user_01");
    assert_string_equal(session->user->email, "mira@nordwind.example");
    assert_true(session->user->email_verified);
    assert_string_equal(session->user->metadata_json, "{\"team\":\"ops\"}");
    assert_int_equal(session->user->created_at_ms, NOON);
    assert_string_equal(session->organization_id, "org_01");
    assert_string_equal(session->role, "admin");
    assert_int_equal(session->n_permissions, 1);
    assert_string_equal(session->permissions[0], "directory:read");
    assert_int_equal(session->n_roles, 0);
    assert_string_equal(session->authentication_method, "SSO");
    assert_string_equal(session->impersonator->email, "ops@workos.example");
    assert_string_equal(session->access_token, token);
    assert_int_equal(session->issued_at_ms, NOON);
    assert_int_equal(session->expires_at_ms, NOON + 300000);
    assert_int_equal(session->authenticated_at_ms, 0); /* not told */
    assert_null(session->profile);
    lk_session_free(session);
    lk_free_secret(sealed);
    free(token);
    test_client_close(&test, &wire);
}

static void test_roles_permissions_entitlements_and_flags_are_exposed(void **unused)
{
    (void)unused;
    fake_wire wire = WIRE_WITH_KEYS;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_auto(lk_session) session = NULL;

    test_client_open(&test, &wire);
    load_keys(test.client);
    char *token = fake_token_sign(
        "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"exp\":4000000000,"
                 "\"org_id\":\"org_01\",\"role\":\"admin\",\"roles\":[\"admin\",\"billing\"],"
                 "\"permissions\":[\"a:read\",\"a:write\"],\"entitlements\":[\"audit-logs\"],"
                 "\"feature_flags\":[\"beta\",\"dark\",\"fast\"]}");
    assert_ok(lk_session_from_token(test.client, token, &session, &err), err);
    assert_string_equal(session->organization_id, "org_01");
    assert_string_equal(session->role, "admin");
    assert_int_equal(session->n_roles, 2);
    assert_string_equal(session->roles[1], "billing");
    assert_int_equal(session->n_permissions, 2);
    assert_string_equal(session->permissions[1], "a:write");
    assert_int_equal(session->n_entitlements, 1);
    assert_string_equal(session->entitlements[0], "audit-logs");
    assert_int_equal(session->n_feature_flags, 3);
    assert_string_equal(session->feature_flags[2], "fast");
    free(token);
    test_client_close(&test, &wire);
}

static void test_session_knows_when_the_person_signed_in(void **unused)
{
    (void)unused;
    static const struct {
        const char *auth_time;
        int64_t ms;
    } rows[] = {
        { "1772452740", NOON - 60000 },
        { "2210555648", INT64_C(2210555648000) }, /* past 32 bits */
        { "\"1772452740\"", 0 },
        { "-1", 0 },
        { "1e300", 0 },
        { "null", 0 },
    };
    fake_wire wire = WIRE_WITH_KEYS;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    test_client_open(&test, &wire);
    load_keys(test.client);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_auto(lk_session) session = NULL;
        char claims[256];

        snprintf(claims, sizeof(claims),
                 "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"exp\":4000000000,"
                 "\"auth_time\":%s}",
                 rows[i].auth_time);
        char *token = fake_token_sign("key_1", claims);
        assert_ok(lk_session_from_token(test.client, token, &session, &err), err);
        assert_int_equal(session->authenticated_at_ms, rows[i].ms);
        free(token);
    }
    test_client_close(&test, &wire);
}

/* Each with one thing wrong; the claims are sealed by us, so only the token can refuse. */
static void test_bad_token_in_a_good_seal_is_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *kid;
        const char *claims;
        lk_status status;
    } rows[] = {
        /* the user is not the one that the token names */
        { "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_02\",\"exp\":1772453100}",
          LK_ERR_SIGNATURE },
        /* another issuer */
        { "key_1", "{\"iss\":\"https://evil.example\",\"sub\":\"user_01\",\"exp\":1772453100}",
          LK_ERR_SIGNATURE },
        /* no end */
        { "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\"}", LK_ERR_SIGNATURE },
        /* over */
        { "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"exp\":1772452000}",
          LK_ERR_EXPIRED },
        /* a key nobody knows */
        { "key_9", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"exp\":1772453100}",
          LK_ERR_NO_KEY },
    };
    fake_wire wire = WIRE_WITH_KEYS;
    test_client test;

    test_client_open(&test, &wire);
    load_keys(test.client);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;
        lk_session *session = NULL;
        char *token = fake_token_sign(rows[i].kid, rows[i].claims);
        char *sealed = seal_user(test.client, &mira, token);
        assert_fails(lk_session_open(test.client, PASSWORD, sealed, &session, &err), rows[i].status,
                     err);
        assert_null(session);
        assert_lacks(err.message, token);
        lk_free_secret(sealed);
        free(token);
    }
    test_client_close(&test, &wire);
}

static void test_alg_none_in_a_good_seal_is_refused(void **unused)
{
    (void)unused;
    /* {"alg":"none"}.{"sub":"user_01","iss":"https://api.workos.com","exp":1772453100}. */
    static const char none[] =
        "eyJhbGciOiJub25lIn0."
        "eyJzdWIiOiJ1c2VyXzAxIiwiaXNzIjoiaHR0cHM6Ly9hcGkud29ya29zLmNvbSIsImV4cCI6MTc3MjQ1MzEwMH0.";
    static const char *const tokens[] = {
        none, "", "a", "a.b", "a.b.c", "..", "a.b.c.d",
    };
    fake_wire wire = WIRE_WITH_KEYS;
    test_client test;

    test_client_open(&test, &wire);
    load_keys(test.client);
    for (size_t i = 0; i < N_ROWS(tokens); i++) {
        lk_error err = LK_ERROR_INIT;
        lk_session *session = NULL;
        char text[512];
        char *sealed = NULL;
        snprintf(text, sizeof(text), "{\"user\":{\"id\":\"user_01\"},\"accessToken\":\"%s\"}",
                 tokens[i]);
        assert_ok(lk_seal_text(PASSWORD, text, 0, &sealed, &err), err);
        assert_fails(lk_session_open(test.client, PASSWORD, sealed, &session, &err),
                     LK_ERR_SIGNATURE, err);
        lk_free_secret(sealed);
    }
    test_client_close(&test, &wire);
}

static void test_cookie_damaged_in_any_byte_is_one_kind_of_failure(void **unused)
{
    (void)unused;
    fake_wire wire = WIRE_WITH_KEYS;
    test_client test;

    test_client_open(&test, &wire);
    load_keys(test.client);
    char *token = fake_token(NOON);
    char *sealed = seal_user(test.client, &mira, token);
    size_t len = strlen(sealed);
    for (size_t i = 0; i < len; i++) {
        lk_error err = LK_ERROR_INIT;
        lk_session *session = NULL;
        char kept = sealed[i];
        sealed[i] = kept == 'A' ? 'B' : 'A';
        lk_status status = lk_session_open(test.client, PASSWORD, sealed, &session, &err);
        /* base64 leaves bits of a last character unused: such a change changes nothing. */
        if (status == LK_OK)
            lk_session_free(session);
        else
            assert_int_equal(status, LK_ERR_SIGNATURE);
        if (status == LK_OK && i + 3 < len)
            fail_msg("byte %zu of %zu was changed and the cookie opened", i, len);
        sealed[i] = kept;
    }
    lk_free_secret(sealed);
    free(token);
    test_client_close(&test, &wire);
}

static void test_text_that_is_no_session_is_refused(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "null",
        "[]",
        "\"x\"",
        "{}",
        "{",
        "",
        "{\"accessToken\":1}",
        "{\"accessToken\":null}",
        "{\"profile\":\"x\"}",
        "{\"profile\":{\"id\":\"prof_01\"}}", /* an SSO session without an end */
        "{\"profile\":{},\"expiresAt\":9999999999999}",
        "{\"profile\":{\"id\":\"prof_01\"},\"expiresAt\":\"9999999999999\"}",
        /* a sign-in state under the same password */
        "{\"nonce\":\"x\",\"codeVerifier\":\"y\",\"issuedAt\":1772452800000}",
    };
    static const char *const cookies[] = { "", "x", "Fe26.2", "Fe26.2*1*a*b*c**d*e~2" };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;

    test_client_open(&test, &wire);
    const lk_random random = fake_random_use(&test.random);
    for (size_t i = 0; i < N_ROWS(texts) + N_ROWS(cookies); i++) {
        lk_error err = LK_ERROR_INIT;
        lk_session *session = NULL;
        lk__auto_buf sealed = LK__BUF(8192);
        if (i < N_ROWS(texts))
            assert_ok(
                lk__seal(&random, PASSWORD, texts[i], strlen(texts[i]), NOON, 0, &sealed, &err),
                err);
        assert_fails(lk_session_open(test.client, PASSWORD,
                                     sealed.data ? sealed.data : cookies[i - N_ROWS(texts)],
                                     &session, &err),
                     LK_ERR_SIGNATURE, err);
    }
    test_client_close(&test, &wire);
}

static void test_sso_session_ends_by_itself(void **unused)
{
    (void)unused;
    const char *const groups[] = { "Engineering", "Admins" };
    const lk_profile profile = { .id = "prof_01",
                                 .connection_id = "conn_01",
                                 .organization_id = "org_01",
                                 .email = "mira@nordwind.example",
                                 .first_name = "Mira",
                                 .role = "admin",
                                 .groups = groups,
                                 .n_groups = 2,
                                 .custom_attributes_json = "{\"team\":\"ops\"}" };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_session *session = NULL;
    char *sealed = NULL;

    test_client_open(&test, &wire);
    assert_ok(lk__session_seal_profile(test.client, PASSWORD, &profile, NOON + 1000, &sealed, &err),
              err);
    assert_ok(lk_session_open(test.client, PASSWORD, sealed, &session, &err), err);
    assert_string_equal(session->profile->id, "prof_01");
    assert_string_equal(session->profile->connection_id, "conn_01");
    assert_string_equal(session->profile->custom_attributes_json, "{\"team\":\"ops\"}");
    assert_int_equal(session->profile->n_groups, 2);
    assert_string_equal(session->profile->groups[1], "Admins");
    assert_string_equal(session->user->email, "mira@nordwind.example");
    assert_string_equal(session->organization_id, "org_01");
    assert_string_equal(session->role, "admin");
    assert_null(session->access_token);
    assert_null(session->session_id);
    assert_int_equal(session->expires_at_ms, NOON + 1000);
    assert_int_equal(session->issued_at_ms, NOON);
    lk_session_free(session);

    test.clock.now_ms = NOON + 1000;
    session = NULL;
    assert_fails(lk_session_open(test.client, PASSWORD, sealed, &session, &err), LK_ERR_EXPIRED,
                 err);
    char *renewed = NULL;
    assert_fails(lk_session_refresh(test.client, PASSWORD, sealed, NULL, &renewed, &session, &err),
                 LK_ERR_EXPIRED, err);
    lk_free_secret(sealed);
    test_client_close(&test, &wire);
}

static void test_bearer_token_makes_a_session(void **unused)
{
    (void)unused;
    fake_wire wire = WIRE_WITH_KEYS;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_session *session = NULL;

    test_client_open(&test, &wire);
    char *token = fake_token_sign(
        "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"exp\":1772453100,"
                 "\"roles\":[\"a\",\"b\"],\"entitlements\":[\"e\"],\"feature_flags\":[],"
                 "\"role\":7,\"permissions\":\"all\",\"act\":{\"sub\":\"ops@workos.example\"}}");
    assert_fails(lk_session_from_token(test.client, token, &session, &err), LK_ERR_NO_KEY, err);
    load_keys(test.client);
    assert_ok(lk_session_from_token(test.client, token, &session, &err), err);
    assert_string_equal(session->user->id, "user_01");
    assert_null(session->user->email);
    assert_int_equal(session->n_roles, 2);
    assert_int_equal(session->n_entitlements, 1);
    assert_int_equal(session->n_feature_flags, 0);
    assert_null(session->role); /* claims of another type count as absent */
    assert_int_equal(session->n_permissions, 0);
    assert_string_equal(session->impersonator->email, "ops@workos.example");
    assert_null(session->impersonator->reason);
    lk_session_free(session);
    free(token);
    test_client_close(&test, &wire);
}

static void test_wrong_calls_are_named(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_session *session = NULL;
    char *sealed = NULL;
    const lk_authentication empty = { .user = &mira };

    test_client_open(&test, &wire);
    assert_fails(lk_session_open(test.client, "short", "Fe26.2*1*a*b*c**d*e~2", &session, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_session_open(test.client, NULL, "x", &session, &err), LK_ERR_INVALID, err);
    assert_fails(lk_session_seal(test.client, PASSWORD, &empty, &sealed, &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_session_seal(test.client, PASSWORD, NULL, &sealed, &err), LK_ERR_INVALID, err);
    assert_fails(lk_session_from_token(test.client, NULL, &session, &err), LK_ERR_INVALID, err);
    lk_session_free(NULL);
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal_holds_what_the_node_sdk_seals),
        cmocka_unit_test(test_session_opens_with_claims_and_user),
        cmocka_unit_test(test_roles_permissions_entitlements_and_flags_are_exposed),
        cmocka_unit_test(test_session_knows_when_the_person_signed_in),
        cmocka_unit_test(test_bad_token_in_a_good_seal_is_refused),
        cmocka_unit_test(test_alg_none_in_a_good_seal_is_refused),
        cmocka_unit_test(test_cookie_damaged_in_any_byte_is_one_kind_of_failure),
        cmocka_unit_test(test_text_that_is_no_session_is_refused),
        cmocka_unit_test(test_sso_session_ends_by_itself),
        cmocka_unit_test(test_bearer_token_makes_a_session),
        cmocka_unit_test(test_wrong_calls_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
