/* Who may pass: rules read from text and held against sessions; and what others are told. */
#include "web/rules.h"

#include <stdio.h>

#include "test.h"
#include "web-kit.h"

static const char *const roles[] = { "member", "auditor" };
static const char *const permissions[] = { "directory:read", "posts:write" };
static const char *const features[] = { "beta" };
static const char *const entitlements[] = { "audit-logs" };
static const lk_session member = { .organization_id = "org_1",
                                   .role = "member",
                                   .roles = roles,
                                   .n_roles = 2,
                                   .permissions = permissions,
                                   .n_permissions = 2,
                                   .feature_flags = features,
                                   .n_feature_flags = 1,
                                   .entitlements = entitlements,
                                   .n_entitlements = 1 };

static void test_rule_admits_by_role_permission_organization_feature_or_entitlement(void **state)
{
    static const struct {
        const char *rule;
        bool admits;
    } cases[] = {
        { "role=member", true },
        { "role=auditor", true }, /* the second of several */
        { "role=admin", false },
        { "role=membe", false },
        { "role=members", false },
        { "role=Member", false },
        { "permission=directory:read", true },
        { "permission=directory", false },
        { "permission=member", false }, /* a role is no permission */
        { "organization=org_1", true },
        { "organization=org_12", false },
        { "organization=org_2", false },
        { "feature=beta", true },
        { "feature=audit-logs", false }, /* an entitlement is no feature */
        { "entitlement=audit-logs", true },
        { "entitlement=beta", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(cases); i++) {
        lk_auto(lk_rules) rules = NULL;
        lk_error err = LK_ERROR_INIT;
        assert_ok(lk_rules_new(&rules, &err), err);
        assert_ok(lk_rules_add(rules, cases[i].rule, &err), err);
        if (lk_rules_allow(rules, &member) != cases[i].admits)
            fail_msg("%s", cases[i].rule);
    }
}

static void test_all_conditions_of_a_rule_count_and_any_rule_is_enough(void **state)
{
    lk_auto(lk_rules) rules = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_rules_new(&rules, &err), err);
    assert_ok(lk_rules_add(rules, "role=member organization=org_2", &err), err);
    assert_false(lk_rules_allow(rules, &member));
    assert_ok(lk_rules_add(rules, "permission=posts:write permission=posts:delete", &err), err);
    assert_false(lk_rules_allow(rules, &member));
    assert_ok(lk_rules_add(rules, "  permission=posts:write   permission=directory:read ", &err),
              err);
    assert_true(lk_rules_allow(rules, &member));
}

static void test_without_a_rule_or_a_claim_nobody_passes(void **state)
{
    static const char *const all[] = { "role=x", "permission=x", "organization=x", "feature=x",
                                       "entitlement=x" };
    const lk_session empty = { .role = NULL };
    lk_auto(lk_rules) rules = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_rules_new(&rules, &err), err);
    assert_false(lk_rules_allow(rules, &member));
    for (size_t i = 0; i < N_ROWS(all); i++)
        assert_ok(lk_rules_add(rules, all[i], &err), err);
    assert_false(lk_rules_allow(rules, &empty));
    assert_false(lk_rules_allow(rules, NULL));
    assert_false(lk_rules_allow(NULL, &member));
}

static void test_unreadable_rules_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "", "names nobody" },
        { "   ", "names nobody" },
        { "role", "\"role\" is none of them" },
        { "role=", "\"role=\" in a rule names nobody" },
        { "roles=member", "none of them" },
        { "=member", "none of them" },
        { "member", "none of them" },
        { "ROLE=member", "none of them" },
        { "role=member,role=admin", "no quotes, lists or patterns" },
        { "role=\"member\"", "no quotes" },
        { "role=*", "patterns" },
        { "role=member and organization=org_1", "\"and\" is none of them" },
        { "role=member !role=admin", "none of them" },
        { "role=mem\tber", "control characters" },
        { "role=a role=b role=c role=d role=e role=f role=g role=h role=i", "more than 8" },
    };
    lk_auto(lk_rules) rules = NULL;
    lk_error err = LK_ERROR_INIT;
    char text[LK__MAX_RULE_TEXT + 2] = "role=";

    (void)state;
    assert_ok(lk_rules_new(&rules, &err), err);
    for (size_t i = 0; i < N_ROWS(bad); i++) {
        assert_fails(lk_rules_add(rules, bad[i].text, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, bad[i].says);
    }
    memset(text + 5, 'a', LK__MAX_RULE_TEXT - 4);
    assert_fails(lk_rules_add(rules, text, &err), LK_ERR_INVALID, err);
    text[LK__MAX_RULE_TEXT] = '\0'; /* one less is fine */
    assert_ok(lk_rules_add(rules, text, &err), err);
    assert_false(lk_rules_allow(rules, &member));
    assert_fails(lk_rules_add(NULL, "role=member", &err), LK_ERR_INVALID, err);
    assert_fails(lk_rules_add(rules, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_rules_new(NULL, &err), LK_ERR_INVALID, err);
    lk_rules_free(NULL);
}

static void test_too_many_rules_are_refused(void **state)
{
    lk_auto(lk_rules) rules = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_rules_new(&rules, &err), err);
    for (int i = 0; i < LK__MAX_RULES; i++)
        assert_ok(lk_rules_add(rules, i == 0 ? "role=member" : "role=x", &err), err);
    assert_fails(lk_rules_add(rules, "role=x", &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "64");
    assert_true(lk_rules_allow(rules, &member));
}

static lk_web_reply *forbid(web_kit *kit, const char *method, const char *accept)
{
    const lk_header headers[] = { { "Accept", accept } };
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_web_forbid(
                  kit->web,
                  &(lk_web_request){
                      .method = method, .path = "/private", .headers = headers, .n_headers = 1 },
                  &reply, &err),
              err);
    assert_int_equal(reply->status, 403);
    assert_string_equal(web_kit_header(reply, "Vary"), "Cookie");
    assert_contains(web_kit_header(reply, "Cache-Control"), "no-store");
    assert_null(reply->session);
    return reply;
}

static void test_forbidden_is_a_page_for_pages_and_json_for_scripts(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_error err = LK_ERROR_INIT;
    web_kit kit;

    (void)state;
    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *page = forbid(&kit, "GET", "text/html");
    assert_contains(page->body, "This is not open to you");
    assert_contains(page->body, "href=\"/logout\"");
    lk_web_reply *json = forbid(&kit, "GET", "application/json");
    assert_contains(json->body, "{\"error\":\"forbidden\"");
    assert_null(web_kit_header(json, "WWW-Authenticate")); /* signing in again changes nothing */
    lk_web_reply *posted = forbid(&kit, "POST", "text/html");
    assert_contains(posted->body, "{\"error\":\"forbidden\"");
    lk_web_reply *head = forbid(&kit, "HEAD", "text/html");
    assert_null(head->body);
    assert_fails(lk_web_forbid(kit.web, NULL, &head, &err), LK_ERR_INVALID, err);
    lk_web_reply_free(page);
    lk_web_reply_free(json);
    lk_web_reply_free(posted);
    lk_web_reply_free(head);
    web_kit_close(&kit, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_admits_by_role_permission_organization_feature_or_entitlement),
        cmocka_unit_test(test_all_conditions_of_a_rule_count_and_any_rule_is_enough),
        cmocka_unit_test(test_without_a_rule_or_a_claim_nobody_passes),
        cmocka_unit_test(test_unreadable_rules_are_refused_and_change_nothing),
        cmocka_unit_test(test_too_many_rules_are_refused),
        cmocka_unit_test(test_forbidden_is_a_page_for_pages_and_json_for_scripts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
