/* Writing JSON: base/json-write.c. */
#include "test.h"

#include "base/json.h"

static void test_commas_and_names_are_placed(void **state)
{
    lk__auto_buf out = LK__BUF(1000);
    lk__json_writer w = LK__JSON_WRITER(&out);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    lk__json_open_object(&w, NULL);
    lk__json_put_text(&w, "a", "x");
    lk__json_put_text(&w, "b", NULL);
    lk__json_put_text_if(&w, "c", NULL);
    lk__json_put_text_if(&w, "d", "y");
    lk__json_open_array(&w, "e");
    lk__json_open_object(&w, NULL);
    lk__json_close_object(&w);
    lk__json_put_number(&w, NULL, INT64_MIN);
    lk__json_put_flag(&w, NULL, true);
    lk__json_open_array(&w, NULL);
    lk__json_close_array(&w);
    lk__json_close_array(&w);
    lk__json_put_raw(&w, "f", "[1, 2]");
    lk__json_put_raw(&w, "g", NULL);
    lk__json_close_object(&w);
    assert_ok(lk__json_end(&w, &err), err);
    assert_string_equal(out.data, "{\"a\":\"x\",\"b\":null,\"d\":\"y\",\"e\":[{},"
                                  "-9223372036854775808,true,[]],\"f\":[1, 2],\"g\":null}");
}

static void test_texts_are_escaped(void **state)
{
    static const struct {
        const char *text;
        const char *written;
    } rows[] = {
        { "", "\"\"" },
        { "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
        { "\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"" },
        { "é✓😀", "\"é✓😀\"" },
        { "a\xFF\xC3", "\"a\\ufffd\\ufffd\"" },          /* not UTF-8 */
        { "\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\"" }, /* a surrogate */
        { "\xE2\x9C", "\"\\ufffd\\ufffd\"" },            /* cut */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf out = LK__BUF(1000);
        lk__json_writer w = LK__JSON_WRITER(&out);
        LK_CLEANUP(lk__json_freep) lk__json *back = NULL;
        lk_error err = LK_ERROR_INIT;

        lk__json_put_text(&w, NULL, rows[i].text);
        assert_ok(lk__json_end(&w, &err), err);
        assert_string_equal(out.data, rows[i].written);
        assert_ok(lk__json_parse(out.data, out.len, &back, &err), err);
    }
}

static void test_the_first_failure_is_kept(void **state)
{
    lk__auto_buf out = LK__BUF(6);
    lk__json_writer w = LK__JSON_WRITER(&out);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    lk__json_open_array(&w, NULL);
    lk__json_put_text(&w, NULL, "too long");
    lk__json_close_array(&w); /* would fit again */
    assert_fails(lk__json_end(&w, &err), LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "6 bytes");
}

static void test_printing_gives_back_what_was_parsed(void **state)
{
    static const struct {
        const char *text;
        const char *printed;
    } rows[] = {
        { " { \"a\" : [ 1 , -2.5 , true , false , null , \"\\u00e9\\n\" ] , \"b\" : {} } ",
          "{\"a\":[1,-2.5,true,false,null,\"é\\n\"],\"b\":{}}" },
        { "9007199254740991", "9007199254740991" }, /* cJSON prints 9.00719925474099e+15 */
        { "1700000000", "1700000000" },
        { "0.1", "0.1" },
        { "1e300", "1e+300" },
        { "0.30000000000000004", "0.30000000000000004" },
        { "1e400", "null" }, /* as JSON.stringify(Infinity) */
        { "\"x\"", "\"x\"" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
        lk__auto_buf out = LK__BUF(1000);
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk__json_parse(rows[i].text, strlen(rows[i].text), &json, &err), err);
        assert_ok(lk__json_print(json, &out, &err), err);
        assert_string_equal(out.data, rows[i].printed);
    }
}

static void test_a_member_is_printed_without_its_name(void **state)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk__auto_buf out = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__json_parse("{\"a\":{\"b\":1}}", 13, &json, &err), err);
    assert_ok(lk__json_print(lk__json_get(json, "a"), &out, &err), err);
    assert_string_equal(out.data, "{\"b\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_and_names_are_placed),
        cmocka_unit_test(test_texts_are_escaped),
        cmocka_unit_test(test_the_first_failure_is_kept),
        cmocka_unit_test(test_printing_gives_back_what_was_parsed),
        cmocka_unit_test(test_a_member_is_printed_without_its_name),
    };

    return cmocka_run_group_tests_name("base-json-write", tests, NULL, NULL);
}
