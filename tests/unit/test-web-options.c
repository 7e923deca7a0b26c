/* The options of lk_web_new(): each wrong one is named before any request meets it. */
#include <stdio.h>

#include "test-client.h"
#include "test.h"
#include "web/web.h"

#define PASSWORD "a-password-of-the-tests-0123456789"
#define CALLBACK "https://app.example/callback"

static void test_wrong_options_are_named(void **unused)
{
    (void)unused;
    static const struct {
        const char *why; /* text in the message */
        lk_web_options options;
    } rows[] = {
        { "password", { .redirect_uri = CALLBACK } },
        { "password", { .redirect_uri = CALLBACK, .cookie_password = "short" } },
        /* 32 bytes, but 16 characters */
        { "password",
          { .redirect_uri = CALLBACK,
            .cookie_password =
                "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4" } },
        { "redirect_uri", { .cookie_password = PASSWORD } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = "/callback" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = "ftp://a.example/c" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = "https://a.example" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = "https:///callback" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = "https://a@b/callback" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = "https://a b/callback" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = CALLBACK "?x=1" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = CALLBACK "#x" } },
        { "redirect_uri", { .cookie_password = PASSWORD, .redirect_uri = "https://a//callback" } },
        { "login_path",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .login_path = "login" } },
        { "login_path",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .login_path = "/login?x" } },
        { "logout_path",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .logout_path = "//x" } },
        { "home_path",
          { .cookie_password = PASSWORD,
            .redirect_uri = CALLBACK,
            .home_path = "https://evil.example/" } },
        { "different",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .login_path = "/callback" } },
        { "cookie_name",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .cookie_name = "a b" } },
        { "cookie_name",
          { .cookie_password = PASSWORD,
            .redirect_uri = CALLBACK,
            .cookie_name = "wos-auth-verifier-x" } },
        { "__Host-",
          { .cookie_password = PASSWORD,
            .redirect_uri = "http://localhost:3000/callback",
            .cookie_name = "__Host-session" } },
        { "__Host-",
          { .cookie_password = PASSWORD,
            .redirect_uri = CALLBACK,
            .cookie_name = "__Host-session",
            .cookie_domain = "app.example" } },
        { "cookie_domain",
          { .cookie_password = PASSWORD,
            .redirect_uri = CALLBACK,
            .cookie_domain = "a.example; Path=/x" } },
        { "cookie_same_site",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .cookie_same_site = "loose" } },
        { "mode",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .mode = (lk_web_mode)7 } },
        { "cookie_max_age_s",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .cookie_max_age_s = -1 } },
        { "sso_session_s",
          { .cookie_password = PASSWORD, .redirect_uri = CALLBACK, .sso_session_s = -1 } },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_web *web = NULL;

    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_web_options options = rows[i].options;
        options.size = sizeof(options);
        options.client = test.client;
        assert_fails(lk_web_new(&options, &web, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, rows[i].why);
        assert_null(web);
    }
    assert_fails(lk_web_new(LK_WEB_OPTIONS(.cookie_password = PASSWORD, .redirect_uri = CALLBACK),
                            &web, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "client");
    assert_fails(lk_web_new(&(lk_web_options){ .client = test.client }, &web, &err), LK_ERR_INVALID,
                 err);
    assert_contains(err.message, "LK_WEB_OPTIONS");
    test_client_close(&test, &wire);
}

static void test_origin_is_written_as_a_browser_does(void **unused)
{
    (void)unused;
    static const struct {
        const char *redirect_uri;
        const char *origin;
        const char *path;
        bool secure;
    } rows[] = {
        { "https://app.example/callback", "https://app.example", "/callback", true },
        { "HTTPS://App.Example:443/a/b", "https://app.example", "/a/b", true },
        { "https://app.example:8443/callback", "https://app.example:8443", "/callback", true },
        { "http://localhost:3000/callback", "http://localhost:3000", "/callback", false },
        { "http://127.0.0.1:80/callback", "http://127.0.0.1", "/callback", false },
        { "http://[::1]:3000/callback", "http://[::1]:3000", "/callback", false },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_web *web = NULL;
        assert_ok(lk_web_new(LK_WEB_OPTIONS(.client = test.client, .cookie_password = PASSWORD,
                                            .redirect_uri = rows[i].redirect_uri),
                             &web, &err),
                  err);
        assert_string_equal(web->origin, rows[i].origin);
        assert_string_equal(lk_web_callback_path(web), rows[i].path);
        assert_string_equal(lk_web_login_path(web), "/login");
        assert_string_equal(lk_web_logout_path(web), "/logout");
        assert_int_equal(web->session_rules.secure, rows[i].secure);
        lk_web_free(web);
    }
    lk_web_free(NULL);
    test_client_close(&test, &wire);
}

/* A program built against an older header passes a shorter struct. */
static void test_shorter_options_are_completed(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_web *web = NULL;

    test_client_open(&test, &wire);
    lk_web_options options = { .size = offsetof(lk_web_options, login_path),
                               .client = test.client,
                               .cookie_password = PASSWORD,
                               .redirect_uri = CALLBACK,
                               .login_path = "not read" };
    assert_ok(lk_web_new(&options, &web, &err), err);
    assert_string_equal(lk_web_login_path(web), "/login");
    lk_web_free(web);
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_origin_is_written_as_a_browser_does),
        cmocka_unit_test(test_shorter_options_are_completed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
