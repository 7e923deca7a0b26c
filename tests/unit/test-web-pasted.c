/* The address that a person pasted: our own, letter by letter, or nothing. */
#include "web/pasted.h"

#include "test.h"

#define URI "http://127.0.0.1:43117/callback"

static void test_own_address_is_taken_whole(void **state)
{
    static const char *const good[][2] = {
        { URI "?code=c&state=s", "code=c&state=s" },
        { "  \r\n" URI "?code=c&state=s\r\n\t", "code=c&state=s" }, /* how people copy */
        { URI "?", "" },
        { URI "?a=%20+b/?:@!$'()*,;", "a=%20+b/?:@!$'()*,;" },
    };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < N_ROWS(good); i++) {
        lk__auto_buf query = LK__BUF(LK__MAX_PASTED);
        assert_ok(lk__pasted_read(good[i][0], URI, &query, &err), err);
        assert_string_equal(query.data ? query.data : "", good[i][1]);
    }
}

static void test_anything_else_is_refused_and_says_what_to_paste(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "", "that is not where this sign-in ends" },
        { "   ", "that is not where" },
        { "code_01", "it begins with " URI "?" }, /* the code alone */
        /* The address that the sign-in begins with. */
        { "https://api.workos.com/user_management/authorize?state=s", "that is not where" },
        /* Another scheme, host, port or path, in all the ways that take them for ours. */
        { "https://127.0.0.1:43117/callback?code=c", "that is not where" },
        { "HTTP://127.0.0.1:43117/callback?code=c", "that is not where" },
        { "//127.0.0.1:43117/callback?code=c", "that is not where" },
        { "127.0.0.1:43117/callback?code=c", "that is not where" },
        { "javascript:alert(1)//" URI "?code=c", "that is not where" },
        { "http://localhost:43117/callback?code=c", "that is not where" },
        { "http://[::1]:43117/callback?code=c", "that is not where" },
        { "http://2130706433:43117/callback?code=c", "that is not where" },
        { "http://127.0.0.1:43117@evil.example/callback?code=c", "that is not where" },
        { "http://evil.example/" URI "?code=c", "that is not where" },
        { "http://user@127.0.0.1:43117/callback?code=c", "that is not where" },
        { "http://127.0.0.1.evil.example:43117/callback?code=c", "that is not where" },
        { "http://127.0.0.1:4311/callback?code=c", "that is not where" },
        { "http://127.0.0.1:431170/callback?code=c", "that is not where" },
        { "http://127.0.0.1:043117/callback?code=c", "that is not where" },
        { "http://127.0.0.1:43117/Callback?code=c", "that is not where" },
        { "http://127.0.0.1:43117/x/../callback?code=c", "that is not where" },
        { "http://127.0.0.1:43117/%63allback?code=c", "that is not where" },
        { "http://127.0.0.1:43117//callback?code=c", "that is not where" },
        /* More of a path, or less of an address. */
        { URI, "not whole" },
        { URI "/?code=c", "not whole" },
        { URI "back?code=c", "not whole" },
        { URI ";x?code=c", "not whole" },
        { URI "#?code=c", "not whole" },
        { URI "?code=c#state=s", "not whole" },
        { "http://127.0.0.1:43117/callbac", "that is not where" },
        /* Two at once, or something around it. */
        { URI "?code=c&state=s " URI "?code=d", "characters which no address has" },
        { URI "?code=c\nGET / HTTP/1.1", "characters which no address has" },
        { "\"" URI "?code=c\"", "characters which no address has" },
        { "<" URI "?code=c>", "characters which no address has" },
        { URI "?code=c\\d", "characters which no address has" },
        { URI "?code=\x01", "characters which no address has" },
        { URI "?code=c\x7f", "characters which no address has" },
        { URI "?code=\xc3\xa9", "characters which no address has" },
    };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < N_ROWS(bad); i++) {
        lk__auto_buf query = LK__BUF(LK__MAX_PASTED);
        if (lk__pasted_read(bad[i].text, URI, &query, &err) != LK_ERR_INVALID)
            fail_msg("%s", bad[i].text);
        assert_contains(err.message, bad[i].says);
        assert_int_equal(query.len, 0);
        err = (lk_error)LK_ERROR_INIT;
    }
}

static void test_a_novel_is_refused_by_its_length(void **state)
{
    static char text[LK__MAX_PASTED + 2] = URI "?code=";
    lk_error err = LK_ERROR_INIT;

    (void)state;
    memset(text + strlen(text), 'a', sizeof(text) - 1 - strlen(text));
    lk__auto_buf query = LK__BUF(LK__MAX_PASTED);
    assert_fails(lk__pasted_read(text, URI, &query, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "longer than 8192 bytes");
    text[LK__MAX_PASTED] = '\0'; /* one less is fine */
    err = (lk_error)LK_ERROR_INIT;
    assert_ok(lk__pasted_read(text, URI, &query, &err), err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_address_is_taken_whole),
        cmocka_unit_test(test_anything_else_is_refused_and_says_what_to_paste),
        cmocka_unit_test(test_a_novel_is_refused_by_its_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
