/* The local WorkOS: a new account on the hosted page, the verification of its address, and
 * invitations, as a browser without scripts goes through them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

#define SIGN_UP "sign_up=1&first_name=Zo%C3%AB&last_name=Quist&email=zoe%40x.example"

static void click(const char *more, const char *fields)
{
    call_as(NULL, "POST", authorize(more), FORM, fields);
}

/* The value of a hidden field of the page that came last. */
static void hidden(const char *name, char out[SIZE])
{
    char start[SIZE];
    snprintf(start, sizeof start, "name=\"%s\" value=\"", name);
    const char *found = last.body ? strstr(last.body, start) : NULL;
    assert_non_null(found);
    found += strlen(start);
    snprintf(out, SIZE, "%.*s", (int)strcspn(found, "\""), found);
}

static bool has_words(const char *words)
{
    return last.body && strstr(last.body, words);
}

/* The code that the page says would be in the mail. */
static void shown_code(char out[8])
{
    const char *found = strstr(last.body, "The code in it would be ");
    assert_non_null(found);
    snprintf(out, 8, "%.6s", found + strlen("The code in it would be "));
}

static int count_events(const char *type)
{
    char path[SIZE];
    snprintf(path, sizeof path, "/events?events=%s&limit=100", type);
    get(path);
    return count("data");
}

/* At the page that asks for the code of the new account. */
static void sign_up(const char *more, char token[SIZE], char code[8])
{
    click(more, SIGN_UP "&password=latchkey-demo");
    assert_int_equal(last.status, 200);
    assert_true(has_words("Verify your e-mail address"));
    hidden("pending", token);
    shown_code(code);
}

static void test_new_account_is_made_and_verified(void **state)
{
    (void)state;
    char token[SIZE], code[8], fields[2 * SIZE], got[SIZE];
    call_as(NULL, "GET", authorize(WITH_PKCE "&screen_hint=sign-up"), NULL, NULL);
    assert_true(has_words("Create an account") && has_words("screen_hint=sign-in"));
    call_as(NULL, "GET", authorize(WITH_PKCE), NULL, NULL);
    assert_true(has_words("Sign in") && has_words("screen_hint=sign-up"));
    sign_up(WITH_PKCE, token, code);
    assert_int_equal(count_events("email_verification.created"), 1);
    assert_null(at(last.json, "data.0.data.code"));

    snprintf(fields, sizeof fields, "verification=1&pending=%s&code=%d", token,
             (atoi(code) + 1) % 1000000);
    click(WITH_PKCE, fields);
    assert_int_equal(last.status, 200);
    assert_true(has_words("role=\"alert\""));
    assert_int_equal(count_events("authentication.email_verification_failed"), 1);
    snprintf(fields, sizeof fields, "verification=1&pending=%s&code=%s", token, code);
    click(WITH_PKCE, fields);
    assert_int_equal(last.status, 302);
    parameter(last.location, "code", got);
    assert_int_equal(redeem(got, VERIFIER), 200);
    assert_string_equal(text("user.name"), "Zoë Quist");
    assert_true(cJSON_IsTrue(at(last.json, "user.email_verified")));
    assert_string_equal(text("authentication_method"), "Password");
    assert_int_equal(count_events("authentication.email_verification_succeeded"), 1);
    click(WITH_PKCE, fields); /* the pass has been used */
    assert_true(has_words("begin again"));
}

static void test_another_code_replaces_the_first(void **state)
{
    (void)state;
    char token[SIZE], first[8], second[8], fields[2 * SIZE];
    sign_up(WITH_PKCE, token, first);
    do { /* one in a million is the same */
        snprintf(fields, sizeof fields, "resend=1&pending=%s", token);
        click(WITH_PKCE, fields);
        shown_code(second);
    } while (strcmp(first, second) == 0);
    snprintf(fields, sizeof fields, "verification=1&pending=%s&code=%s", token, first);
    click(WITH_PKCE, fields);
    assert_int_equal(last.status, 200);
    snprintf(fields, sizeof fields, "verification=1&pending=%s&code=%s", token, second);
    click(WITH_PKCE, fields);
    assert_int_equal(last.status, 302);
}

static void test_account_that_cannot_be_is_told(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "sign_up=1&email=" MIRA "&password=latchkey-demo", "sign in with it" },
        { "sign_up=1&email=MIRA.HOLT%40juniper.example&password=latchkey-demo", "sign in with it" },
        { SIGN_UP "&password=123456789", "at least 10 characters" },
        { SIGN_UP, "at least 10 characters" },
        { "sign_up=1&email=zoe&password=latchkey-demo", "e-mail address is needed" },
        { "sign_up=1&password=latchkey-demo", "e-mail address is needed" },
    };
    int before = count_events("user.created");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        click(WITH_PKCE "&screen_hint=sign-up", cases[i][0]);
        assert_int_equal(last.status, 200);
        assert_true(has_words(cases[i][1]) && has_words("role=\"alert\""));
        assert_false(has_words("latchkey-demo")); /* a password is not shown again */
    }
    assert_int_equal(count_events("user.created"), before);
    click(WITH_PKCE "&screen_hint=sign-up", "cancel=1");
    assert_int_equal(last.status, 302);
    assert_non_null(strstr(last.location, "error=access_denied"));
    assert_non_null(strstr(last.location, "state=a%20state"));
}

static void test_password_of_an_unverified_address_leads_to_verification(void **state)
{
    (void)state;
    char token[SIZE], code[8], fields[2 * SIZE];
    sign_up(WITH_PKCE, token, code);
    click(WITH_PKCE, "email=zoe%40x.example&password=latchkey-demo");
    assert_true(has_words("Verify your e-mail address"));
    hidden("pending", token);
    shown_code(code);
    control("POST", "/_latchkey/clock", "{\"advance_s\":600}");
    snprintf(fields, sizeof fields, "verification=1&pending=%s&code=%s", token, code);
    click(WITH_PKCE, fields);
    assert_true(has_words("begin again")); /* ten minutes are over */
}

static void test_invited_person_signs_up_without_a_code(void **state)
{
    (void)state;
    char more[SIZE], got[SIZE];
    call_as(EMULATOR_API_KEY, "POST", "/user_management/invitations", JSON,
            "{\"email\":\"zoe@x.example\",\"organization_id\":\"" JUNIPER
            "\",\"role_slug\":\"manager\"}");
    assert_int_equal(last.status, 201);
    snprintf(more, sizeof more, WITH_PKCE "&screen_hint=sign-up&invitation_token=%s",
             text("token"));
    call_as(NULL, "GET", authorize(more), NULL, NULL);
    assert_true(has_words("value=\"zoe@x.example\""));
    click(more, SIGN_UP "&password=latchkey-demo");
    assert_int_equal(last.status, 302);
    parameter(last.location, "code", got);
    assert_int_equal(redeem(got, VERIFIER), 200);
    assert_string_equal(text("organization_id"), JUNIPER);
    assert_true(cJSON_IsTrue(at(last.json, "user.email_verified")));
    /* Somebody else's invitation verifies nobody. */
    call_as(EMULATOR_API_KEY, "POST", "/user_management/invitations", JSON,
            "{\"email\":\"other@x.example\"}");
    snprintf(more, sizeof more, WITH_PKCE "&invitation_token=%s", text("token"));
    click(more, "sign_up=1&email=third%40x.example&password=latchkey-demo");
    assert_true(has_words("Verify your e-mail address"));
}

static void test_link_of_an_invitation_is_accepted(void **state)
{
    (void)state;
    char page[SIZE], fields[2 * SIZE], token[SIZE];
    call_as(EMULATOR_API_KEY, "POST", "/user_management/invitations", JSON,
            "{\"email\":\"zoe@x.example\",\"organization_id\":\"" JUNIPER "\"}");
    snprintf(token, sizeof token, "%s", text("token"));
    snprintf(page, sizeof page, "%s", strstr(text("accept_invitation_url"), "/invitation"));
    call_as(NULL, "GET", "/", NULL, NULL); /* which has what a mail would have had */
    assert_true(has_words(page));
    assert_int_equal(call_as(NULL, "GET", page, NULL, NULL), 200);
    assert_true(has_words("Join Juniper Works"));
    snprintf(fields, sizeof fields, "token=%s&first_name=Zoe&last_name=Q&password=short", token);
    assert_int_equal(call_as(NULL, "POST", "/invitation", FORM, fields), 400);
    snprintf(fields, sizeof fields, "token=%s&first_name=Zoe&last_name=Q&password=latchkey-demo",
             token);
    assert_int_equal(call_as(NULL, "POST", "/invitation", FORM, fields), 200);
    assert_int_equal(count_events("invitation.accepted"), 1);
    assert_int_equal(call_as(NULL, "POST", "/invitation", FORM, fields), 404);
    assert_int_equal(call_as(NULL, "GET", page, NULL, NULL), 404);
    full_sign_in("email=zoe%40x.example&password=latchkey-demo");
    assert_string_equal(text("organization_id"), JUNIPER);
    call_as(NULL, "GET", "/", NULL, NULL);
    assert_false(has_words("/invitation?invitation_token=")); /* a link that does nothing more */
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_account_is_made_and_verified),
        TEST(test_another_code_replaces_the_first),
        TEST(test_account_that_cannot_be_is_told),
        TEST(test_password_of_an_unverified_address_leads_to_verification),
        TEST(test_invited_person_signs_up_without_a_code),
        TEST(test_link_of_an_invitation_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
