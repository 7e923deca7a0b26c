/* Reading JSON: base/json.c and base/json-scan.c. */
#include "test.h"

#include <math.h>
#include <stdio.h>

#include "base/json-scan.h"
#include "base/json.h"

static void test_json_that_is_read(void **state)
{
    static const char *const rows[] = {
        "{}",
        " \t\r\n[ ] ",
        "null",
        "true",
        "\"\"",
        "-0",
        "0.5e-3",
        "1E+2",
        "[1,[2,{\"a\":{}}],\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"]",
        "{\"\":1,\"a b\":\"\x7f é ✓ 😀\"}",
        "1e400", /* sound grammar; is no number of ours, see below */
        "123456789012345678901234567890123456789012345678901234567890123", /* 63 digits */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk__json_parse(rows[i], strlen(rows[i]), &json, &err), err);
        assert_non_null(json);
    }
}

static void test_json_that_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        { "", "value expected" },
        { "  ", "value expected" },
        { "{\"a\":\"user_1\\u0000evil\"}", "\\u0000" }, /* cJSON reads "user_1" */
        { "{\"a\\u0000b\":1}", "\\u0000" },             /* in a name as well */
        { "{\"a\":1}x", "trailing" },                   /* cJSON does not look */
        { "{} {}", "trailing" },
        { "[1]]", "trailing" },
        { "\"a\nb\"", "control character" },
        { "\"a\tb\"", "control character" },
        { "\"\x01\"", "control character" },
        { "\"\xC3(\"", "not UTF-8" },
        { "\"\xED\xA0\x80\"", "not UTF-8" }, /* a surrogate as UTF-8 */
        { "\"\xC0\xAF\"", "not UTF-8" },     /* overlong "/" */
        { "{\"\xFF\":1}", "not UTF-8" },     /* in a name */
        { "\"\\ud800\"", "surrogate" },      /* half a pair */
        { "\"\\ud800\\u0041\"", "surrogate" },
        { "\"\\udc00\"", "surrogate" },
        { "\"\\ud800x\"", "surrogate" },
        { "\"\\u12g4\"", "\\u escape" },
        { "\"\\u12", "\\u escape" },
        { "\"\\x41\"", "unknown escape" },
        { "\"\\", "unknown escape" },
        { "\"abc", "without an end" },
        { "01", "trailing" }, /* leading zero */
        { "[01]", "comma" },
        { "-", "unexpected" },
        { "+1", "unexpected" },
        { ".5", "unexpected" },
        { "1.", "point" },
        { "1.e5", "point" },
        { "1e", "exponent" },
        { "1e+", "exponent" },
        { "0x10", "trailing" },
        { "NaN", "unexpected" },
        { "Infinity", "unexpected" },
        { "nul", "unknown word" },
        { "True", "unexpected" },
        { "'a'", "unexpected" },
        { "{a:1}", "name expected" },
        { "{1:1}", "name expected" },
        { "{\"a\"}", "colon" },
        { "{\"a\":}", "unexpected" },
        { "{\"a\":1,}", "name expected" },
        { "{,}", "name expected" },
        { "[1,]", "unexpected" },
        { "[,1]", "unexpected" },
        { "[1 2]", "comma" },
        { "[1", "comma" },
        { "{\"a\":1", "comma" },
        { "[}", "unexpected" },
        { "/* x */ 1", "unexpected" },
        { "\xEF\xBB\xBF{}", "unexpected" }, /* byte order mark: cJSON skips it */
        { "\v1", "unexpected" },            /* cJSON takes any control character for space */
        { "1234567890123456789012345678901234567890123456789012345678901234", "63 characters" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__json *json = NULL;
        lk_error err = LK_ERROR_INIT;

        if (lk__json_parse(rows[i].text, strlen(rows[i].text), &json, &err) != LK_ERR_PROTOCOL)
            fail_msg("row %zu: %s", i, rows[i].text);
        assert_contains(err.message, rows[i].why);
        assert_null(json);
    }
}

/* Texts are scanned eight bytes at a time: no place in them is overlooked. */
static void test_every_byte_at_every_place_of_a_text(void **state)
{
    char text[20];

    (void)state;
    for (size_t place = 1; place < sizeof(text) - 1; place++) {
        for (int c = 0; c < 256; c++) {
            const bool sound = c >= ' ' && c < 0x80 && c != '"' && c != '\\';

            memset(text, 'z', sizeof(text));
            text[0] = text[sizeof(text) - 1] = '"';
            text[place] = (char)c;
            assert_int_equal(lk__json_check(text, sizeof(text), NULL) == LK_OK, sound);
        }
    }
}

static void test_bytes_beyond_the_length_are_not_read(void **state)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk_error err = LK_ERROR_INIT;
    char *exact = malloc(3); /* ASan sees a fourth byte read */

    (void)state;
    memcpy(exact, "[1]", 3);
    assert_ok(lk__json_parse(exact, 3, &json, &err), err);
    assert_fails(lk__json_parse(exact, 2, &json, &err), LK_ERR_PROTOCOL, err);
    lk__error_clear(&err);
    assert_fails(lk__json_parse("1\0", 2, &json, &err), LK_ERR_PROTOCOL, err);
    lk__error_clear(&err);
    assert_fails(lk__json_parse(NULL, 5, &json, &err), LK_ERR_PROTOCOL, err);
    free(exact);
}

static void test_nesting_stops_at_64_levels(void **state)
{
    char text[200000];
    lk_error err = LK_ERROR_INIT;
    lk__json *json = NULL;

    (void)state;
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_fails(lk__json_parse(text, 130, &json, &err), LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "64 levels");
    assert_ok(lk__json_parse(text + 1, 128, &json, NULL), err);
    lk__json_free(json);
    lk__error_clear(&err);
    memset(text, '[', sizeof(text)); /* the stack of a naive parser */
    assert_fails(lk__json_parse(text, sizeof(text), &json, &err), LK_ERR_PROTOCOL, err);
}

static void test_names_are_case_sensitive_and_the_first_counts(void **state)
{
    static const char text[] = "{\"ID\":\"upper\",\"a\":1,\"id\":\"first\",\"id\":\"second\"}";
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__json_parse(text, strlen(text), &json, &err), err);
    assert_string_equal(lk__json_text(json, "id"), "first");
    assert_null(lk__json_get(json, "Id"));
    assert_null(lk__json_get(json, "A"));
    assert_string_equal(lk__json_duplicate(json), "id");
    assert_int_equal(lk__json_count(json), 4);
    assert_null(lk__json_duplicate(lk__json_get(json, "a")));
    assert_null(lk__json_duplicate(NULL));
}

static void test_numbers_are_whole_and_exact(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        int64_t number;
    } rows[] = {
        { "{\"n\":0}", true, 0 },
        { "{\"n\":-1}", true, -1 },
        { "{\"n\":2147483648}", true, INT64_C(2147483648) }, /* valueint stops before: 2038 */
        { "{\"n\":9007199254740992}", true, INT64_C(9007199254740992) },
        { "{\"n\":-9007199254740992}", true, INT64_C(-9007199254740992) },
        { "{\"n\":1.0}", true, 1 },
        { "{\"n\":1e3}", true, 1000 },
        { "{\"n\":9007199254740994}", false, 0 }, /* past 2^53 */
        { "{\"n\":1e400}", false, 0 },            /* infinite */
        { "{\"n\":-1e400}", false, 0 },
        { "{\"n\":1e300}", false, 0 },
        { "{\"n\":0.5}", false, 0 },
        { "{\"n\":\"1\"}", false, 0 },
        { "{\"n\":true}", false, 0 },
        { "{\"n\":null}", false, 0 },
        { "{\"N\":1}", false, 0 },
        { "[1]", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
        lk_error err = LK_ERROR_INIT;
        int64_t number = 77;

        assert_ok(lk__json_parse(rows[i].text, strlen(rows[i].text), &json, &err), err);
        if (lk__json_int64(json, "n", &number) != rows[i].valid)
            fail_msg("row %zu: %s", i, rows[i].text);
        assert_int_equal(number, rows[i].valid ? rows[i].number : 77);
    }
}

static void test_reading_the_wrong_type_gives_nothing(void **state)
{
    static const char text[] = "{\"s\":\"x\",\"b\":false,\"z\":null,\"a\":[1],\"o\":{}}";
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk_error err = LK_ERROR_INIT;
    bool flag = true;

    (void)state;
    assert_ok(lk__json_parse(text, strlen(text), &json, &err), err);
    assert_null(lk__json_text(json, "b"));
    assert_null(lk__json_text(json, "z"));
    assert_null(lk__json_text(NULL, "s"));
    assert_null(lk__json_string(NULL));
    assert_null(lk__json_first(NULL));
    assert_null(lk__json_next(NULL));
    assert_null(lk__json_name(NULL));
    assert_int_equal(lk__json_count(NULL), 0);
    assert_false(lk__json_bool(json, "s", &flag));
    assert_true(flag);
    assert_true(lk__json_bool(json, "b", &flag));
    assert_false(flag);
    assert_true(lk__json_is_null(lk__json_get(json, "z")));
    assert_false(lk__json_is_null(NULL));
    assert_true(lk__json_is_array(lk__json_get(json, "a")));
    assert_false(lk__json_is_array(lk__json_get(json, "o")));
    assert_true(lk__json_is_object(lk__json_get(json, "o")));
    assert_false(lk__json_is_object(NULL));
    assert_null(lk__json_get(lk__json_get(json, "a"), "x"));
    assert_true(isnan(lk__json_double(lk__json_get(json, "s"))));
}

/* ---- lk__json_each() ---- */

typedef struct seen {
    char text[1000];
    int stop_after; /* 0: never */
    int n;
} seen;

static lk_status note(void *ctx, const char *name, const char *raw, size_t raw_len,
                      const lk__json *value, lk_error *err)
{
    seen *s = ctx;
    size_t len = strlen(s->text);

    snprintf(s->text + len, sizeof(s->text) - len, "%s=%.*s%s;", name != NULL ? name : "-",
             (int)raw_len, raw, value != NULL ? "" : "!");
    if (++s->n == s->stop_after)
        return lk__fail(err, LK_ERR_STORE, "enough");
    return LK_OK;
}

static void test_each_hands_out_the_bytes_as_they_stood(void **state)
{
    static const struct {
        const char *text;
        const char *seen;
    } rows[] = {
        { "[]", "" },
        { " { } ", "" },
        { " [ 1 , { \"a\" : 1.50 } ,\"x\"\n] ", "-=1;-={ \"a\" : 1.50 };-=\"x\";" },
        { "{\"a\":[1, 2],\"b\\u0062\" : null}", "a=[1, 2];bb=null;" },
        /* One event that is unsafe to believe spoils no other: marked by "!". */
        { "[{\"id\":\"\\u0000\"},{\"id\":1}]", "-={\"id\":\"\\u0000\"}!;-={\"id\":1};" },
        { "[\"\\ud800\",\"\xFF\",\"\t\",2]", "-=\"\\ud800\"!;-=\"\xFF\"!;-=\"\t\"!;-=2;" },
        { "[9007199254740993]", "-=9007199254740993;" }, /* raw keeps what doubles cannot */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        seen s = { .n = 0 };
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk__json_each(rows[i].text, strlen(rows[i].text), note, &s, &err), err);
        assert_string_equal(s.text, rows[i].seen);
    }
}

static lk_status sum(void *ctx, const char *name, const char *raw, size_t raw_len,
                     const lk__json *value, lk_error *err)
{
    int64_t number = 100; /* what is none, or is not parsed */

    (void)name;
    (void)raw;
    (void)raw_len;
    (void)err;
    if (value != NULL)
        (void)lk__json_number(value, &number);
    *(int64_t *)ctx += number;
    return LK_OK;
}

/* However deep one is, the next is found; the brackets of a text are none. */
static void test_each_goes_past_what_is_nested_too_deep(void **state)
{
    static const int n_pairs[] = { 31, 32, 33, 500, 90000 };

    (void)state;
    for (size_t i = 0; i < N_ROWS(n_pairs); i++) {
        lk__auto_buf text = LK__BUF(1 << 20);
        lk_error err = LK_ERROR_INIT;
        int64_t total = 0;

        assert_ok(lk__buf_text(&text, "[1,", &err), err);
        for (int n = 0; n < n_pairs[i]; n++)
            assert_ok(lk__buf_text(&text, "[{\"]\\\"\":", &err), err);
        assert_ok(lk__buf_text(&text, "7", &err), err);
        for (int n = 0; n < n_pairs[i]; n++)
            assert_ok(lk__buf_text(&text, "}]", &err), err);
        assert_ok(lk__buf_text(&text, ",2]", &err), err);
        assert_ok(lk__json_each(text.data, text.len, sum, &total, &err), err);
        assert_int_equal(total, 103);
        total = 0;
        for (size_t n_short = 1; n_short <= 4; n_short += 3) { /* the list's end, the value's */
            lk__error_clear(&err);
            assert_fails(lk__json_each(text.data, text.len - n_short, sum, &total, &err),
                         LK_ERR_PROTOCOL, err);
        }
        assert_int_equal(total, 0);
    }
}

static void test_each_visits_nothing_of_a_broken_text(void **state)
{
    static const char *const rows[] = {
        "",
        "1",
        "\"x\"",
        "null",
        "[1,2",
        "[1,2]]",
        "[1,2}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "[1,,2]",
        "[1,2] garbage",
        "[\"a]",
        "{1:2}",
        "{\"\\u0000\":1}", /* a name that is unsafe has no meaning */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        seen s = { .n = 0 };
        lk_error err = LK_ERROR_INIT;

        assert_fails(lk__json_each(rows[i], strlen(rows[i]), note, &s, &err), LK_ERR_PROTOCOL, err);
        assert_string_equal(s.text, "");
    }
}

static void test_a_visit_that_fails_ends_it(void **state)
{
    seen s = { .stop_after = 2 };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk__json_each("[1,2,3]", 7, note, &s, &err), LK_ERR_STORE, err);
    assert_string_equal(s.text, "-=1;-=2;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_that_is_read),
        cmocka_unit_test(test_json_that_is_refused),
        cmocka_unit_test(test_every_byte_at_every_place_of_a_text),
        cmocka_unit_test(test_bytes_beyond_the_length_are_not_read),
        cmocka_unit_test(test_nesting_stops_at_64_levels),
        cmocka_unit_test(test_names_are_case_sensitive_and_the_first_counts),
        cmocka_unit_test(test_numbers_are_whole_and_exact),
        cmocka_unit_test(test_reading_the_wrong_type_gives_nothing),
        cmocka_unit_test(test_each_hands_out_the_bytes_as_they_stood),
        cmocka_unit_test(test_each_goes_past_what_is_nested_too_deep),
        cmocka_unit_test(test_each_visits_nothing_of_a_broken_text),
        cmocka_unit_test(test_a_visit_that_fails_ends_it),
    };

    return cmocka_run_group_tests_name("base-json", tests, NULL, NULL);
}
