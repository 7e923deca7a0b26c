/* Where to go after sign-in: addresses that lead away, and those that must not be harmed. */
#include "test.h"
#include "web/return-to.h"

static void expect(const char *text, const char *expected)
{
    lk__auto_buf out = LK__BUF(10000);
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__return_to(text, "/home", &out, &err), err);
    assert_string_equal(out.data, expected);
}

static void test_good_address_is_kept(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        { "/", "/" },
        { "/app", "/app" },
        { "/app/", "/app/" },
        { "/app?x=1&y=2", "/app?x=1&y=2" },
        { "/app?next=https://other.example/", "/app?next=https://other.example/" },
        { "/app?q=a%0Ab", "/app?q=a%0Ab" },
        { "/app#part", "/app#part" },
        { "/app?x#y?z", "/app?x#y?z" },
        { "/a/./b", "/a/b" },
        { "/a/../b", "/b" },
        { "/a/%2e%2E/b", "/b" },
        { "/a/..", "/" },
        { "/../../..", "/" },
        { "/a/b/.", "/a/b/" },
        { "/...", "/..." },
        { "/p\xc3\xa4th", "/p%C3%A4th" },
        { "/with space", "/with%20space" },
        { "/%20", "/%20" },
        { "/a//b", "/a//b" },
        { "/@other.example", "/@other.example" },
        { "/:80", "/:80" },
        { "/a%2Fb", "/a%2Fb" },
        { "/;@other.example", "/;@other.example" },
        { "/?<script>", "/?%3Cscript%3E" },
        { "/a\"b'c", "/a%22b'c" },
        { "/a[1]{2}|^`", "/a%5B1%5D%7B2%7D%7C%5E%60" },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++)
        expect(rows[i].text, rows[i].expected);
}

static void test_attack_leads_home(void **unused)
{
    (void)unused;
    static const char *const rows[] = {
        NULL,
        "",
        "app", /* relative */
        "?x",
        "#x",
        "https://evil.example/", /* another scheme and host */
        "HTTPS://evil.example",
        "https:evil.example",
        "http:/evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "mailto:a@b",
        "//evil.example", /* network path */
        "///evil.example",
        "////evil.example",
        "//evil.example@app.example/",
        "//",
        "/\\evil.example", /* browsers take "\" for "/" */
        "\\/evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "/app\\..\\..\\evil",
        "/app?x=\\",
        "/\t/evil.example", /* browsers strip tabs and newlines */
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        " //evil.example", /* and leading spaces */
        " /app",
        "/\x0b/evil.example",
        "/\x7f/evil.example",
        "/.//evil.example", /* becomes // once dots are resolved */
        "/..//evil.example",
        "/a/..//evil.example",
        "/%2e//evil.example",
        "/%2E%2e//evil.example",
        "/a/b/../..//evil.example",
        "/%2F/evil.example", /* becomes // in a proxy that decodes */
        "/%2fevil.example",
        "/%5Cevil.example",
        "/%5cevil.example",
        "/./%2Fevil.example",
        "/%09/evil.example",
        "/a%0d%0aSet-Cookie:%20x=y", /* header injection in a proxy that decodes */
        "/a%00b",
        "/a\r\nSet-Cookie: x=y",
        "/%", /* broken escapes */
        "/%2",
        "/%zz",
        "/app?x=%",
        "/\xff", /* no UTF-8 */
        "/\xc0\xaf"
        "evil.example",  /* overlong slash */
        "/\xc2\x80",     /* C1 control */
        "/\xed\xa0\x80", /* surrogate */
    };

    for (size_t i = 0; i < N_ROWS(rows); i++)
        expect(rows[i], "/home");
}

static void test_overlong_address_leads_home(void **unused)
{
    (void)unused;
    char text[LK__MAX_RETURN_TO + 2];

    memset(text, 'a', sizeof(text));
    text[0] = '/';
    text[LK__MAX_RETURN_TO] = '\0';
    expect(text, text);
    text[LK__MAX_RETURN_TO] = 'a';
    text[LK__MAX_RETURN_TO + 1] = '\0';
    expect(text, "/home");
    /* Short enough as it comes, too long once it is escaped. */
    memset(text + 1, ' ', LK__MAX_RETURN_TO - 1);
    text[LK__MAX_RETURN_TO] = '\0';
    expect(text, "/home");
}

/* What is written is accepted again, unchanged: nothing is left to resolve. */
static void test_result_is_stable(void **unused)
{
    (void)unused;
    static const char *const rows[] = { "/a/./b/../c?x=[1]#\xc3\xbc", "/a//../b", "/%2e/x" };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf once = LK__BUF(10000);
        lk_error err = LK_ERROR_INIT;
        assert_ok(lk__return_to(rows[i], "/home", &once, &err), err);
        expect(once.data, once.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_address_is_kept),
        cmocka_unit_test(test_attack_leads_home),
        cmocka_unit_test(test_overlong_address_leads_home),
        cmocka_unit_test(test_result_is_stable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
