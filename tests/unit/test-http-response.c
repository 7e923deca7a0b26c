/* The answer of a transport: limits on headers and body. */
#include <stdio.h>

#include "http/http.h"
#include "test.h"

static lk_http_response response;

static int set_up(void **state)
{
    (void)state;
    lk__http_response_init(&response, 10);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lk__http_response_clear(&response);
    return 0;
}

static void test_header_is_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(lk_http_response_add_header(&response, "X-Request-ID", "req_1"), LK_OK);
    assert_int_equal(lk_http_response_add_header(&response, "x-request-id", "req_2"), LK_OK);
    assert_string_equal(lk__http_response_header(&response, "x-REQUEST-id"), "req_1");
    assert_null(lk__http_response_header(&response, "X-Request"));
}

static void test_header_of_null_is_refused(void **state)
{
    (void)state;
    assert_int_equal(lk_http_response_add_header(&response, NULL, "a"), LK_ERR_INVALID);
    assert_int_equal(lk_http_response_add_header(&response, "a", NULL), LK_ERR_INVALID);
}

static void test_hundred_headers_are_taken_and_one_more_is_not(void **state)
{
    (void)state;
    for (int i = 0; i < LK__MAX_HEADERS; i++) {
        char name[16];

        snprintf(name, sizeof(name), "h%d", i);
        assert_int_equal(lk_http_response_add_header(&response, name, "v"), LK_OK);
    }
    assert_int_equal(lk_http_response_add_header(&response, "one", "more"), LK_ERR_PROTOCOL);
    assert_string_equal(lk__http_response_header(&response, "h99"), "v");
}

static void test_header_bytes_are_limited(void **state)
{
    char *value = malloc(LK__MAX_HEADER_BYTES + 1);

    (void)state;
    assert_non_null(value);
    memset(value, 'v', LK__MAX_HEADER_BYTES);
    value[LK__MAX_HEADER_BYTES] = '\0';
    assert_int_equal(lk_http_response_add_header(&response, "n", value), LK_ERR_PROTOCOL);
    value[LK__MAX_HEADER_BYTES - 1] = '\0';
    assert_int_equal(lk_http_response_add_header(&response, "n", value), LK_OK);
    assert_int_equal(lk_http_response_add_header(&response, "", "x"), LK_ERR_PROTOCOL);
    free(value);
}

static void test_body_stops_at_its_limit(void **state)
{
    (void)state;
    assert_int_equal(lk_http_response_append(&response, "12345", 5), LK_OK);
    assert_int_equal(lk_http_response_append(&response, "67890", 5), LK_OK);
    assert_int_equal(lk_http_response_append(&response, "1", 1), LK_ERR_PROTOCOL);
    assert_int_equal(response.body.len, 10);
    assert_memory_equal(response.body.data, "1234567890", 10);
}

static void test_restart_forgets_headers_and_keeps_the_body(void **state)
{
    (void)state;
    assert_int_equal(lk_http_response_add_header(&response, "Early", "yes"), LK_OK);
    assert_int_equal(lk_http_response_append(&response, "body", 4), LK_OK);
    lk__http_response_restart(&response);
    assert_null(lk__http_response_header(&response, "Early"));
    assert_int_equal(response.header_bytes, 0);
    assert_int_equal(response.body.len, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_header_is_found_in_any_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_header_of_null_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hundred_headers_are_taken_and_one_more_is_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_header_bytes_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_body_stops_at_its_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_restart_forgets_headers_and_keeps_the_body, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
