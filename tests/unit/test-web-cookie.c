/* The Cookie header: read tolerantly, never believed; and Set-Cookie. */
#include "test.h"
#include "web/cookie.h"

/* All values of the cookie "a", decoded, with "|" in front of each. */
static void values_of_a(const char *header, lk__buf *out)
{
    const char *rest = header;
    lk__cookie cookie;

    while (lk__cookie_next(&rest, &cookie)) {
        lk__auto_buf value = LK__BUF(100);
        if (!lk__cookie_is(&cookie, "a") || lk__cookie_decode(&cookie, &value, NULL) != LK_OK)
            continue;
        assert_int_equal(lk__buf_printf(out, NULL, "|%s", value.data ? value.data : ""), LK_OK);
    }
}

static void test_header_is_read(void **unused)
{
    (void)unused;
    static const struct {
        const char *header;
        const char *values;
    } rows[] = {
        { "a=1", "|1" },
        { "x=0; a=1; y=2", "|1" },
        { "x=0;a=1;y=2", "|1" }, /* no space after ";" */
        { "a=1; a=2", "|1|2" },  /* the same name twice: both are tried */
        { "a=b;a=c", "|b|c" },
        { "a=\"quoted\"", "|quoted" }, /* RFC 6265 allows quotes around */
        { " \t a = 1 \t ;", "|1" },    /* stray spaces */
        { "a=1=2==", "|1=2==" },       /* "=" in a value */
        { "a=%7E%2A", "|~*" },         /* percent-encoded, as authkit-session writes */
        { "a=1 2", "|1 2" },
        { "a=", "|" },
        { "", "" },
        { ";;;", "" },
        { "a", "" },                /* no "=" */
        { "=1", "" },               /* no name */
        { "A=1", "" },              /* names are case-sensitive */
        { "aa=1; ba=2; a.=3", "" }, /* near misses */
        { "a=%", "" },              /* broken escape */
        { "a=%4", "" },
        { "a=%00", "" },                  /* NUL would cut the text */
        { "a=\x01", "" },                 /* control character */
        { "a=1\r\nSet-Cookie: a=2", "" }, /* smuggled line */
        { "a=\xc3\xbc", "" },             /* raw UTF-8 */
        { "a b=1", "" },                  /* a name that is no token */
        { "\"a\"=1", "" },
        { "a=\"1; a=2\"", "|\"1|2\"" }, /* quotes do not hide a semicolon */
        { "a=\"", "|\"" },
        { "x=y; a\t=1", "|1" },
        { "$Version=1; a=1; $Path=/", "|1" }, /* RFC 2109 leftovers */
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf values = LK__BUF(1000);
        values_of_a(rows[i].header, &values);
        assert_string_equal(values.data ? values.data : "", rows[i].values);
    }
}

static void test_huge_header_is_read_in_one_pass(void **unused)
{
    (void)unused;
    enum { SIZE = 100 * 1024 };
    char *header = malloc(SIZE + 1);
    lk__auto_buf values = LK__BUF(1000);

    assert_non_null(header);
    memset(header, ';', SIZE);
    memcpy(header + SIZE - 4, "a=12", 4);
    header[SIZE] = '\0';
    values_of_a(header, &values);
    free(header);
    assert_string_equal(values.data, "|12");
}

static void test_null_header_has_no_cookies(void **unused)
{
    (void)unused;
    const char *rest = NULL;
    lk__cookie cookie;

    assert_false(lk__cookie_next(&rest, &cookie));
}

static void test_set_cookie_carries_the_attributes(void **unused)
{
    (void)unused;
    static const lk__cookie_rules plain = { .same_site = "Lax" };
    static const lk__cookie_rules full = { .same_site = "None",
                                           .secure = true,
                                           .domain = "example.com" };
    lk__auto_buf out = LK__BUF(1000);

    assert_int_equal(lk__cookie_write(&plain, "a", "Fe26.2*1*~2", 34560000, &out, NULL), LK_OK);
    assert_string_equal(out.data,
                        "a=Fe26.2*1*~2; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000");
    lk__buf_clear(&out);
    assert_int_equal(lk__cookie_write(&full, "a", "", 0, &out, NULL), LK_OK);
    assert_string_equal(out.data, "a=; Path=/; HttpOnly; SameSite=None; Max-Age=0; Secure; "
                                  "Domain=example.com");
}

static void test_value_that_no_cookie_holds_is_refused(void **unused)
{
    (void)unused;
    static const lk__cookie_rules plain = { .same_site = "Lax" };
    static const char *const values[] = { "a b",  "a;b",  "a,b",      "a\"b", "a\\b",
                                          "a\rb", "a\nb", "\xc3\xbc", "\x7f" };
    static const char *const names[] = { "", "a b", "a;b", "a=b", "a\r\nb", "\xc3\xbc", "a/b" };
    lk__auto_buf out = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(values); i++) {
        lk__error_clear(&err);
        assert_fails(lk__cookie_write(&plain, "a", values[i], 1, &out, &err), LK_ERR_INVALID, err);
    }
    for (size_t i = 0; i < N_ROWS(names); i++) {
        lk__error_clear(&err);
        assert_fails(lk__cookie_write(&plain, names[i], "b", 1, &out, &err), LK_ERR_INVALID, err);
    }
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_is_read),
        cmocka_unit_test(test_huge_header_is_read_in_one_pass),
        cmocka_unit_test(test_null_header_has_no_cookies),
        cmocka_unit_test(test_set_cookie_carries_the_attributes),
        cmocka_unit_test(test_value_that_no_cookie_holds_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
