/* What arrives at the loopback listener. */
#include "test.h"
#include "web/loopback-request.h"

#define END "\r\nHost: 127.0.0.1\r\n\r\n"

static void test_request_is_judged(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        lk__loopback_verdict verdict;
        const char *query; /* NULL: none */
    } rows[] = {
        { "GET /callback?code=1&state=2 HTTP/1.1" END, LK__LOOPBACK_CALLBACK, "code=1&state=2" },
        { "GET /callback?a=b HTTP/1.0\r\n\r\n", LK__LOOPBACK_CALLBACK, "a=b" },
        { "GET /callback HTTP/1.1" END, LK__LOOPBACK_CALLBACK, NULL },
        { "GET /callback? HTTP/1.1" END, LK__LOOPBACK_CALLBACK, "" },
        { "GET /callback?a?b HTTP/1.1\n\n", LK__LOOPBACK_CALLBACK, "a?b" }, /* lone LF */
        { "POST /callback?code=1 HTTP/1.1" END, LK__LOOPBACK_BAD_METHOD, NULL },
        { "HEAD /callback HTTP/1.1" END, LK__LOOPBACK_BAD_METHOD, NULL },
        { "get /callback HTTP/1.1" END, LK__LOOPBACK_BAD_METHOD, NULL }, /* case-sensitive */
        { "GETGET /callback HTTP/1.1" END, LK__LOOPBACK_BAD_METHOD, NULL },
        { "GET / HTTP/1.1" END, LK__LOOPBACK_ELSEWHERE, NULL },
        { "GET /favicon.ico HTTP/1.1" END, LK__LOOPBACK_ELSEWHERE, NULL },
        { "GET /callback/ HTTP/1.1" END, LK__LOOPBACK_ELSEWHERE, NULL },
        { "GET /callbac HTTP/1.1" END, LK__LOOPBACK_ELSEWHERE, NULL },
        { "GET /callback%3Fcode=1 HTTP/1.1" END, LK__LOOPBACK_ELSEWHERE, NULL },
        { "GET //callback HTTP/1.1" END, LK__LOOPBACK_ELSEWHERE, NULL },
        { "GET /callback;x?code=1 HTTP/1.1" END, LK__LOOPBACK_ELSEWHERE, NULL },
        { "GET http://127.0.0.1/callback HTTP/1.1" END, LK__LOOPBACK_BAD, NULL }, /* proxy form */
        { "GET callback HTTP/1.1" END, LK__LOOPBACK_BAD, NULL },
        { "GET /callback HTTP/2.0" END, LK__LOOPBACK_BAD, NULL },
        { "GET /callback HTTP/1.10" END, LK__LOOPBACK_BAD, NULL },
        { "GET /callback" END, LK__LOOPBACK_BAD, NULL },           /* HTTP/0.9 */
        { "GET  /callback HTTP/1.1" END, LK__LOOPBACK_BAD, NULL }, /* two spaces */
        { "GET /callback?a b HTTP/1.1" END, LK__LOOPBACK_BAD, NULL },
        { "GET /callback?a\tb HTTP/1.1" END, LK__LOOPBACK_BAD, NULL },
        { "GET /callback?a\x01 HTTP/1.1" END, LK__LOOPBACK_BAD, NULL },
        { "GET /callback\rHTTP/1.1" END, LK__LOOPBACK_BAD, NULL },
        { " /callback HTTP/1.1" END, LK__LOOPBACK_BAD, NULL },
        { "\r\n\r\n", LK__LOOPBACK_BAD, NULL },
        { "\n\n", LK__LOOPBACK_BAD, NULL },
        { "\x16\x03\x01\x02\n\n", LK__LOOPBACK_BAD, NULL }, /* TLS, more or less */
        { "GET /callback?code=1 HTTP/1.1\r\n", LK__LOOPBACK_MORE, NULL },
        { "GET /callback?code=1 HTTP/1.1\r\nHost: x\r\n", LK__LOOPBACK_MORE, NULL },
        { "GET /call", LK__LOOPBACK_MORE, NULL },
        { "", LK__LOOPBACK_MORE, NULL },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        const char *query = "untouched";
        size_t query_len = 99;
        lk__loopback_verdict verdict =
            lk__loopback_parse(rows[i].text, strlen(rows[i].text), &query, &query_len);
        if (verdict != rows[i].verdict)
            fail_msg("row %zu: verdict %d instead of %d", i, verdict, rows[i].verdict);
        assert_int_equal(query_len, rows[i].query ? strlen(rows[i].query) : 0);
        if (rows[i].query == NULL)
            assert_null(query);
        else
            assert_memory_equal(query, rows[i].query, query_len);
    }
}

static void test_nul_byte_is_no_request(void **unused)
{
    (void)unused;
    static const char text[] = "GET /callback?code=\0 HTTP/1.1\r\n\r\n";
    const char *query;
    size_t query_len;

    assert_int_equal(lk__loopback_parse(text, sizeof(text) - 1, &query, &query_len),
                     LK__LOOPBACK_BAD);
}

static void test_endless_header_is_too_large(void **unused)
{
    (void)unused;
    static char text[LK__MAX_LOOPBACK_REQUEST];
    const char *query;
    size_t query_len;

    memset(text, 'a', sizeof(text));
    assert_int_equal(lk__loopback_parse(text, sizeof(text) - 1, &query, &query_len),
                     LK__LOOPBACK_MORE);
    assert_int_equal(lk__loopback_parse(text, sizeof(text), &query, &query_len),
                     LK__LOOPBACK_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_judged),
        cmocka_unit_test(test_nul_byte_is_no_request),
        cmocka_unit_test(test_endless_header_is_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
