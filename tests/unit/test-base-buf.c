/* Growing bytes with a limit: base/buf.c, and what is handed out of it: base/cleanup.c. */
#include "test.h"

#include "base/buf.h"

static void test_grows_and_stays_terminated(void **state)
{
    lk__auto_buf buf = LK__BUF(100000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < 10000; i++) {
        assert_ok(lk__buf_append(&buf, "0123456789", 10, &err), err);
        assert_int_equal(buf.len, (i + 1) * 10);
        assert_int_equal(buf.data[buf.len], '\0');
    }
    assert_memory_equal(buf.data + 99990, "0123456789", 11);
}

static void test_limit_is_exact_and_leaves_the_buffer(void **state)
{
    lk__auto_buf buf = LK__BUF(5);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__buf_text(&buf, "abc", &err), err);
    assert_fails(lk__buf_text(&buf, "def", &err), LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "5 bytes");
    assert_string_equal(buf.data, "abc");
    lk__error_clear(&err);
    assert_fails(lk__buf_append(&buf, "x", SIZE_MAX, &err), LK_ERR_PROTOCOL, err);
    lk__error_clear(&err);
    assert_fails(lk__buf_printf(&buf, &err, "%d", 123), LK_ERR_PROTOCOL, err);
    lk__error_clear(&err);
    assert_ok(lk__buf_printf(&buf, &err, "%d", 12), err);
    assert_string_equal(buf.data, "abc12");
}

static void test_nothing_is_an_empty_text(void **state)
{
    lk__auto_buf buf = LK__BUF(0);
    lk_error err = LK_ERROR_INIT;
    LK_CLEANUP(lk__freep) char *text = NULL;

    (void)state;
    assert_ok(lk__buf_append(&buf, NULL, 0, &err), err);
    assert_ok(lk__buf_text(&buf, NULL, &err), err);
    assert_string_equal(buf.data, "");
    text = lk__buf_steal(&buf);
    assert_string_equal(text, "");
    assert_null(buf.data);
    lk_free(text);
    text = lk__buf_steal(&buf); /* nothing there at all */
    assert_string_equal(text, "");
}

static void test_stolen_text_is_gone_from_the_buffer(void **state)
{
    lk__auto_buf buf = LK__SECRET_BUF(1000);
    lk_error err = LK_ERROR_INIT;
    char *text;

    (void)state;
    for (int i = 0; i < 50; i++) /* grows, so the secret moves */
        assert_ok(lk__buf_text(&buf, "secret ", &err), err);
    text = lk__buf_steal(&buf);
    assert_int_equal(strlen(text), 350);
    assert_int_equal(buf.len, 0);
    assert_ok(lk__buf_text(&buf, "new", &err), err);
    assert_string_equal(buf.data, "new");
    lk_free_secret(text);
    lk_free_secret(NULL);
    lk_free(NULL);
}

static void test_reserved_room_is_written_in_place(void **state)
{
    lk__auto_buf buf = LK__SECRET_BUF(200);
    lk_error err = LK_ERROR_INIT;
    size_t capacity;

    (void)state;
    assert_ok(lk__buf_text(&buf, "front", &err), err);
    assert_ok(lk__buf_reserve(&buf, 195, &err), err);
    assert_string_equal(buf.data, "front"); /* nothing is added yet */
    assert_int_equal(buf.len, 5);
    capacity = buf.capacity;
    memset(buf.data + 5, 'x', 195);
    buf.len = 200;
    buf.data[200] = '\0';
    assert_int_equal(buf.capacity, capacity);
    assert_fails(lk__buf_reserve(&buf, 1, &err), LK_ERR_PROTOCOL, err);
    assert_int_equal(buf.len, 200);
}

static void test_what_is_cut_off_is_wiped(void **state)
{
    lk__auto_buf buf = LK__SECRET_BUF(100);
    lk__auto_buf nothing = LK__BUF(100);
    static const char zeros[6];
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__buf_text(&buf, "keep-secret", &err), err);
    lk__buf_cut(&buf, 11);
    assert_string_equal(buf.data, "keep-secret");
    lk__buf_cut(&buf, 5);
    assert_string_equal(buf.data, "keep-");
    assert_int_equal(buf.len, 5);
    assert_memory_equal(buf.data + 5, zeros, sizeof(zeros));
    lk__buf_cut(&nothing, 0);
    assert_null(nothing.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_and_stays_terminated),
        cmocka_unit_test(test_limit_is_exact_and_leaves_the_buffer),
        cmocka_unit_test(test_nothing_is_an_empty_text),
        cmocka_unit_test(test_stolen_text_is_gone_from_the_buffer),
        cmocka_unit_test(test_reserved_room_is_written_in_place),
        cmocka_unit_test(test_what_is_cut_off_is_wiped),
    };

    return cmocka_run_group_tests_name("base-buf", tests, NULL, NULL);
}
