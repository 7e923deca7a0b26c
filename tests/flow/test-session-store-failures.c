/* Stored sessions while the store fails: nobody gets in, nobody is signed out, nothing is lost. */
#include "server-kit.h"
#include "test.h"

static void test_store_out_of_reach_lets_nobody_in_and_signs_nobody_out(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    a.store.get_fails = true;
    a.store.write_fails = true;
    server_kit_expect_failure(&a, LK_ERR_STORE, "the disk is full");
    assert_fails(web_kit_try(&a.kit, "POST", "/logout", NULL,
                             (const char *const[]){ "Origin: https://app.example", NULL }, &reply,
                             &err),
                 LK_ERR_STORE, err);
    /* Anonymous requests have no business there. */
    char jar[sizeof(a.kit.jar)];
    memcpy(jar, a.kit.jar, sizeof(jar));
    a.kit.jar[0] = '\0';
    server_kit_expect(&a, false);
    memcpy(a.kit.jar, jar, sizeof(jar));
    a.store.get_fails = false;
    server_kit_expect(&a, true);
    server_kit_close(&a, &wire);
    free(grant);
}

static void test_session_that_cannot_be_written_goes_into_cookies(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    a.store.write_fails = true;
    server_kit_sign_in(&a);
    assert_contains(server_kit_cookie(&a), "Fe26.2*");
    server_kit_expect(&a, true);
    server_kit_close(&a, &wire);
    free(grant);
}

static void test_store_needs_all_its_functions(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE_SILENT;
    shared_store store = { 0 };
    test_client test;

    test_client_open(&test, &wire);
    for (int i = 0; i < 6; i++) {
        lk_web_options options =
            *LK_WEB_OPTIONS(.client = test.client, .cookie_password = KIT_PASSWORD,
                            .redirect_uri = "https://app.example/callback",
                            .session_store = shared_store_sessions(&store));
        lk_error err = LK_ERROR_INIT;
        lk_web *web = NULL;
        if (i == 0)
            options.session_store.get = NULL;
        if (i == 1)
            options.session_store.put = NULL;
        if (i == 2)
            options.session_store.replace = NULL;
        if (i == 3)
            options.session_store.remove = NULL;
        if (i == 4)
            options.session_store = (lk_session_store){ 0 };
        options.session_storage = i == 5 ? (lk_session_storage)3 : LK_SESSIONS_AUTO;
        assert_fails(lk_web_new(&options, &web, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, "session_sto");
    }
    test_client_close(&test, &wire);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_kit_set_up, server_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_store_out_of_reach_lets_nobody_in_and_signs_nobody_out),
        TEST(test_session_that_cannot_be_written_goes_into_cookies),
        TEST(test_store_needs_all_its_functions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
