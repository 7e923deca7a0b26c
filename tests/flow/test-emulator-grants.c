/* The local WorkOS: every way to sign in besides the hosted page's click, and what can be missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

#define AYA      "aya.nakamura@juniper.example"
#define PASSWORD "latchkey-demo"
#define WORKOS   "urn:workos:oauth:grant-type:"
#define DEVICE   "urn:ietf:params:oauth:grant-type:device_code"
#define WITH_KEY \
    "\"client_id\":\"" EMULATOR_CLIENT_ID "\",\"client_secret\":\"" EMULATOR_API_KEY "\","

/* People for each step: unverified, invited, in an organization that wants SSO or a factor. */
static const char seed[] =
    "{\"users\":[{\"email\":\"new@a.example\",\"password\":\"pw-new\"},"
    "{\"email\":\"sso@a.example\",\"password\":\"pw-sso\",\"email_verified\":true},"
    "{\"email\":\"mfa@a.example\",\"password\":\"pw-mfa\",\"email_verified\":true},"
    "{\"email\":\"guest@a.example\",\"password\":\"pw-guest\"}],"
    "\"organizations\":[{\"name\":\"Strict\",\"require_sso\":true,\"memberships\":["
    "{\"email\":\"sso@a.example\"}]},{\"name\":\"Careful\",\"require_mfa\":true,\"memberships\":["
    "{\"email\":\"mfa@a.example\"}]},{\"id\":\"org_open\",\"name\":\"Open\"}],"
    "\"connections\":[{\"id\":\"conn_oidc\",\"name\":\"OIDC\",\"connection_type\":\"GenericOIDC\","
    "\"organization\":\"Strict\",\"profiles\":[{\"id\":\"prof_sso\",\"email\":\"sso@a.example\"}]}]"
    ","
    "\"roles\":[{\"slug\":\"member\"},{\"slug\":\"editor\"}],"
    "\"invitations\":[{\"email\":\"guest@a.example\",\"organization\":\"Open\",\"role\":\"editor\","
    "\"token\":\"invited\"},{\"email\":\"else@a.example\",\"token\":\"elses\"}],"
    "\"api_keys\":[{\"name\":\"CI\",\"value\":\"sk_customer_1234\",\"organization\":\"Open\","
    "\"permissions\":[\"read\"]}]}";

static int set_up_steps(void **state)
{
    (void)state;
    return emulator_kit_start((emulator_options){ .seed_json = seed });
}

static long grant(const char *grant_type, const char *members)
{
    char body[4096];
    snprintf(body, sizeof body, "{" WITH_KEY "\"grant_type\":\"%s\",%s}", grant_type, members);
    return call_as(NULL, "POST", "/user_management/authenticate", JSON, body);
}

static long password(const char *email, const char *word)
{
    char members[512];
    snprintf(members, sizeof members, "\"email\":\"%s\",\"password\":\"%s\"", email, word);
    return grant("password", members);
}

static void keep(const char *path, char out[SIZE])
{
    snprintf(out, SIZE, "%s", text(path));
    assert_true(*out);
}

static void pass(const char *seconds)
{
    char body[SIZE];
    snprintf(body, sizeof body, "{\"advance_s\":%s}", seconds);
    assert_int_equal(control("POST", "/_latchkey/clock", body), 200);
}

static void test_password_gives_tokens_and_an_event(void **state)
{
    (void)state;
    assert_int_equal(password(MIRA, PASSWORD), 200);
    assert_string_equal(text("user.email"), MIRA);
    assert_string_equal(text("authentication_method"), "Password");
    assert_string_equal(text("organization_id"), JUNIPER);
    assert_null(at(last.json, "user._password"));
    assert_null(strstr(last.body, PASSWORD));
    get("/events?events=authentication.password_succeeded");
    assert_int_equal(count("data"), 1);
    assert_string_equal(text("data.0.data.email"), MIRA);
}

static void test_wrong_password_is_a_plain_400(void **state)
{
    (void)state;
    assert_int_equal(password(MIRA, "wrong"), 400);
    assert_string_equal(text("code"), "invalid_credentials");
    assert_int_equal(password("nobody@juniper.example", PASSWORD), 400);
    assert_string_equal(text("code"), "invalid_credentials");
    get("/events?events=authentication.password_failed");
    assert_int_equal(count("data"), 2);
    assert_string_equal(text("data.0.data.error.code"), "invalid_credentials");
    assert_string_equal(text("data.1.data.email"), "nobody@juniper.example");
    assert_null(at(last.json, "data.1.data.user_id")->valuestring);
}

static void test_malformed_grants_are_oauth_errors(void **state)
{
    (void)state;
    static const struct {
        const char *body, *error;
    } cases[] = {
        { "{" WITH_KEY "\"grant_type\":\"password\",\"email\":\"a@b\"}", "invalid_request" },
        { "{" WITH_KEY "\"grant_type\":\"" WORKOS "magic-auth:code\",\"code\":\"1\"}",
          "invalid_request" },
        { "{" WITH_KEY "\"grant_type\":\"" WORKOS "mfa-totp\",\"code\":\"1\"}", "invalid_request" },
        { "{" WITH_KEY "\"grant_type\":\"" WORKOS "organization-selection\"}", "invalid_request" },
        { "{" WITH_KEY "\"grant_type\":\"" DEVICE "\"}", "invalid_request" },
        { "{" WITH_KEY "\"grant_type\":\"" DEVICE "\",\"device_code\":\"x\"}", "invalid_grant" },
        /* a public client knows no passwords */
        { "{\"client_id\":\"" EMULATOR_CLIENT_ID "\",\"grant_type\":\"password\",\"email\":\"" MIRA
          "\",\"password\":\"" PASSWORD "\"}",
          "invalid_client" },
        { "{\"client_id\":\"other\",\"grant_type\":\"password\"}", "invalid_client" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            call_as(NULL, "POST", "/user_management/authenticate", JSON, cases[i].body), 400);
        assert_string_equal(text("error"), cases[i].error);
    }
}

static void test_organization_is_chosen_with_the_pending_token(void **state)
{
    (void)state;
    char token[SIZE], members[1024];
    assert_int_equal(password(SAMUEL, PASSWORD), 403);
    assert_string_equal(text("code"), "organization_selection_required");
    assert_int_equal(count("organizations"), 2);
    assert_string_equal(text("organizations.0.name"), "Juniper Works");
    assert_string_equal(text("user.email"), SAMUEL);
    keep("pending_authentication_token", token);
    snprintf(members, sizeof members,
             "\"pending_authentication_token\":\"%s\",\"organization_id\":\"org_x\"", token);
    assert_int_equal(grant(WORKOS "organization-selection", members), 400);
    assert_string_equal(text("code"), "invalid_organization_id");
    snprintf(members, sizeof members,
             "\"pending_authentication_token\":\"%s\",\"organization_id\":\"" HARBOR "\"", token);
    assert_int_equal(grant(WORKOS "organization-selection", members), 200);
    assert_string_equal(text("organization_id"), HARBOR);
    assert_int_equal(grant(WORKOS "organization-selection", members), 400); /* used up */
    assert_string_equal(text("code"), "invalid_pending_authentication_token");
}

static void test_pending_token_runs_out(void **state)
{
    (void)state;
    char token[SIZE], members[1024];
    assert_int_equal(password(SAMUEL, PASSWORD), 403);
    keep("pending_authentication_token", token);
    pass("600");
    snprintf(members, sizeof members,
             "\"pending_authentication_token\":\"%s\",\"organization_id\":\"" HARBOR "\"", token);
    assert_int_equal(grant(WORKOS "organization-selection", members), 400);
    assert_string_equal(text("code"), "invalid_pending_authentication_token");
}

/* What an authenticator would show: the page tells it. */
static void shown_code(char out[SIZE])
{
    call_as(NULL, "GET", "/", NULL, NULL);
    const char *found = strstr(last.body, "Code now <code>");
    assert_non_null(found);
    snprintf(out, SIZE, "%.6s", found + strlen("Code now <code>"));
}

static long totp(const char *code, const char *token, const char *challenge)
{
    char members[2048];
    snprintf(members, sizeof members,
             "\"code\":\"%s\",\"pending_authentication_token\":\"%s\","
             "\"authentication_challenge_id\":\"%s\"",
             code, token, challenge);
    return grant(WORKOS "mfa-totp", members);
}

static void test_second_factor_is_challenged(void **state)
{
    (void)state;
    char token[SIZE], factor[SIZE], challenge[SIZE], code[SIZE], path[1024];
    assert_int_equal(password(AYA, PASSWORD), 403);
    assert_string_equal(text("code"), "mfa_challenge");
    assert_string_equal(text("authentication_factors.0.type"), "totp");
    keep("pending_authentication_token", token);
    keep("authentication_factors.0.id", factor);
    snprintf(path, sizeof path, "/auth/factors/%s/challenge", factor);
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", path, JSON, "{}"), 201);
    assert_string_equal(text("object"), "authentication_challenge");
    assert_string_equal(text("authentication_factor_id"), factor);
    keep("id", challenge);
    shown_code(code);
    assert_int_equal(totp(code[0] == '0' ? "100000" : "000000", token, challenge), 400);
    assert_string_equal(text("code"), "invalid_one_time_code");
    assert_int_equal(totp(code, token, "auth_challenge_x"), 400);
    assert_string_equal(text("code"), "code_challenge_not_found");
    assert_int_equal(totp(code, token, challenge), 200);
    assert_string_equal(text("user.email"), AYA);
    assert_string_equal(text("authentication_method"), "Password");
    /* The same code again, in another sign-in. */
    assert_int_equal(password(AYA, PASSWORD), 403);
    keep("pending_authentication_token", token);
    assert_int_equal(totp(code, token, challenge), 400);
    assert_string_equal(text("code"), "one_time_code_previously_used");
    get("/events?events=authentication.mfa_succeeded,authentication.mfa_failed");
    assert_int_equal(count("data"), 4);
}

static void test_factor_is_locked_after_wrong_codes(void **state)
{
    (void)state;
    char token[SIZE], factor[SIZE], challenge[SIZE], code[SIZE], path[1024];
    password(AYA, PASSWORD);
    keep("pending_authentication_token", token);
    keep("authentication_factors.0.id", factor);
    snprintf(path, sizeof path, "/auth/factors/%s/challenge", factor);
    call_as(EMULATOR_API_KEY, "POST", path, JSON, "{}");
    keep("id", challenge);
    for (int i = 0; i < 5; i++)
        assert_int_equal(totp("no", token, challenge), 400);
    shown_code(code);
    assert_int_equal(totp(code, token, challenge), 400);
    assert_string_equal(text("code"), "one_time_code_too_many_attempts");
}

/* RFC 6238, appendix B: the SHA-1 key "12345678901234567890" in base32. */
static void test_totp_codes_are_those_of_rfc_6238(void **state)
{
    (void)state;
    char code[SIZE];
    emulator_kit_tear_down(NULL);
    assert_int_equal(emulator_kit_start((emulator_options){
                         .seed_json = "{\"users\":[{\"email\":\"a@b.example\",\"totp_secret\":"
                                      "\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\"}]}" }),
                     0);
    control("POST", "/_latchkey/clock", "{\"set\":\"2033-05-18T03:33:20Z\"}"); /* 2000000000 */
    assert_int_equal(last.status, 200);
    shown_code(code);
    assert_string_equal(code, "279037"); /* 69279037 in eight digits */
}

static void test_required_factor_is_enrolled(void **state)
{
    (void)state;
    char token[SIZE], user[SIZE], challenge[SIZE], code[SIZE], path[1024];
    assert_int_equal(password("mfa@a.example", "pw-mfa"), 403);
    assert_string_equal(text("code"), "mfa_enrollment");
    keep("pending_authentication_token", token);
    keep("user.id", user);
    snprintf(path, sizeof path, "/user_management/users/%s/auth_factors", user);
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", path, JSON, "{\"type\":\"sms\"}"), 422);
    assert_int_equal(
        call_as(EMULATOR_API_KEY, "POST", path, JSON, "{\"type\":\"totp\",\"totp_secret\":\"1\"}"),
        422);
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", path, JSON,
                             "{\"type\":\"totp\",\"totp_issuer\":\"A & B\"}"),
                     201);
    keep("authentication_challenge.id", challenge);
    assert_non_null(strstr(text("authentication_factor.totp.uri"), "otpauth://totp/A%20%26%20B:"));
    assert_int_equal(strlen(text("authentication_factor.totp.secret")), 32);
    shown_code(code);
    assert_int_equal(totp(code, token, challenge), 200);
    assert_int_equal(get(path), 200);
    assert_int_equal(count("data"), 1);
    assert_null(strstr(last.body, "secret"));
}

static void test_magic_auth_signs_up_and_verifies(void **state)
{
    (void)state;
    char code[SIZE], members[1024], path[1024];
    static const char create[] = "{\"email\":\"fresh@a.example\"}";
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", "/user_management/magic_auth", JSON, create),
                     201);
    assert_string_equal(text("object"), "magic_auth");
    keep("code", code);
    assert_int_equal(strspn(code, "0123456789"), 6);
    snprintf(path, sizeof path, "/user_management/magic_auth/%s", text("id"));
    assert_int_equal(get(path), 200);
    assert_string_equal(text("code"), code);
    snprintf(members, sizeof members, "\"email\":\"fresh@a.example\",\"code\":\"%s\"", code);
    assert_int_equal(grant(WORKOS "magic-auth:code", members), 200);
    assert_string_equal(text("authentication_method"), "MagicAuth");
    assert_true(cJSON_IsTrue(at(last.json, "user.email_verified")));
    assert_int_equal(grant(WORKOS "magic-auth:code", members), 400);
    assert_string_equal(text("code"), "one_time_code_previously_used");
    get("/events?events=magic_auth.created,authentication.magic_auth_succeeded,user.created,"
        "user.updated&limit=100&order=desc");
    assert_null(strstr(last.body, code)); /* an event lets nobody in */
    assert_string_equal(text("data.0.event"), "authentication.magic_auth_succeeded");
}

static void test_magic_code_runs_out_and_locks(void **state)
{
    (void)state;
    char code[SIZE], members[1024];
    call_as(EMULATOR_API_KEY, "POST", "/user_management/magic_auth", JSON,
            "{\"email\":\"" MIRA "\"}");
    keep("code", code);
    snprintf(members, sizeof members, "\"email\":\"" MIRA "\",\"code\":\"%s\"", code);
    pass("600");
    assert_int_equal(grant(WORKOS "magic-auth:code", members), 400);
    assert_string_equal(text("code"), "one_time_code_expired");
    call_as(EMULATOR_API_KEY, "POST", "/user_management/magic_auth", JSON,
            "{\"email\":\"" MIRA "\"}");
    keep("code", code);
    for (int i = 0; i < 5; i++)
        grant(WORKOS "magic-auth:code", "\"email\":\"" MIRA "\",\"code\":\"x\"");
    assert_string_equal(text("code"), "invalid_one_time_code");
    snprintf(members, sizeof members, "\"email\":\"" MIRA "\",\"code\":\"%s\"", code);
    assert_int_equal(grant(WORKOS "magic-auth:code", members), 400);
    assert_string_equal(text("code"), "one_time_code_too_many_attempts");
}

static void test_email_is_verified_on_the_way(void **state)
{
    (void)state;
    char token[SIZE], members[1024], path[1024];
    assert_int_equal(password("new@a.example", "pw-new"), 403);
    assert_string_equal(text("code"), "email_verification_required");
    assert_string_equal(text("email"), "new@a.example");
    keep("pending_authentication_token", token);
    snprintf(path, sizeof path, "/user_management/email_verification/%s",
             text("email_verification_id"));
    assert_int_equal(get(path), 200);
    snprintf(members, sizeof members, "\"pending_authentication_token\":\"%s\",\"code\":\"%s\"",
             token, text("code"));
    assert_int_equal(grant(WORKOS "email-verification:code", members), 200);
    assert_true(cJSON_IsTrue(at(last.json, "user.email_verified")));
    assert_int_equal(password("new@a.example", "pw-new"), 200);
}

static void test_organization_may_require_sso(void **state)
{
    (void)state;
    assert_int_equal(password("sso@a.example", "pw-sso"), 400);
    assert_string_equal(text("error"), "sso_required");
    assert_string_equal(text("email"), "sso@a.example");
    assert_string_equal(text("connection_ids.0"), "conn_oidc");
}

static void test_invitation_makes_a_member(void **state)
{
    (void)state;
    static const char with_token[] =
        "\"email\":\"guest@a.example\",\"password\":\"pw-guest\",\"invitation_token\":\"%s\"";
    char members[512];
    snprintf(members, sizeof members, with_token, "unknown");
    assert_int_equal(grant("password", members), 400);
    assert_string_equal(text("error"), "invitation_invalid");
    snprintf(members, sizeof members, with_token, "elses");
    assert_int_equal(grant("password", members), 400);
    assert_string_equal(text("error"), "invitation_cannot_be_used_for_email");
    snprintf(members, sizeof members, with_token, "invited");
    assert_int_equal(grant("password", members), 200);
    assert_string_equal(text("organization_id"), "org_open");
    cJSON *claims = claims_of(text("access_token"));
    assert_string_equal(cJSON_GetStringValue(at(claims, "role")), "editor");
    cJSON_Delete(claims);
    assert_int_equal(grant("password", members), 400); /* taken up */
    assert_string_equal(text("error"), "invitation_invalid");
    get("/events?events=invitation.accepted");
    assert_int_equal(count("data"), 1);
    assert_null(strstr(last.body, "\"token\""));
}

static void start_device(char device[SIZE], char page[SIZE])
{
    assert_int_equal(call_as(NULL, "POST", "/user_management/authorize/device", FORM,
                             "client_id=" EMULATOR_CLIENT_ID),
                     200);
    keep("device_code", device);
    snprintf(page, SIZE, "/device?user_code=%s", text("user_code"));
    assert_int_equal(strlen(text("user_code")), 9);
    assert_int_equal(text("user_code")[4], '-');
    assert_int_equal(at(last.json, "expires_in")->valueint, 300);
    assert_int_equal(at(last.json, "interval")->valueint, 5);
    assert_non_null(strstr(text("verification_uri_complete"), page));
}

static long poll_device(const char *device)
{
    char body[1024];
    snprintf(body, sizeof body,
             "{\"client_id\":\"" EMULATOR_CLIENT_ID "\",\"grant_type\":\"" DEVICE
             "\",\"device_code\":\"%s\"}",
             device);
    return call_as(NULL, "POST", "/user_management/authenticate", JSON, body);
}

static void test_device_is_approved_on_the_page(void **state)
{
    (void)state;
    char device[SIZE], page[SIZE];
    start_device(device, page);
    assert_int_equal(poll_device(device), 400);
    assert_string_equal(text("error"), "authorization_pending");
    assert_int_equal(poll_device(device), 400);
    assert_string_equal(text("error"), "slow_down");
    pass("6"); /* the interval is ten seconds now */
    assert_int_equal(poll_device(device), 400);
    assert_string_equal(text("error"), "slow_down");
    assert_int_equal(call_as(NULL, "GET", "/device", NULL, NULL), 200);
    assert_non_null(strstr(last.body, "name=\"user_code\""));
    assert_null(strstr(last.body, "<script"));
    assert_int_equal(call_as(NULL, "GET", page, NULL, NULL), 200);
    assert_non_null(strstr(last.body, "Mira Holt"));
    assert_int_equal(call_as(NULL, "POST", page, FORM, "email=" SAMUEL), 200);
    assert_non_null(strstr(last.body, "Harbor &amp; Pine")); /* he is in two */
    assert_int_equal(call_as(NULL, "POST", page, FORM, "email=" SAMUEL "&organization_id=" HARBOR),
                     200);
    assert_non_null(strstr(last.body, "signed in"));
    pass("30");
    assert_int_equal(poll_device(device), 200);
    assert_string_equal(text("user.email"), SAMUEL);
    assert_string_equal(text("organization_id"), HARBOR);
    pass("30");
    assert_int_equal(poll_device(device), 400);
    assert_string_equal(text("error"), "invalid_grant");
    assert_int_equal(call_as(NULL, "GET", page, NULL, NULL), 404); /* nothing to approve any more */
}

static void test_device_code_is_typed_as_people_do(void **state)
{
    (void)state;
    char device[SIZE], page[SIZE], typed[SIZE];
    start_device(device, page);
    const char *code = strchr(page, '=') + 1;
    snprintf(typed, sizeof typed, "/device?user_code=+%.4s%.4s+", code, code + 5);
    for (char *letter = strchr(typed, '='); *letter; letter++)
        *letter = (char)(*letter >= 'A' && *letter <= 'Z' ? *letter + 32 : *letter);
    assert_int_equal(call_as(NULL, "GET", typed, NULL, NULL), 200);
    assert_non_null(strstr(last.body, code));
    assert_int_equal(call_as(NULL, "GET", "/device?user_code=AAAA-AAAAA", NULL, NULL), 404);
    assert_int_equal(call_as(NULL, "GET", "/device?user_code=%3Cb%3E", NULL, NULL), 404);
    assert_null(strstr(last.body, "<b>"));
}

static void test_device_is_refused_or_too_late(void **state)
{
    (void)state;
    char device[SIZE], page[SIZE];
    start_device(device, page);
    assert_int_equal(call_as(NULL, "POST", page, FORM, "cancel=1"), 200);
    assert_int_equal(poll_device(device), 400);
    assert_string_equal(text("error"), "access_denied");
    start_device(device, page);
    pass("300");
    assert_int_equal(call_as(NULL, "POST", page, FORM, "email=" MIRA), 404);
    assert_int_equal(poll_device(device), 400);
    assert_string_equal(text("error"), "expired_token");
    assert_int_equal(call_as(NULL, "POST", "/user_management/authorize/device", JSON,
                             "{\"client_id\":\"other\"}"),
                     400);
    assert_string_equal(text("error"), "invalid_client");
}

/* The value of a hidden field of the page that came last. */
static void hidden(const char *name, char out[SIZE])
{
    char start[SIZE];
    snprintf(start, sizeof start, "name=\"%s\" value=\"", name);
    const char *found = strstr(last.body, start);
    assert_non_null(found);
    found += strlen(start);
    snprintf(out, SIZE, "%.*s", (int)strcspn(found, "\""), found);
}

static void test_page_takes_password_and_code(void **state)
{
    (void)state;
    char pending[SIZE], challenge[SIZE], code[SIZE], click[2048];
    const char *path = authorize(WITH_PKCE);
    assert_int_equal(call_as(NULL, "POST", path, FORM, "email=" AYA "&password=wrong"), 200);
    assert_non_null(strstr(last.body, "password is wrong"));
    assert_int_equal(call_as(NULL, "POST", path, FORM, "email=" AYA "&password=" PASSWORD), 200);
    assert_null(strstr(last.body, PASSWORD));
    hidden("pending", pending);
    hidden("challenge", challenge);
    snprintf(click, sizeof click, "pending=%s&challenge=%s&code=no", pending, challenge);
    assert_int_equal(call_as(NULL, "POST", path, FORM, click), 200);
    assert_non_null(strstr(last.body, "The code is wrong"));
    shown_code(code);
    snprintf(click, sizeof click, "pending=x&challenge=%s&code=%s", challenge, code);
    assert_int_equal(call_as(NULL, "POST", path, FORM, click), 200);
    assert_non_null(strstr(last.body, "begin again"));
    snprintf(click, sizeof click, "pending=%s&challenge=%s&code=%s", pending, challenge, code);
    assert_int_equal(call_as(NULL, "POST", path, FORM, click), 302);
    parameter(last.location, "code", code);
    assert_int_equal(redeem(code, VERIFIER), 200);
    assert_string_equal(text("user.email"), AYA);
    /* Without a factor the password is enough. */
    full_sign_in("email=" MIRA "&password=" PASSWORD);
    assert_string_equal(text("authentication_method"), "Password");
}

static void test_impersonator_stands_in_token_and_answer(void **state)
{
    (void)state;
    char token[SIZE];
    full_sign_in("email=" MIRA
                 "&impersonator_email=ops%40latchkey.example&impersonator_reason=Ticket+7");
    for (int i = 0; i < 2; i++) { /* of the sign-in, and of its refresh */
        assert_string_equal(text("authentication_method"), "Impersonation");
        assert_string_equal(text("impersonator.email"), "ops@latchkey.example");
        assert_string_equal(text("impersonator.reason"), "Ticket 7");
        cJSON *claims = claims_of(text("access_token"));
        assert_string_equal(cJSON_GetStringValue(at(claims, "act.sub")), "ops@latchkey.example");
        cJSON_Delete(claims);
        keep("refresh_token", token);
        assert_int_equal(refresh(token, ""), 200);
    }
    get("/events?events=session.created,authentication.password_succeeded");
    assert_int_equal(count("data"), 1);
    assert_string_equal(text("data.0.data.auth_method"), "impersonation");
}

static void test_auth_time_stays_while_tokens_are_refreshed(void **state)
{
    (void)state;
    char token[SIZE], error[SIZE];
    full_sign_in("email=" MIRA);
    cJSON *claims = claims_of(text("access_token"));
    double then = at(claims, "auth_time")->valuedouble;
    cJSON_Delete(claims);
    keep("refresh_token", token);
    pass("100");
    assert_int_equal(refresh(token, ""), 200);
    claims = claims_of(text("access_token"));
    assert_true(at(claims, "auth_time")->valuedouble == then);
    assert_true(at(claims, "iat")->valuedouble >= then + 99);
    cJSON_Delete(claims);
    call_as(NULL, "GET", authorize(WITH_PKCE "&max_age=soon"), NULL, NULL);
    parameter(last.location, "error", error);
    assert_string_equal(error, "invalid_request");
    call_as(NULL, "GET", authorize(WITH_PKCE "&prompt=none"), NULL, NULL);
    parameter(last.location, "error", error);
    assert_string_equal(error, "login_required");
    assert_int_equal(call_as(NULL, "GET", authorize(WITH_PKCE "&max_age=0"), NULL, NULL), 200);
}

static void test_sso_logout_ends_the_profile_token(void **state)
{
    (void)state;
    char code[SIZE], token[SIZE], url[SIZE], body[1024];
    const char *path = "/sso/authorize?response_type=code&client_id=" EMULATOR_CLIENT_ID
                       "&redirect_uri=" CALLBACK "&connection=conn_oidc";
    assert_int_equal(call_as(NULL, "POST", path, FORM, "email=sso%40a.example"), 302);
    parameter(last.location, "code", code);
    snprintf(body, sizeof body,
             "client_id=%s&client_secret=%s&grant_type=authorization_code&code=%s",
             EMULATOR_CLIENT_ID, EMULATOR_API_KEY, code);
    assert_int_equal(call_as(NULL, "POST", "/sso/token", FORM, body), 200);
    keep("access_token", token);
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", "/sso/logout/authorize", JSON,
                             "{\"profile_id\":\"prof_sso\"}"),
                     200);
    snprintf(url, sizeof url, "/sso/logout?token=%s", text("logout_token"));
    assert_non_null(strstr(text("logout_url"), url));
    assert_int_equal(call_as(token, "GET", "/sso/profile", NULL, NULL), 200);
    assert_int_equal(call_as(NULL, "GET", url, NULL, NULL), 302);
    assert_int_equal(call_as(token, "GET", "/sso/profile", NULL, NULL), 401);
    assert_int_equal(call_as(NULL, "GET", url, NULL, NULL), 404);
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", "/sso/logout/authorize", JSON,
                             "{\"profile_id\":\"prof_x\"}"),
                     404);
}

static void test_sso_logout_is_for_oidc_only(void **state)
{
    (void)state;
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", "/sso/logout/authorize", JSON,
                             "{\"profile_id\":\"prof_01JUNIPER000000000000M1RA\"}"),
                     400);
    assert_string_equal(text("error"), "connection_invalid");
}

static void test_api_keys_are_validated(void **state)
{
    (void)state;
    const char *path = "/api_keys/validations";
    assert_int_equal(
        call_as(EMULATOR_API_KEY, "POST", path, JSON, "{\"value\":\"sk_customer_1234\"}"), 200);
    assert_string_equal(text("api_key.name"), "CI");
    assert_string_equal(text("api_key.owner.id"), "org_open");
    assert_string_equal(text("api_key.obfuscated_value"), "sk_...1234");
    assert_string_equal(text("api_key.permissions.0"), "read");
    assert_null(strstr(last.body, "customer"));
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", path, JSON, "{\"value\":\"x\"}"), 200);
    assert_true(cJSON_IsNull(at(last.json, "api_key")));
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", path, JSON, "{}"), 422);
    assert_int_equal(call_as(NULL, "POST", path, JSON, "{\"value\":\"x\"}"), 401);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)
#define STEP(name) cmocka_unit_test_setup_teardown(name, set_up_steps, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_password_gives_tokens_and_an_event),
        TEST(test_wrong_password_is_a_plain_400),
        TEST(test_malformed_grants_are_oauth_errors),
        TEST(test_organization_is_chosen_with_the_pending_token),
        TEST(test_pending_token_runs_out),
        TEST(test_second_factor_is_challenged),
        TEST(test_factor_is_locked_after_wrong_codes),
        TEST(test_totp_codes_are_those_of_rfc_6238),
        STEP(test_required_factor_is_enrolled),
        STEP(test_magic_auth_signs_up_and_verifies),
        TEST(test_magic_code_runs_out_and_locks),
        STEP(test_email_is_verified_on_the_way),
        STEP(test_organization_may_require_sso),
        STEP(test_invitation_makes_a_member),
        TEST(test_device_is_approved_on_the_page),
        TEST(test_device_code_is_typed_as_people_do),
        TEST(test_device_is_refused_or_too_late),
        TEST(test_page_takes_password_and_code),
        TEST(test_impersonator_stands_in_token_and_answer),
        TEST(test_auth_time_stays_while_tokens_are_refreshed),
        STEP(test_sso_logout_ends_the_profile_token),
        TEST(test_sso_logout_is_for_oidc_only),
        STEP(test_api_keys_are_validated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
