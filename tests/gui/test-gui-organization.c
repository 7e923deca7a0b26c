/* Another organization, another person: what changes with a session, and what does not. */
#include <gio/gio.h>

#include "fake-token.h"
#include "gui-kit.h"
#include "latchkey-claims.h"
#include "latchkey-error.h"
#include "latchkey-memberships.h"

#define AUTHENTICATE "POST /user_management/authenticate"
#define JWKS                                                          \
    {                                                                 \
        "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" \
    }
#define state_of(kit) latchkey_account_get_state((kit).account)

static const char *token_of(gui_kit *kit)
{
    return latchkey_account_get_authentication(kit->account)->refresh_token;
}

static void test_switch_renews_for_the_other_organization(void)
{
    g_autofree char *first = kit_grant(NOON, "Ada", "rt_1");
    g_autofree char *second = kit_grant(NOON, "Ada", "rt_2");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = first }, JWKS,
                               { AUTHENTICATE, .body_has = "\"organization_id\":\"org_02\"",
                                 .status = 200, .body = second });
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_switch_organization(kit.account, "org_02"); /* nobody is signed in */
    kit_sign_in(&kit);
    latchkey_account_switch_organization(kit.account, "org_02");
    g_assert_true(latchkey_account_is_switching(kit.account));
    latchkey_account_switch_organization(kit.account, "org_03"); /* one at a time */
    wait_until(g_str_equal(token_of(&kit), "rt_2"));
    g_assert_false(latchkey_account_is_switching(kit.account));
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_IN);
    g_assert_null(kit.noticed);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

/* Even in words that would end a session when they come at its renewal. */
static void test_refused_switch_keeps_the_session(void)
{
    g_autofree char *first = kit_grant(NOON, "Ada", "rt_1");
    g_autofree char *second = kit_grant(NOON + 250000, "Ada", "rt_2");
    fake_wire wire = FAKE_WIRE({ AUTHENTICATE, .status = 200, .body = first }, JWKS,
                               { AUTHENTICATE, .body_has = "org_02", .status = 403,
                                 .body = "{\"error\":\"sso_required\"}" },
                               { AUTHENTICATE, .body_has = "\"refresh_token\":\"rt_1\"",
                                 .body_lacks = "org_02", .status = 200, .body = second });
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    kit_sign_in(&kit);
    latchkey_account_switch_organization(kit.account, "org_02");
    wait_until(kit.noticed != NULL);
    g_assert_nonnull(strstr(kit.noticed, "not switched"));
    g_assert_false(latchkey_account_is_switching(kit.account));
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_IN);
    g_assert_cmpstr(token_of(&kit), ==, "rt_1");
    kit.clock.now_ms += 250000; /* the next renewal is one like all others */
    latchkey_account_check(kit.account);
    wait_until(g_str_equal(token_of(&kit), "rt_2"));
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static char *grant_of(const char *user_id, gint64 now_ms)
{
    g_autofree char *claims =
        g_strdup_printf("{\"iss\":\"https://api.workos.com\",\"sub\":\"%s\",\"sid\":\"session_02\","
                        "\"iat\":%" G_GINT64_FORMAT ",\"exp\":%" G_GINT64_FORMAT "}",
                        user_id, now_ms / 1000, now_ms / 1000 + 300);
    char *token = fake_token_sign("key_1", claims);
    char *body = g_strdup_printf("{\"user\":{\"id\":\"%s\",\"email\":\"somebody@example.com\"},"
                                 "\"access_token\":\"%s\",\"refresh_token\":\"rt_2\"}",
                                 user_id, token);

    free(token);
    return body;
}

/* user_id: who the second sign-in is. The first is user_01. */
static void sign_in_twice(gui_kit *kit, fake_wire *wire, const char *user_id, gboolean signs_out)
{
    g_autofree char *first = kit_grant(NOON, "Ada", "rt_1");
    g_autofree char *other = grant_of(user_id, NOON + 250000);
    fake_exchange script[] = {
        { AUTHENTICATE, .status = 200, .body = first },
        JWKS,
        { AUTHENTICATE, .status = 400, .body = "{\"error\":\"invalid_grant\"}" },
        { AUTHENTICATE, .status = 200, .body = other },
    };
    fake_exchange after_sign_out[] = { script[0], script[1], script[3] };

    *wire = (fake_wire){ .script = signs_out ? after_sign_out : script,
                         .n_script = signs_out ? 3 : 4,
                         .mutex = PTHREAD_MUTEX_INITIALIZER };
    kit_open_account(kit, wire);
    kit_sign_in(kit);
    kit->clock.now_ms += 250000;
    if (signs_out)
        latchkey_account_sign_out(kit->account);
    else
        latchkey_account_check(kit->account); /* the session has ended at WorkOS */
    wait_until(latchkey_account_get_session(kit->account) == NULL);
    latchkey_account_sign_in(kit->account);
    kit_visit(kit, "code=code_02", NULL);
    wait_until(latchkey_account_get_state(kit->account) == LATCHKEY_ACCOUNT_SIGNED_IN);
    fake_wire_finished(wire);
}

static const struct {
    const char *what, *user_id;
    gboolean signs_out, is_said;
} returns[] = {
    { "another person goes on", "user_02", FALSE, TRUE },
    { "the same person goes on", "user_01", FALSE, FALSE },
    { "another person, after a sign-out", "user_02", TRUE, FALSE },
};

static void test_another_person_is_said(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(returns); i++) {
        fake_wire wire;
        gui_kit kit = { 0 };

        g_test_message("%s", returns[i].what);
        sign_in_twice(&kit, &wire, returns[i].user_id, returns[i].signs_out);
        gboolean is_said = kit.noticed != NULL && strstr(kit.noticed, "another account") != NULL;
        g_assert_cmpint(is_said, ==, returns[i].is_said);
        kit_close_account(&kit);
    }
}

static void on_listed(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    *(GAsyncResult **)data = g_object_ref(result);
}

static void test_memberships_need_a_credential(void)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    config->client_id = g_strdup("client_01");
    latchkey_memberships_list_async(config, NULL, "user_01", NULL, on_listed, &result);
    wait_until(result != NULL);
    g_assert_null(latchkey_memberships_list_finish(result, &error));
    g_assert_error(error, LATCHKEY_ERROR, LATCHKEY_ERROR_CONFIG);
}

static void test_claims_are_what_the_token_says(void)
{
    char *token = fake_token(NOON);
    g_autofree char *claims = latchkey_claims_of(token);

    g_assert_nonnull(strstr(claims, "\"sid\":\"session_01\""));
    free(token);
    g_assert_null(latchkey_claims_of("opaque"));
    g_assert_null(latchkey_claims_of("a.b"));
    g_assert_null(latchkey_claims_of("e30.AAAA.c")); /* bytes that are no object */
    g_autofree char *empty = latchkey_claims_of("e30.e30.");
    g_assert_cmpstr(empty, ==, "{}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/organization/switch", test_switch_renews_for_the_other_organization);
    g_test_add_func("/organization/refused", test_refused_switch_keeps_the_session);
    g_test_add_func("/organization/person", test_another_person_is_said);
    g_test_add_func("/organization/memberships", test_memberships_need_a_credential);
    g_test_add_func("/organization/claims", test_claims_are_what_the_token_says);
    return g_test_run();
}
