/* Who asks, seen through proxies: only those who are trusted are believed, and nobody is signed in
 * by it. */
#include <latchkey/web.h>
#include <stdio.h>

#include "test.h"
#include "web-kit.h"

enum { MAX = 4 };

/* 10.0.0.0/8 and 2001:db8:1::/48 are ours. */
static lk_networks *our_proxies(void)
{
    lk_networks *networks = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_networks_new(&networks, &err), err);
    assert_ok(lk_networks_add(networks, "10.0.0.0/8", &err), err);
    assert_ok(lk_networks_add(networks, "2001:db8:1::/48", &err), err);
    return networks;
}

static lk_visitor see(const lk_networks *trusted, lk_proxy_headers style, const char *peer,
                      const char *const *lines)
{
    lk_header headers[MAX];
    size_t n = 0;
    lk_visitor visitor;

    for (; n < MAX && lines[2 * n] != NULL; n++)
        headers[n] = (lk_header){ lines[2 * n], lines[2 * n + 1] };
    lk_web_visitor(
        trusted, style, peer,
        &(lk_web_request){ .method = "GET", .path = "/", .headers = headers, .n_headers = n },
        &visitor);
    return visitor;
}

typedef struct view {
    const char *peer;
    const char *lines[2 * MAX + 1]; /* name and value in turn */
    const char *address, *scheme, *host;
} view;

static void check_views(lk_proxy_headers style, const view *views, size_t n)
{
    lk_auto(lk_networks) trusted = our_proxies();

    for (size_t i = 0; i < n; i++) {
        lk_visitor seen = see(trusted, style, views[i].peer, views[i].lines);
        if (strcmp(seen.address, views[i].address) != 0 ||
            strcmp(seen.scheme, views[i].scheme ? views[i].scheme : "") != 0 ||
            strcmp(seen.host, views[i].host ? views[i].host : "") != 0)
            fail_msg("row %zu: \"%s\" \"%s\" \"%s\"", i, seen.address, seen.scheme, seen.host);
    }
}

static void test_x_forwarded_headers_count_from_trusted_peers_only(void **state)
{
    static const view views[] = {
        { "10.0.0.1",
          { "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https", "X-Forwarded-Host",
            "app.example:8443" },
          "203.0.113.9",
          "https",
          "app.example:8443" },
        /* Not one of ours: nothing of it. */
        { "203.0.113.1",
          { "X-Forwarded-For", "10.0.0.9", "X-Forwarded-Proto", "https", "X-Forwarded-Host",
            "app.example" },
          "203.0.113.1",
          NULL,
          NULL },
        /* What the visitor wrote stands to the left of what our proxy added. */
        { "10.0.0.1", { "X-Forwarded-For", "127.0.0.1, 203.0.113.9" }, "203.0.113.9", NULL, NULL },
        { "10.0.0.1",
          { "X-Forwarded-For", "127.0.0.1", "X-Forwarded-For", "203.0.113.9" },
          "203.0.113.9",
          NULL,
          NULL },
        /* A chain of ours; and the visitor's lie within it ends at the visitor. */
        { "10.0.0.1",
          { "X-Forwarded-For", "10.6.6.6, 203.0.113.9, 10.0.0.3,10.0.0.2" },
          "203.0.113.9",
          NULL,
          NULL },
        /* All of ours: the outermost of them asks. */
        { "10.0.0.1", { "X-Forwarded-For", "10.0.0.3, 10.0.0.2" }, "10.0.0.3", NULL, NULL },
        /* What cannot be read ends the walk at the last one known. */
        { "10.0.0.1", { "X-Forwarded-For", "203.0.113.9, unknown" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "X-Forwarded-For", "203.0.113.9," }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "X-Forwarded-For", "203.0.113.9, , 10.0.0.2" }, "10.0.0.2", NULL, NULL },
        { "10.0.0.1", { "X-Forwarded-For", "1.2.3.4.5" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "X-Forwarded-For", "" }, "10.0.0.1", NULL, NULL },
        /* With ports, brackets, and IPv4 in IPv6. */
        { "::ffff:10.0.0.1", { "X-Forwarded-For", "203.0.113.9:4711" }, "203.0.113.9", NULL, NULL },
        { "2001:db8:1::1",
          { "X-Forwarded-For", "[2001:DB8:9::1]:443" },
          "2001:db8:9::1",
          NULL,
          NULL },
        { "2001:db8:1::1", { "X-Forwarded-For", "2001:db8:9::1" }, "2001:db8:9::1", NULL, NULL },
        { "10.0.0.1", { "X-Forwarded-For", "[2001:db8:9::1" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "X-Forwarded-For", "[2001:db8:9::1]x" }, "10.0.0.1", NULL, NULL },
        /* Twice, or several in one: whose is whose cannot be told. */
        { "10.0.0.1",
          { "X-Forwarded-Proto", "https", "X-Forwarded-Proto", "http" },
          "10.0.0.1",
          NULL,
          NULL },
        { "10.0.0.1", { "X-Forwarded-Proto", "https, http" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1",
          { "X-Forwarded-Host", "a.example", "X-Forwarded-Host", "b.example" },
          "10.0.0.1",
          NULL,
          NULL },
        /* Neither scheme nor host. */
        { "10.0.0.1",
          { "X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "a\"onload=x" },
          "10.0.0.1",
          NULL,
          NULL },
        { "10.0.0.1",
          { "X-Forwarded-Proto", "HTTPS", "X-Forwarded-Host", "a.example/x" },
          "10.0.0.1",
          "https",
          NULL },
        /* The other kind is not read: our proxy lets through what it does not know. */
        { "10.0.0.1",
          { "Forwarded", "for=203.0.113.66;proto=https;host=evil.example" },
          "10.0.0.1",
          NULL,
          NULL },
        /* Look-alikes are other headers. */
        { "10.0.0.1", { "X_Forwarded_For", "203.0.113.66" }, "10.0.0.1", NULL, NULL },
        { "", { "X-Forwarded-For", "203.0.113.9" }, "", NULL, NULL },
    };

    (void)state;
    check_views(LK_PROXY_X_FORWARDED, views, N_ROWS(views));
}

static void test_forwarded_header_counts_from_trusted_peers_only(void **state)
{
    static const view views[] = {
        { "10.0.0.1",
          { "Forwarded", "for=203.0.113.9;proto=https;host=app.example" },
          "203.0.113.9",
          "https",
          "app.example" },
        { "203.0.113.1",
          { "Forwarded", "for=10.0.0.9;proto=https;host=app.example" },
          "203.0.113.1",
          NULL,
          NULL },
        { "10.0.0.1",
          { "Forwarded", "For=\"[2001:db8:9::1]:4711\" ; PROTO=http;by=203.0.113.43" },
          "2001:db8:9::1",
          "http",
          NULL },
        /* The visitor's own element to the left; what the outermost of ours says counts. */
        { "10.0.0.1",
          { "Forwarded",
            "for=127.0.0.1;host=evil.example, for=203.0.113.9;host=app.example;proto=https, "
            "for=10.0.0.2;host=inner" },
          "203.0.113.9",
          "https",
          "app.example" },
        { "10.0.0.1",
          { "Forwarded", "for=127.0.0.1", "Forwarded", "for=203.0.113.9" },
          "203.0.113.9",
          NULL,
          NULL },
        /* RFC 7239, 6: unknown, and hidden behind a name. */
        { "10.0.0.1", { "Forwarded", "for=203.0.113.9, for=unknown" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "Forwarded", "for=_hidden;proto=https" }, "10.0.0.1", "https", NULL },
        /* A quoted comma is no end of an element. */
        { "10.0.0.1",
          { "Forwarded", "for=\"203.0.113.66, for=203.0.113.77\", for=203.0.113.9" },
          "203.0.113.9",
          NULL,
          NULL },
        /* Said twice, escaped, or no pair: not believed. */
        { "10.0.0.1", { "Forwarded", "for=203.0.113.9;for=203.0.113.8" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "Forwarded", "for=\"203.0.113.\\9\"" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "Forwarded", "for" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "Forwarded", "for=\"203.0.113.9" }, "10.0.0.1", NULL, NULL },
        { "10.0.0.1", { "Forwarded", ";;for=203.0.113.9;" }, "203.0.113.9", NULL, NULL },
        { "10.0.0.1", { "X-Forwarded-For", "203.0.113.66" }, "10.0.0.1", NULL, NULL },
    };

    (void)state;
    check_views(LK_PROXY_FORWARDED, views, N_ROWS(views));
}

static void test_without_trusted_proxies_the_peer_is_the_visitor(void **state)
{
    static const char *const lines[] = { "X-Forwarded-For", "203.0.113.9", NULL };

    (void)state;
    assert_string_equal(see(NULL, LK_PROXY_X_FORWARDED, "127.0.0.1", lines).address, "127.0.0.1");
    assert_string_equal(see(NULL, LK_PROXY_X_FORWARDED, NULL, lines).address, "");
}

static void test_more_proxies_than_there_are_are_not_believed(void **state)
{
    lk_auto(lk_networks) trusted = our_proxies();
    char list[1024] = "203.0.113.9";
    const char *lines[] = { "X-Forwarded-For", list, NULL };

    (void)state;
    for (int i = 0; i < 31; i++)
        strcat(list, ",10.0.0.2");
    assert_string_equal(see(trusted, LK_PROXY_X_FORWARDED, "10.0.0.1", lines).address,
                        "203.0.113.9");
    strcat(list, ",10.0.0.2");
    assert_string_equal(see(trusted, LK_PROXY_X_FORWARDED, "10.0.0.1", lines).address, "10.0.0.1");
}

/* Cookies, redirects and the origin that may sign out rest on redirect_uri alone. */
static void test_forwarded_headers_change_no_answer(void **state)
{
    static const char *const lies[] = { "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http",
                                        "Forwarded: for=127.0.0.1;host=evil.example;proto=http",
                                        "Origin: https://evil.example", NULL };
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    (void)state;
    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *login = web_kit_send(&kit, "GET", "/login", NULL, lies);
    assert_contains(web_kit_header(login, "Location"),
                    "redirect_uri=https%3A%2F%2Fapp.example%2Fcallback");
    assert_contains(web_kit_set_cookie(login, "wos-auth-verifier-"), "; Secure");
    assert_lacks(web_kit_header(login, "Location"), "evil");
    lk_web_reply *logout = web_kit_send(&kit, "POST", "/logout", NULL, lies);
    assert_int_equal(logout->status, 403);
    lk_web_reply *asked = web_kit_send(&kit, "GET", "/private", NULL, lies);
    assert_null(asked->session);
    lk_web_reply_free(login);
    lk_web_reply_free(logout);
    lk_web_reply_free(asked);
    web_kit_close(&kit, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_x_forwarded_headers_count_from_trusted_peers_only),
        cmocka_unit_test(test_forwarded_header_counts_from_trusted_peers_only),
        cmocka_unit_test(test_without_trusted_proxies_the_peer_is_the_visitor),
        cmocka_unit_test(test_more_proxies_than_there_are_are_not_believed),
        cmocka_unit_test(test_forwarded_headers_change_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
