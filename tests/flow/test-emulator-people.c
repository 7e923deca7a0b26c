/* The local WorkOS: users, organizations, memberships and invitations changed through the API, with
 * the events that tell of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

#define PASSWORD_GRANT                                                             \
    "{\"grant_type\":\"password\",\"client_id\":\"" EMULATOR_CLIENT_ID             \
    "\",\"client_secret\":\"" EMULATOR_API_KEY "\",\"email\":\"%s\",\"password\":" \
    "\"%s\"}"

static long call(const char *method, const char *path, const char *body)
{
    return call_as(EMULATOR_API_KEY, method, path, body ? JSON : NULL, body);
}

/* The newest event of the type is the last answer. */
static void newest(const char *type)
{
    char path[SIZE];
    snprintf(path, sizeof path, "/events?events=%s&order=desc&limit=1", type);
    assert_int_equal(get(path), 200);
}

static int count_events(const char *type)
{
    char path[SIZE];
    snprintf(path, sizeof path, "/events?events=%s&limit=100", type);
    assert_int_equal(get(path), 200);
    return count("data");
}

static long sign_in_by_password(const char *email, const char *password)
{
    char body[SIZE];
    snprintf(body, sizeof body, PASSWORD_GRANT, email, password);
    return call_as(NULL, "POST", "/user_management/authenticate", JSON, body);
}

static void keep(const char *member, char out[SIZE])
{
    snprintf(out, SIZE, "%s", text(member));
    assert_true(*out);
}

static void test_user_is_made_changed_and_removed(void **state)
{
    (void)state;
    char id[SIZE], path[2 * SIZE];
    call("POST", "/user_management/users",
         "{\"email\":\"zoe@juniper.example\",\"password\":\"latchkey-demo\",\"external_id\":"
         "\"z1\"}");
    assert_int_equal(last.status, 201);
    keep("id", id);
    newest("user.created");
    assert_string_equal(text("data.0.data.id"), id);
    assert_int_equal(get("/user_management/users/external_id/z1"), 200);
    assert_string_equal(text("id"), id);

    snprintf(path, sizeof path, "/user_management/users/%s", id);
    call("PUT", path, "{\"first_name\":\"Zoe\",\"email_verified\":true}");
    assert_int_equal(last.status, 200);
    newest("user.updated");
    assert_string_equal(text("data.0.data.name"), "Zoe");
    assert_true(cJSON_IsNull(at(last.json, "data.0.context.previous_attributes.first_name")));
    assert_true(cJSON_IsFalse(at(last.json, "data.0.context.previous_attributes.email_verified")));
    assert_null(at(last.json, "data.0.context.previous_attributes.email"));
    int before = count_events("user.updated");
    call("PUT", path, "{\"first_name\":\"Zoe\"}"); /* as it is: nothing to tell */
    assert_int_equal(count_events("user.updated"), before);
    call("PUT", path, "{\"password\":\"another-demo\"}"); /* a secret: nothing to tell either */
    assert_int_equal(count_events("user.updated"), before);
    assert_null(at(last.json, "data.0.data._password"));
    assert_int_equal(sign_in_by_password("zoe@juniper.example", "latchkey-demo"), 400);
    assert_int_equal(sign_in_by_password("zoe@juniper.example", "another-demo"), 200);
    char token[SIZE];
    keep("refresh_token", token);

    call("PUT", path, "{\"email\":\"zo@juniper.example\"}"); /* not verified, being another one */
    assert_true(cJSON_IsFalse(at(last.json, "email_verified")));
    assert_int_equal(call("DELETE", path, NULL), 200);
    newest("user.deleted");
    assert_string_equal(text("data.0.data.id"), id);
    newest("session.revoked");
    assert_string_equal(text("data.0.data.user_id"), id);
    assert_int_equal(refresh(token, ""), 400);
    assert_int_equal(call("DELETE", path, NULL), 404);
}

static void test_user_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        long status;
        const char *code;
    } cases[] = {
        { "{}", 422, "invalid_request_parameters" },
        { "{\"email\":\"no address\"}", 422, "invalid_request_parameters" },
        { "[]", 422, "invalid_request_parameters" },
        { "{\"email\":\"" MIRA "\"}", 400, "user_creation_error" },
        { "{\"email\":\"MIRA.HOLT@juniper.example\"}", 400, "user_creation_error" },
        { "{\"email\":\"a@b.example\",\"password\":\"123456789\"}", 400,
          "password_strength_error" },
        { "{\"email\":\"a@b.example\",\"password_hash\":\"$2b$\",\"password_hash_type\":"
          "\"bcrypt\"}",
          400, "invalid_password_hash" },
        { "{\"email\":\"a@b.example\",\"password\":\"1234567890\",\"metadata\":null}", 201, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(call("POST", "/user_management/users", cases[i].body), cases[i].status);
        assert_string_equal(text("code"), cases[i].code);
    }
    assert_int_equal(call_as("sk_wrong", "POST", "/user_management/users", JSON, "{}"), 401);
}

static void test_membership_lives_and_ends(void **state)
{
    (void)state;
    char user_id[SIZE], id[SIZE], path[2 * SIZE], body[2 * SIZE];
    call("POST", "/user_management/users",
         "{\"email\":\"m@x.example\",\"password\":\"latchkey-demo\",\"email_verified\":true}");
    keep("id", user_id);
    snprintf(body, sizeof body,
             "{\"user_id\":\"%s\",\"organization_id\":\"" JUNIPER "\",\"role_slug\":\"manager\"}",
             user_id);
    assert_int_equal(call("POST", "/user_management/organization_memberships", body), 201);
    assert_string_equal(text("organization_name"), "Juniper Works");
    assert_string_equal(text("user.email"), "m@x.example");
    keep("id", id);
    newest("organization_membership.created");
    assert_string_equal(text("data.0.data.role.slug"), "manager");
    assert_null(at(last.json, "data.0.data.user"));
    assert_int_equal(call("POST", "/user_management/organization_memberships", body), 422);

    snprintf(path, sizeof path, "/user_management/organization_memberships/%s", id);
    call("PUT", path, "{\"role_slug\":\"admin\"}");
    newest("organization_membership.updated");
    assert_string_equal(text("data.0.context.previous_attributes.role.slug"), "manager");
    assert_int_equal(call("PUT", path, "{\"role_slug\":\"emperor\"}"), 422);
    assert_string_equal(text("code"), "invalid_role");

    snprintf(path, sizeof path, "/user_management/organization_memberships/%s/deactivate", id);
    assert_int_equal(call("PUT", path, NULL), 200);
    assert_string_equal(text("status"), "inactive");
    int before = count_events("organization_membership.updated");
    assert_int_equal(call("PUT", path, NULL), 200);
    assert_int_equal(count_events("organization_membership.updated"), before);
    assert_int_equal(sign_in_by_password("m@x.example", "latchkey-demo"), 200);
    assert_null(at(last.json, "organization_id")); /* not into where they are inactive */
    snprintf(path, sizeof path, "/user_management/organization_memberships?user_id=%s", user_id);
    get(path);
    assert_int_equal(count("data"), 0);
    strcat(path, "&statuses=active%2Cinactive");
    get(path);
    assert_int_equal(count("data"), 1);

    snprintf(path, sizeof path, "/user_management/organization_memberships/%s/reactivate", id);
    assert_int_equal(call("PUT", path, NULL), 200);
    assert_string_equal(text("role.slug"), "admin");
    snprintf(path, sizeof path, "/user_management/organization_memberships/%s", id);
    assert_int_equal(call("DELETE", path, NULL), 200);
    newest("organization_membership.deleted");
    assert_string_equal(text("data.0.data.id"), id);
    assert_int_equal(get(path), 404);
    assert_int_equal(get("/user_management/organization_memberships"), 400);
}

static void test_organization_takes_all_that_is_its_own_along(void **state)
{
    (void)state;
    char path[SIZE];
    call("POST", "/organizations",
         "{\"name\":\"New\",\"domain_data\":[{\"domain\":\"new.example\",\"state\":\"pending\"}]}");
    assert_int_equal(last.status, 201);
    assert_string_equal(text("domains.0.state"), "pending");
    snprintf(path, sizeof path, "/organizations/%.64s", text("id"));
    char domain_id[SIZE];
    keep("domains.0.id", domain_id);
    call("PUT", path,
         "{\"name\":\"Newer\",\"domain_data\":"
         "[{\"domain\":\"new.example\",\"state\":\"verified\"}]}");
    assert_string_equal(text("domains.0.id"), domain_id);
    newest("organization.updated");
    assert_string_equal(text("data.0.context.previous_attributes.name"), "New");

    int memberships = count_events("organization_membership.deleted");
    assert_int_equal(call("DELETE", "/organizations/" JUNIPER, NULL), 202);
    newest("organization.deleted");
    assert_string_equal(text("data.0.data.id"), JUNIPER);
    newest("connection.deleted");
    assert_int_equal(count("data"), 1);
    assert_null(at(last.json, "data.0.data.external_key"));
    newest("dsync.deleted");
    assert_string_equal(text("data.0.data.id"), STAFF);
    assert_int_equal(count_events("organization_membership.deleted"), memberships + 4);
    assert_int_equal(count_events("dsync.user.deleted"), 0); /* one event tells of all of them */
}

static void invite(const char *more, char out_path[2 * SIZE])
{
    char body[SIZE];
    snprintf(body, sizeof body, "{\"email\":\"guest@x.example\"%s}", more);
    assert_int_equal(call("POST", "/user_management/invitations", body), 201);
    snprintf(out_path, 2 * SIZE, "/user_management/invitations/%.64s", text("id"));
}

static void test_invitation_is_sent_again_and_revoked(void **state)
{
    (void)state;
    char path[2 * SIZE], again[2 * SIZE + 16];
    invite(",\"organization_id\":\"" JUNIPER "\",\"expires_in_days\":1", path);
    snprintf(again, sizeof again, "%s%.64s/invitation?invitation_token=", "", emulator_kit_url());
    assert_non_null(strstr(text("accept_invitation_url"), again)); /* a whole address */
    newest("invitation.created");
    assert_null(at(last.json, "data.0.data.token"));
    assert_null(at(last.json, "data.0.data.accept_invitation_url"));
    assert_int_equal(call("POST", "/user_management/invitations",
                          "{\"email\":\"Guest@x.example\",\"organization_id\":\"" JUNIPER "\"}"),
                     400);
    assert_string_equal(text("code"), "email_already_invited_to_organization");
    snprintf(again, sizeof again, "%s/resend", path);
    assert_int_equal(call("POST", again, NULL), 200);
    assert_int_equal(count_events("invitation.resent"), 1);
    snprintf(again, sizeof again, "%s/revoke", path);
    assert_int_equal(call("POST", again, NULL), 200);
    assert_string_equal(text("state"), "revoked");
    assert_int_equal(call("POST", again, NULL), 400);
    assert_int_equal(count_events("invitation.revoked"), 1);
    snprintf(again, sizeof again, "%s/resend", path);
    assert_int_equal(call("POST", again, NULL), 400);
    assert_string_equal(text("code"), "invite_revoked");
}

static void test_invitation_is_accepted_once_and_in_time(void **state)
{
    (void)state;
    char path[2 * SIZE], accept[2 * SIZE + 16];
    invite(",\"organization_id\":\"" JUNIPER "\",\"role_slug\":\"manager\"", path);
    snprintf(accept, sizeof accept, "%s/accept", path);
    assert_int_equal(call("POST", accept, NULL), 400); /* nobody is there yet */
    call("POST", "/user_management/users", "{\"email\":\"guest@x.example\"}");
    assert_int_equal(call("POST", accept, NULL), 200);
    assert_string_equal(text("state"), "accepted");
    newest("organization_membership.created");
    assert_string_equal(text("data.0.data.role.slug"), "manager");
    newest("user.updated"); /* whoever follows the mail has shown that the address is theirs */
    assert_true(cJSON_IsTrue(at(last.json, "data.0.data.email_verified")));
    assert_int_equal(call("POST", accept, NULL), 400);

    assert_int_equal(call("POST", "/user_management/invitations",
                          "{\"email\":\"late@x.example\",\"expires_in_days\":1}"),
                     201);
    snprintf(path, sizeof path, "/user_management/invitations/%.64s", text("id"));
    control("POST", "/_latchkey/clock", "{\"advance_s\":86400}");
    get(path);
    assert_string_equal(text("state"), "expired");
}

static void test_password_is_reset_by_mail(void **state)
{
    (void)state;
    char token[SIZE], body[2 * SIZE];
    assert_int_equal(call("POST", "/user_management/password_reset", "{\"email\":\"x@x.example\"}"),
                     404);
    assert_int_equal(call("POST", "/user_management/password_reset", "{\"email\":\"" MIRA "\"}"),
                     201);
    keep("password_reset_token", token);
    newest("password_reset.created");
    assert_null(at(last.json, "data.0.data.password_reset_token"));
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"new_password\":\"short\"}", token);
    assert_int_equal(call("POST", "/user_management/password_reset/confirm", body), 400);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"new_password\":\"brand-new-one\"}", token);
    assert_int_equal(call("POST", "/user_management/password_reset/confirm", body), 200);
    assert_string_equal(text("user.email"), MIRA);
    assert_int_equal(count_events("password_reset.succeeded"), 1);
    assert_int_equal(sign_in_by_password(MIRA, "brand-new-one"), 200);
    assert_int_equal(call("POST", "/user_management/password_reset/confirm", body), 404); /* once */

    call("POST", "/user_management/password_reset", "{\"email\":\"" MIRA "\"}");
    keep("password_reset_token", token);
    snprintf(body, sizeof body, "/reset-password?token=%s", token);
    assert_int_equal(call_as(NULL, "GET", body, NULL, NULL), 200);
    snprintf(body, sizeof body, "token=%s&password=from-the-page", token);
    assert_int_equal(call_as(NULL, "POST", "/reset-password", FORM, body), 200);
    assert_int_equal(sign_in_by_password(MIRA, "from-the-page"), 200);
    control("POST", "/_latchkey/clock", "{\"advance_s\":3600}");
    assert_int_equal(call_as(NULL, "POST", "/reset-password", FORM, body), 404);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_user_is_made_changed_and_removed),
        TEST(test_user_that_cannot_be_is_refused),
        TEST(test_membership_lives_and_ends),
        TEST(test_organization_takes_all_that_is_its_own_along),
        TEST(test_invitation_is_sent_again_and_revoked),
        TEST(test_invitation_is_accepted_once_and_in_time),
        TEST(test_password_is_reset_by_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
