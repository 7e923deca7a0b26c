/* Memory runs out anywhere in a request that reads, renews, keeps or ends a session: it fails, or
 * is answered as if nothing had happened; never does it sign anybody out. */
#include <stdio.h>

#include "failing-malloc.h"
#include "fake-token.h"
#include "shared-store.h"
#include "test.h"
#include "web-kit.h"
#include "web/handle.h"

#define RENEWAL "POST /user_management/authenticate"

enum { STALE, FRESH, RENEWED, N_SEALS };

static char *grant;          /* what WorkOS answers */
static char *seals[N_SEALS]; /* signing takes its time */

/* One for all: to make it takes longer than all that is tested. Emptied each time. */
static shared_store store;

static void empty_store(void)
{
    kit k = { .mirror = store.mirror };

    kit_run(&k, "DELETE FROM lease");
    kit_run(&k, "DELETE FROM web_session");
}

/* A server with rt_01 in a stale session. */
typedef struct world {
    web_kit kit;
    fake_wire wire;
    lk_session_storage storage;
} world;

static world *opening;

static void share(lk_web_options *options)
{
    options->refresh_lease = shared_store_lease(&store);
    options->session_store = shared_store_sessions(&store);
    options->session_storage = opening->storage;
}

static void open_world(world *w, const fake_exchange *script, size_t n_script)
{
    lk_error err = LK_ERROR_INIT;

    empty_store();
    w->wire =
        (fake_wire){ .script = script, .n_script = n_script, .mutex = PTHREAD_MUTEX_INITIALIZER };
    opening = w;
    web_kit_open(&w->kit, &w->wire, share);
    assert_ok(lk_client_refresh_keys(w->kit.client.client, &err), err);
}

static void close_world(world *w)
{
    lk_web_free(w->kit.web);
    lk_client_free(w->kit.client.client);
}

/* As the server itself would have made it. */
static void store_session(world *w, const char *seal)
{
    const lk_random random = { .fill = lk__random_fill };
    lk__handle handle;
    char cookie[LK__HANDLE_COOKIE_SIZE];
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__handle_new(&random, &handle, &err), err);
    assert_ok(lk__handle_print(&handle, KIT_PASSWORD, cookie, &err), err);
    assert_ok(lk_mirror_put_session(store.mirror, handle.name, seal, NOON, NOON + 86400000, &err),
              err);
    snprintf(w->kit.jar, sizeof(w->kit.jar), "wos-session=%s", cookie);
}

typedef struct scenario {
    bool is_stored;
    bool is_fresh;      /* nothing to renew */
    const char *method; /* NULL: GET */
    const char *path;   /* NULL: /app */
    const char *result; /* what another server has left; NULL: nothing */
    size_t n_exchanges; /* with WorkOS, after its keys */
    bool ends;          /* a session is to end */
} scenario;

static void leave_result(const char *result)
{
    lk_mirror *mirror = store.mirror;
    lk_error err = LK_ERROR_INIT;
    char *found = NULL;
    int64_t fence = 0;
    bool held = false;
    char own[80];
    unsigned char hash[LK__SHA256_SIZE];
    assert_ok(lk__sha256("rt_01", 5, hash, &err), err);
    int n = snprintf(own, sizeof(own), "refresh:");
    for (size_t i = 0; i < sizeof(hash); i++)
        n += snprintf(own + n, sizeof(own) - (size_t)n, "%02x", hash[i]);
    assert_ok(lk_mirror_acquire_lease(mirror, own, NOON, 20000, &fence, &found, &err), err);
    assert_ok(lk_mirror_finish_lease(mirror, own, fence, NOON, 30000, result, &held, &err), err);
    assert_true(held);
}

static bool clears(const lk_web_reply *reply)
{
    return web_kit_count_cookies(reply, "wos-session=", true) > 0;
}

static void run_once(const scenario *s, long n, bool *ran_out)
{
    const fake_exchange script[] = { KIT_JWKS, { RENEWAL, .status = 200, .body = grant } };
    world *w = calloc(1, sizeof(*w));
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    w->storage = s->is_stored ? LK_SESSIONS_IN_STORE : LK_SESSIONS_IN_COOKIES;
    open_world(w, script, 1 + s->n_exchanges);
    const char *seal = s->is_fresh ? seals[FRESH] : seals[STALE];
    snprintf(w->kit.jar, sizeof(w->kit.jar), "wos-session=%s", seal);
    if (s->is_stored)
        store_session(w, seal);
    if (s->result != NULL)
        leave_result(s->result);

    const lk_header headers[] = { { "Cookie", w->kit.jar }, { "Origin", "https://app.example" } };
    failing_malloc_arm(n);
    lk_status status = lk_web_answer(w->kit.web,
                                     &(lk_web_request){ .method = s->method ? s->method : "GET",
                                                        .path = s->path ? s->path : "/app",
                                                        .headers = headers,
                                                        .n_headers = 2 },
                                     &reply, &err);
    *ran_out = failing_malloc_disarm();
    if (status != LK_OK && (status != LK_ERR_NO_MEMORY || err.status != status || reply != NULL))
        fail_msg("allocation %ld: %s: %s", n, lk_status_name(status), err.message);
    if (status != LK_OK && !*ran_out)
        fail_msg("%s", err.message);
    if (status == LK_OK && s->ends)
        assert_true(clears(reply));
    if (status == LK_OK && !s->ends && (reply->session == NULL || clears(reply)))
        fail_msg("allocation %ld signs out", n);
    if (w->wire.problem[0] != '\0')
        fail_msg("allocation %ld: %s", n, w->wire.problem);
    lk_web_reply_free(reply);
    close_world(w);
    free(w);
}

static void walk(const scenario *s)
{
    bool ran_out = true;
    long n = 1;

    for (; ran_out; n++) {
        assert_true(n < 10000);
        run_once(s, n, &ran_out);
    }
    assert_true(n > 10);
}

static void test_requests_survive_every_failed_allocation(void **state)
{
    (void)state;
    walk(&(scenario){ .is_fresh = true });
    walk(&(scenario){ .is_fresh = true, .is_stored = true });
}

static void test_renewals_survive_every_failed_allocation(void **state)
{
    (void)state;
    walk(&(scenario){ .n_exchanges = 1 });
    walk(&(scenario){ .n_exchanges = 1, .is_stored = true });
}

static void test_results_of_others_survive_every_failed_allocation(void **state)
{
    (void)state;
    char *result = NULL;

    if (asprintf(&result, "s%s", seals[RENEWED]) < 0)
        abort();
    walk(&(scenario){ .result = result });
    walk(&(scenario){ .result = result, .is_stored = true });
    free(result);
}

static void test_sign_outs_survive_every_failed_allocation(void **state)
{
    (void)state;
    walk(&(scenario){ .method = "POST", .path = "/logout", .is_fresh = true, .ends = true });
    walk(&(scenario){
        .method = "POST", .path = "/logout", .is_fresh = true, .is_stored = true, .ends = true });
}

static void test_sizes_survive_every_failed_allocation(void **state)
{
    (void)state;
    char *token = fake_token(NOON);
    char *json = NULL;
    bool ran_out = true;

    if (asprintf(&json, "{\"user\":{\"id\":\"u\",\"email\":\"e\"},\"accessToken\":\"%s\"}", token) <
        0)
        abort();
    for (long n = 1; ran_out; n++) {
        lk_session_sizes *sizes = NULL;
        lk_error err = LK_ERROR_INIT;
        failing_malloc_arm(n);
        lk_status status = lk_session_size(json, NULL, NULL, &sizes, &err);
        ran_out = failing_malloc_disarm();
        assert_int_equal(status, ran_out ? LK_ERR_NO_MEMORY : LK_OK);
        assert_int_equal(sizes == NULL, ran_out);
        lk_session_sizes_free(sizes);
    }
    free(json);
    free(token);
}

static void test_leases_and_records_survive_every_failed_allocation(void **state)
{
    (void)state;
    bool ran_out = true;

    for (long n = 1; ran_out; n++) {
        lk_auto(lk_mirror) mirror = NULL; /* a new one, in which no statement is prepared */
        lk_error err = LK_ERROR_INIT;
        char *result = NULL, *record = NULL;
        int64_t fence = 0;
        bool held = false, replaced = false, removed = false;
        assert_ok(lk_mirror_open("sqlite::memory:", &mirror, &err), err);
        failing_malloc_arm(n);
        lk_status status = lk_mirror_acquire_lease(mirror, "a", NOON, 1000, &fence, &result, &err);
        if (status == LK_OK)
            status = lk_mirror_renew_lease(mirror, "a", fence, NOON, 1000, &held, &err);
        if (status == LK_OK)
            status = lk_mirror_finish_lease(mirror, "a", fence, NOON, 1000, "r", &held, &err);
        if (status == LK_OK)
            status = lk_mirror_acquire_lease(mirror, "a", NOON, 1000, &fence, &result, &err);
        if (status == LK_OK)
            status = lk_mirror_put_session(mirror, "a", "one", NOON, NOON + 1, &err);
        if (status == LK_OK)
            status =
                lk_mirror_replace_session(mirror, "a", "one", "two", NOON + 1, &replaced, &err);
        if (status == LK_OK)
            status = lk_mirror_get_session(mirror, "a", NOON, &record, &err);
        if (status == LK_OK)
            status = lk_mirror_remove_session(mirror, "a", "two", &removed, &err);
        ran_out = failing_malloc_disarm();
        assert_int_equal(status, ran_out ? LK_ERR_NO_MEMORY : LK_OK);
        assert_int_equal(removed, !ran_out);
        lk_free_secret(result);
        lk_free_secret(record);
    }
}

static char *make_seal(int64_t issued_at_ms, const char *refresh_token)
{
    fake_wire silent = FAKE_WIRE_SILENT;
    web_kit browser;

    web_kit_open(&browser, &silent, NULL);
    web_kit_sign_in(&browser, issued_at_ms, refresh_token);
    char *seal = strdup(browser.jar + strlen("wos-session="));
    web_kit_close(&browser, &silent);
    return seal;
}

static int set_up(void **state)
{
    static const kit memory = { .store = "sqlite::memory:" };

    (void)state;
    shared_store_open(&store, &memory);
    grant = web_kit_grant(NOON, "rt_02");
    seals[STALE] = make_seal(NOON - 3600000, "rt_01");
    seals[FRESH] = make_seal(NOON, "rt_01");
    seals[RENEWED] = make_seal(NOON, "rt_02");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shared_store_close(&store);
    free(grant);
    for (int i = 0; i < N_SEALS; i++)
        free(seals[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_survive_every_failed_allocation),
        cmocka_unit_test(test_renewals_survive_every_failed_allocation),
        cmocka_unit_test(test_results_of_others_survive_every_failed_allocation),
        cmocka_unit_test(test_sign_outs_survive_every_failed_allocation),
        cmocka_unit_test(test_sizes_survive_every_failed_allocation),
        cmocka_unit_test(test_leases_and_records_survive_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
