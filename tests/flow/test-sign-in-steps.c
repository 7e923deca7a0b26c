/* Codes that WorkOS does not exchange until a step more is done: the page says which, and offers
 * it.
 */
#include <stdio.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"

#define POST    "POST /user_management/authenticate"
#define PENDING "cTDQJTTkTkkVYxQUlKBIxEsFs"
#define TOKEN   "\"pending_authentication_token\":\"" PENDING "\""

/* Signs in from "/app?x=1"; WorkOS refuses the code with this body. */
static lk_web_reply *be_refused(web_kit *kit, fake_wire *wire, const char *accept)
{
    const char *const headers[] = { accept, NULL };
    char query[16384];
    char state[8192];

    web_kit_open(kit, wire, NULL);
    web_kit_begin(kit, "return_to=%2Fapp%3Fx%3D1", state);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    return web_kit_send(kit, "GET", "/callback", query, headers);
}

static void expect_no_session(web_kit *kit, fake_wire *wire, lk_web_reply *reply)
{
    assert_null(reply->session);
    assert_null(web_kit_set_cookie(reply, "wos-session"));
    assert_null(strstr(reply->body, PENDING));
    for (size_t i = 0; i < reply->n_headers; i++)
        assert_null(strstr(reply->headers[i].value, PENDING));
    assert_null(strstr(kit->jar, PENDING));
    assert_int_equal(web_kit_count_cookies(reply, "wos-auth-verifier-", true), 1);
    lk_web_reply_free(reply);
    web_kit_close(kit, wire);
}

static void test_organizations_are_offered_and_begin_a_sign_in(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE({ POST, .status = 403,
                                 .body = "{\"code\":\"organization_selection_required\"," TOKEN
                                         ",\"organizations\":["
                                         "{\"id\":\"org_1\",\"name\":\"Nord & <b>wind</b>\"},"
                                         "{\"id\":\"org 2\\\"><x\",\"name\":null}]}" });
    web_kit kit;
    lk_web_reply *reply = be_refused(&kit, &wire, "Accept: text/html");

    assert_int_equal(reply->status, 403);
    assert_contains(reply->body, "<h1>Which organization?</h1>");
    assert_contains(reply->body, "<a href=\"/login?organization_id=org_1&amp;return_to=%2Fapp%3Fx"
                                 "%3D1\">Nord &amp; &lt;b&gt;wind&lt;/b&gt;</a>");
    /* An id is text and a value, whatever stands in it. */
    assert_contains(reply->body, "<a href=\"/login?organization_id=org%202%22%3E%3Cx&amp;return_to="
                                 "%2Fapp%3Fx%3D1\">org 2&quot;&gt;&lt;x</a>");
    assert_contains(web_kit_header(reply, "Cache-Control"), "no-store");
    /* The link works. */
    lk_web_reply *login = web_kit_get(&kit, "/login", "organization_id=org_1&return_to=%2Fapp");
    assert_int_equal(login->status, 302);
    assert_contains(web_kit_header(login, "Location"), "organization_id=org_1");
    lk_web_reply_free(login);
    expect_no_session(&kit, &wire, reply);
}

static void test_programs_are_told_the_choices(void **unused)
{
    (void)unused;
    fake_wire wire =
        FAKE_WIRE({ POST, .status = 403,
                    .body = "{\"code\":\"organization_selection_required\"," TOKEN
                            ",\"organizations\":[{\"id\":\"org_1\",\"name\":\"Nordwind\"}]}" });
    web_kit kit;
    lk_web_reply *reply = be_refused(&kit, &wire, "Accept: application/json");

    assert_int_equal(reply->status, 403);
    assert_contains(reply->body, "\"error\":\"organization_selection_required\"");
    assert_contains(reply->body, "\"choices\":[{\"name\":\"Nordwind\",\"url\":"
                                 "\"/login?organization_id=org_1&return_to=%2Fapp%3Fx%3D1\"}]");
    expect_no_session(&kit, &wire, reply);
}

static void test_each_step_is_named_and_offered(void **unused)
{
    (void)unused;
    static const struct {
        int http_status;
        const char *body;
        const char *word;     /* for programs */
        const char *says;     /* to people */
        const char *offers;   /* NULL: to start again, nothing else */
        const char *offers_2; /* NULL: no other */
    } rows[] = {
        { 400, "{\"error\":\"sso_required\"," TOKEN ",\"connection_ids\":[\"conn_1\"]}",
          "sso_required", "its own identity provider",
          "\"/login?connection=conn_1&amp;return_to=%2Fapp%3Fx%3D1\">Single sign-on<", NULL },
        { 400, "{\"error\":\"sso_required\",\"connection_ids\":[\"conn_1\",\"conn_2\"]}",
          "sso_required", "its own identity provider", ">Single sign-on (conn_1)<",
          ">Single sign-on (conn_2)<" },
        { 400, "{\"error\":\"sso_required\"}", "sso_required", "its own identity provider", NULL,
          NULL },
        { 400, "{\"message\":\"Must use SSO for selected organization\"}", "sso_required",
          "its own identity provider", NULL, NULL },
        { 400,
          "{\"error\":\"organization_authentication_methods_required\",\"sso_connection_ids\":"
          "[\"conn_1\"],\"auth_methods\":{\"google_oauth\":true,\"password\":false}}",
          "organization_authentication_methods_required", "Choose one that it does",
          "\"/login?connection=conn_1&amp;return_to=%2Fapp%3Fx%3D1\">Single sign-on<",
          "\"/login?provider=GoogleOAuth&amp;return_to=%2Fapp%3Fx%3D1\">Google<" },
        { 400,
          "{\"error\":\"organization_authentication_methods_required\",\"auth_methods\":"
          "{\"magic_auth\":true,\"password\":true,\"microsoft_oauth\":true}}",
          "organization_authentication_methods_required", "Choose one that it does",
          "\"/login?provider=MicrosoftOAuth&amp;return_to=%2Fapp%3Fx%3D1\">Microsoft<",
          "\"/login?provider=authkit&amp;return_to=%2Fapp%3Fx%3D1\">Password, or a code by "
          "e-mail<" },
        { 403, "{\"code\":\"email_verification_required\"," TOKEN ",\"email\":\"m@x\"}",
          "email_verification_required", "not confirmed", NULL, NULL },
        { 403, "{\"code\":\"mfa_enrollment\"," TOKEN "}", "mfa_enrollment", "second factor", NULL,
          NULL },
        { 403, "{\"code\":\"mfa_challenge\"," TOKEN ",\"authentication_factors\":[{\"id\":\"f\"}]}",
          "mfa_challenge", "authenticator app", NULL, NULL },
        { 403, "{\"code\":\"radar_challenge\"," TOKEN "}", "radar_challenge", "unusual", NULL,
          NULL },
        { 403, "{\"code\":\"radar_email_challenge\"," TOKEN "}", "radar_email_challenge",
          "by e-mail", NULL, NULL },
        { 403, "{\"code\":\"radar_sms_challenge\"," TOKEN "}", "radar_sms_challenge", "phone", NULL,
          NULL },
        { 403, "{\"code\":\"passkey_progressive_enrollment\"," TOKEN "}",
          "passkey_progressive_enrollment", "passkey", NULL, NULL },
        { 403, "{\"code\":\"email_password_auth_disabled\"}", "authentication_method_not_allowed",
          "choose another one", NULL, NULL },
        { 403, "{\"code\":\"application_consent_required\"," TOKEN "}",
          "application_consent_required", "consent", NULL, NULL },
        /* Of a later WorkOS; its word is not passed on, for it may be anything. */
        { 403, "{\"code\":\"<script>\"," TOKEN "}", "sign_in_step_required", "One more step", NULL,
          NULL },
        /* A choice without anything to choose from is no dead end. */
        { 403, "{\"code\":\"organization_selection_required\",\"organizations\":[]}",
          "organization_selection_required", "Which organization?", NULL, NULL },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        const fake_exchange script[] = { { POST, .status = rows[i].http_status,
                                           .body = rows[i].body } };
        fake_wire wire = { .script = script, .n_script = 1, .mutex = PTHREAD_MUTEX_INITIALIZER };
        fake_wire again = wire;
        web_kit kit;

        lk_web_reply *reply = be_refused(&kit, &wire, "Accept: text/html");
        assert_int_equal(reply->status, 403);
        assert_contains(reply->body, rows[i].says);
        assert_contains(reply->body, "href=\"/login?return_to=%2Fapp%3Fx%3D1\">Start again</a>");
        assert_lacks(reply->body, "<script>");
        if (rows[i].offers != NULL)
            assert_contains(reply->body, rows[i].offers);
        else
            assert_lacks(reply->body, "<li>");
        if (rows[i].offers_2 != NULL)
            assert_contains(reply->body, rows[i].offers_2);
        expect_no_session(&kit, &wire, reply);

        reply = be_refused(&kit, &again, "Accept: application/json");
        char word[128];
        snprintf(word, sizeof(word), "{\"error\":\"%s\"", rows[i].word);
        assert_contains(reply->body, word);
        expect_no_session(&kit, &again, reply);
    }
}

static void test_endless_list_of_organizations_is_cut(void **unused)
{
    (void)unused;
    char *body = malloc(200000);
    size_t len = (size_t)sprintf(body, "{\"code\":\"organization_selection_required\","
                                       "\"organizations\":[");
    for (int i = 0; i < 1000; i++)
        len += (size_t)sprintf(body + len, "%s{\"id\":\"org_%d\"}", i == 0 ? "" : ",", i);
    sprintf(body + len, "]}");
    fake_wire wire = FAKE_WIRE({ POST, .status = 403, .body = body });
    web_kit kit;

    lk_web_reply *reply = be_refused(&kit, &wire, "Accept: text/html");
    assert_contains(reply->body, "organization_id=org_99&amp;");
    assert_lacks(reply->body, "organization_id=org_100&amp;");
    expect_no_session(&kit, &wire, reply);
    free(body);
}

/* ---- How long ago somebody signed in ---- */

static lk_web_reply *sign_in_again(web_kit *kit, const char *query)
{
    char callback[16384];
    char state[8192];

    web_kit_begin(kit, query, state);
    kit->client.clock.now_ms += 300000; /* the person takes their time */
    snprintf(callback, sizeof(callback), "code=code_01&state=%s", state);
    return web_kit_get(kit, "/callback", callback);
}

static void test_sign_in_must_be_as_recent_as_was_asked(void **unused)
{
    (void)unused;
    static const struct {
        const char *query;
        int64_t auth_time_s; /* 0: not told */
        bool is_good;
    } rows[] = {
        { "max_age=0", NOON / 1000 + 200, true },
        { "max_age=0", NOON / 1000 - 31, true }, /* clocks differ: as with tokens */
        { "max_age=0", NOON / 1000 - 32, false },
        { "max_age=60", NOON / 1000 - 91, true },
        { "max_age=60", NOON / 1000 - 92, false },
        { "max_age=3600", NOON / 1000 - 7200, false },
        { NULL, NOON / 1000 - 7200, true }, /* nobody asked */
        { "max_age=0", 0, true },           /* most environments do not tell: see authkit.h */
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char claims[512];
        char auth_time[64] = "";

        if (rows[i].auth_time_s != 0)
            snprintf(auth_time, sizeof(auth_time), ",\"auth_time\":%lld",
                     (long long)rows[i].auth_time_s);
        snprintf(claims, sizeof(claims),
                 "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"sid\":\"session_01\","
                 "\"iat\":1772453100,\"exp\":1772453400%s}",
                 auth_time);
        char *token = fake_token_sign("key_1", claims);
        char *grant = web_kit_grant_of("user_01", token, "rt_01");
        fake_wire wire = FAKE_WIRE({ POST, .status = 200, .body = grant }, KIT_JWKS);
        web_kit kit;

        web_kit_open(&kit, &wire, NULL);
        lk_web_reply *reply = sign_in_again(&kit, rows[i].query);
        if ((reply->status == 302) != rows[i].is_good)
            fail_msg("row %zu is answered %d", i, reply->status);
        if (!rows[i].is_good)
            assert_contains(reply->body, "This needs a recent sign-in");
        assert_true((web_kit_set_cookie(reply, "wos-session=F") != NULL) == rows[i].is_good);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
        free(grant);
        free(token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_organizations_are_offered_and_begin_a_sign_in),
        cmocka_unit_test(test_programs_are_told_the_choices),
        cmocka_unit_test(test_each_step_is_named_and_offered),
        cmocka_unit_test(test_endless_list_of_organizations_is_cut),
        cmocka_unit_test(test_sign_in_must_be_as_recent_as_was_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
