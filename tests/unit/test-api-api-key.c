/* API keys of customers. */
#include <latchkey/api-key.h>

#include "test-client.h"
#include "test.h"

#define POST  "POST /api_keys/validations"
#define VALUE "sk_Zq3vLk9Tt2wXy7Bn"
#define KEY(owner)                                                                              \
    "{\"api_key\":{\"object\":\"api_key\",\"id\":\"api_key_1\",\"name\":\"Build server\","      \
    "\"obfuscated_value\":\"sk_...7Bn\",\"owner\":" owner ",\"last_used_at\":null,"             \
    "\"permissions\":[\"posts:read\",\"posts:write\"],\"created_at\":\"2026-03-02T12:00:00Z\"," \
    "\"updated_at\":\"2026-03-02T12:00:01Z\"}}"

/* Validates VALUE against this answer. */
static lk_status validate(int http_status, const char *answer, lk_api_key **out, lk_error *err)
{
    fake_wire wire = FAKE_WIRE({ POST, .status = http_status, .body = answer,
                                 .header_has = "Authorization: Bearer " TEST_API_KEY,
                                 .body_has = "{\"value\":\"" VALUE "\"}" });
    test_client test;
    lk_status status;

    test_client_open(&test, &wire);
    status = lk_api_key_validate(test.client, VALUE, out, err);
    test_client_close(&test, &wire);
    return status;
}

static void test_key_says_whose_it_is(void **state)
{
    lk_auto(lk_api_key) organization = NULL;
    lk_auto(lk_api_key) user = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(
        validate(200, KEY("{\"type\":\"organization\",\"id\":\"org_1\"}"), &organization, &err),
        err);
    assert_string_equal(organization->id, "api_key_1");
    assert_string_equal(organization->name, "Build server");
    assert_string_equal(organization->obfuscated_value, "sk_...7Bn");
    assert_string_equal(organization->owner_type, "organization");
    assert_string_equal(organization->owner_id, "org_1");
    assert_string_equal(organization->organization_id, "org_1");
    assert_int_equal(organization->n_permissions, 2);
    assert_string_equal(organization->permissions[1], "posts:write");
    assert_int_equal(organization->last_used_at_ms, 0);
    assert_int_equal(organization->created_at_ms, NOON);
    assert_int_equal(organization->updated_at_ms, NOON + 1000);
    assert_ok(validate(200,
                       KEY("{\"type\":\"user\",\"id\":\"user_1\",\"organization_id\":\"org_2\"}"),
                       &user, &err),
              err);
    assert_string_equal(user->owner_id, "user_1");
    assert_string_equal(user->organization_id, "org_2");
}

static void test_only_null_means_that_there_is_no_such_key(void **state)
{
    static const struct {
        int http_status;
        const char *answer;
        lk_status status;
    } rows[] = {
        { 200, "{\"api_key\":null}", LK_ERR_NOT_FOUND },
        /* Nothing below says anything about the key. */
        { 200, "{}", LK_ERR_PROTOCOL },
        { 200, "[]", LK_ERR_PROTOCOL },
        { 200, "{\"api_key\":[]}", LK_ERR_PROTOCOL },
        { 200, "{\"api_key\":false}", LK_ERR_PROTOCOL },
        { 200, "{\"api_key\":{\"id\":\"api_key_1\"}}", LK_ERR_PROTOCOL },
        { 200, KEY("null"), LK_ERR_PROTOCOL },
        { 200, KEY("{\"type\":\"organization\"}"), LK_ERR_PROTOCOL },
        { 200, KEY("{\"id\":\"org_1\"}"), LK_ERR_PROTOCOL },
        { 401, "{\"message\":\"Unauthorized\"}", LK_ERR_API },
        { 404, "{\"message\":\"" VALUE " was not found\"}", LK_ERR_API },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_api_key *key = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_fails(validate(rows[i].http_status, rows[i].answer, &key, &err), rows[i].status,
                     err);
        assert_lacks(err.message, VALUE);
        assert_null(key);
    }
}

static void test_wrong_arguments_send_nothing(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_api_key *key = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_api_key_validate(test.client, NULL, &key, &err), LK_ERR_INVALID, err);
    assert_fails(lk_api_key_validate(test.client, "", &key, &err), LK_ERR_INVALID, err);
    assert_fails(lk_api_key_validate(NULL, VALUE, &key, &err), LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
    test_client_open_public(&test, &wire);
    assert_fails(lk_api_key_validate(test.client, VALUE, &key, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "API key");
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_says_whose_it_is),
        cmocka_unit_test(test_only_null_means_that_there_is_no_such_key),
        cmocka_unit_test(test_wrong_arguments_send_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
