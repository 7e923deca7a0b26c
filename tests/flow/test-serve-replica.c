/* A mirror kept from a Latchkey server: the library's own sync against the server's replica routes,
 * with a person's access token where WorkOS wants an API key. */
#include "emulator-kit.h"

#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIRA_CLICK "email=" MIRA
#define HARBOR_D   "directory_01HARB0R0000000000000P1NE"

static struct {
    char directory[64], store[96], base[256];
    lk_client *client;
    server_options options;
    server *running;
    lk_mirror *original; /* the server's */
    lk_client *reader;   /* of the replica */
    lk_mirror *copy;
    lk_sync *sync;
} it;

static void pause_ms(int ms)
{
    const struct timespec time = { .tv_nsec = ms * 1000000L };

    nanosleep(&time, NULL);
}

static int start_server(void)
{
    lk_error err = LK_ERROR_INIT;

    if (serve_start(&it.options, &it.running, &err) != LK_OK ||
        lk_mirror_open(it.store, &it.original, &err) != LK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    snprintf(it.base, sizeof(it.base), "http://127.0.0.1:%d/api/replica", it.running->address.port);
    return 0;
}

static int set_up(void **state)
{
    lk_error err = LK_ERROR_INIT;

    if (emulator_kit_set_up(state) != 0)
        return -1;
    memset(&it, 0, sizeof(it));
    snprintf(it.directory, sizeof(it.directory), "/tmp/latchkey-replica-XXXXXX");
    if (mkdtemp(it.directory) == NULL)
        return -1;
    snprintf(it.store, sizeof(it.store), "sqlite:%s/mirror.db", it.directory);
    if (lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_emulated",
                                        .api_key = "sk_test_default",
                                        .base_url = emulator_kit_url()),
                      &it.client, &err) != LK_OK)
        return -1;
    it.options = (server_options){
        .address = { .host = "127.0.0.1", .is_loopback = true },
        .client = it.client,
        .client_id = "client_emulated",
        .store = it.store,
        .base_url = emulator_kit_url(),
        .follows = true,
        .poll_ms = 50,
        .web = { .cookie_password = "only-for-tests-only-for-tests-only" },
    };
    return start_server();
}

static int tear_down(void **state)
{
    char command[120];

    lk_sync_free(it.sync);
    lk_mirror_free(it.copy);
    lk_client_free(it.reader);
    lk_mirror_free(it.original);
    serve_stop(it.running);
    lk_client_free(it.client);
    lk_rules_free(it.options.rules);
    snprintf(command, sizeof(command), "rm -rf '%s'", it.directory);
    if (system(command) != 0)
        return -1;
    return emulator_kit_tear_down(state);
}

static void open_copy(const char *token)
{
    char store[128];
    lk_error err = LK_ERROR_INIT;

    snprintf(store, sizeof(store), "sqlite:%s/copy.db", it.directory);
    if (lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_emulated", .api_key = token,
                                        .base_url = it.base, .max_retries = -1),
                      &it.reader, &err) != LK_OK ||
        lk_mirror_open(store, &it.copy, &err) != LK_OK ||
        lk_sync_new(LK_SYNC_OPTIONS(.client = it.reader, .mirror = it.copy), &it.sync, &err) !=
            LK_OK)
        fail_msg("%s", err.message);
}

/* Both caught up: the server with WorkOS, the copy with the server. */
static void catch_up(int64_t n_events)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_sync_result result = { 0 };
    lk_error err = LK_ERROR_INIT;

    for (int i = 0; i < 200 && (status.n_events < n_events || status.reconciled_at_ms == 0); i++) {
        pause_ms(50);
        assert_int_equal(lk_mirror_get_status(it.original, &status, &err), LK_OK);
    }
    assert_true(status.n_events >= n_events);
    do {
        if (lk_sync_step(it.sync, &result, &err) != LK_OK)
            fail_msg("%s", err.message);
    } while (!result.caught_up);
}

static int64_t n_events_of(const char *organization)
{
    lk_error err = LK_ERROR_INIT;
    int64_t n = 0;

    assert_int_equal(lk_mirror_count_events(it.original,
                                            LK_MIRROR_EVENT_QUERY(.organization_id = organization),
                                            &n, &err),
                     LK_OK);
    return n;
}

static void assert_same_people(const char *directory)
{
    lk_auto(lk_directory_user_page) theirs = NULL;
    lk_auto(lk_directory_user_page) ours = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_int_equal(lk_mirror_list_users(it.original, LK_MIRROR_QUERY(.directory_id = directory),
                                          &theirs, &err),
                     LK_OK);
    assert_int_equal(
        lk_mirror_list_users(it.copy, LK_MIRROR_QUERY(.directory_id = directory), &ours, &err),
        LK_OK);
    assert_true(theirs->count > 1);
    assert_int_equal(theirs->count, ours->count);
    for (size_t i = 0; i < ours->count; i++) {
        assert_string_equal(ours->items[i]->id, theirs->items[i]->id);
        assert_string_equal(ours->items[i]->email, theirs->items[i]->email);
        assert_int_equal(ours->items[i]->n_groups, theirs->items[i]->n_groups);
        for (size_t g = 0; g < ours->items[i]->n_groups; g++)
            assert_string_equal(ours->items[i]->groups[g], theirs->items[i]->groups[g]);
    }
}

static void assert_absent(const char *organization)
{
    lk_auto(lk_directory_page) directories = NULL;
    lk_error err = LK_ERROR_INIT;
    int64_t n = -1;

    assert_int_equal(lk_mirror_list_directories(it.copy,
                                                LK_MIRROR_QUERY(.organization_id = organization),
                                                &directories, &err),
                     LK_OK);
    assert_int_equal(directories->count, 0);
    assert_int_equal(lk_mirror_count_events(
                         it.copy, LK_MIRROR_EVENT_QUERY(.organization_id = organization), &n, &err),
                     LK_OK);
    assert_int_equal(n, 0);
}

static void test_person_gets_a_mirror_of_their_organization(void **state)
{
    (void)state;
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    full_sign_in(MIRA_CLICK);
    open_copy(text("access_token"));
    catch_up(1);
    assert_same_people(STAFF);
    assert_absent(HARBOR);
    assert_int_equal(lk_mirror_get_status(it.copy, &status, &err), LK_OK);
    assert_true(n_events_of(JUNIPER) > 0);
    assert_int_equal(status.n_events, n_events_of(JUNIPER));

    /* What happens from now on comes, too, and but once. */
    assert_int_equal(control("POST", "/_latchkey/directories/" STAFF "/users",
                             "{\"first_name\":\"Grace\",\"email\":\"grace@juniper.example\"}"),
                     201);
    int64_t known = status.n_events;
    for (int i = 0; i < 100 && status.n_events == known; i++) {
        pause_ms(50);
        catch_up(1);
        assert_int_equal(lk_mirror_get_status(it.copy, &status, &err), LK_OK);
    }
    assert_int_equal(status.n_events, n_events_of(JUNIPER));
    assert_same_people(STAFF);
}

static void test_rule_opens_the_rest(void **state)
{
    (void)state;
    lk_error err = LK_ERROR_INIT;

    assert_true(serve_stop(it.running));
    it.running = NULL;
    lk_mirror_freep(&it.original);
    assert_int_equal(lk_rules_new(&it.options.rules, &err), LK_OK);
    assert_int_equal(lk_rules_add(it.options.rules, "role=admin", &err), LK_OK);
    assert_int_equal(start_server(), 0);
    full_sign_in(MIRA_CLICK);
    open_copy(text("access_token"));
    catch_up(1);
    assert_same_people(STAFF);
    assert_same_people(HARBOR_D);
}

static const struct {
    const char *what, *path;
    bool with_token;
    long status;
} refusals[] = {
    { "nobody asks", "/api/replica/events", false, 401 },
    { "nobody asks for people", "/api/replica/directory_users?directory=" STAFF, false, 401 },
    { "another organization's", "/api/replica/directory_users?directory=" HARBOR_D, true, 404 },
    { "one that is not there", "/api/replica/directory_users?directory=directory_none", true, 404 },
    { "no directory", "/api/replica/directory_groups", true, 400 },
    { "a place that nobody knows", "/api/replica/events?after=event_none", true, 404 },
    { "another organization by name", "/api/replica/events?organization_id=" HARBOR, true, 403 },
    { "somebody else's memberships",
      "/api/replica/user_management/organization_memberships?user_id=user_else", true, 403 },
    { "the right one", "/api/replica/directory_users?directory=" STAFF, true, 200 },
};

static void test_what_is_not_theirs_is_refused(void **state)
{
    (void)state;
    char token[4096];

    full_sign_in(MIRA_CLICK);
    snprintf(token, sizeof(token), "%s", text("access_token"));
    open_copy(token);
    catch_up(1);
    emulator_kit_point_at(it.running->origin);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        long status =
            call_as(refusals[i].with_token ? token : NULL, "GET", refusals[i].path, NULL, NULL);
        if (status != refusals[i].status)
            fail_msg("%s: %ld instead of %ld", refusals[i].what, status, refusals[i].status);
    }
    emulator_kit_point_at(NULL);
}

static void test_person_is_told_their_organizations(void **state)
{
    (void)state;
    lk_auto(lk_membership_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    full_sign_in("email=" SAMUEL "&organization_id=" JUNIPER); /* of two */
    open_copy(text("access_token"));
    assert_int_equal(lk_authkit_list_memberships(it.reader, text("user.id"), &page, &err), LK_OK);
    assert_int_equal(page->count, 2);
    assert_string_equal(page->items[0]->organization_name, "Harbor & Pine");
    assert_string_equal(page->items[0]->role, "manager");
    assert_string_equal(page->items[1]->organization_id, JUNIPER);
}

/* All that a window needs beside the server's address, and nothing that it may not know. */
static void test_environment_is_told_to_anybody(void **state)
{
    (void)state;

    emulator_kit_point_at(it.running->origin);
    assert_int_equal(call_as(NULL, "GET", "/api/environment", NULL, NULL), 200);
    emulator_kit_point_at(NULL);
    assert_string_equal(text("client_id"), "client_emulated");
    assert_string_equal(text("base_url"), emulator_kit_url());
    assert_null(strstr(last.body, "sk_test"));
    assert_null(strstr(last.body, "only-for-tests"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_person_gets_a_mirror_of_their_organization),
        TEST(test_rule_opens_the_rest),
        TEST(test_what_is_not_theirs_is_refused),
        TEST(test_person_is_told_their_organizations),
        TEST(test_environment_is_told_to_anybody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
