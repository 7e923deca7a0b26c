/* A client's options: each wrong one is named, and what is left out has its default. */
#include <latchkey/events.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/options.h"
#include "fake-clock.h"
#include "fake-random.h"
#include "fake-wire.h"
#include "test-client.h"
#include "test.h"

typedef struct row {
    const char *why; /* text in the message */
    lk_client_options options;
} row;

static lk_status send_nothing(void *ctx, const lk_http_request *request, lk_http_response *response,
                              lk_error *err)
{
    (void)ctx;
    (void)request;
    (void)response;
    (void)err;
    return LK_ERR_NETWORK;
}

static int64_t now_only(void *ctx)
{
    (void)ctx;
    return 0;
}

static void test_wrong_options_are_named(void **state)
{
    static char long_text[600];
    static char long_key[8194]; /* an access token may be long, but not that */
    static int anything;
    const row rows[] = {
        { "client_id is missing", { .client_id = NULL } },
        { "client_id has 0 characters", { .client_id = "" } },
        { "client_id has 599 characters", { .client_id = long_text } },
        { "client_id has a space", { .client_id = "client 01" } },
        { "client_id has a space", { .client_id = "client_01\r\nX: y" } },
        { "client_id has a space", { .client_id = "cl\xC3\xAF" } },
        { "client_id begins with \"sk_\"", { .client_id = "sk_secret" } }, /* taken for the key */
        { "api_key has 0", { .client_id = "c", .api_key = "" } },
        { "api_key has 8193 characters", { .client_id = "c", .api_key = long_key } },
        { "api_key has a space", { .client_id = "c", .api_key = "sk_a\n" } },
        { "api_key begins with \"client_\"", { .client_id = "c", .api_key = "client_01" } },
        { "base_url cannot be used", { .client_id = "c", .base_url = "" } },
        { "another machine", { .client_id = "c", .base_url = "http://api.workos.com" } },
        { "issuer has an empty entry", { .client_id = "c", .issuer = "" } },
        { "issuer has an empty entry", { .client_id = "c", .issuer = "https://a,,https://b" } },
        { "issuer has an empty entry", { .client_id = "c", .issuer = "https://a," } },
        { "issuer has an empty entry", { .client_id = "c", .issuer = "/" } },
        { "issuer 1 has a space", { .client_id = "c", .issuer = "https://a https://b" } },
        { "issuer has 17 entries",
          { .client_id = "c", .issuer = "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a" } },
        { "proxy is empty", { .client_id = "c", .proxy = "" } },
        { "ca_file is empty", { .client_id = "c", .ca_file = "" } },
        { "timeout_ms is -1", { .client_id = "c", .timeout_ms = -1 } },
        { "timeout_ms is 600001", { .client_id = "c", .timeout_ms = 600001 } },
        { "max_retries is -2", { .client_id = "c", .max_retries = -2 } },
        { "max_retries is 11", { .client_id = "c", .max_retries = 11 } },
        { "leeway_s is 301", { .client_id = "c", .leeway_s = 301 } },
        { "leeway_s is -2", { .client_id = "c", .leeway_s = -2 } },
        { "key_refresh_s is -2", { .client_id = "c", .key_refresh_s = -2 } },
        { "key_max_age_s is -1", { .client_id = "c", .key_max_age_s = -1 } },
        { "key_max_age_s is 2592001", { .client_id = "c", .key_max_age_s = 2592001 } },
        { "key_refresh_s is 600, so", { .client_id = "c", .key_max_age_s = 600 } },
        { "after key_max_age_s, 86400", { .client_id = "c", .key_refresh_s = 86400 } },
        { "key_cache_path is empty", { .client_id = "c", .key_cache_path = "" } },
        { "transport has no send", { .client_id = "c", .transport = { .ctx = &anything } } },
        /* Would be ignored without a word, and with it the wish for a proxy. */
        { "another one is set",
          { .client_id = "c", .proxy = "http://p", .transport = { .send = send_nothing } } },
        { "another one is set",
          { .client_id = "c", .ca_file = "/x", .transport = { .send = send_nothing } } },
        { "clock needs both", { .client_id = "c", .clock = { .now_ms = now_only } } },
    };

    (void)state;
    memset(long_text, 'a', sizeof(long_text) - 1);
    memset(long_key, 'a', sizeof(long_key) - 1);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_client_options options = rows[i].options;
        lk_client *client = (lk_client *)&options; /* must stay as it is */
        lk_error err = LK_ERROR_INIT;

        options.size = sizeof(options);
        assert_fails(lk_client_new(&options, &client, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, rows[i].why);
        assert_lacks(err.message, "secret");
        assert_ptr_equal(client, &options);
    }
}

static void test_defaults_are_filled_in(void **state)
{
    static const char *const issuers[] = { "https://api.workos.com",
                                           "https://api.workos.com/user_management/client_01",
                                           "https://api.workos.com/sso/client_01",
                                           "https://api.workos.com/convex/client_01" };
    lk_auto(lk_client) client = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01"), &client, &err), err);
    assert_string_equal(client->base_url, "https://api.workos.com");
    assert_null(client->api_key);
    assert_int_equal(client->timeout_ms, 10000);
    assert_int_equal(client->max_retries, 2);
    assert_int_equal(client->leeway_s, 30);
    assert_non_null(client->transport.send);
    assert_non_null(client->random.fill);
    assert_true(lk__now_ms(client) > NOON);
    assert_int_equal(client->n_issuers, N_ROWS(issuers));
    for (size_t i = 0; i < N_ROWS(issuers); i++)
        assert_string_equal(client->issuers[i], issuers[i]);
    assert_int_equal(strncmp(client->user_agent, "latchkey/0.1.0 libcurl/", 23), 0);
}

static void test_never_and_none_are_possible(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_auto(lk_client) client = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "c", .max_retries = -1, .leeway_s = -1,
                                              .transport = fake_wire_use(&wire)),
                            &client, &err),
              err);
    assert_int_equal(client->max_retries, 0);
    assert_int_equal(client->leeway_s, 0);
    assert_string_equal(client->user_agent, "latchkey/0.1.0"); /* libcurl is not in it */
}

static bool accepts(const lk_client *client, const char *issuer)
{
    for (size_t i = 0; i < client->n_issuers; i++)
        if (strcmp(client->issuers[i], issuer) == 0)
            return true;
    return false;
}

static void test_base_url_loses_its_slashes_and_adds_issuers(void **state)
{
    static const struct {
        const char *base_url;
        const char *without_slashes;
        const char *issuer;
        bool is_accepted;
    } rows[] = {
        { "https://auth.example//", "https://auth.example", "https://auth.example", true },
        { "https://auth.example", "https://auth.example", "https://auth.example/user_management/c",
          true },
        { "https://auth.example", "https://auth.example", "https://api.workos.com/sso/c", true },
        { "https://auth.example", "https://auth.example", "https://auth.example.evil", false },
        { "https://auth.example", "https://auth.example", "https://auth.example/sso/d", false },
        { "https://auth.example", "https://auth.example", "http://auth.example", false },
        /* The emulator has one name for itself, and whoever types another means the same. */
        { "http://localhost:4100/", "http://localhost:4100", "http://127.0.0.1:4100", true },
        { "http://127.0.0.1:4100", "http://127.0.0.1:4100", "http://[::1]:4100/user_management/c",
          true },
        { "http://[::1]:4100", "http://[::1]:4100", "http://localhost:4100", true },
        { "http://localhost", "http://localhost", "http://127.0.0.1", true },
        { "http://localhost:4100", "http://localhost:4100", "http://127.0.0.1:4101", false },
        { "http://localhost:4100", "http://localhost:4100", "http://localhost", false },
        { "https://localhost.example", "https://localhost.example", "http://127.0.0.1", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_auto(lk_client) client = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "c", .base_url = rows[i].base_url),
                                &client, &err),
                  err);
        assert_string_equal(client->base_url, rows[i].without_slashes);
        if (accepts(client, rows[i].issuer) != rows[i].is_accepted)
            fail_msg("row %zu: %s", i, rows[i].issuer);
    }
}

static void test_issuers_are_split_and_trimmed(void **state)
{
    lk_auto(lk_client) client = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_client_new(
                  LK_CLIENT_OPTIONS(.client_id = "c", .issuer = " https://a/ ,https://b/sso//, c"),
                  &client, &err),
              err);
    assert_int_equal(client->n_issuers, 3);
    assert_string_equal(client->issuers[0], "https://a");
    assert_string_equal(client->issuers[1], "https://b/sso/"); /* one slash, not all */
    assert_string_equal(client->issuers[2], "c");
}

static void test_transport_is_freed_with_the_client_and_not_before(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_client *client = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "c", .issuer = "",
                                                 .transport = fake_wire_use(&wire)),
                               &client, &err),
                 LK_ERR_INVALID, err);
    assert_int_equal(wire.n_freed, 0);
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "c", .transport = fake_wire_use(&wire)),
                            &client, &err),
              err);
    lk_client_free(client);
    assert_int_equal(wire.n_freed, 1);
    lk_client_free(NULL);
}

static void test_error_may_be_null(void **state)
{
    lk_client *client = NULL;

    (void)state;
    assert_int_equal(lk_client_new(NULL, &client, NULL), LK_ERR_INVALID);
    assert_int_equal(lk_client_new(LK_CLIENT_OPTIONS(.client_id = NULL), &client, NULL),
                     LK_ERR_INVALID);
    assert_null(client);
}

/* Another library's idea of the struct: the first member, one we know, one we do not. */
struct newer {
    size_t size;
    int known;
    int64_t unknown;
};
struct known {
    size_t size;
    int known;
};

static void test_larger_options_are_fine_while_their_tail_is_zero(void **state)
{
    struct newer given = { .size = sizeof(given), .known = 7 };
    struct known out = { 0 };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__options_read(&given, &out, sizeof(out), "options", &err), err);
    assert_int_equal(out.known, 7);
    given.unknown = 1;
    assert_fails(lk__options_read(&given, &out, sizeof(out), "options", &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "does not know");
}

static void test_smaller_options_leave_the_rest_zero(void **state)
{
    struct known given = { .size = offsetof(struct known, known), .known = 7 };
    struct known out = { .known = 9 };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__options_read(&given, &out, sizeof(out), "options", &err), err);
    assert_int_equal(out.known, 0);
    given.size = 0; /* forgotten */
    assert_fails(lk__options_read(&given, &out, sizeof(out), "options", &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "options.size is 0");
}

static lk_status list_events(lk_client *client, lk_error *err)
{
    static const char *const types[] = { "dsync.user.created" };
    lk_auto(lk_event_page) page = NULL;

    return lk_events_list(client, LK_EVENT_LIST_OPTIONS(.types = types, .n_types = 1), &page, err);
}

static void test_api_key_is_exchanged_between_calls(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ "GET /events", .status = 200, .file = "events.json",
                    .header_has = "Authorization: Bearer " TEST_API_KEY },
                  { "GET /events", .status = 200, .file = "events.json",
                    .header_has = "Authorization: Bearer sk_the_next" },
                  { "GET /events", .status = 401, .body = "{\"message\":\"sk_the_next\"}",
                    .header_has = "Authorization: Bearer sk_the_next" });
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(list_events(test.client, &err), err);
    assert_ok(lk_client_set_api_key(test.client, "sk_the_next", &err), err);
    assert_ok(list_events(test.client, &err), err);
    /* What is refused leaves the one that is there. */
    assert_fails(lk_client_set_api_key(test.client, "client_01", &err), LK_ERR_INVALID, err);
    assert_fails(lk_client_set_api_key(test.client, "sk_two\nlines", &err), LK_ERR_INVALID, err);
    assert_fails(lk_client_set_api_key(test.client, "", &err), LK_ERR_INVALID, err);
    assert_fails(lk_client_set_api_key(test.client, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(list_events(test.client, &err), LK_ERR_API, err);
    assert_null(strstr(err.message, "sk_the_next"));

    lk_client_counts counts = { .size = sizeof(counts) };
    assert_ok(lk_client_get_counts(test.client, &counts, &err), err);
    assert_int_equal(counts.n_calls, 3);
    assert_int_equal(counts.n_calls_failed, 1);
    assert_int_equal(counts.n_key_fetches + counts.n_refreshes, 0);
    counts.size = 4;
    assert_fails(lk_client_get_counts(test.client, &counts, &err), LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
}

static void test_public_client_takes_no_api_key(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open_public(&test, &wire);
    assert_fails(lk_client_set_api_key(test.client, "sk_the_next", &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "without an API key");
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_defaults_are_filled_in),
        cmocka_unit_test(test_never_and_none_are_possible),
        cmocka_unit_test(test_base_url_loses_its_slashes_and_adds_issuers),
        cmocka_unit_test(test_issuers_are_split_and_trimmed),
        cmocka_unit_test(test_transport_is_freed_with_the_client_and_not_before),
        cmocka_unit_test(test_error_may_be_null),
        cmocka_unit_test(test_larger_options_are_fine_while_their_tail_is_zero),
        cmocka_unit_test(test_smaller_options_leave_the_rest_zero),
        cmocka_unit_test(test_api_key_is_exchanged_between_calls),
        cmocka_unit_test(test_public_client_takes_no_api_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
