/* The local WorkOS: signing in, over real HTTP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

static void test_health_and_request_id(void **state)
{
    (void)state;
    assert_int_equal(call_as(NULL, "GET", "/health", NULL, NULL), 200);
    assert_string_equal(last.body, "{\"status\":\"ok\"}");
    assert_true(*last.request_id);
}

static void test_page_lists_people_and_marks_the_hinted_one(void **state)
{
    (void)state;
    assert_int_equal(call_as(NULL, "GET", authorize(WITH_PKCE "&login_hint=" SAMUEL), NULL, NULL),
                     200);
    assert_non_null(strstr(last.body, "Mira Holt"));
    const char *hinted = strstr(last.body, "<li class=\"hinted\">");
    assert_non_null(hinted);
    assert_true(strstr(hinted, "Samuel Adeyemi") < strstr(hinted, "</li>"));
    assert_null(strstr(last.body, "<script"));
    /* Only members may be chosen when an organization is asked for. */
    call_as(NULL, "GET", authorize(WITH_PKCE "&organization_id=" HARBOR), NULL, NULL);
    assert_null(strstr(last.body, "Mira Holt"));
    assert_non_null(strstr(last.body, "Robin Castell"));
}

static void test_click_gives_code_tokens_and_events(void **state)
{
    (void)state;
    char code[SIZE];
    sign_in(WITH_PKCE, "email=" MIRA, code);
    assert_int_equal(strncmp(last.location, "http://127.0.0.1:9/callback?code=", 33), 0);
    assert_non_null(strstr(last.location, "&state=a%20state"));
    assert_int_equal(redeem(code, VERIFIER), 200);
    assert_string_equal(text("user.email"), MIRA);
    assert_string_equal(text("organization_id"), JUNIPER);
    assert_string_equal(text("authentication_method"), "Password");

    cJSON *claims = claims_of(text("access_token"));
    assert_string_equal(cJSON_GetStringValue(at(claims, "sub")), text("user.id"));
    assert_string_equal(cJSON_GetStringValue(at(claims, "org_id")), JUNIPER);
    assert_string_equal(cJSON_GetStringValue(at(claims, "role")), "admin");
    assert_string_equal(cJSON_GetStringValue(at(claims, "permissions.0")), "directory:read");
    assert_int_equal(at(claims, "exp")->valuedouble - at(claims, "iat")->valuedouble, 300);
    char *issuer = strdup(cJSON_GetStringValue(at(claims, "iss"))),
         *token = strdup(text("access_token"));
    assert_int_equal(strncmp(issuer, emulator_kit_url(), strlen(emulator_kit_url())), 0);
    assert_string_equal(issuer + strlen(emulator_kit_url()),
                        "/user_management/" EMULATOR_CLIENT_ID);
    assert_true(is_signed(token));
    char *dot = strrchr(token, '.');
    dot[10] = dot[10] == 'A' ? 'B' : 'A';
    assert_false(is_signed(token));

    assert_int_equal(get("/events?events=session.created,authentication.password_succeeded"), 200);
    assert_int_equal(count("data"), 2);
    assert_string_equal(text("data.0.data.id"), cJSON_GetStringValue(at(claims, "sid")));
    assert_string_equal(text("data.1.data.email"), MIRA);
    cJSON_Delete(claims);
    free(issuer);
    free(token);
}

static void test_code_works_once(void **state)
{
    (void)state;
    char code[SIZE];
    sign_in(WITH_PKCE, "email=" MIRA, code);
    assert_int_equal(redeem(code, VERIFIER), 200);
    assert_int_equal(redeem(code, VERIFIER), 400);
    assert_string_equal(text("error"), "invalid_grant");
    assert_true(*text("error_description"));
}

static void test_wrong_verifier_gets_nothing(void **state)
{
    (void)state;
    char code[SIZE];
    sign_in(WITH_PKCE, "email=" MIRA, code);
    assert_int_equal(redeem(code, VERIFIER "x"), 400);
    assert_string_equal(text("error"), "invalid_grant");
    /* PKCE plain would accept the challenge itself. */
    assert_int_equal(redeem(code, CHALLENGE), 400);
    assert_int_equal(redeem(code, VERIFIER), 200);
}

static void test_code_without_pkce_needs_the_secret(void **state)
{
    (void)state;
    char code[SIZE], body[1024];
    static const char *const secrets[] = { "", "&client_secret=sk_wrong" };
    sign_in("provider=authkit", "email=" MIRA, code);
    for (size_t i = 0; i < 2; i++) {
        snprintf(body, sizeof body, "grant_type=authorization_code&client_id=%s&code=%s%s",
                 EMULATOR_CLIENT_ID, code, secrets[i]);
        assert_int_equal(call_as(NULL, "POST", "/user_management/authenticate", FORM, body), 400);
        assert_string_equal(text("error"), "invalid_client");
    }
    strcpy(strstr(body, "&client_secret"), "&client_secret=" EMULATOR_API_KEY);
    assert_int_equal(call_as(NULL, "POST", "/user_management/authenticate", FORM, body), 200);
}

static void test_several_organizations_are_asked_for(void **state)
{
    (void)state;
    char code[SIZE];
    assert_int_equal(call_as(NULL, "POST", authorize(WITH_PKCE), FORM, "email=" SAMUEL), 200);
    assert_non_null(strstr(last.body, "Choose an organization"));
    assert_non_null(strstr(last.body, "Harbor &amp; Pine"));
    sign_in(WITH_PKCE, "email=" SAMUEL "&organization_id=" HARBOR, code);
    assert_int_equal(redeem(code, VERIFIER), 200);
    assert_string_equal(text("organization_id"), HARBOR);
}

static void test_cancel_and_wrong_requests_go_back_to_the_program(void **state)
{
    (void)state;
    static const struct {
        const char *more, *click, *error;
    } cases[] = {
        { WITH_PKCE, "cancel=1", "access_denied" },
        { "provider=authkit&code_challenge=" CHALLENGE "&code_challenge_method=plain",
          "email=" MIRA, "invalid_request" },
        { "provider=authkit&code_challenge=short&code_challenge_method=S256", "email=" MIRA,
          "invalid_request" },
        { "provider=authkit&code_challenge=" CHALLENGE, "email=" MIRA, "invalid_request" },
        { "", "email=" MIRA, "invalid_connection_selector" },
        { "provider=authkit&connection_id=conn_x", "email=" MIRA, "ambiguous_connection_selector" },
        { "connection_id=conn_x", "email=" MIRA, "connection_invalid" },
        { "provider=authkit&organization_id=org_x", "email=" MIRA, "organization_invalid" },
        { WITH_PKCE, "email=" SAMUEL "&organization_id=org_x", "access_denied" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[SIZE], given_state[SIZE];
        assert_int_equal(call_as(NULL, "POST", authorize(cases[i].more), FORM, cases[i].click),
                         302);
        parameter(last.location, "error", error);
        parameter(last.location, "state", given_state);
        assert_string_equal(error, cases[i].error);
        assert_string_equal(given_state, "a%20state");
        assert_non_null(strstr(last.location, "error_description="));
        assert_null(strstr(last.location, "code="));
    }
}

/* Nobody may be sent to an address that is not registered: these are answered with a page. */
static void test_wrong_redirects_and_clients_get_a_page(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "client_id=other&redirect_uri=" CALLBACK,
        "redirect_uri=" CALLBACK,
        "client_id=" EMULATOR_CLIENT_ID,
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=https%3A%2F%2Fevil.example%2F",
        /* a host that only begins like loopback */
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=http%3A%2F%2F127.0.0.1.evil.example%2F",
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=http%3A%2F%2Flocalhost%40evil.example%2F",
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=http%3A%2F%2F127.0.0.1%5C.evil.example%2F",
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=javascript%3Aalert(1)",
        /* a second header line */
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=http%3A%2F%2F127.0.0.1%2F%0D%0AX%3A1",
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=http%3A%2F%2F127.0.0.1%2F%23x",
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=http%3A%2F%2F127.0.0.1%3A99x%2F",
        "client_id=" EMULATOR_CLIENT_ID "&redirect_uri=" CALLBACK "&redirect_uri=" CALLBACK,
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        char path[1024];
        snprintf(path, sizeof path,
                 "/user_management/authorize?response_type=code&provider=authkit&%s", queries[i]);
        assert_int_equal(call_as(NULL, "GET", path, NULL, NULL), 400);
        assert_int_equal(call_as(NULL, "POST", path, FORM, "email=" MIRA), 400);
        assert_string_equal(last.location, "");
        assert_non_null(strstr(last.body, "This sign-in cannot go on"));
    }
}

static void test_page_shows_hostile_text_as_text(void **state)
{
    (void)state;
    call_as(NULL, "GET",
            authorize(WITH_PKCE "&login_hint=%3Cscript%3Ealert(1)%3C%2Fscript%3E&x=%22%3E%3Cb%3E"),
            NULL, NULL);
    assert_int_equal(last.status, 200);
    assert_non_null(strstr(last.body, "&lt;script&gt;"));
    assert_null(strstr(last.body, "<script"));
    assert_null(strstr(last.body, "<b>"));
}

static void test_registered_redirects_alone_are_accepted(void **state)
{
    (void)state;
    static const char *const registered[] = { "http://127.0.0.1:*/cb", "https://app.example/cb",
                                              NULL };
    static const struct {
        const char *uri;
        long status;
    } cases[] = {
        { "http%3A%2F%2F127.0.0.1%3A5000%2Fcb", 200 },
        { "https%3A%2F%2Fapp.example%2Fcb", 200 },
        { "http%3A%2F%2F127.0.0.1%3A5000%2Fcbx", 400 },
        { "http%3A%2F%2F127.0.0.1%2Fcb", 400 },
        { "http%3A%2F%2F127.0.0.1%3A%2A%2Fcb", 400 },
        { "http%3A%2F%2Flocalhost%3A5000%2Fcb", 400 },
        { "https%3A%2F%2Fapp.example%2Fcb%2F..", 400 },
    };
    emulator_kit_tear_down(NULL);
    assert_int_equal(emulator_kit_start((emulator_options){ .redirect_uris = registered }), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[1024];
        snprintf(path, sizeof path,
                 "/user_management/"
                 "authorize?response_type=code&provider=authkit&client_id=%s&redirect_uri=%s",
                 EMULATOR_CLIENT_ID, cases[i].uri);
        assert_int_equal(call_as(NULL, "GET", path, NULL, NULL), cases[i].status);
    }
}

static void test_refresh_rotates_and_forgives_a_replay(void **state)
{
    (void)state;
    char first[SIZE], second[SIZE], sid[128];
    full_sign_in("email=" MIRA);
    cJSON *claims = claims_of(text("access_token"));
    snprintf(sid, sizeof sid, "%s", cJSON_GetStringValue(at(claims, "sid")));
    cJSON_Delete(claims);
    snprintf(first, sizeof first, "%s", text("refresh_token"));
    assert_int_equal(refresh(first, ""), 200);
    snprintf(second, sizeof second, "%s", text("refresh_token"));
    assert_string_not_equal(first, second);
    claims = claims_of(text("access_token"));
    assert_string_equal(cJSON_GetStringValue(at(claims, "sid")), sid);
    cJSON_Delete(claims);
    char *body = strdup(last.body);
    assert_int_equal(refresh(first, ""), 200);
    assert_string_equal(last.body, body);
    free(body);
    assert_int_equal(refresh(second, ""), 200);
    assert_int_equal(refresh("rt_unknown", ""), 400);
    assert_string_equal(text("error"), "invalid_grant");
}

static void pass(const char *seconds)
{
    char body[SIZE];
    snprintf(body, sizeof body, "{\"advance_s\":%s}", seconds);
    assert_int_equal(control("POST", "/_latchkey/clock", body), 200);
}

static void test_replay_is_refused_when_the_grace_is_over(void **state)
{
    (void)state;
    char token[SIZE];
    full_sign_in("email=" MIRA);
    snprintf(token, sizeof token, "%s", text("refresh_token"));
    assert_int_equal(refresh(token, ""), 200);
    pass("25");
    assert_int_equal(refresh(token, ""), 200);
    pass("6");
    assert_int_equal(refresh(token, ""), 400);
    assert_string_equal(text("error"), "invalid_grant");
}

static void test_codes_and_sessions_run_out(void **state)
{
    (void)state;
    char code[SIZE], token[SIZE];
    sign_in(WITH_PKCE, "email=" MIRA, code);
    pass("590");
    assert_int_equal(redeem(code, VERIFIER), 200);
    snprintf(token, sizeof token, "%s", text("refresh_token"));
    sign_in(WITH_PKCE, "email=" MIRA, code);
    pass("600");
    assert_int_equal(redeem(code, VERIFIER), 400);
    assert_string_equal(text("error"), "invalid_grant");
    pass("2592000"); /* thirty days */
    assert_int_equal(refresh(token, ""), 400);
    assert_string_equal(text("error"), "invalid_grant");
}

static void test_authkit_through_a_connection_is_sso(void **state)
{
    (void)state;
    char code[SIZE];
    static const char *const selectors[] = { "connection_id=conn_01JUNIPER0000000000000SS0",
                                             "organization_id=" JUNIPER };
    for (size_t i = 0; i < 2; i++) {
        char more[SIZE];
        snprintf(more, sizeof more, "%s&code_challenge=%s&code_challenge_method=S256", selectors[i],
                 CHALLENGE);
        assert_int_equal(call_as(NULL, "POST", authorize(more), FORM, "email=" SAMUEL), 400);
        sign_in(more, "email=" MIRA, code);
        assert_int_equal(redeem(code, VERIFIER), 200);
        assert_string_equal(text("authentication_method"), "SSO");
    }
    get("/events?events=authentication.sso_succeeded,session.created");
    assert_int_equal(count("data"), 4);
    assert_string_equal(text("data.0.data.auth_method"), "sso");
    assert_string_equal(text("data.1.data.sso.session_id"), text("data.0.data.id"));
    assert_string_equal(text("data.1.data.sso.organization_id"), JUNIPER);
}

static void test_organization_switch_checks_the_membership(void **state)
{
    (void)state;
    char token[SIZE];
    full_sign_in("email=" SAMUEL "&organization_id=" JUNIPER);
    snprintf(token, sizeof token, "%s", text("refresh_token"));
    assert_int_equal(refresh(token, "&organization_id=org_unknown"), 400);
    assert_string_equal(text("error"), "organization_not_found");
    assert_int_equal(refresh(token, "&organization_id=" HARBOR), 200);
    assert_string_equal(text("organization_id"), HARBOR);
    cJSON *claims = claims_of(text("access_token"));
    assert_string_equal(cJSON_GetStringValue(at(claims, "role")), "manager");
    cJSON_Delete(claims);
    full_sign_in("email=" MIRA);
    snprintf(token, sizeof token, "%s", text("refresh_token"));
    assert_int_equal(refresh(token, "&organization_id=" HARBOR), 400);
    assert_string_equal(text("error"), "organization_membership_not_found");
}

static void test_logout_ends_the_session(void **state)
{
    (void)state;
    char token[SIZE], path[1024];
    full_sign_in("email=" MIRA);
    snprintf(token, sizeof token, "%s", text("refresh_token"));
    cJSON *claims = claims_of(text("access_token"));
    snprintf(path, sizeof path, "/user_management/sessions/logout?session_id=%s&return_to=%s",
             cJSON_GetStringValue(at(claims, "sid")), CALLBACK);
    cJSON_Delete(claims);
    assert_int_equal(call_as(NULL, "GET", path, NULL, NULL), 302);
    assert_string_equal(last.location, "http://127.0.0.1:9/callback");
    assert_int_equal(refresh(token, ""), 400);
    assert_string_equal(text("error"), "invalid_grant");
    get("/events?events=session.revoked");
    assert_int_equal(count("data"), 1);
    assert_int_equal(call_as(NULL, "GET", "/user_management/sessions/logout", NULL, NULL), 422);
    /* An address elsewhere is no way out. */
    call_as(NULL, "GET",
            "/user_management/sessions/logout?session_id=x&return_to=https%3A%2F%2Fevil.example",
            NULL, NULL);
    assert_int_equal(strncmp(last.location, emulator_kit_url(), strlen(emulator_kit_url())), 0);
}

static void test_sso_gives_profile_by_form_and_json(void **state)
{
    (void)state;
    static const char *const types[] = { FORM, JSON };
    for (size_t i = 0; i < 2; i++) {
        char code[SIZE], body[1024], token[SIZE];
        const char *path = "/sso/authorize?response_type=code&client_id=" EMULATOR_CLIENT_ID
                           "&redirect_uri=" CALLBACK "&organization=" JUNIPER;
        assert_int_equal(call_as(NULL, "GET", path, NULL, NULL), 200);
        assert_null(strstr(last.body, "Samuel")); /* not of the connection */
        assert_int_equal(call_as(NULL, "POST", path, FORM, "email=" MIRA), 302);
        parameter(last.location, "code", code);
        assert_int_equal(redeem(code, VERIFIER), 400); /* no code for AuthKit */
        if (i == 0)
            snprintf(body, sizeof body,
                     "client_id=%s&client_secret=%s&grant_type=authorization_code&code=%s",
                     EMULATOR_CLIENT_ID, EMULATOR_API_KEY, code);
        else
            snprintf(body, sizeof body,
                     "{\"client_id\":\"%s\",\"client_secret\":\"%s\",\"grant_type\":"
                     "\"authorization_code\","
                     "\"code\":\"%s\"}",
                     EMULATOR_CLIENT_ID, EMULATOR_API_KEY, code);
        assert_int_equal(call_as(NULL, "POST", "/sso/token", types[i], body), 200);
        assert_string_equal(text("profile.email"), MIRA);
        assert_string_equal(text("profile.organization_id"), JUNIPER);
        assert_string_equal(text("profile.connection_type"), "OktaSAML");
        snprintf(token, sizeof token, "%s", text("access_token"));
        assert_int_equal(call_as(token, "GET", "/sso/profile", NULL, NULL), 200);
        assert_string_equal(text("email"), MIRA);
        assert_int_equal(call_as(EMULATOR_API_KEY, "GET", "/sso/profile", NULL, NULL), 401);
        assert_string_equal(text("error"), "Unauthorized");
        assert_int_equal(call_as(NULL, "POST", "/sso/token", types[i], body), 400);
        assert_string_equal(text("error"), "invalid_grant");
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_health_and_request_id),
        TEST(test_page_lists_people_and_marks_the_hinted_one),
        TEST(test_click_gives_code_tokens_and_events),
        TEST(test_code_works_once),
        TEST(test_wrong_verifier_gets_nothing),
        TEST(test_code_without_pkce_needs_the_secret),
        TEST(test_several_organizations_are_asked_for),
        TEST(test_cancel_and_wrong_requests_go_back_to_the_program),
        TEST(test_wrong_redirects_and_clients_get_a_page),
        TEST(test_page_shows_hostile_text_as_text),
        TEST(test_registered_redirects_alone_are_accepted),
        TEST(test_refresh_rotates_and_forgives_a_replay),
        TEST(test_replay_is_refused_when_the_grace_is_over),
        TEST(test_codes_and_sessions_run_out),
        TEST(test_authkit_through_a_connection_is_sso),
        TEST(test_organization_switch_checks_the_membership),
        TEST(test_logout_ends_the_session),
        TEST(test_sso_gives_profile_by_form_and_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
