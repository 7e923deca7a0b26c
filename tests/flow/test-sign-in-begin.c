/* What begins a sign-in, and what only passes by. */
#include <stdio.h>

#include "test.h"
#include "web-kit.h"

static void test_only_page_loads_begin_a_sign_in(void **unused)
{
    (void)unused;
    static const struct {
        const char *headers[4];
        bool begins;
    } rows[] = {
        { { "Accept: text/html", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document" }, true },
        /* a page within a frame */
        { { "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe" }, true },
        /* a browser, or a program, that tells nothing */
        { { "Accept: text/html" }, true },
        { { NULL }, true },
        /* a program that names the mode alone, as Node's fetch does */
        { { "Sec-Fetch-Mode: cors" }, true },
        /* fetch() and XMLHttpRequest, sent here by a redirect */
        { { "Accept: */*", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty" }, false },
        { { "Accept: text/html", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty" }, false },
        { { "Sec-Fetch-Mode: same-origin", "Sec-Fetch-Dest: empty" }, false },
        { { "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty" }, false },
        /* links that are fetched ahead, in the words of all times */
        { { "Sec-Fetch-Mode: navigate", "Sec-Purpose: prefetch" }, false },
        { { "Sec-Fetch-Mode: navigate", "Sec-Purpose: prefetch;prerender" }, false },
        { { "Accept: text/html", "Purpose: Prefetch" }, false },
        { { "Accept: text/html", "Purpose: something" }, true },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;
        web_kit_open(&kit, &wire, NULL);
        lk_web_reply *reply = web_kit_send(&kit, "GET", "/login", NULL, rows[i].headers);
        bool has_state = web_kit_set_cookie(reply, "wos-auth-verifier-") != NULL;
        if (reply->status != (rows[i].begins ? 302 : 401) || has_state != rows[i].begins)
            fail_msg("row %zu: %d", i, reply->status);
        if (!rows[i].begins) {
            assert_contains(reply->body, "\"error\":\"not_signed_in\"");
            assert_string_equal(web_kit_header(reply, "Content-Type"), "application/json");
            assert_string_equal(web_kit_header(reply, "WWW-Authenticate"), "Bearer");
            assert_null(web_kit_header(reply, "Location"));
            assert_null(web_kit_header(reply, "Set-Cookie"));
        }
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_page_loads_begin_a_sign_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
