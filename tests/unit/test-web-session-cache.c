/* Sessions kept between requests: web/session-cache.c. */
#include "web/session-cache.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "api/client.h"
#include "crypto/seal.h"
#include "fake-token.h"
#include "test-client.h"
#include "test.h"

#define PASSWORD "a-password-of-the-tests-0123456789"
#define END      (NOON + 300000) /* of every token */

enum { KEYS = 7, N_SEALS = 12 };

/* One client, sealed sessions of it, and the sessions that they open to. */
typedef struct shelf {
    fake_wire wire;
    test_client client;
    char *sealed[N_SEALS];
    lk_session *sessions[N_SEALS];
    lk__session_cache *cache;
} shelf;

static char *token_of(int number)
{
    char claims[256];

    snprintf(claims, sizeof(claims),
             "{\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\",\"sid\":\"session_%02d\","
             "\"exp\":%" PRId64 "}",
             number, END / 1000);
    return fake_token_sign("key_1", claims);
}

static lk_session *opened(const shelf *s, const char *sealed)
{
    lk_session *session = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_session_open(s->client.client, PASSWORD, sealed, &session, &err), err);
    return session;
}

static int setup(void **state)
{
    static const fake_exchange script[] = {
        { "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" },
    };
    const lk_user user = { .id = "user_01", .email = "mira@nordwind.example" };
    shelf *s = calloc(1, sizeof(*s));
    lk_error err = LK_ERROR_INIT;

    s->wire = (fake_wire){ .script = script,
                           .n_script = N_ROWS(script),
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
    test_client_open(&s->client, &s->wire);
    assert_ok(lk_client_refresh_keys(s->client.client, &err), err);
    for (int i = 0; i < N_SEALS; i++) {
        char *token = token_of(i);
        const lk_authentication authentication = { .user = &user,
                                                   .access_token = token,
                                                   .refresh_token = "rt_01" };
        assert_ok(lk_session_seal(s->client.client, PASSWORD, &authentication, &s->sealed[i], &err),
                  err);
        s->sessions[i] = opened(s, s->sealed[i]);
        free(token);
    }
    assert_ok(lk__session_cache_new(&s->client.client->random, 64, &s->cache, &err), err);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    shelf *s = *state;

    for (int i = 0; i < N_SEALS; i++) {
        lk_free_secret(s->sealed[i]);
        lk_session_free(s->sessions[i]);
    }
    lk__session_cache_free(s->cache);
    test_client_close(&s->client, &s->wire);
    free(s);
    return 0;
}

static void keep(shelf *s, int i)
{
    lk__session_cache_keep(s->cache, s->sealed[i], strlen(s->sealed[i]), s->sessions[i], KEYS,
                           NOON);
}

static bool finds_at(shelf *s, const char *sealed, size_t len, uint64_t keys_id, int64_t now_ms)
{
    lk_auto(lk_session) session = lk__session_cache_find(s->cache, sealed, len, keys_id, now_ms);

    return session != NULL;
}

static bool finds(shelf *s, int i)
{
    return finds_at(s, s->sealed[i], strlen(s->sealed[i]), KEYS, NOON);
}

/* ---- What is found ---- */

static void test_the_same_seal_finds_its_session(void **state)
{
    shelf *s = *state;

    assert_false(finds(s, 0)); /* nobody is in there before */
    keep(s, 0);
    keep(s, 1);
    lk_session *session =
        lk__session_cache_find(s->cache, s->sealed[1], strlen(s->sealed[1]), KEYS, NOON);
    assert_non_null(session);
    assert_string_equal(session->session_id, "session_01");
    assert_false(finds(s, 2));

    /* It outlives whoever else holds it. */
    lk_session_freep(&s->sessions[1]);
    lk__session_cache_free(s->cache);
    s->cache = NULL;
    assert_string_equal(session->session_id, "session_01");
    assert_string_equal(session->user->email, "mira@nordwind.example");
    lk_session_free(session);
}

static void test_a_seal_that_differs_in_one_byte_is_another(void **state)
{
    shelf *s = *state;
    size_t len = strlen(s->sealed[0]);

    keep(s, 0);
    for (size_t i = 0; i < len; i++) {
        s->sealed[0][i] ^= 1;
        assert_false(finds_at(s, s->sealed[0], len, KEYS, NOON));
        s->sealed[0][i] ^= 1;
    }
    assert_false(finds_at(s, s->sealed[0], len - 1, KEYS, NOON));
    assert_false(finds_at(s, s->sealed[0] + 1, len - 1, KEYS, NOON)); /* the same end */
    assert_false(finds_at(s, s->sealed[0], 0, KEYS, NOON));
    assert_true(finds(s, 0));
}

static void test_keeping_again_replaces(void **state)
{
    shelf *s = *state;

    keep(s, 0);
    keep(s, 0);
    assert_true(finds(s, 0));
    lk__session_cache_forget(s->cache, s->sealed[0], strlen(s->sealed[0]));
    assert_false(finds(s, 0)); /* there was no second one */
}

/* ---- What has ended ---- */

static void test_an_expired_token_is_never_served(void **state)
{
    shelf *s = *state;
    size_t len = strlen(s->sealed[0]);

    keep(s, 0);
    assert_true(finds_at(s, s->sealed[0], len, KEYS, END - 1));
    assert_false(finds_at(s, s->sealed[0], len, KEYS, END));
    assert_false(finds_at(s, s->sealed[0], len, KEYS, END - 1)); /* gone for good */
}

/* The Node family seals with a lifetime where it is told to: shorter than the token's here. */
static void test_an_expired_seal_is_never_served(void **state)
{
    shelf *s = *state;
    lk__auto_buf sealed = LK__SECRET_BUF(8000);
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;

    assert_ok(lk_open_text(PASSWORD, s->sealed[0], NOON, &text, &err), err);
    assert_ok(lk__seal(&s->client.client->random, PASSWORD, text, strlen(text), NOON, 5000, &sealed,
                       &err),
              err);
    lk_free_secret(text);
    lk_auto(lk_session) session = opened(s, sealed.data);
    lk__session_cache_keep(s->cache, sealed.data, sealed.len, session, KEYS, NOON);
    assert_true(finds_at(s, sealed.data, sealed.len, KEYS, NOON + 4999));
    assert_false(finds_at(s, sealed.data, sealed.len, KEYS, NOON + 5000));
}

static void test_a_clock_that_was_set_back_revives_nothing(void **state)
{
    shelf *s = *state;
    size_t len = strlen(s->sealed[0]);

    keep(s, 0);
    assert_false(finds_at(s, s->sealed[0], len, KEYS, NOON - 1));
}

static void test_other_keys_flush(void **state)
{
    shelf *s = *state;
    size_t len = strlen(s->sealed[0]);

    keep(s, 0);
    keep(s, 1);
    assert_false(finds_at(s, s->sealed[0], len, KEYS + 1, NOON));
    assert_false(finds_at(s, s->sealed[1], len, 0, NOON)); /* keys too old to be used */
    assert_false(finds(s, 0));
    assert_false(finds(s, 1));
}

/* An SSO profile needs no keys; a token that was verified although there were none did need them,
 * so they came in between and nobody knows which. */
static void test_without_keys_only_profiles_are_kept(void **state)
{
    shelf *s = *state;
    size_t len = strlen(s->sealed[0]);
    const lk_profile profile = { .id = "prof_01" };
    lk_session *session = s->sessions[1];

    lk__session_cache_keep(s->cache, s->sealed[0], len, s->sessions[0], 0, NOON);
    assert_false(finds_at(s, s->sealed[0], len, 0, NOON));
    session->profile = &profile;
    lk__session_cache_keep(s->cache, s->sealed[1], len, session, 0, NOON);
    assert_true(finds_at(s, s->sealed[1], len, 0, NOON));
}

static void test_what_is_forgotten_is_not_found(void **state)
{
    shelf *s = *state;

    keep(s, 0);
    keep(s, 1);
    lk__session_cache_forget(s->cache, s->sealed[0], strlen(s->sealed[0]));
    lk__session_cache_forget(s->cache, s->sealed[2], strlen(s->sealed[2])); /* was never there */
    assert_false(finds(s, 0));
    assert_true(finds(s, 1));
}

/* ---- Bounds ---- */

static void test_the_one_used_longest_ago_makes_room(void **state)
{
    shelf *s = *state;
    lk_error err = LK_ERROR_INIT;

    lk__session_cache_free(s->cache);
    assert_ok(lk__session_cache_new(&s->client.client->random, 4, &s->cache, &err), err);
    for (int i = 0; i < 4; i++)
        keep(s, i);
    assert_true(finds(s, 0)); /* now 1 is the oldest */
    keep(s, 4);
    assert_false(finds(s, 1));
    for (int i = 0; i < 5; i++)
        assert_int_equal(finds(s, i), i != 1);
}

/* In any order of keeping and forgetting: what is in there is what a list of the last four says. */
static void test_order_and_count_stay_right(void **state)
{
    shelf *s = *state;
    int order[N_SEALS]; /* newest first */
    int n = 0;
    lk_error err = LK_ERROR_INIT;

    lk__session_cache_free(s->cache);
    assert_ok(lk__session_cache_new(&s->client.client->random, 4, &s->cache, &err), err);
    for (unsigned step = 0; step < 2000; step++) {
        int seal = (int)(step * 2654435761U >> 16) % N_SEALS;
        bool forgets = step % 5 == 0;
        int at = 0;

        while (at < n && order[at] != seal)
            at++;
        if (!forgets)
            assert_int_equal(finds(s, seal), at < n);
        if (at < n)
            memmove(&order[at], &order[at + 1], (size_t)(--n - at) * sizeof(order[0]));
        if (forgets) {
            lk__session_cache_forget(s->cache, s->sealed[seal], strlen(s->sealed[seal]));
            continue;
        }
        keep(s, seal);
        memmove(&order[1], &order[0], (size_t)n * sizeof(order[0]));
        order[0] = seal;
        n = n == 4 ? 4 : n + 1;
    }
}

static void test_no_entries_keep_nothing(void **state)
{
    shelf *s = *state;
    lk_error err = LK_ERROR_INIT;

    lk__session_cache_free(s->cache);
    assert_ok(lk__session_cache_new(&s->client.client->random, 0, &s->cache, &err), err);
    keep(s, 0);
    assert_false(finds(s, 0));
    lk__session_cache_forget(s->cache, s->sealed[0], strlen(s->sealed[0]));
}

static void test_large_seals_are_left_out(void **state)
{
    static const size_t lengths[] = { 8192, 8193 };
    static char zeros[8193];
    shelf *s = *state;

    for (size_t i = 0; i < N_ROWS(lengths); i++) {
        lk__auto_buf sealed = LK__BUF(10000);
        lk_error err = LK_ERROR_INIT;
        const char *end = s->sealed[0] + strlen("Fe26.2*1*");

        /* The salt may be any text: longer until the whole has the length. */
        memset(zeros, '0', sizeof(zeros));
        assert_ok(lk__buf_text(&sealed, "Fe26.2*1*", &err), err);
        assert_ok(lk__buf_append(&sealed, zeros, lengths[i] - strlen(s->sealed[0]), &err), err);
        assert_ok(lk__buf_text(&sealed, end, &err), err);
        assert_int_equal(sealed.len, lengths[i]);
        lk__session_cache_keep(s->cache, sealed.data, sealed.len, s->sessions[0], KEYS, NOON);
        assert_int_equal(finds_at(s, sealed.data, sealed.len, KEYS, NOON), lengths[i] == 8192);
    }
}

/* ---- Threads ---- */

typedef struct visitor {
    shelf *shelf;
    int number;
    int n_wrong;
} visitor;

/* Finds, keeps and forgets all of them in an order of its own. */
static void *visit(void *ctx)
{
    visitor *v = ctx;
    shelf *s = v->shelf;
    char wanted[16];

    for (int i = 0; i < 3000; i++) {
        int n = (i * (2 * v->number + 1) + v->number) % N_SEALS;
        size_t len = strlen(s->sealed[n]);
        lk_session *session = lk__session_cache_find(s->cache, s->sealed[n], len, KEYS, NOON);

        snprintf(wanted, sizeof(wanted), "session_%02d", n);
        if (session != NULL && strcmp(session->session_id, wanted) != 0)
            v->n_wrong++;
        if (session == NULL)
            keep(s, n);
        if (i % 7 == 0)
            lk__session_cache_forget(s->cache, s->sealed[n], len);
        lk_session_free(session);
    }
    return NULL;
}

static void test_threads_find_the_right_one(void **state)
{
    shelf *s = *state;
    pthread_t threads[8];
    visitor visitors[8];
    lk_error err = LK_ERROR_INIT;

    lk__session_cache_free(s->cache);
    assert_ok(lk__session_cache_new(&s->client.client->random, 8, &s->cache, &err), err);
    for (int i = 0; i < 8; i++) {
        visitors[i] = (visitor){ .shelf = s, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &visitors[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(visitors[i].n_wrong, 0);
    }
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(test_the_same_seal_finds_its_session),
        CACHE_TEST(test_a_seal_that_differs_in_one_byte_is_another),
        CACHE_TEST(test_keeping_again_replaces),
        CACHE_TEST(test_an_expired_token_is_never_served),
        CACHE_TEST(test_an_expired_seal_is_never_served),
        CACHE_TEST(test_a_clock_that_was_set_back_revives_nothing),
        CACHE_TEST(test_other_keys_flush),
        CACHE_TEST(test_without_keys_only_profiles_are_kept),
        CACHE_TEST(test_what_is_forgotten_is_not_found),
        CACHE_TEST(test_the_one_used_longest_ago_makes_room),
        CACHE_TEST(test_order_and_count_stay_right),
        CACHE_TEST(test_no_entries_keep_nothing),
        CACHE_TEST(test_large_seals_are_left_out),
        CACHE_TEST(test_threads_find_the_right_one),
    };

    return cmocka_run_group_tests_name("web-session-cache", tests, NULL, NULL);
}
