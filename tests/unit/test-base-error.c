/* How errors are born: base/error.c. */
#include "test.h"

#include "base/error.h"

static void test_first_error_wins(void **state)
{
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_int_equal(lk__fail(&err, LK_ERR_EXPIRED, "expired %d s ago", 5), LK_ERR_EXPIRED);
    assert_int_equal(lk__fail(&err, LK_ERR_NETWORK, "later"), LK_ERR_NETWORK);
    assert_int_equal(err.status, LK_ERR_EXPIRED);
    assert_string_equal(err.message, "expired 5 s ago");
    lk__error_clear(&err);
    assert_int_equal(err.status, LK_OK);
    assert_string_equal(err.message, "");
}

static void test_no_error_struct_is_fine(void **state)
{
    (void)state;
    assert_int_equal(lk__fail(NULL, LK_ERR_STATE, "x"), LK_ERR_STATE);
    assert_int_equal(lk__no_memory(NULL), LK_ERR_NO_MEMORY);
    lk__error_clear(NULL);
}

static void test_long_message_is_cut(void **state)
{
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_int_equal(lk__fail(&err, LK_ERR_STORE, "%300s", "x"), LK_ERR_STORE);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_int_equal(sizeof(err), 512); /* promised in error.h */
}

static void test_each_status_has_a_name(void **state)
{
    (void)state;
    for (int status = LK_OK; status <= LK_ERR_CANCELLED; status++)
        assert_true(strncmp(lk_status_name((lk_status)status), "LK_", 3) == 0 &&
                    strchr(lk_status_name((lk_status)status), '?') == NULL);
    assert_string_equal(lk_status_name((lk_status)(LK_ERR_CANCELLED + 1)), "LK_ERR_?");
    assert_string_equal(lk_status_name((lk_status)-1), "LK_ERR_?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_error_wins),
        cmocka_unit_test(test_no_error_struct_is_fine),
        cmocka_unit_test(test_long_message_is_cut),
        cmocka_unit_test(test_each_status_has_a_name),
    };

    return cmocka_run_group_tests_name("base-error", tests, NULL, NULL);
}
