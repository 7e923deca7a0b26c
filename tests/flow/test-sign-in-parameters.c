/* What /login takes, and what of it reaches WorkOS. */
#include <stdio.h>

#include "test.h"
#include "web-kit.h"

static void use_sso(lk_web_options *options)
{
    options->mode = LK_WEB_SSO;
    options->organization_id = "org_01";
}

static void test_each_parameter_reaches_workos(void **unused)
{
    (void)unused;
    static const struct {
        const char *query;
        const char *has; /* in the address of WorkOS */
    } rows[] = {
        { "domain_hint=x.example", "&domain_hint=x.example" },
        { "prompt=select_account", "&prompt=select_account" },
        { "max_age=0", "&max_age=0" },
        { "max_age=3600", "&max_age=3600" },
        { "max_age=31536000", "&max_age=31536000" },
        { "invitation_token=Zm9v_-1", "&invitation_token=Zm9v_-1" },
        { "screen_hint=sign-up", "&screen_hint=sign-up" },
        { "login_hint=a%40b.example", "&login_hint=a%40b.example" },
        { "connection=conn_1", "&connection_id=conn_1" },
        { "provider=GoogleOAuth", "&provider=GoogleOAuth" },
        { "organization_id=org_7&max_age=60&prompt=login", "&organization_id=org_7" },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;

        web_kit_open(&kit, &wire, NULL);
        lk_web_reply *reply = web_kit_get(&kit, "/login", rows[i].query);
        assert_int_equal(reply->status, 302);
        assert_contains(web_kit_header(reply, "Location"), rows[i].has);
        if (strstr(rows[i].query, "max_age") == NULL)
            assert_lacks(web_kit_header(reply, "Location"), "max_age");
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

static void test_impossible_parameters_begin_nothing(void **unused)
{
    (void)unused;
    static const char *const rows[] = {
        "max_age=-1",       /* is our own "now" within */
        "max_age=31536001", /* more than a year */
        "max_age=1e3",
        "max_age=60%20",
        "max_age=0x10",
        "max_age=60&max_age=0",   /* which of the two counts? */
        "max_age=60&max%5fage=0", /* its twin in disguise */
        "max_age=99999999999999999999",
        "prompt=a%0d%0ab",
        "screen_hint=sign-out",
        "screen_hint=sign-up&provider=GoogleOAuth",
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;

        web_kit_open(&kit, &wire, NULL);
        lk_web_reply *reply = web_kit_get(&kit, "/login", rows[i]);
        if (reply->status != 400)
            fail_msg("\"%s\" is answered %d", rows[i], reply->status);
        assert_contains(reply->body, "This sign-in link is broken");
        assert_null(web_kit_header(reply, "Location"));
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

/* RFC 6749, 3.1: whoever reads the first sees another request than whoever reads the last. */
static void test_doubled_parameters_are_refused_on_both_ways(void **unused)
{
    (void)unused;
    static const struct {
        const char *path;
        const char *query;
    } rows[] = {
        { "/login", "organization_id=org_1&organization_id=org_2" },
        { "/login", "return_to=%2Fa&return_to=%2Fb" },
        { "/login", "connection=conn_1&connectio%6e=conn_2" },
        { "/callback", "code=1&code=2&state=x" },
        { "/callback", "code=1&state=x&state=x" }, /* though the same */
        { "/callback", "code=1&state=x&%73tate=y" },
        { "/callback", "error=a&error=b&state=x" },
        { "/callback", "error=a&state=x&error_description=b&error_description=c" },
        { "/callback", "error=a&connection_id=b&connection_id=c" },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;

        web_kit_open(&kit, &wire, NULL);
        lk_web_reply *reply = web_kit_get(&kit, rows[i].path, rows[i].query);
        assert_int_equal(reply->status, 400);
        assert_contains(reply->body, "stands there twice");
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

static void test_overlong_invitation_is_named_and_not_shown(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    web_kit kit;
    char query[2048] = "invitation_token=";

    memset(query + strlen(query), 'a', 1025);
    web_kit_open(&kit, &wire, NULL);
    lk_web_reply *reply = web_kit_get(&kit, "/login", query);
    assert_int_equal(reply->status, 400);
    assert_contains(reply->body, "&quot;invitation_token&quot; is longer than 1024 bytes");
    assert_lacks(reply->body, "aaaa");
    lk_web_reply_free(reply);
    web_kit_close(&kit, &wire);
}

/* WorkOS' SSO knows neither: to lead on without them would look like the step-up that was asked. */
static void test_step_up_is_refused_where_it_cannot_be_had(void **unused)
{
    (void)unused;
    static const struct {
        const char *query;
        int status;
    } rows[] = {
        { "max_age=0", 400 },
        { "prompt=login", 400 },
        { "invitation_token=inv", 400 },
        { "login_hint=a%40b.example&domain_hint=b.example", 302 },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        web_kit kit;

        web_kit_open(&kit, &wire, use_sso);
        lk_web_reply *reply = web_kit_get(&kit, "/login", rows[i].query);
        assert_int_equal(reply->status, rows[i].status);
        if (rows[i].status == 400)
            assert_contains(reply->body, "does not go with single sign-on");
        else
            assert_contains(web_kit_header(reply, "Location"), "&domain_hint=b.example");
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_parameter_reaches_workos),
        cmocka_unit_test(test_impossible_parameters_begin_nothing),
        cmocka_unit_test(test_doubled_parameters_are_refused_on_both_ways),
        cmocka_unit_test(test_overlong_invitation_is_named_and_not_shown),
        cmocka_unit_test(test_step_up_is_refused_where_it_cannot_be_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
