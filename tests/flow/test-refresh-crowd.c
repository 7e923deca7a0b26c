/* 64 threads in each of four servers on one store, and one refresh token: all are signed in, and
 * WorkOS is asked once. For ThreadSanitizer, too; e2e/refresh does the same with processes. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "server-kit.h"
#include "test.h"
#include "web/handle.h"

enum { N_SERVERS = 4, N_THREADS = 64 };

/* It stays noon, and who sleeps does sleep: many threads may do both. */
static int64_t noon(void *ctx)
{
    (void)ctx;
    return NOON;
}

static void sleep_ms(void *ctx, int64_t ms)
{
    (void)ctx;
    (void)usleep((useconds_t)ms * 1000);
}

typedef struct crowded {
    lk_client *client;
    fake_random random;
    shared_store store;
    lk_web *web;
} crowded;

static void open_crowded(crowded *self, fake_wire *wire, const kit *disk,
                         lk_session_storage storage)
{
    lk_error err = LK_ERROR_INIT;

    memset(self, 0, sizeof(*self));
    shared_store_open(&self->store, disk);
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .api_key = TEST_API_KEY,
                                              .transport = fake_wire_use(wire),
                                              .clock = { .now_ms = noon, .sleep_ms = sleep_ms },
                                              .random = fake_random_use(&self->random)),
                            &self->client, &err),
              err);
    assert_ok(lk_client_refresh_keys(self->client, &err), err);
    assert_ok(lk_web_new(LK_WEB_OPTIONS(.client = self->client, .cookie_password = KIT_PASSWORD,
                                        .redirect_uri = "https://app.example/callback",
                                        .refresh_lease = shared_store_lease(&self->store),
                                        .session_store = shared_store_sessions(&self->store),
                                        .session_storage = storage),
                         &self->web, &err),
              err);
}

static void close_crowded(crowded *self)
{
    lk_web_free(self->web);
    lk_client_free(self->client);
    shared_store_close(&self->store);
}

typedef struct crowd {
    pthread_barrier_t start;
    char cookie[8192];
    atomic_int n_sessions, n_failures, n_cookies;
} crowd;

typedef struct visitor {
    crowd *crowd;
    lk_web *web;
} visitor;

static void *ask_once(void *ctx)
{
    visitor *self = ctx;
    crowd *c = self->crowd;
    const lk_header cookie = { "Cookie", c->cookie };
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    pthread_barrier_wait(&c->start);
    lk_status status = lk_web_answer(
        self->web,
        &(lk_web_request){ .method = "GET", .path = "/app", .headers = &cookie, .n_headers = 1 },
        &reply, &err);
    if (status != LK_OK) {
        fprintf(stderr, "%s\n", err.message);
        atomic_fetch_add(&c->n_failures, 1);
        return NULL;
    }
    atomic_fetch_add(&c->n_sessions, reply->session != NULL);
    atomic_fetch_add(&c->n_cookies, web_kit_set_cookie(reply, "wos-session=") != NULL);
    lk_web_reply_free(reply);
    return NULL;
}

static void run_crowd(crowd *c, crowded servers[N_SERVERS])
{
    static pthread_t threads[N_SERVERS * N_THREADS];
    visitor visitors[N_SERVERS];

    pthread_barrier_init(&c->start, NULL, N_SERVERS * N_THREADS);
    for (int i = 0; i < N_SERVERS; i++)
        visitors[i] = (visitor){ .crowd = c, .web = servers[i].web };
    for (int i = 0; i < N_SERVERS * N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, &visitors[i % N_SERVERS]), 0);
    for (int i = 0; i < N_SERVERS * N_THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&c->start);
}

/* Long enough for the others to arrive; without it the test passes, too. */
static void take_a_moment(void *ctx)
{
    (void)ctx;
    (void)usleep(200 * 1000);
}

static char *stale_seal(void)
{
    fake_wire silent = FAKE_WIRE_SILENT;
    web_kit browser;

    web_kit_open(&browser, &silent, NULL);
    web_kit_sign_in(&browser, NOON - 3600000, "rt_01");
    char *seal = strdup(browser.jar + strlen("wos-session="));
    web_kit_close(&browser, &silent);
    return seal;
}

static void test_crowd_spends_one_refresh_token_once(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, KIT_JWKS, KIT_JWKS, KIT_JWKS,
                               { RENEWAL, .status = 200, .body = grant, .during = take_a_moment });
    char *seal = stale_seal();
    crowded servers[N_SERVERS];
    crowd c = { .n_sessions = 0 };
    kit disk;

    kit_begin(&disk);
    for (int i = 0; i < N_SERVERS; i++)
        open_crowded(&servers[i], &wire, &disk, LK_SESSIONS_IN_COOKIES);
    snprintf(c.cookie, sizeof(c.cookie), "wos-session=%s", seal);
    run_crowd(&c, servers);
    assert_int_equal(c.n_failures, 0);
    assert_int_equal(c.n_sessions, N_SERVERS * N_THREADS);
    assert_int_equal(c.n_cookies, N_SERVERS * N_THREADS);
    for (int i = 0; i < N_SERVERS; i++)
        close_crowded(&servers[i]);
    fake_wire_finished(&wire); /* the script holds one POST */
    kit_end(&disk);
    free(seal);
    free(grant);
}

static void test_crowd_hears_one_refusal(void **state)
{
    (void)state;
    fake_wire wire =
        FAKE_WIRE(KIT_JWKS, KIT_JWKS, KIT_JWKS, KIT_JWKS, { REFUSAL, .during = take_a_moment });
    char *seal = stale_seal();
    crowded servers[N_SERVERS];
    crowd c = { .n_sessions = 0 };
    kit disk;

    kit_begin(&disk);
    for (int i = 0; i < N_SERVERS; i++)
        open_crowded(&servers[i], &wire, &disk, LK_SESSIONS_IN_COOKIES);
    snprintf(c.cookie, sizeof(c.cookie), "wos-session=%s", seal);
    run_crowd(&c, servers);
    assert_int_equal(c.n_failures, 0);
    assert_int_equal(c.n_sessions, 0);
    for (int i = 0; i < N_SERVERS; i++)
        close_crowded(&servers[i]);
    fake_wire_finished(&wire);
    kit_end(&disk);
    free(seal);
}

/* The same with a handle: one record, replaced by one of them. */
static void test_crowd_with_a_handle_keeps_one_record(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, KIT_JWKS, KIT_JWKS, KIT_JWKS,
                               { RENEWAL, .status = 200, .body = grant, .during = take_a_moment });
    char *seal = stale_seal();
    crowded servers[N_SERVERS];
    crowd c = { .n_sessions = 0 };
    lk__handle handle;
    char cookie[LK__HANDLE_COOKIE_SIZE];
    lk_error err = LK_ERROR_INIT;
    char *record = NULL;
    kit disk;

    kit_begin(&disk);
    for (int i = 0; i < N_SERVERS; i++)
        open_crowded(&servers[i], &wire, &disk, LK_SESSIONS_IN_STORE);
    assert_ok(lk__handle_new(&(lk_random){ .fill = lk__random_fill }, &handle, &err), err);
    assert_ok(lk__handle_print(&handle, KIT_PASSWORD, cookie, &err), err);
    assert_ok(lk_mirror_put_session(servers[0].store.mirror, handle.name, seal, NOON,
                                    NOON + 86400000, &err),
              err);
    snprintf(c.cookie, sizeof(c.cookie), "wos-session=%s", cookie);
    run_crowd(&c, servers);
    assert_int_equal(c.n_failures, 0);
    assert_int_equal(c.n_sessions, N_SERVERS * N_THREADS);
    assert_ok(lk_mirror_get_session(servers[0].store.mirror, handle.name, NOON, &record, &err),
              err);
    assert_string_not_equal(record, seal);
    for (int i = 0; i < N_SERVERS; i++) {
        assert_int_equal(servers[i].store.n_put, 0);
        close_crowded(&servers[i]);
    }
    lk_free_secret(record);
    fake_wire_finished(&wire);
    kit_end(&disk);
    free(seal);
    free(grant);
}

/* They move a session from cookies into the store, all at once: it is there once. */
static void test_crowd_moves_a_session_into_the_store_once(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, KIT_JWKS, KIT_JWKS, KIT_JWKS,
                               { RENEWAL, .status = 200, .body = grant, .during = take_a_moment });
    char *seal = stale_seal();
    crowded servers[N_SERVERS];
    crowd c = { .n_sessions = 0 };
    kit disk;

    kit_begin(&disk);
    for (int i = 0; i < N_SERVERS; i++)
        open_crowded(&servers[i], &wire, &disk, LK_SESSIONS_IN_STORE);
    snprintf(c.cookie, sizeof(c.cookie), "wos-session=%s", seal);
    run_crowd(&c, servers);
    assert_int_equal(c.n_failures, 0);
    assert_int_equal(c.n_sessions, N_SERVERS * N_THREADS);
    for (int i = 1; i < N_SERVERS; i++)
        assert_string_equal(servers[i].store.session, servers[0].store.session);
    for (int i = 0; i < N_SERVERS; i++)
        close_crowded(&servers[i]);
    fake_wire_finished(&wire);
    kit_end(&disk);
    free(seal);
    free(grant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crowd_spends_one_refresh_token_once),
        cmocka_unit_test(test_crowd_hears_one_refusal),
        cmocka_unit_test(test_crowd_with_a_handle_keeps_one_record),
        cmocka_unit_test(test_crowd_moves_a_session_into_the_store_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
