/* Callbacks that no /login of ours began: sign-ins from the identity provider's side, and forgeries
 * that look the same. */
#include <stdio.h>

#include "test.h"
#include "web-kit.h"

#define POST "POST /user_management/authenticate"

static void allow(lk_web_options *options)
{
    options->allow_idp_initiated = true;
}

static void allow_sso(lk_web_options *options)
{
    options->allow_idp_initiated = true;
    options->mode = LK_WEB_SSO;
    options->organization_id = "org_01";
}

static void use_sso(lk_web_options *options)
{
    options->mode = LK_WEB_SSO;
}

static void test_sign_in_without_a_state_is_refused_with_a_way_on(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT; /* the code is not spent */
    web_kit kit;

    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *reply = web_kit_get(&kit, "/callback", "code=code_01");
    assert_int_equal(reply->status, 400);
    assert_contains(reply->body, "This sign-in did not start here");
    assert_contains(reply->body, "<a class=\"act\" href=\"/login\">");
    assert_null(web_kit_set_cookie(reply, "wos-session"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

static void test_sign_in_from_the_other_side_takes_one_click_here(void **unused)
{
    (void)unused;
    static const struct {
        const char *query;
        const char *link;
    } rows[] = {
        { "&connection_id=conn_1&organization_id=org_1", "\"/login?connection=conn_1\"" },
        { "&organization_id=org_1", "\"/login?organization_id=org_1\"" },
        { "", "\"/login\"" },
        /* It stays a value, and an attribute. */
        { "&connection_id=x%26provider%3Da%22%3E%3Cb", "\"/login?connection=x%26provider%3Da%22"
                                                       "%3E%3Cb\"" },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;
        char query[256];

        snprintf(query, sizeof(query), "error=idp_initiated_sso_disabled&error_description=a%s",
                 rows[i].query);
        web_kit_open(&kit, &wire, i % 2 == 0 ? NULL : use_sso);
        lk_web_reply *reply = web_kit_get(&kit, "/callback", query);
        assert_int_equal(reply->status, 403);
        assert_contains(reply->body, "begins at your identity provider");
        assert_contains(reply->body, rows[i].link);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

static void test_allowed_sign_in_without_a_state_ends_with_a_session(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE({ POST, .body_has = "\"code\":\"code_01\"",
                                 .body_lacks = "code_verifier", .status = 200, .body = grant },
                               KIT_JWKS);
    web_kit kit;

    web_kit_open(&kit, &wire, allow);
    lk_web_reply *reply = web_kit_get(&kit, "/callback", "code=code_01");
    assert_int_equal(reply->status, 302);
    assert_string_equal(web_kit_header(reply, "Location"), "/");
    assert_non_null(web_kit_set_cookie(reply, "wos-session=Fe26.2"));
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
    free(grant);
}

static void test_allowed_profile_must_be_of_the_sites_organization(void **unused)
{
    (void)unused;
    static const struct {
        const char *organization_id;
        int status;
    } rows[] = { { "org_01", 302 }, { "org_02", 502 } };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char body[512];

        snprintf(body, sizeof(body),
                 "{\"access_token\":\"t\",\"profile\":{\"id\":\"prof_1\",\"email\":\"m@x\","
                 "\"connection_id\":\"conn_1\",\"organization_id\":\"%s\"}}",
                 rows[i].organization_id);
        fake_wire wire = FAKE_WIRE({ "POST /sso/token", .status = 200, .body = body });
        web_kit kit;

        web_kit_open(&kit, &wire, allow_sso);
        lk_web_reply *reply = web_kit_get(&kit, "/callback", "code=code_01");
        assert_int_equal(reply->status, rows[i].status);
        assert_true((web_kit_set_cookie(reply, "wos-session=F") != NULL) ==
                    (rows[i].status == 302));
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

/* What is allowed is a person who arrives; everything else stays refused. */
static void test_only_a_page_load_with_a_code_is_allowed(void **unused)
{
    (void)unused;
    static const struct {
        const char *method;
        const char *query;
        const char *header;
        int status;
    } rows[] = {
        { "HEAD", "code=1", "Accept: text/html", 400 }, /* a scanner of links */
        { "GET", "code=1", "Accept: application/json", 400 },
        { "GET", "code=1&error=access_denied", "Accept: text/html", 400 },
        { "GET", "error=access_denied", "Accept: text/html", 400 },
        { "GET", "code=1&state=forged", "Accept: text/html", 400 },
        { "GET", "code=1&code=2", "Accept: text/html", 400 },
        { "GET", "", "Accept: text/html", 400 },
        { "POST", "code=1", "Accept: text/html", 405 },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        const char *const headers[] = { rows[i].header, NULL };
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;

        web_kit_open(&kit, &wire, allow);
        lk_web_reply *reply =
            web_kit_send(&kit, rows[i].method, "/callback", rows[i].query, headers);
        if (reply->status != rows[i].status)
            fail_msg("row %zu is answered %d", i, reply->status);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

/* Login CSRF must not change who somebody is in the middle of their work. */
static void test_valid_session_wins_over_a_callback_without_a_state(void **unused)
{
    (void)unused;
    void (*const changes[])(lk_web_options *) = { NULL, allow };
    static const char *const queries[] = { "code=code_01", "error=idp_initiated_sso_disabled",
                                           "error=access_denied" };

    for (size_t i = 0; i < N_ROWS(changes); i++)
        for (size_t j = 0; j < N_ROWS(queries); j++) {
            fake_wire wire = FAKE_WIRE(KIT_JWKS);
            web_kit kit;
            lk_error err = LK_ERROR_INIT;

            web_kit_open(&kit, &wire, changes[i]);
            assert_ok(lk_client_refresh_keys(kit.client.client, &err), err);
            web_kit_sign_in(&kit, NOON, "rt_01");
            lk_web_reply *reply = web_kit_get(&kit, "/callback", queries[j]);
            assert_int_equal(reply->status, 302);
            assert_string_equal(web_kit_header(reply, "Location"), "/");
            assert_null(web_kit_set_cookie(reply, "wos-session"));
            lk_web_reply_free(reply);
            web_kit_close(&kit, &wire); /* the code was not spent */
        }
}

static void test_valid_session_wins_over_a_stale_state(void **unused)
{
    (void)unused;
    static const struct {
        const char *what;
        int64_t later_ms;
        bool is_forgotten; /* the state's cookie is gone: finished in another tab */
        bool is_signed_in;
        int status;
    } rows[] = {
        { "expired", 601000, false, true, 302 },
        { "used", 0, true, true, 302 },
        { "expired", 601000, false, false, 400 },
        { "used", 0, true, false, 400 },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE(KIT_JWKS);
        web_kit kit;
        char state[8192];
        char query[16384];
        lk_error err = LK_ERROR_INIT;

        web_kit_open(&kit, &wire, NULL);
        assert_ok(lk_client_refresh_keys(kit.client.client, &err), err);
        web_kit_begin(&kit, NULL, state);
        if (rows[i].is_forgotten)
            kit.jar[0] = '\0';
        kit.client.clock.now_ms += rows[i].later_ms;
        if (rows[i].is_signed_in)
            web_kit_sign_in(&kit, kit.client.clock.now_ms, "rt_01");
        snprintf(query, sizeof(query), "code=code_01&state=%s", state);
        lk_web_reply *reply = web_kit_get(&kit, "/callback", query);
        if (reply->status != rows[i].status)
            fail_msg("row %zu, %s: answered %d", i, rows[i].what, reply->status);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

static void test_option_needs_a_client_that_can_redeem_without_pkce(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_web *web = NULL;
    lk_error err = LK_ERROR_INIT;

    test_client_open_public(&test, &wire);
    assert_fails(lk_web_new(LK_WEB_OPTIONS(.client = test.client, .cookie_password = KIT_PASSWORD,
                                           .redirect_uri = "https://app.example/callback",
                                           .allow_idp_initiated = true),
                            &web, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "allow_idp_initiated needs a client with an API key");
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_in_without_a_state_is_refused_with_a_way_on),
        cmocka_unit_test(test_sign_in_from_the_other_side_takes_one_click_here),
        cmocka_unit_test(test_allowed_sign_in_without_a_state_ends_with_a_session),
        cmocka_unit_test(test_allowed_profile_must_be_of_the_sites_organization),
        cmocka_unit_test(test_only_a_page_load_with_a_code_is_allowed),
        cmocka_unit_test(test_valid_session_wins_over_a_callback_without_a_state),
        cmocka_unit_test(test_valid_session_wins_over_a_stale_state),
        cmocka_unit_test(test_option_needs_a_client_that_can_redeem_without_pkce),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
