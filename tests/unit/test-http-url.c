/* URLs that we build, and the one we are given. */
#include "http/url.h"

#include "test.h"

static void test_query_is_escaped_and_leaves_out_what_is_null(void **state)
{
    static const lk__pair pairs[] = {
        { "absent", NULL },
        { "events", "dsync.user.created,dsync.user.updated" },
        { "state", "a b+c&d=e#f" },
        { "gone", NULL },
        { "range_start", "2026-03-02T08:00:00.000Z" },
        { "empty", "" },
        { "name", "Z\xC3\xBCrich" },
    };
    lk__auto_buf out = LK__BUF(1024);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__url_query(&out, pairs, N_ROWS(pairs), &err), err);
    assert_string_equal(out.data, "events=dsync.user.created%2Cdsync.user.updated"
                                  "&state=a%20b%2Bc%26d%3De%23f"
                                  "&range_start=2026-03-02T08%3A00%3A00.000Z&empty="
                                  "&name=Z%C3%BCrich");
}

static void test_query_stops_at_the_limit_of_its_buffer(void **state)
{
    static const lk__pair pair = { "state", "0123456789" };
    lk__auto_buf out = LK__BUF(12);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk__url_query(&out, &pair, 1, &err), LK_ERR_PROTOCOL, err);
}

static void test_segment_never_becomes_a_path(void **state)
{
    static const char *const segments[] = { "users", "a/../b?c#d", "%2e%2e", "...", NULL };
    lk__auto_buf out = LK__BUF(1024);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__url_path(&out, "https://api.workos.com", segments, &err), err);
    assert_string_equal(out.data, "https://api.workos.com/users/a%2F..%2Fb%3Fc%23d/%252e%252e/...");
}

static void test_dot_segments_and_empty_ones_are_refused(void **state)
{
    static const char *const bad[] = { ".", "..", "" };

    (void)state;
    for (size_t i = 0; i < N_ROWS(bad); i++) {
        const char *const segments[] = { "users", bad[i], NULL };
        lk__auto_buf out = LK__BUF(1024);
        lk_error err = LK_ERROR_INIT;

        assert_fails(lk__url_path(&out, "https://a", segments, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, "part 2");
    }
}

static void test_good_base_urls_are_taken(void **state)
{
    static const char *const rows[] = {
        "https://api.workos.com",
        "https://api.workos.com/",
        "HTTPS://auth.example.com:8443/workos",
        "https://192.0.2.1",
        "https://[2001:db8::1]:8443",
        "http://localhost:4100",
        "http://LOCALHOST",
        "http://127.0.0.1:1",
        "http://127.255.0.3:65535/api",
        "http://[::1]:4100",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        if (lk__url_check_base(rows[i], &err) != LK_OK)
            fail_msg("%s: %s", rows[i], err.message);
    }
}

static void test_bad_base_urls_are_refused(void **state)
{
    static const struct {
        const char *url;
        const char *why;
    } rows[] = {
        { "", "begin with https" },
        { "api.workos.com", "begin with https" },
        { "ftp://api.workos.com", "begin with https" },
        { "file:///etc/passwd", "begin with https" },
        { "https:/api.workos.com", "begin with https" },
        { "https://", "names no host" },
        { "https:///path", "names no host" },
        { "https://:443", "names no host" },
        { "https://[]", "names no host" },
        { "https://[::1", "names no host" },
        { "https://a b", "character 10" },
        { "https://a\r\nX: y", "character 10" },
        { "https://\xC3\xA4.example", "character 9" },
        { "https://a\\b", "character 10" },
        { "https://a/<b>", "character 11" },
        { "https://user:pass@api.workos.com", "user name" },
        { "http://localhost@evil.example", "user name" },
        { "https://api.workos.com?x=1", "query" },
        { "https://api.workos.com#x", "fragment" },
        { "https://a:0", "port" },
        { "https://a:65536", "port" },
        { "https://a:", "port" },
        { "https://a:8x", "port" },
        { "https://a:000000080", "port" },
        { "https://a/../b", "path" },
        { "https://a/./b", "path" },
        /* Plain HTTP would carry the API key across a network. */
        { "http://api.workos.com", "another machine" },
        { "http://127.0.0.1.evil.example", "another machine" },
        { "http://127.0.0.256", "another machine" },
        { "http://127.0.1", "another machine" },
        { "http://127.0.0.1.1", "another machine" },
        { "http://128.0.0.1", "another machine" },
        { "http://localhost.evil.example", "another machine" },
        { "http://[::2]", "another machine" },
        { "http://0.0.0.0:4100", "another machine" },
        { "http://192.168.1.1", "another machine" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        if (lk__url_check_base(rows[i].url, &err) != LK_ERR_INVALID)
            fail_msg("%s is taken", rows[i].url);
        assert_contains(err.message, rows[i].why);
        assert_lacks(err.message, "pass");
    }
}

static void test_very_long_base_url_is_refused(void **state)
{
    char url[4096];
    lk_error err = LK_ERROR_INIT;

    (void)state;
    memset(url, 'a', sizeof(url));
    memcpy(url, "https://", 8);
    url[sizeof(url) - 1] = '\0';
    assert_fails(lk__url_check_base(url, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "4095 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_is_escaped_and_leaves_out_what_is_null),
        cmocka_unit_test(test_query_stops_at_the_limit_of_its_buffer),
        cmocka_unit_test(test_segment_never_becomes_a_path),
        cmocka_unit_test(test_dot_segments_and_empty_ones_are_refused),
        cmocka_unit_test(test_good_base_urls_are_taken),
        cmocka_unit_test(test_bad_base_urls_are_refused),
        cmocka_unit_test(test_very_long_base_url_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
