/* Signing out: here, at WorkOS, and at the identity provider. */
#include <stdio.h>

#include "test.h"
#include "web-kit.h"

static void expect_page(lk_web_reply *reply, int status, const char *part)
{
    assert_int_equal(reply->status, status);
    assert_string_equal(web_kit_header(reply, "Content-Type"), "text/html; charset=utf-8");
    assert_contains(web_kit_header(reply, "Content-Security-Policy"), "default-src 'none'");
    assert_string_equal(web_kit_header(reply, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(web_kit_header(reply, "X-Frame-Options"), "DENY");
    assert_contains(web_kit_header(reply, "Cache-Control"), "no-store");
    assert_contains(reply->body, part);
    assert_int_equal(strlen(reply->body), reply->body_len);
    assert_null(reply->session);
    assert_null(web_kit_set_cookie(reply, "wos-session=F"));
    lk_web_reply_free(reply);
}

static void test_logout_ends_both_sessions(void **unused)
{
    (void)unused;
    static const char *const headers[] = { "Origin: https://app.example", NULL };
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;
    char state[8192];

    web_kit_open(&kit, &wire, NULL);
    web_kit_begin(&kit, NULL, state);
    web_kit_sign_in(&kit, NOON - 3600000, "rt_01"); /* a stale token names its session, too */
    lk_web_reply *reply = web_kit_send(&kit, "POST", "/logout", NULL, headers);
    assert_int_equal(reply->status, 303);
    assert_string_equal(web_kit_header(reply, "Location"),
                        "https://api.workos.com/user_management/sessions/logout?"
                        "session_id=session_01&return_to=https%3A%2F%2Fapp.example%2F");
    assert_int_equal(web_kit_count_cookies(reply, "wos-session=;", true), 1);
    assert_string_equal(kit.jar, "");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_logout_without_a_session_leads_home(void **unused)
{
    (void)unused;
    static const char *const headers[] = { "Sec-Fetch-Site: same-origin", NULL };
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *reply = web_kit_send(&kit, "POST", "/logout", NULL, headers);
    assert_int_equal(reply->status, 303);
    assert_string_equal(web_kit_header(reply, "Location"), "/");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_logout_by_another_site_is_refused(void **unused)
{
    (void)unused;
    static const char *const rows[][3] = {
        { NULL }, /* no word about the origin */
        { "Origin: https://evil.example", NULL },
        { "Origin: http://app.example", NULL },       /* another scheme */
        { "Origin: https://app.example:8443", NULL }, /* another port */
        { "Origin: https://app.example.evil.example", NULL },
        { "Origin: https://app.example/", NULL },
        { "Origin: null", NULL },
        { "Origin: ", NULL },
        { "Sec-Fetch-Site: cross-site", NULL },
        { "Sec-Fetch-Site: same-site", NULL },
        { "Sec-Fetch-Site: none", NULL },
        { "Origin: null", "Sec-Fetch-Site: cross-site", NULL },
        { "Origin: https://app.example", "Origin: https://evil.example", NULL },
        { "Origin: https://evil.example", "Sec-Fetch-Site: same-origin", NULL },
        { "Origin: https://app.example", "Sec-Fetch-Site: cross-site", NULL },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    web_kit_sign_in(&kit, NOON, "rt_01");
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_web_reply *reply = web_kit_send(&kit, "POST", "/logout", NULL, rows[i]);
        assert_int_equal(reply->status, 403);
        assert_null(web_kit_header(reply, "Set-Cookie"));
        lk_web_reply_free(reply);
    }
    web_kit_close(&kit, &wire);
}

static void test_get_logout_shows_a_button(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *reply = web_kit_get(&kit, "/logout", NULL);
    assert_contains(reply->body, "<form method=\"post\" action=\"/logout\">");
    assert_contains(web_kit_header(reply, "Content-Security-Policy"),
                    "form-action 'self' https: https://api.workos.com");
    assert_string_equal(web_kit_header(reply, "Referrer-Policy"), "same-origin");
    assert_null(web_kit_header(reply, "Set-Cookie"));
    expect_page(reply, 200, "Sign out?");
    web_kit_close(&kit, &wire);
}

/* ---- Methods, challenge ---- */

/* ---- Single sign-on ---- */

static void use_sso(lk_web_options *options)
{
    options->mode = LK_WEB_SSO;
    options->organization_id = "org_01";
}

/* Signs in with a profile of this type, then out. */
static lk_web_reply *sign_in_and_out(web_kit *kit, fake_wire *wire)
{
    static const char *const headers[] = { "Origin: https://app.example", NULL };
    char state[8192];
    char query[16384];

    web_kit_open(kit, wire, use_sso);
    web_kit_begin(kit, NULL, state);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    lk_web_reply *reply = web_kit_get(kit, "/callback", query);
    assert_int_equal(reply->status, 302);
    lk_web_reply_free(reply);
    return web_kit_send(kit, "POST", "/logout", NULL, headers);
}

#define PROFILE(type)                                                           \
    "{\"access_token\":\"t\",\"profile\":{\"id\":\"prof_1\",\"email\":\"m@x\"," \
    "\"connection_id\":\"conn_1\",\"connection_type\":\"" type                  \
    "\",\"organization_id\":\"org_01\"}}"
#define TOKEN  "POST /sso/token"
#define LOGOUT "POST /sso/logout/authorize"

static void test_sign_out_reaches_the_identity_provider(void **unused)
{
    (void)unused;
    fake_wire wire =
        FAKE_WIRE({ TOKEN, .status = 200, .body = PROFILE("GenericOIDC") },
                  { LOGOUT, .body_has = "{\"profile_id\":\"prof_1\"}", .status = 200,
                    .body = "{\"logout_url\":\"https://api.workos.com/sso/logout?token=t1\"}" });
    web_kit kit;
    lk_web_reply *reply = sign_in_and_out(&kit, &wire);

    assert_int_equal(reply->status, 303);
    assert_string_equal(web_kit_header(reply, "Location"),
                        "https://api.workos.com/sso/logout?token=t1");
    assert_string_equal(kit.jar, "");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

/* WorkOS: only custom OpenID Connect connections can do it. */
static void test_other_connections_are_signed_out_of_here_without_asking(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE({ TOKEN, .status = 200, .body = PROFILE("OktaSAML") });
    web_kit kit;
    lk_web_reply *reply = sign_in_and_out(&kit, &wire);

    assert_int_equal(reply->status, 303);
    assert_string_equal(web_kit_header(reply, "Location"), "/");
    assert_string_equal(kit.jar, "");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_provider_that_cannot_be_reached_keeps_nobody_signed_in(void **unused)
{
    (void)unused;
    static const fake_exchange failures[] = {
        { LOGOUT, .status = 404, .body = "{\"message\":\"Not found\"}" },
        { LOGOUT, .status = 400, .body = "{\"error\":\"connection_invalid\"}" },
        /* Leads nowhere that a browser should be sent to. */
        { LOGOUT, .status = 200, .body = "{\"logout_url\":\"javascript:alert(1)\"}" },
        { LOGOUT, .status = 200, .body = "{}" },
    };

    for (size_t i = 0; i < N_ROWS(failures); i++) {
        const fake_exchange script[] = { { TOKEN, .status = 200, .body = PROFILE("GenericOIDC") },
                                         failures[i] };
        fake_wire wire = { .script = script, .n_script = 2, .mutex = PTHREAD_MUTEX_INITIALIZER };
        web_kit kit;
        lk_web_reply *reply = sign_in_and_out(&kit, &wire);

        assert_int_equal(reply->status, 303);
        assert_string_equal(web_kit_header(reply, "Location"), "/");
        assert_string_equal(kit.jar, "");
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logout_ends_both_sessions),
        cmocka_unit_test(test_logout_without_a_session_leads_home),
        cmocka_unit_test(test_logout_by_another_site_is_refused),
        cmocka_unit_test(test_get_logout_shows_a_button),
        cmocka_unit_test(test_sign_out_reaches_the_identity_provider),
        cmocka_unit_test(test_other_connections_are_signed_out_of_here_without_asking),
        cmocka_unit_test(test_provider_that_cannot_be_reached_keeps_nobody_signed_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
