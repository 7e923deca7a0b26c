/* The state of a sign-in under way. */
#include "test.h"

#include <stdio.h>

#include "crypto/seal.h"
#include "fake-clock.h"
#include "fake-random.h"
#include "web/state.h"

#define PASSWORD "a-password-of-the-tests-0123456789"

static fake_random counter;

static void make(int64_t now_ms, lk__buf *out)
{
    const lk_random random = fake_random_use(&counter);
    lk_error err = LK_ERROR_INIT;
    lk__state state = { .code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                        .return_to = (char *)"/app",
                        .organization_id = (char *)"org_01",
                        .is_sso = true };

    lk__buf_clear(out);
    assert_ok(lk__state_seal(&random, PASSWORD, &state, "https://app.example/callback", now_ms, out,
                             &err),
              err);
}

static void test_cookie_name_is_that_of_the_sdk(void **unused)
{
    (void)unused;
    char name[LK__STATE_NAME_SIZE];

    /* FNV-1a's own test value. */
    lk__state_cookie_name("a", name);
    assert_string_equal(name, "wos-auth-verifier-e40c292c");
    lk__state_cookie_name("", name);
    assert_string_equal(name, "wos-auth-verifier-811c9dc5");
}

static void test_state_comes_back_as_it_went(void **unused)
{
    (void)unused;
    lk__auto_buf seal = LK__BUF(8192);
    lk__auto_state state = { .return_to = NULL };
    lk_error err = LK_ERROR_INIT;

    make(NOON, &seal);
    assert_ok(lk__state_open(LK__ONE_PASSWORD(PASSWORD), seal.data, NOON + 599000, &state, &err),
              err);
    assert_string_equal(state.code_verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_string_equal(state.return_to, "/app");
    assert_string_equal(state.organization_id, "org_01");
    assert_null(state.connection);
    assert_true(state.is_sso);
    assert_int_equal(state.issued_at_ms, NOON);
}

static void test_two_states_are_never_the_same(void **unused)
{
    (void)unused;
    lk__auto_buf one = LK__BUF(8192);
    lk__auto_buf two = LK__BUF(8192);

    make(NOON, &one);
    make(NOON, &two);
    assert_string_not_equal(one.data, two.data);
}

static void test_old_and_future_states_are_expired(void **unused)
{
    (void)unused;
    lk__auto_buf seal = LK__BUF(8192);
    static const int64_t ages_ms[] = { 600001, 3600000, -60001 };

    make(NOON, &seal);
    for (size_t i = 0; i < N_ROWS(ages_ms); i++) {
        lk__auto_state state = { .return_to = NULL };
        lk_error err = LK_ERROR_INIT;
        assert_fails(
            lk__state_open(LK__ONE_PASSWORD(PASSWORD), seal.data, NOON + ages_ms[i], &state, &err),
            LK_ERR_EXPIRED, err);
        assert_null(state.return_to);
    }
}

static void test_damaged_state_is_none(void **unused)
{
    (void)unused;
    lk__auto_buf seal = LK__BUF(8192);

    make(NOON, &seal);
    for (size_t i = 0; i < seal.len; i++) {
        lk__auto_state state = { .return_to = NULL };
        lk_error err = LK_ERROR_INIT;
        char kept = seal.data[i];
        seal.data[i] = kept == 'A' ? 'B' : 'A';
        lk_status status =
            lk__state_open(LK__ONE_PASSWORD(PASSWORD), seal.data, NOON, &state, &err);
        seal.data[i] = kept;
        if (status == LK_OK)
            fail_msg("a state with byte %zu of %zu changed was opened", i, seal.len);
    }
}

static void test_other_seals_are_no_states(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "{\"accessToken\":\"x\",\"refreshToken\":\"y\",\"user\":{\"id\":\"user_01\"}}",
        "{\"codeVerifier\":\"short\",\"issuedAt\":1772452800000}",
        "{\"codeVerifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"}",
        "{\"codeVerifier\":[1],\"issuedAt\":1772452800000}",
        "[]",
        "null",
        "x",
    };

    const lk_random random = fake_random_use(&counter);

    for (size_t i = 0; i < N_ROWS(texts); i++) {
        lk__auto_state state = { .return_to = NULL };
        lk_error err = LK_ERROR_INIT;
        lk__auto_buf seal = LK__BUF(8192);
        assert_ok(lk__seal(&random, PASSWORD, texts[i], strlen(texts[i]), NOON, 0, &seal, &err),
                  err);
        assert_fails(lk__state_open(LK__ONE_PASSWORD(PASSWORD), seal.data, NOON, &state, &err),
                     LK_ERR_STATE, err);
    }
}

/* authkit-nextjs seals no issuedAt, and for ten minutes. */
static void test_state_without_a_date_is_dated_by_its_seal(void **unused)
{
    (void)unused;
    static const char text[] =
        "{\"nonce\":\"7b0c2f0e-5d1c-4a52-9a57-0a6f0e5b9c11\",\"codeVerifier\":"
        "\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"}";
    static const struct {
        int64_t ttl_ms, age_ms;
        lk_status status;
    } rows[] = {
        { 600000, 0, LK_OK },
        { 600000, 600000, LK_OK },
        { 600000, 600001, LK_ERR_EXPIRED },
        { 0, 0, LK_ERR_STATE },            /* good for ever: no state */
        { 1209600000, 0, LK_ERR_EXPIRED }, /* iron-session's own two weeks: from the future */
        { 660001, 0, LK_ERR_EXPIRED },
        { 660000, 0, LK_OK }, /* a clock that is a minute ahead */
    };
    const lk_random random = fake_random_use(&counter);

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_state state = { .return_to = NULL };
        lk_error err = LK_ERROR_INIT;
        lk__auto_buf seal = LK__BUF(8192);
        assert_ok(
            lk__seal(&random, PASSWORD, text, strlen(text), NOON, rows[i].ttl_ms, &seal, &err),
            err);
        assert_int_equal(lk__state_open(LK__ONE_PASSWORD(PASSWORD), seal.data,
                                        NOON + rows[i].age_ms, &state, &err),
                         rows[i].status);
    }
}

/* AuthKit's libraries seal what they were asked for, and look at it when the person is back. */
static void test_return_path_of_another_writer_is_looked_at(void **unused)
{
    (void)unused;
    static const struct {
        const char *sealed, *opened; /* NULL: home */
    } rows[] = {
        { "/app?a=1#b", "/app?a=1#b" },  { "https://evil.example/x", NULL }, /* another site */
        { "//evil.example/x", NULL }, /* the same, of this scheme */
        { "/\\evil.example", NULL },  /* the same, to a browser */
        { "javascript:alert(1)", NULL }, { "", NULL },
    };
    const lk_random random = fake_random_use(&counter);

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_state state = { .return_to = NULL };
        lk_error err = LK_ERROR_INIT;
        lk__auto_buf seal = LK__BUF(8192);
        lk__state sealed = { .code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                             .return_to = (char *)rows[i].sealed };
        assert_ok(lk__state_seal(&random, PASSWORD, &sealed, "https://app.example/callback", NOON,
                                 &seal, &err),
                  err);
        assert_ok(lk__state_open(LK__ONE_PASSWORD(PASSWORD), seal.data, NOON, &state, &err), err);
        if (rows[i].opened == NULL)
            assert_null(state.return_to);
        else
            assert_string_equal(state.return_to, rows[i].opened);
    }
}

static void add_pending(char *header, size_t size, int64_t issued_at_ms)
{
    lk__auto_buf seal = LK__BUF(8192);
    char name[LK__STATE_NAME_SIZE];

    make(issued_at_ms, &seal);
    lk__state_cookie_name(seal.data, name);
    snprintf(header + strlen(header), size - strlen(header), "%s=%s; ", name, seal.data);
}

static void test_pending_states_are_sorted_by_age(void **unused)
{
    (void)unused;
    char header[16384] = "x=y; wos-auth-verifier-0123456=short; wos-auth-verifier-0123456g=no hex; "
                         "wos-auth-verifier-00000000=unreadable; ";
    lk__pending pending = { .n_items = 0 };
    lk_error err = LK_ERROR_INIT;

    add_pending(header, sizeof(header), NOON - 1000);
    add_pending(header, sizeof(header), NOON - 3000);
    add_pending(header, sizeof(header), NOON - 700000); /* expired */
    add_pending(header, sizeof(header), NOON - 2000);
    assert_ok(lk__pending_read(LK__ONE_PASSWORD(PASSWORD), header, NOON, &pending, &err), err);
    lk__pending_sort(&pending);
    assert_int_equal(pending.n_items, 5);
    assert_int_equal(pending.items[0].issued_at_ms, 0);
    assert_int_equal(pending.items[1].issued_at_ms, 0);
    assert_int_equal(pending.items[2].issued_at_ms, NOON - 3000);
    assert_int_equal(pending.items[4].issued_at_ms, NOON - 1000);
}

static void test_list_of_pending_states_is_bounded(void **unused)
{
    (void)unused;
    char header[32768] = "";
    lk__pending pending = { .n_items = 0 };
    lk_error err = LK_ERROR_INIT;

    for (int i = 0; i < 500; i++)
        snprintf(header + strlen(header), sizeof(header) - strlen(header),
                 "wos-auth-verifier-%08x=x; ", (unsigned)i);
    assert_ok(lk__pending_read(LK__ONE_PASSWORD(PASSWORD), header, NOON, &pending, &err), err);
    assert_int_equal(pending.n_items, N_ROWS(pending.items));
}

static void test_only_the_browser_that_holds_a_state_has_it(void **unused)
{
    (void)unused;
    lk__auto_buf seal = LK__BUF(8192);
    char name[LK__STATE_NAME_SIZE];
    char good[9000];
    char prefix[9000];
    char longer[9000];
    char elsewhere[9000];
    lk_error err = LK_ERROR_INIT;

    make(NOON, &seal);
    lk__state_cookie_name(seal.data, name);
    snprintf(good, sizeof(good), "%s=other; %s=%s", name, name, seal.data);
    snprintf(prefix, sizeof(prefix), "%s=%.*s", name, (int)seal.len - 1, seal.data);
    snprintf(longer, sizeof(longer), "%s=%sx", name, seal.data);
    snprintf(elsewhere, sizeof(elsewhere), "wos-auth-verifier-00000000=%s", seal.data);
    const struct {
        const char *header;
        bool held;
    } rows[] = {
        { good, true }, { prefix, false }, { longer, false }, { elsewhere, false }, { "", false }
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        bool held = false;
        assert_ok(lk__state_is_held(rows[i].header, seal.data, &held, &err), err);
        assert_int_equal(held, rows[i].held);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookie_name_is_that_of_the_sdk),
        cmocka_unit_test(test_state_comes_back_as_it_went),
        cmocka_unit_test(test_two_states_are_never_the_same),
        cmocka_unit_test(test_old_and_future_states_are_expired),
        cmocka_unit_test(test_damaged_state_is_none),
        cmocka_unit_test(test_other_seals_are_no_states),
        cmocka_unit_test(test_state_without_a_date_is_dated_by_its_seal),
        cmocka_unit_test(test_return_path_of_another_writer_is_looked_at),
        cmocka_unit_test(test_pending_states_are_sorted_by_age),
        cmocka_unit_test(test_list_of_pending_states_is_bounded),
        cmocka_unit_test(test_only_the_browser_that_holds_a_state_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
