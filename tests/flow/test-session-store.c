/* Sessions kept in a store: what the cookie holds, who gets in with it, and when it is void. */
#include <stdio.h>

#include "server-kit.h"
#include "test.h"

static void set_jar(server *self, const char *cookie)
{
    snprintf(self->kit.jar, sizeof(self->kit.jar), "wos-session=%s", cookie);
}

/* Of somebody with so many bytes of metadata. */
static char *large_grant(size_t size)
{
    char *grant = web_kit_grant(NOON, "rt_01");
    const char *metadata = strstr(grant, "\"metadata\":{}");
    char *large = malloc(strlen(grant) + size + 64);

    size_t before = (size_t)(metadata - grant);
    memcpy(large, grant, before);
    char *end = large + before + sprintf(large + before, "\"metadata\":{\"notes\":\"");
    memset(end, 'x', size);
    sprintf(end + size, "\"}%s", metadata + strlen("\"metadata\":{}"));
    free(grant);
    return large;
}

/* ---- Signing in ---- */

static void test_cookie_holds_a_handle_alone(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    assert_int_equal(strlen(server_kit_cookie(&a)), 3 + 43 + 1 + 43);
    assert_contains(server_kit_cookie(&a), "lk.");
    assert_int_equal(a.store.n_put, 1);
    assert_int_equal(a.store.ends_at_ms, NOON + 34560000000);
    /* The store is told neither the handle nor what is in the session. */
    assert_int_equal(strlen(a.store.session), 64);
    assert_lacks(server_kit_cookie(&a), a.store.session);
    server_kit_expect(&a, true);
    server_kit_close(&a, &wire);
    free(grant);
}

static void test_record_is_sealed(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    char *record = NULL;
    lk_error err = LK_ERROR_INIT;
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    assert_ok(lk_mirror_get_session(a.store.mirror, a.store.session, NOON, &record, &err), err);
    assert_contains(record, "Fe26.2*");
    assert_lacks(record, "mira");
    lk_free_secret(record);
    server_kit_close(&a, &wire);
    free(grant);
}

/* Who waits in a browser with a handle of their own gets nothing from the next sign-in there. */
static void test_each_sign_in_draws_a_new_handle_and_voids_the_old(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant },
                               { RENEWAL, .status = 200, .body = grant });
    char old[128], new[128];
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    snprintf(old, sizeof(old), "%s", server_kit_cookie(&a));
    a.kit.client.random.next++; /* it would come round to the same bytes */
    server_kit_sign_in(&a);
    snprintf(new, sizeof(new), "%s", server_kit_cookie(&a));
    assert_string_not_equal(old, new);
    set_jar(&a, old);
    server_kit_expect(&a, false);
    set_jar(&a, new);
    server_kit_expect(&a, true);
    server_kit_close(&a, &wire);
    free(grant);
}

static void test_sign_in_that_fails_leaves_the_session_from_before(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    char *large = large_grant(12000);
    fake_wire wire_a = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    fake_wire wire_b = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = large });
    char state_text[8192], query[8192 + 32];
    server a, b;

    server_kit_open_at(&a, &wire_a, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    server_kit_open_at(&b, &wire_b, LK_SESSIONS_IN_COOKIES); /* which do not hold the next one */
    memcpy(b.kit.jar, a.kit.jar, sizeof(b.kit.jar));
    web_kit_begin(&b.kit, NULL, state_text);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state_text);
    lk_web_reply *reply = web_kit_get(&b.kit, "/callback", query);
    assert_int_equal(reply->status, 500);
    lk_web_reply_free(reply);
    server_kit_expect(&b, true);
    server_kit_close(&a, &wire_a);
    server_kit_close(&b, &wire_b);
    free(grant);
    free(large);
}

static void test_large_session_goes_into_the_store_by_itself(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        lk_session_storage storage;
        const char *cookie;
    } rows[] = {
        { 10, LK_SESSIONS_AUTO, "wos-session=Fe26.2" },
        { 7000, LK_SESSIONS_AUTO, "wos-session.2=" },
        { 12000, LK_SESSIONS_AUTO, "wos-session=lk." },
        { 10, LK_SESSIONS_IN_STORE, "wos-session=lk." },
        { 10, LK_SESSIONS_IN_COOKIES, "wos-session=Fe26.2" },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char *grant = large_grant(rows[i].size);
        const fake_exchange script[] = { KIT_JWKS, { RENEWAL, .status = 200, .body = grant } };
        fake_wire wire = { .script = script, .n_script = 2, .mutex = PTHREAD_MUTEX_INITIALIZER };
        server a;
        server_kit_open_at(&a, &wire, rows[i].storage);
        server_kit_sign_in(&a);
        assert_contains(a.kit.jar, rows[i].cookie);
        server_kit_expect(&a, true);
        server_kit_close(&a, &wire);
        server_kit_start_over();
        free(grant);
    }
}

static void test_session_that_neither_holds_is_refused_with_its_size(void **state)
{
    (void)state;
    char *grant = large_grant(60000);
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    char state_text[8192], query[8192 + 32];
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_AUTO);
    web_kit_begin(&a.kit, NULL, state_text);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state_text);
    lk_web_reply *reply = web_kit_get(&a.kit, "/callback", query);
    assert_int_equal(reply->status, 502);
    assert_contains(reply->body, "at most 65536 can be kept");
    assert_null(web_kit_set_cookie(reply, "wos-session"));
    assert_int_equal(a.store.n_put, 0);
    lk_web_reply_free(reply);
    server_kit_close(&a, &wire);
    free(grant);
}

/* The store of the sessions knows when an SSO session ends. */
static void use_sso(lk_web_options *options)
{
    options->session_storage = LK_SESSIONS_IN_STORE;
    options->mode = LK_WEB_SSO;
    options->sso_session_s = 600;
    options->connection = "conn_01";
}

static void test_record_of_an_sso_session_ends_with_it(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(
        KIT_JWKS,
        { "POST /sso/token", .status = 200,
          .body = "{\"access_token\":\"at\",\"profile\":{\"id\":\"prof_01\",\"connection_id\":"
                  "\"conn_01\",\"email\":\"mira@nordwind.example\"}}" });
    server a;

    server_kit_open(&a, &wire, use_sso);
    server_kit_sign_in(&a);
    assert_int_equal(a.store.ends_at_ms, NOON + 600000);
    server_kit_expect(&a, true);
    a.kit.client.clock.now_ms += 600000;
    server_kit_expect(&a, false);
    server_kit_close(&a, &wire);
}

/* ---- Handles that open nothing ---- */

static void test_forged_handles_do_not_reach_the_store(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    char good[128];
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    snprintf(good, sizeof(good), "%s", server_kit_cookie(&a));
    server_kit_expect(&a, true);
    a.store.n_got = 0;
    for (size_t i = 0; i < strlen(good); i++) {
        char bad[128];
        /* one character changed; cut off there */
        snprintf(bad, sizeof(bad), "%s", good);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        set_jar(&a, bad);
        server_kit_expect(&a, false);
        bad[i] = '\0';
        set_jar(&a, bad);
        server_kit_expect(&a, false);
    }
    char longer[160];
    snprintf(longer, sizeof(longer), "%sA", good);
    set_jar(&a, longer);
    server_kit_expect(&a, false);
    assert_int_equal(a.store.n_got, 0);
    set_jar(&a, good);
    server_kit_expect(&a, true);
    assert_int_equal(a.store.n_got, 1);
    server_kit_close(&a, &wire);
    free(grant);
}

static void test_handle_is_void_after_sign_out_whoever_holds_it(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    char stolen[128];
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    snprintf(stolen, sizeof(stolen), "%s", server_kit_cookie(&a));
    lk_web_reply *reply =
        web_kit_send(&a.kit, "POST", "/logout", NULL,
                     (const char *const[]){ "Origin: https://app.example", NULL });
    assert_int_equal(reply->status, 303);
    assert_contains(web_kit_header(reply, "Location"), "session_id=session_01");
    lk_web_reply_free(reply);
    assert_null(server_kit_cookie(&a));
    set_jar(&a, stolen);
    server_kit_expect(&a, false);
    server_kit_close(&a, &wire);
    free(grant);
}

static void test_damaged_record_is_nobody(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    char *record = NULL;
    char *huge = calloc(1, 100001);
    lk_error err = LK_ERROR_INIT;
    server a;

    server_kit_open_at(&a, &wire, LK_SESSIONS_IN_STORE);
    server_kit_sign_in(&a);
    assert_ok(lk_mirror_get_session(a.store.mirror, a.store.session, NOON, &record, &err), err);
    char *half = strndup(record, strlen(record) / 2);
    memset(huge, 'x', 100000);
    const char *const bad[] = { "",   "x",      half, "{\"user\":{\"id\":\"user_01\"}}",
                                huge, "lk.AAAA" /* no handle stands for a handle */ };
    const char *now = record;
    for (size_t i = 0; i < N_ROWS(bad); i++) {
        bool replaced = false;
        assert_ok(lk_mirror_replace_session(a.store.mirror, a.store.session, now, bad[i], NOON * 2,
                                            &replaced, &err),
                  err);
        assert_true(replaced);
        now = bad[i];
        server_kit_expect(&a, false);
    }
    assert_contains(server_kit_cookie(&a),
                    "lk."); /* not ours to delete: the password may be wrong */
    lk_free_secret(record);
    free(half);
    free(huge);
    server_kit_close(&a, &wire);
    free(grant);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_kit_set_up, server_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cookie_holds_a_handle_alone),
        TEST(test_record_is_sealed),
        TEST(test_each_sign_in_draws_a_new_handle_and_voids_the_old),
        TEST(test_sign_in_that_fails_leaves_the_session_from_before),
        TEST(test_large_session_goes_into_the_store_by_itself),
        TEST(test_session_that_neither_holds_is_refused_with_its_size),
        TEST(test_record_of_an_sso_session_ends_with_it),
        TEST(test_forged_handles_do_not_reach_the_store),
        TEST(test_handle_is_void_after_sign_out_whoever_holds_it),
        TEST(test_damaged_record_is_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
