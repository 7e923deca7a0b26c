/* The one place that calls WorkOS: what it sends, when it tries again, what it makes of answers. */
#include "api/call.h"

#include <stdio.h>

#include "test-client.h"
#include "test.h"

static const char *const path[] = { "things", "a/b", NULL };
static const lk__call get_thing = { .path = path };
static const lk__call post_thing = {
    .method = "POST", .path = path, .body = "{\"a\":1}", .retry = LK__RETRY_NEVER
};

/* Sends on a client of its own and checks that the script was played; returns the status. */
static lk_status run(fake_wire *wire, const lk__call *call, test_client *test, lk__buf *out,
                     lk_error *err)
{
    lk_status status;

    test_client_open(test, wire);
    status = lk__call_send(test->client, call, out, err);
    test_client_close(test, wire);
    return status;
}

static void test_request_carries_key_agent_and_escaped_path(void **state)
{
    static const lk__pair query[] = { { "q", "a&b" }, { "none", NULL } };
    const lk__call call = { .path = path, .query = query, .n_query = 2 };
    fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb?q=a%26b",
                                 .header_has = "Authorization: Bearer " TEST_API_KEY,
                                 .header_lacks = "Content-Type", .status = 200, .body = "{}" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(run(&wire, &call, &test, &out, &err), err);
    assert_string_equal(out.data, "{}");
    assert_string_equal(wire.last_url, "https://api.workos.com/things/a%2Fb?q=a%26b");
    assert_contains(wire.last_headers, "User-Agent: latchkey/0.1.0\n");
    assert_contains(wire.last_headers, "Accept: application/json\n");
    assert_int_equal(wire.last_timeout_ms, 10000);
}

static void test_anonymous_call_has_no_key(void **state)
{
    lk__call call = post_thing;
    fake_wire wire = FAKE_WIRE({ "POST /things/a%2Fb", .body_has = "{\"a\":1}",
                                 .header_has = "Content-Type: application/json",
                                 .header_lacks = "Authorization", .status = 201, .body = "[]" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    call.anonymous = true;
    assert_ok(run(&wire, &call, &test, &out, &err), err);
}

static void test_call_with_key_needs_one(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open_public(&test, &wire);
    assert_fails(lk__call_send(test.client, &get_thing, &out, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "API key");
    test_client_close(&test, &wire);
}

static void test_passing_troubles_are_retried_with_growing_delays(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { "GET /things/a%2Fb", .failure = LK_ERR_NETWORK },
        { "GET /things/a%2Fb", .status = 503, .body = "{\"code\":\"x\"}",
          .header = "X-Request-ID: req_1" },
        { "GET /things/a%2Fb", .status = 200, .body = "{}", .header = "X-Request-ID: req_2" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(run(&wire, &get_thing, &test, &out, &err), err);
    assert_string_equal(out.data, "{}");
    assert_int_equal(test.clock.n_sleeps, 2);
    assert_in_range(test.clock.slept_ms, 750, 1500);
    /* Nothing of the failed attempts is left. */
    assert_int_equal(err.http_status, 200);
    assert_string_equal(err.request_id, "req_2");
    assert_string_equal(err.reason, "");
    assert_string_equal(err.message, "");
}

static void test_it_gives_up_after_two_retries(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ "GET /things/a%2Fb", .status = 500 }, { "GET /things/a%2Fb", .status = 500 },
                  { "GET /things/a%2Fb", .status = 502, .body = "<html>bad gateway" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(run(&wire, &get_thing, &test, &out, &err), LK_ERR_API, err);
    assert_int_equal(err.http_status, 502);
    assert_string_equal(err.message, "WorkOS answered 502 with HTML instead of JSON");
    assert_int_equal(out.len, 0);
}

static void test_what_may_have_taken_effect_is_sent_once(void **state)
{
    fake_wire cut = FAKE_WIRE({ "POST /things/a%2Fb", .failure = LK_ERR_NETWORK });
    fake_wire busy = FAKE_WIRE({ "POST /things/a%2Fb", .status = 503, .header = "Retry-After: 3" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(run(&cut, &post_thing, &test, &out, &err), LK_ERR_NETWORK, err);
    lk__error_clear(&err);
    assert_fails(run(&busy, &post_thing, &test, &out, &err), LK_ERR_API, err);
    assert_int_equal(err.retry_after, 3);
    assert_int_equal(test.clock.n_sleeps, 0);
}

static void test_refusals_are_final(void **state)
{
    static const int statuses[] = { 302, 400, 401, 403, 404, 409, 422, 501 };

    (void)state;
    for (size_t i = 0; i < N_ROWS(statuses); i++) {
        fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .status = statuses[i], .body = "{}" });
        lk__auto_buf out = LK__BUF(100);
        test_client test;
        lk_error err = LK_ERROR_INIT;

        assert_int_not_equal(run(&wire, &get_thing, &test, &out, &err), LK_OK);
        assert_int_equal(err.http_status, statuses[i]);
        assert_int_equal(test.clock.n_sleeps, 0);
    }
}

static void test_retry_after_is_obeyed(void **state)
{
    fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .status = 429, .header = "retry-after: 2" },
                               { "GET /things/a%2Fb", .status = 429, .header = "Retry-After: 0" },
                               { "GET /things/a%2Fb", .status = 200, .body = "{}" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(run(&wire, &get_thing, &test, &out, &err), err);
    assert_int_equal(test.clock.slept_ms, 2000 + 1000); /* 0 counts as one second */
    assert_int_equal(err.retry_after, 0);
}

static void test_long_retry_after_is_handed_to_the_caller(void **state)
{
    fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .status = 429, .header = "Retry-After: 30",
                                 .body = "\"Ratelimited\"" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(run(&wire, &get_thing, &test, &out, &err), LK_ERR_RATE_LIMITED, err);
    assert_int_equal(err.retry_after, 30);
    assert_int_equal(test.clock.slept_ms, 0);
    assert_string_equal(err.message, "WorkOS answered 429: Ratelimited");
}

static void test_no_retry_begins_after_the_limit(void **state)
{
    lk__call call = get_thing;
    fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .failure = LK_ERR_NETWORK },
                               { "GET /things/a%2Fb", .failure = LK_ERR_NETWORK });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    call.retry_within_ms = 1000; /* enough for the first delay, not for both */
    test_client_open(&test, &wire);
    test.clock.step_ms = 100; /* attempts take time, too */
    assert_fails(lk__call_send(test.client, &call, &out, &err), LK_ERR_NETWORK, err);
    test_client_close(&test, &wire);
    assert_int_equal(test.clock.n_sleeps, 1);
}

static void test_broken_randomness_does_not_stop_a_retry(void **state)
{
    fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .failure = LK_ERR_NETWORK },
                               { "GET /things/a%2Fb", .status = 200, .body = "{}" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    test.random.broken = true;
    assert_ok(lk__call_send(test.client, &get_thing, &out, &err), err);
    test_client_close(&test, &wire);
}

static void test_good_status_with_a_bad_body_says_so(void **state)
{
    static const struct {
        const char *body;
        const char *message;
    } rows[] = {
        { NULL, "WorkOS answered 200 with an empty body" },
        { "  \n", "WorkOS answered 200 with an empty body" },
        { "<html><body>Captive portal</body></html>",
          "WorkOS answered 200 with HTML instead of JSON" },
        { "{\"access_token\":\"eyJ", "WorkOS answered 200 with half a JSON body" },
        { "{\"a\":[1,2]", "WorkOS answered 200 with half a JSON body" },
        { "rt_secret", "WorkOS answered 200 with something other than JSON" }, /* is not quoted */
        { "\"text\"", "WorkOS answered 200 with broken JSON" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .status = 200, .body = rows[i].body });
        lk__auto_buf out = LK__BUF(100);
        test_client test;
        lk_error err = LK_ERROR_INIT;

        assert_fails(run(&wire, &get_thing, &test, &out, &err), LK_ERR_PROTOCOL, err);
        assert_string_equal(err.message, rows[i].message);
        assert_int_equal(err.http_status, 200);
        assert_int_equal(out.len, 0);
    }
}

static void test_too_large_an_answer_says_how_large(void **state)
{
    lk__call call = get_thing;
    fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .status = 200, .body = "{\"a\":12345}" });
    lk__auto_buf out = LK__BUF(100);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    call.max_body = 10;
    assert_fails(run(&wire, &call, &test, &out, &err), LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "answer is larger than 10 bytes");
}

static void test_request_id_is_kept_and_made_harmless(void **state)
{
    static const struct {
        const char *header;
        const char *id;
    } rows[] = {
        { "X-Request-ID: 0123-abcd", "0123-abcd" },
        { "x-request-id: req_1", "req_1" },
        { "X-Request-ID: a\x1b[31m", "a" },
        { "X-Request-ID: <script>", "" },
        { "X-Request-ID: 0123456789012345678901234567890123456789012345678901234567890123456789",
          "012345678901234567890123456789012345678901234567890123456789012" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE(
            { "GET /things/a%2Fb", .status = 401, .body = "{}", .header = rows[i].header });
        lk__auto_buf out = LK__BUF(100);
        test_client test;
        lk_error err = LK_ERROR_INIT;

        assert_fails(run(&wire, &get_thing, &test, &out, &err), LK_ERR_API, err);
        assert_string_equal(err.request_id, rows[i].id);
    }
}

static void test_body_of_a_refusal_is_handed_out(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ "GET /things/a%2Fb", .status = 403, .body = "{\"code\":\"mfa_challenge\"}" });
    lk__auto_buf out = LK__BUF(100);
    lk__auto_buf refusal = LK__BUF(100);
    lk__call call = get_thing;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    call.refusal = &refusal;
    test_client_open(&test, &wire);
    assert_fails(lk__call_send(test.client, &call, &out, &err), LK_ERR_API, err);
    assert_string_equal(refusal.data, "{\"code\":\"mfa_challenge\"}");
    assert_string_equal(err.reason, "mfa_challenge");
    test_client_close(&test, &wire);
}

static void test_answer_without_a_body_counts_where_it_may(void **state)
{
    fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .status = 200, .body = "" },
                               { "GET /things/a%2Fb", .status = 200, .body = "" });
    lk__auto_buf out = LK__BUF(100);
    lk__call call = get_thing;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk__call_send(test.client, &call, &out, &err), LK_ERR_PROTOCOL, err);
    lk__error_clear(&err);
    call.body_optional = true;
    assert_ok(lk__call_send(test.client, &call, &out, &err), err);
    assert_int_equal(out.len, 0);
    test_client_close(&test, &wire);
}

static void keep_line(void *ctx, const char *text)
{
    snprintf(ctx, 1024, "%s", text);
}

static void test_log_line_tells_all_but_secrets(void **state)
{
    static const lk__pair query[] = { { "after", "event_1" },
                                      { "code", "c0de" },
                                      { "client_secret", "s3cret" } };
    const lk__call call = { .path = path, .query = query, .n_query = 3, .body = "b0dy" };
    fake_wire wire = FAKE_WIRE(
        { "GET /things/a%2Fb", .status = 404, .body = "{}", .header = "X-Request-ID: req_1" });
    fake_clock clock = { .now_ms = NOON, .step_ms = 7 };
    char line[1024] = "";
    lk_auto(lk_client) client = NULL;
    lk__auto_buf out = LK__BUF(100);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "c", .api_key = TEST_API_KEY,
                                              .transport = fake_wire_use(&wire),
                                              .clock = fake_clock_use(&clock),
                                              .log = { .line = keep_line, .ctx = line }),
                            &client, &err),
              err);
    assert_fails(lk__call_send(client, &call, &out, &err), LK_ERR_API, err);
    assert_string_equal(line, "GET https://api.workos.com/things/a%2Fb?after=event_1&code=[hidden]"
                              "&client_secret=[hidden] -> 404 in 7 ms, request id req_1");
}

/* A transport of somebody else, which only returns a status. */
static lk_status send_badly(void *ctx, const lk_http_request *request, lk_http_response *response,
                            lk_error *err)
{
    (void)request;
    (void)response;
    (void)err;
    return *(const lk_status *)ctx;
}

static void test_silent_transport_still_gives_a_sentence(void **state)
{
    static const lk_status statuses[] = { LK_ERR_NETWORK, LK_ERR_PROTOCOL, LK_ERR_NO_MEMORY };

    (void)state;
    for (size_t i = 0; i < N_ROWS(statuses); i++) {
        lk_status status = statuses[i];
        lk_auto(lk_client) client = NULL;
        lk__auto_buf out = LK__BUF(100);
        lk_error err = LK_ERROR_INIT;

        assert_ok(
            lk_client_new(LK_CLIENT_OPTIONS(.client_id = "c", .api_key = "sk_x", .max_retries = -1,
                                            .transport = { .send = send_badly, .ctx = &status }),
                          &client, &err),
            err);
        assert_fails(lk__call_send(client, &get_thing, &out, &err), status, err);
    }
}

/* ---- A caller who watches ---- */

typedef struct watcher {
    int n_begun;
    int fails_at; /* 0: never */
} watcher;

static lk_status begin(void *ctx, lk_error *err)
{
    watcher *self = ctx;

    if (++self->n_begun != self->fails_at)
        return LK_OK;
    *err = (lk_error){ .status = LK_ERR_CANCELLED, .message = "not any more" };
    return LK_ERR_CANCELLED;
}

static void test_each_attempt_is_told_and_may_be_forbidden(void **state)
{
    (void)state;
    for (int fails_at = 0; fails_at < 4; fails_at++) {
        static const fake_exchange script[] = { { "GET /things/a%2Fb", .failure = LK_ERR_NETWORK },
                                                { "GET /things/a%2Fb", .status = 503 },
                                                { "GET /things/a%2Fb", .status = 200,
                                                  .body = "{}" } };
        watcher w = { .fails_at = fails_at };
        const lk__attempts attempts = { .begin = begin, .ctx = &w };
        const lk__call call = { .path = path, .attempts = &attempts };
        fake_wire wire = { .script = script,
                           .n_script = fails_at == 0 ? 3 : (size_t)fails_at - 1,
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
        lk__auto_buf out = LK__BUF(100);
        test_client test;
        lk_error err = LK_ERROR_INIT;

        if (fails_at == 0) {
            assert_ok(run(&wire, &call, &test, &out, &err), err);
            assert_int_equal(w.n_begun, 3);
        } else {
            assert_fails(run(&wire, &call, &test, &out, &err), LK_ERR_CANCELLED, err);
            assert_string_equal(err.message, "not any more");
            assert_int_equal(w.n_begun, fails_at);
        }
    }
}

static void test_attempts_may_be_shorter_than_the_client_says_not_longer(void **state)
{
    (void)state;
    static const struct {
        int max_timeout_ms, timeout_ms;
    } rows[] = { { 0, 10000 }, { 3000, 3000 }, { 20000, 10000 } };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        watcher w = { .fails_at = 0 };
        const lk__attempts attempts = { .begin = begin,
                                        .ctx = &w,
                                        .max_timeout_ms = rows[i].max_timeout_ms };
        const lk__call call = { .path = path, .attempts = &attempts };
        fake_wire wire = FAKE_WIRE({ "GET /things/a%2Fb", .status = 200, .body = "{}" });
        lk__auto_buf out = LK__BUF(100);
        test_client test;
        lk_error err = LK_ERROR_INIT;

        assert_ok(run(&wire, &call, &test, &out, &err), err);
        assert_int_equal(wire.last_timeout_ms, rows[i].timeout_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_without_a_body_counts_where_it_may),
        cmocka_unit_test(test_request_carries_key_agent_and_escaped_path),
        cmocka_unit_test(test_anonymous_call_has_no_key),
        cmocka_unit_test(test_call_with_key_needs_one),
        cmocka_unit_test(test_passing_troubles_are_retried_with_growing_delays),
        cmocka_unit_test(test_it_gives_up_after_two_retries),
        cmocka_unit_test(test_what_may_have_taken_effect_is_sent_once),
        cmocka_unit_test(test_refusals_are_final),
        cmocka_unit_test(test_retry_after_is_obeyed),
        cmocka_unit_test(test_long_retry_after_is_handed_to_the_caller),
        cmocka_unit_test(test_no_retry_begins_after_the_limit),
        cmocka_unit_test(test_broken_randomness_does_not_stop_a_retry),
        cmocka_unit_test(test_good_status_with_a_bad_body_says_so),
        cmocka_unit_test(test_too_large_an_answer_says_how_large),
        cmocka_unit_test(test_request_id_is_kept_and_made_harmless),
        cmocka_unit_test(test_body_of_a_refusal_is_handed_out),
        cmocka_unit_test(test_log_line_tells_all_but_secrets),
        cmocka_unit_test(test_silent_transport_still_gives_a_sentence),
        cmocka_unit_test(test_each_attempt_is_told_and_may_be_forbidden),
        cmocka_unit_test(test_attempts_may_be_shorter_than_the_client_says_not_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
