/* Comparing, escaping, reading numbers: base/text.c. */
#include "test.h"

#include "base/text.h"

static void test_comparing(void **state)
{
    (void)state;
    assert_true(lk__text_equal("a", "a"));
    assert_false(lk__text_equal("a", "A"));
    assert_false(lk__text_equal("a", NULL));
    assert_false(lk__text_equal(NULL, ""));
    assert_true(lk__text_equal(NULL, NULL));
    assert_true(lk__text_equal_nocase("Content-TYPE", "content-type"));
    assert_false(lk__text_equal_nocase("abc", "ab"));
    assert_false(lk__text_equal_nocase("ab", "abc"));
    assert_false(lk__text_equal_nocase("@", "`")); /* 32 apart, as letters are */
    assert_false(lk__text_equal_nocase(NULL, "a"));
    assert_true(lk__text_starts("sk_test", "sk_"));
    assert_true(lk__text_starts("sk_", ""));
    assert_false(lk__text_starts("sk", "sk_"));
    assert_false(lk__text_starts(NULL, "a"));
    assert_true(lk__text_empty(NULL));
    assert_true(lk__text_empty(""));
    assert_false(lk__text_empty(" "));
}

static void test_wipe_overwrites(void **state)
{
    char secret[] = "secret";

    (void)state;
    lk__wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
    lk__wipe(NULL, 5);
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        { "", true },
        { "plain", true },
        { "é ✓ 😀", true },
        { "\xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF", true }, /* beside the surrogates; last */
        { "\x80", false },                                      /* continuation alone */
        { "\xC3", false },                                      /* cut */
        { "\xE2\x9C", false },                                  /* cut */
        { "\xC3(", false },                                     /* no continuation */
        { "\xC0\xAF", false },                                  /* overlong "/" */
        { "\xC1\xBF", false },                                  /* overlong */
        { "\xE0\x80\xAF", false },                              /* overlong "/" in three */
        { "\xF0\x80\x80\xAF", false },                          /* overlong "/" in four */
        { "\xED\xA0\x80", false },                              /* surrogate D800 */
        { "\xF4\x90\x80\x80", false },                          /* U+110000 */
        { "\xF5\x80\x80\x80", false },                          /* past the table */
        { "\xFF", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++)
        if (lk__utf8_valid(rows[i].text, strlen(rows[i].text)) != rows[i].valid)
            fail_msg("row %zu", i);
    assert_true(lk__utf8_valid("a\0b", 3));
    assert_true(lk__utf8_valid(NULL, 0));
}

static void test_numbers_must_be_whole_and_in_range(void **state)
{
    static const struct {
        const char *text;
        int64_t min, max;
        bool valid;
        int64_t number;
    } rows[] = {
        { "0", 0, 9, true, 0 },
        { "9", 0, 9, true, 9 },
        { "-5", -5, 0, true, -5 },
        { "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
        { "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
        { "007", 0, 9, true, 7 },
        { "10", 0, 9, false, 0 },
        { "-6", -5, 0, false, 0 },
        { "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
        { "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
        { "", 0, 9, false, 0 },
        { "-", 0, 9, false, 0 },
        { " 1", 0, 9, false, 0 }, /* strtoll() takes it */
        { "+1", 0, 9, false, 0 }, /* this, too */
        { "- 1", -9, 9, false, 0 },
        { "1 ", 0, 9, false, 0 },
        { "1x", 0, 9, false, 0 },
        { "0x1", 0, 9, false, 0 },
        { "1.0", 0, 9, false, 0 },
        { NULL, 0, 9, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        int64_t number = 77;

        if (lk__parse_int64(rows[i].text, rows[i].min, rows[i].max, &number) != rows[i].valid)
            fail_msg("row %zu", i);
        assert_int_equal(number, rows[i].valid ? rows[i].number : 77);
    }
}

static void test_percent_encoding_there_and_back(void **state)
{
    lk__auto_buf encoded = LK__BUF(1000);
    lk__auto_buf decoded = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__percent_encode(&encoded, "aZ09-._~ /?&=+%é", &err), err);
    assert_string_equal(encoded.data, "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9");
    assert_ok(lk__percent_decode(&decoded, encoded.data, encoded.len, false, &err), err);
    assert_string_equal(decoded.data, "aZ09-._~ /?&=+%é");
    assert_ok(lk__percent_encode(&encoded, NULL, &err), err);
}

static void test_percent_decoding(void **state)
{
    static const struct {
        const char *text;
        bool plus;
        const char *decoded; /* NULL: refused */
    } rows[] = {
        { "", false, "" },        { "a+b", false, "a+b" },   { "a+b", true, "a b" },
        { "%2b%2B", true, "++" }, { "%41", false, "A" },     { "%", false, NULL },
        { "%4", false, NULL },    { "%4g", false, NULL },    { "%-1", false, NULL },
        { "% 1", false, NULL },   { "a%00b", false, NULL }, /* would cut the text */
        { "%0", false, NULL },    { "%u0041", false, NULL },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf out = LK__BUF(100);
        lk_error err = LK_ERROR_INIT;

        if (rows[i].decoded == NULL) {
            assert_fails(
                lk__percent_decode(&out, rows[i].text, strlen(rows[i].text), rows[i].plus, &err),
                LK_ERR_INVALID, err);
            continue;
        }
        assert_ok(lk__buf_text(&out, "", &err), err);
        assert_ok(lk__percent_decode(&out, rows[i].text, strlen(rows[i].text), rows[i].plus, &err),
                  err);
        assert_string_equal(out.data, rows[i].decoded);
    }
}

static void test_percent_decoding_refuses_a_raw_nul(void **state)
{
    lk__auto_buf out = LK__BUF(100);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk__percent_decode(&out, "a\0b", 3, false, &err), LK_ERR_INVALID, err);
}

static void test_html_is_escaped(void **state)
{
    lk__auto_buf out = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__html_escape(&out, "<a href='x' title=\"y\">&amp; é</a>", &err), err);
    assert_string_equal(out.data, "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp; é"
                                  "&lt;/a&gt;");
    assert_ok(lk__html_escape(&out, NULL, &err), err);
}

/* Eight bytes are looked at together: no byte at any place is overlooked, or counts for another. */
static void test_printable_ends_at_the_first_byte_that_is_not(void **state)
{
    char text[20];

    (void)state;
    for (size_t place = 0; place < sizeof(text); place++) {
        for (int c = 0; c < 256; c++) {
            const bool printable = c >= 0x20 && c <= 0x7e;

            memset(text, '~', sizeof(text));
            text[place] = (char)c;
            assert_int_equal(lk__printable_length(text, sizeof(text)),
                             printable ? sizeof(text) : place);
            memset(text, ' ', sizeof(text));
            text[place] = (char)c;
            assert_int_equal(lk__printable_length(text, sizeof(text)),
                             printable ? sizeof(text) : place);
            assert_int_equal(lk__printable_length(text, place), place);
        }
    }
}

/* Across the border of eight bytes, and among bytes that are neither printable nor controls. */
static void test_controls_are_found_wherever_they_stand(void **state)
{
    (void)state;
    for (size_t place = 0; place < 20; place++) {
        char text[20];
        memset(text, '\xe9', sizeof(text)); /* no ASCII at all */
        assert_false(lk__has_control(text, sizeof(text)));
        memset(text, 'a', sizeof(text));
        assert_false(lk__has_control(text, sizeof(text)));
        for (int c = 0; c < 256; c++) {
            text[place] = (char)c;
            assert_int_equal(lk__has_control(text, sizeof(text)), c < 0x20 || c == 0x7f);
            assert_false(lk__has_control(text, place));
        }
    }
    assert_false(lk__has_control("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparing),
        cmocka_unit_test(test_wipe_overwrites),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_numbers_must_be_whole_and_in_range),
        cmocka_unit_test(test_percent_encoding_there_and_back),
        cmocka_unit_test(test_percent_decoding),
        cmocka_unit_test(test_percent_decoding_refuses_a_raw_nul),
        cmocka_unit_test(test_html_is_escaped),
        cmocka_unit_test(test_printable_ends_at_the_first_byte_that_is_not),
        cmocka_unit_test(test_controls_are_found_wherever_they_stand),
    };

    return cmocka_run_group_tests_name("base-text", tests, NULL, NULL);
}
