/* base64url: crypto/base64.c. */
#include "test.h"

#include "crypto/base64.h"

/* RFC 4648, 10, in the alphabet of section 5. */
static const struct {
    const char *bytes;
    const char *text;
} vectors[] = {
    { "", "" },
    { "f", "Zg" },
    { "fo", "Zm8" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg" },
    { "fooba", "Zm9vYmE" },
    { "foobar", "Zm9vYmFy" },
    { "\xfb\xff\xfe", "-__-" },
};

static void test_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS(vectors); i++) {
        lk__auto_buf out = LK__BUF(100);
        lk_error err = LK_ERROR_INIT;
        char text[16];
        size_t len = strlen(vectors[i].bytes);

        assert_int_equal(lk__base64url_size(len), strlen(vectors[i].text));
        lk__base64url_encode(vectors[i].bytes, len, text);
        assert_string_equal(text, vectors[i].text);
        assert_ok(lk__base64url_decode(&out, text, strlen(text), false, &err), err);
        assert_int_equal(out.len, len);
        assert_memory_equal(out.data, vectors[i].bytes, len);
    }
}

static void test_every_length_survives(void **state)
{
    unsigned char bytes[600];
    char text[801];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        lk__auto_buf out = LK__BUF(sizeof(bytes));
        lk_error err = LK_ERROR_INIT;

        lk__base64url_encode(bytes, len, text);
        assert_int_equal(strlen(text), lk__base64url_size(len));
        assert_ok(lk__base64url_decode(&out, text, strlen(text), false, &err), err);
        assert_int_equal(out.len, len);
        assert_memory_equal(out.data, bytes, len);
    }
}

static void test_what_is_no_base64url(void **state)
{
    static const struct {
        const char *text;
        bool lenient; /* also refused when lenient */
    } rows[] = {
        { "A", true },                         /* impossible length */
        { "AAAAA", true },   { "A+/A", true }, /* the other alphabet */
        { "AA A", true },    { "AA\nA", true },   { "AA\xC3\xA9", true },
        { "A=AA", true },    { "=", false }, /* padding alone: nothing, for the lenient */
        { "Zg==", false },   { "Zm8=", false },   { "Zm9v=", false },
        { "Zm9v===", true }, { "Zh", false }, /* bits beyond the last byte */
        { "Zm9", false },    { "Zm9vYh", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf strict = LK__BUF(100);
        lk__auto_buf lenient = LK__BUF(100);
        lk_error err = LK_ERROR_INIT;
        size_t len = strlen(rows[i].text);

        assert_fails(lk__base64url_decode(&strict, rows[i].text, len, false, &err), LK_ERR_PROTOCOL,
                     err);
        if (lk__base64url_decode(&lenient, rows[i].text, len, true, NULL) !=
            (rows[i].lenient ? LK_ERR_PROTOCOL : LK_OK))
            fail_msg("%s", rows[i].text);
    }
}

static void test_every_byte_outside_the_alphabet_is_refused(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    (void)state;
    for (int c = 0; c < 256; c++) {
        lk__auto_buf out = LK__BUF(100);
        const char text[4] = { 'A', 'A', (char)c, 'A' };
        bool known = c != 0 && strchr(alphabet, c) != NULL;

        assert_int_equal(lk__base64url_decode(&out, text, 4, true, NULL),
                         known ? LK_OK : LK_ERR_PROTOCOL);
    }
}

/* Wherever it stands, also where several characters are read at once; and nothing is half done. */
static void test_one_bad_character_spoils_a_long_text(void **state)
{
    static const char bad[] = "+/=. \n\x7f\xc3";
    char text[32];

    (void)state;
    for (size_t len = 2; len < sizeof(text); len++) {
        for (size_t i = 0; i < len; i++) {
            for (const char *c = bad; *c != '\0'; c++) {
                lk__auto_buf out = LK__BUF(100);
                lk_error err = LK_ERROR_INIT;

                memset(text, 'A', sizeof(text));
                text[i] = *c;
                assert_ok(lk__buf_text(&out, "before", &err), err);
                assert_int_equal(lk__base64url_decode(&out, text, len, false, NULL),
                                 LK_ERR_PROTOCOL);
                assert_int_equal(out.len, 6);
                assert_string_equal(out.data, "before");
            }
        }
    }
}

static void test_the_limit_of_the_buffer_holds(void **state)
{
    lk__auto_buf out = LK__BUF(5);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk__base64url_decode(&out, "Zm9vYmFy", 8, false, &err), LK_ERR_PROTOCOL, err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_every_length_survives),
        cmocka_unit_test(test_what_is_no_base64url),
        cmocka_unit_test(test_every_byte_outside_the_alphabet_is_refused),
        cmocka_unit_test(test_one_bad_character_spoils_a_long_text),
        cmocka_unit_test(test_the_limit_of_the_buffer_holds),
    };

    return cmocka_run_group_tests_name("crypto-base64", tests, NULL, NULL);
}
