/* What WorkOS says when it refuses: every shape becomes a reason and a sentence without secrets. */
#include "api/refusal.h"

#include <stdio.h>

#include "test.h"

#define CODE  "01JQ2M5C9V7H3K8N4P6R0S1T2W"
#define TOKEN "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln"

typedef struct row {
    int http_status;
    const char *body;
    lk_status status;
    const char *reason;
    const char *message;
} row;

static const char *const secret_list[] = { CODE, NULL, "hunter2" };
static const lk__secrets secrets = { secret_list, N_ROWS(secret_list) };

static void check(const row *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        lk_error err = LK_ERROR_INIT;
        lk_status status = lk__refusal_read(rows[i].http_status, rows[i].body, strlen(rows[i].body),
                                            secrets, &err);

        if (status != rows[i].status || err.status != status ||
            strcmp(err.message, rows[i].message) != 0 || strcmp(err.reason, rows[i].reason) != 0)
            fail_msg("row %zu: %s [%s] \"%s\"", i, lk_status_name(status), err.reason, err.message);
    }
}

static void test_known_shapes_are_read(void **state)
{
    static const row rows[] = {
        { 401, "{\"message\":\"Unauthorized\"}", LK_ERR_API, "",
          "WorkOS answered 401: Unauthorized" },
        { 404, "{\"message\":\"Not here\",\"code\":\"entity_not_found\"}", LK_ERR_API,
          "entity_not_found", "WorkOS answered 404 entity_not_found: Not here" },
        { 422,
          "{\"message\":\"Validation failed\",\"code\":\"invalid_request_parameters\","
          "\"errors\":[{\"code\":\"required\",\"field\":\"events\"},\"and "
          "text\",{\"property\":\"p\","
          "\"constraints\":{}},{\"message\":\"m\",\"code\":\"c\"},{\"message\":\"one too many\"}]}",
          LK_ERR_API, "invalid_request_parameters",
          "WorkOS answered 422 invalid_request_parameters: Validation failed; events: required; "
          "and "
          "text; m" },
        { 400, "{\"error\":\"invalid_grant\",\"error_description\":\"It has expired.\"}",
          LK_ERR_API, "invalid_grant", "WorkOS answered 400 invalid_grant: It has expired." },
        { 401, "{\"error\":\"Unauthorized\"}", LK_ERR_API, "Unauthorized",
          "WorkOS answered 401: Unauthorized" },
        /* "code" decides. */
        { 403, "{\"error\":\"e\",\"code\":\"mfa_enrollment\",\"message\":\"Enroll\"}", LK_ERR_API,
          "mfa_enrollment", "WorkOS answered 403 mfa_enrollment: Enroll" },
        { 429, "\"Ratelimited\"", LK_ERR_RATE_LIMITED, "", "WorkOS answered 429: Ratelimited" },
        { 429, "{\"message\":\"Too Many Requests\",\"code\":\"rate_limit_exceeded\"}",
          LK_ERR_RATE_LIMITED, "rate_limit_exceeded",
          "WorkOS answered 429 rate_limit_exceeded: Too Many Requests" },
        { 500, "{\"code\":\"boom\"}", LK_ERR_API, "boom", "WorkOS answered 500: boom" },
    };

    (void)state;
    check(rows, N_ROWS(rows));
}

static void test_everything_else_is_described(void **state)
{
    static const row rows[] = {
        { 500, "", LK_ERR_API, "", "WorkOS answered 500 with an empty body" },
        { 500, " \r\n", LK_ERR_API, "", "WorkOS answered 500 with an empty body" },
        { 500, "<!DOCTYPE html><html><body>Oops", LK_ERR_API, "",
          "WorkOS answered 500 with HTML instead of JSON" },
        { 502, "\n<html>", LK_ERR_API, "", "WorkOS answered 502 with HTML instead of JSON" },
        { 500, "{\"message\":\"Inter", LK_ERR_API, "",
          "WorkOS answered 500 with half a JSON body" },
        { 500, "{\"message\":\"a \\\"quoted\\\" } ]", LK_ERR_API, "",
          "WorkOS answered 500 with half a JSON body" },
        { 500, "{message: 1}", LK_ERR_API, "", "WorkOS answered 500 with broken JSON" },
        { 503, "upstream connect\x1b[31m error\r\nX: y", LK_ERR_API, "",
          "WorkOS answered 503 with something other than JSON: \"upstream connect [31m error  X: "
          "y\"" },
        { 429, "slow down", LK_ERR_RATE_LIMITED, "",
          "WorkOS answered 429 with something other than JSON: \"slow down\"" },
        { 400, "{}", LK_ERR_API, "", "WorkOS answered 400 without saying why" },
        { 400, "[]", LK_ERR_API, "", "WorkOS answered 400 without saying why" },
        { 400, "{\"message\":null,\"code\":17,\"errors\":{}}", LK_ERR_API, "",
          "WorkOS answered 400 without saying why" },
        { 400, "null", LK_ERR_API, "", "WorkOS answered 400 without saying why" },
        { 302, "{}", LK_ERR_PROTOCOL, "",
          "WorkOS answered 302, a redirect, which is never followed" },
        { 0, "{}", LK_ERR_PROTOCOL, "", "WorkOS answered 0, which is no HTTP status to expect" },
        { 101, "", LK_ERR_PROTOCOL, "", "WorkOS answered 101, which is no HTTP status to expect" },
        { 999, "", LK_ERR_PROTOCOL, "", "WorkOS answered 999, which is no HTTP status to expect" },
    };

    (void)state;
    check(rows, N_ROWS(rows));
}

static void test_no_secret_comes_back(void **state)
{
    static const row rows[] = {
        /* WorkOS quotes the code. */
        { 400,
          "{\"error\":\"invalid_grant\",\"error_description\":\"The code '" CODE
          "' has expired or is invalid.\"}",
          LK_ERR_API, "invalid_grant",
          "WorkOS answered 400 invalid_grant: The code '[hidden]' has expired or is invalid." },
        { 400, "{\"message\":\"bad password hunter2!\"}", LK_ERR_API, "",
          "WorkOS answered 400: bad password [hidden]!" },
        { 401, "{\"message\":\"no such key: sk_live_abc\"}", LK_ERR_API, "",
          "WorkOS answered 401: no such key: [hidden]" },
        { 400, "{\"message\":\"token " TOKEN " is old\"}", LK_ERR_API, "",
          "WorkOS answered 400: token [hidden] is old" },
        /* A token that we never sent. */
        { 400, "{\"message\":\"rt=Zm9vYmFyYmF6cXV4MTIzNDU2\"}", LK_ERR_API, "",
          "WorkOS answered 400: [hidden]" },
        { 400, "{\"code\":\"xhunter2\",\"message\":\"m\"}", LK_ERR_API, "",
          "WorkOS answered 400: m" },
        { 400, "{\"code\":\"" CODE "\",\"message\":\"m\"}", LK_ERR_API, "",
          "WorkOS answered 400: m" },
        { 500, "GET /?code=" CODE " failed", LK_ERR_API, "",
          "WorkOS answered 500 with something other than JSON: \"GET /?code=[hidden] failed\"" },
        /* Ids open nothing and help. */
        { 404, "{\"message\":\"User not found: 'user_01JQ2M5C9V7H3K8N4P6R0S1XYZ'.\"}", LK_ERR_API,
          "", "WorkOS answered 404: User not found: 'user_01JQ2M5C9V7H3K8N4P6R0S1XYZ'." },
        { 404, "{\"code\":\"organization_membership_not_found\"}", LK_ERR_API,
          "organization_membership_not_found",
          "WorkOS answered 404: organization_membership_not_found" },
    };

    (void)state;
    check(rows, N_ROWS(rows));
}

static void test_hostile_text_becomes_one_printable_line(void **state)
{
    static const row rows[] = {
        { 400, "{\"message\":\"a\\nb\\u001b[31mc\\u007fd\\u009b2Je\"}", LK_ERR_API, "",
          "WorkOS answered 400: a b [31mc d 2Je" },
        /* Text becomes a reason only if it is one word. */
        { 400, "{\"code\":\"not a word\",\"message\":\"m\"}", LK_ERR_API, "",
          "WorkOS answered 400: m" },
        { 400, "{\"code\":\"<b>\",\"message\":\"m\"}", LK_ERR_API, "", "WorkOS answered 400: m" },
        { 400, "{\"message\":\"Z\\u00fcrich\"}", LK_ERR_API, "",
          "WorkOS answered 400: Z\xC3\xBCrich" },
    };

    (void)state;
    check(rows, N_ROWS(rows));
}

static void test_long_text_is_cut_between_characters(void **state)
{
    char body[4096] = "{\"message\":\"";
    lk_error err = LK_ERROR_INIT;
    size_t len;

    (void)state;
    for (len = strlen(body); len < 3000; len += 2)
        memcpy(body + len, "\xC3\xBC", 2);
    memcpy(body + len, "\"}", 3);
    assert_int_equal(lk__refusal_read(400, body, strlen(body), secrets, &err), LK_ERR_API);
    len = strlen(err.message);
    assert_true(len > 100 && len < sizeof(err.message));
    assert_int_equal((len - strlen("WorkOS answered 400: ")) % 2, 0);
}

static void test_secret_torn_by_the_cut_stays_hidden(void **state)
{
    /* Places a key at each offset around the cut of the buffer within. */
    for (int offset = 990; offset < 1030; offset++) {
        char body[4096];
        lk_error err = LK_ERROR_INIT;
        int len = snprintf(body, sizeof(body), "{\"message\":\"%*s%s end\"}", offset, "", CODE);

        assert_int_equal(lk__refusal_read(400, body, (size_t)len, secrets, &err), LK_ERR_API);
        assert_lacks(err.message, "01JQ");
    }
    (void)state;
}

static void test_error_may_be_null(void **state)
{
    (void)state;
    assert_int_equal(lk__refusal_read(400, "{\"code\":\"a\",\"message\":\"b\"}", 26, secrets, NULL),
                     LK_ERR_API);
    assert_int_equal(lk__refusal_read(500, NULL, 0, secrets, NULL), LK_ERR_API);
    assert_int_equal(lk__refusal_unreadable(200, NULL, 0, NULL), LK_ERR_PROTOCOL);
}

static void test_good_answers_are_told_by_their_ends(void **state)
{
    static const char *const yes[] = { "{}", "[]", " {\"a\":1}\r\n", "\t[1]" };
    static const char *const no[] = { "",         " ",        "{",       "}", "{]",
                                      "\"text\"", "<html>{}", "{\"a\":", "1" };

    (void)state;
    for (size_t i = 0; i < N_ROWS(yes); i++)
        assert_true(lk__refusal_looks_like_json(yes[i], strlen(yes[i])));
    for (size_t i = 0; i < N_ROWS(no); i++)
        assert_false(lk__refusal_looks_like_json(no[i], strlen(no[i])));
    assert_false(lk__refusal_looks_like_json(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_shapes_are_read),
        cmocka_unit_test(test_everything_else_is_described),
        cmocka_unit_test(test_no_secret_comes_back),
        cmocka_unit_test(test_hostile_text_becomes_one_printable_line),
        cmocka_unit_test(test_long_text_is_cut_between_characters),
        cmocka_unit_test(test_secret_torn_by_the_cut_stays_hidden),
        cmocka_unit_test(test_error_may_be_null),
        cmocka_unit_test(test_good_answers_are_told_by_their_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
