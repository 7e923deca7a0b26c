/* Requests that two readers take for different ones. */
#include <latchkey/web.h>

#include "test.h"

enum { MAX = 4 };

static lk_status check(const char *const *lines, lk_error *err)
{
    lk_header headers[MAX];
    size_t n = 0;

    for (; n < MAX && lines[2 * n] != NULL; n++)
        headers[n] = (lk_header){ lines[2 * n], lines[2 * n + 1] };
    return lk_web_check_headers(headers, n, err);
}

static void test_ambiguous_requests_are_refused(void **state)
{
    /* Name and value in turn. */
    static const struct {
        const char *lines[2 * MAX + 1];
        const char *says;
    } bad[] = {
        /* CL.CL: one reader takes the first, another the last. */
        { { "Content-Length", "4", "Content-Length", "44" }, "more than one Content-Length" },
        { { "Content-Length", "4", "content-LENGTH", "4" }, "more than one Content-Length" },
        /* CL.TE and TE.CL. */
        { { "Content-Length", "4", "Transfer-Encoding", "chunked" }, "both" },
        { { "Transfer-Encoding", "chunked", "Content-Length", "4" }, "both" },
        /* TE.TE: whoever does not know the coding goes by the connection's end. */
        { { "Transfer-Encoding", "identity" }, "other than chunked" },
        { { "Transfer-Encoding", "gzip, chunked" }, "other than chunked" },
        { { "Transfer-Encoding", "chunked", "Transfer-Encoding", "x" }, "other than chunked" },
        /* Lengths that are read as several numbers, or wrap. */
        { { "Content-Length", "4, 4" }, "no number" },
        { { "Content-Length", "+4" }, "no number" },
        { { "Content-Length", "-1" }, "no number" },
        { { "Content-Length", "0x4" }, "no number" },
        { { "Content-Length", "" }, "no number" },
        { { "Content-Length", " 4" }, "no number" },
        { { "Content-Length", "18446744073709551620" }, "no number" },
        /* RFC 9112, 5.1: space before the colon hides the header from one of two. */
        { { "Content-Length ", "4" }, "name is none" },
        { { "Transfer-Encoding\t", "chunked" }, "name is none" },
        { { " Host", "app.example" }, "name is none" },
        { { "", "x" }, "name is none" },
        { { "X:Y", "x" }, "name is none" },
        { { "Host\xc3\xa9", "x" }, "name is none" },
        /* A line end in a value begins a header of the visitor's own. */
        { { "X-A", "b\r\nX-Forwarded-For: 10.0.0.1" }, "control characters" },
        { { "X-A", "b\n" }, "control characters" },
        { { "X-A", "b\x7f" }, "control characters" },
        { { "X-A", "0123456789\x7f"
                   "0123456789" },
          "control characters" },
        { { "X-A", "01234567\x1f" }, "control characters" },
        { { "X-A", "0123456\x01"
                   "01234567" },
          "control characters" },
        /* GHSA: the proxy removes the one spelling, CGI believes the other. */
        { { "X_Forwarded_For", "10.0.0.1" }, "take for another" },
        { { "X-Forwarded_Proto", "https" }, "take for another" },
        { { "x_forwarded-host", "evil.example" }, "take for another" },
        { { "X_FORWARDED_EMAIL", "admin@app.example" }, "take for another" },
        { { "X_Real_IP", "10.0.0.1" }, "take for another" },
        { { "X_Original_URL", "/admin" }, "take for another" },
        { { "Content_Length", "4" }, "take for another" },
        { { "Transfer_Encoding", "chunked" }, "take for another" },
        { { "Sec_Fetch_Site", "same-origin" }, "take for another" },
        { { "WorkOS_Signature", "t=1, v1=2" }, "take for another" },
        /* Routing by one, answering by another. */
        { { "Host", "app.example", "Host", "evil.example" }, "more than one Host" },
        { { "Host", "app.example/evil" }, "Host that is none" },
        { { "Host", "app.example evil" }, "Host that is none" },
        { { "Host", "user@app.example" }, "Host that is none" },
    };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < N_ROWS(bad); i++) {
        assert_fails(check(bad[i].lines, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, bad[i].says);
    }
    assert_fails(lk_web_check_headers(NULL, 1, &err), LK_ERR_INVALID, err);
}

static void test_honest_requests_pass(void **state)
{
    static const char *const good[][2 * MAX + 1] = {
        { NULL },
        { "Host", "app.example:8080", "Content-Length", "0" },
        { "Host", "[::1]:3000", "Transfer-Encoding", "chunked" },
        { "TRANSFER-ENCODING", "Chunked" },
        { "Content-Length", "999999999999999" },
        { "X-Forwarded-For", "10.0.0.1", "X-Forwarded-For", "10.0.0.2" }, /* proxies add lines */
        { "X_Trace_Id", "4711" }, /* nobody takes it for anything else */
        { "X-Forwardedness_Level", "9" },
        { "Cookie", "a=b; c=\"d\"", "Accept", "text/html,\tapplication/json" },
        { "User-Agent", "Gr\xc3\xbc\xc3\x9f" }, /* RFC 9110, 5.5: obs-text */
        { "X-A", "\xff\xff\xff\xff\xff\xff\xff\xff\x80~ \t01234567\t" },
    };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < N_ROWS(good); i++)
        assert_ok(check(good[i], &err), err);
    assert_ok(lk_web_check_headers(NULL, 0, &err), err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ambiguous_requests_are_refused),
        cmocka_unit_test(test_honest_requests_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
