/* Events out as webhooks: what is sent, what counts as taken, and where to it may go. */
#include <latchkey/events.h>
#include <latchkey/forward.h>
#include <stdio.h>

#include "fake-clock.h"
#include "fake-wire.h"
#include "test.h"

#define SECRET "whsec_unit_test"
#define URL    "http://localhost:3000/webhooks?token=t1"

static const char body[] = "{ \"id\":\"event_1\",\n\"event\":\"user.created\" }";

static lk_forward *new_forward(fake_wire *wire, fake_clock *clock)
{
    lk_forward *forward = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_forward_new(LK_FORWARD_OPTIONS(.url = URL, .secret = SECRET,
                                                .transport = fake_wire_use(wire),
                                                .clock = fake_clock_use(clock)),
                             &forward, &err),
              err);
    return forward;
}

static void test_event_goes_out_as_it_is_and_signed(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ "POST /webhooks?token=t1", .header_has = "Content-Type: application/json",
                    .header_lacks = "Authorization", .status = 200 });
    fake_clock clock = { .now_ms = NOON };
    lk_auto(lk_forward) forward = new_forward(&wire, &clock);
    lk_error err = LK_ERROR_INIT;
    char signature[160] = "";
    const char *at;

    (void)state;
    assert_ok(lk_forward_send(forward, body, strlen(body), &err), err);
    assert_int_equal(err.http_status, 200);
    fake_wire_finished(&wire);
    assert_string_equal(wire.last_body, body);
    assert_string_equal(wire.last_url, URL);
    at = strstr(wire.last_headers, "WorkOS-Signature: ");
    assert_non_null(at);
    sscanf(at, "WorkOS-Signature: %159[^\n]", signature);
    assert_ok(lk_webhook_verify(SECRET, signature, body, strlen(body), NOON, 1, &err), err);
    assert_fails(lk_webhook_verify(SECRET "x", signature, body, strlen(body), NOON, 1, &err),
                 LK_ERR_SIGNATURE, err);
    assert_fails(lk_webhook_verify(SECRET, signature, body, strlen(body), NOON + 2000, 1, &err),
                 LK_ERR_EXPIRED, err);
}

static void test_only_2xx_counts_as_taken(void **state)
{
    static const struct {
        int http_status;
        lk_status status;
        const char *header;
        int retry_after;
    } rows[] = {
        { 200, LK_OK, NULL, 0 },
        { 204, LK_OK, NULL, 0 },
        { 299, LK_OK, NULL, 0 },
        { 199, LK_ERR_API, NULL, 0 },
        { 300, LK_ERR_API, NULL, 0 },
        { 302, LK_ERR_API, "Location: /", 0 },
        { 400, LK_ERR_API, NULL, 0 },
        { 404, LK_ERR_API, NULL, 0 },
        { 410, LK_ERR_API, NULL, 0 },
        { 429, LK_ERR_API, "Retry-After: 7", 7 },
        { 500, LK_ERR_API, NULL, 0 },
        { 503, LK_ERR_API, "Retry-After: 0", 1 },
        { 503, LK_ERR_API, "Retry-After: 99999999", 60 },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE({ "POST /webhooks", .status = rows[i].http_status,
                                     .header = rows[i].header, .body = "{}" });
        fake_clock clock = { .now_ms = NOON };
        lk_auto(lk_forward) forward = new_forward(&wire, &clock);
        lk_error err = LK_ERROR_INIT;

        assert_int_equal(lk_forward_send(forward, body, strlen(body), &err), rows[i].status);
        assert_int_equal(err.http_status, rows[i].http_status);
        assert_int_equal(err.retry_after, rows[i].retry_after);
        if (rows[i].status != LK_OK)
            assert_contains(err.message, "http://localhost:3000/webhooks answered");
        assert_lacks(err.message, "t1"); /* what stands in a query may be a secret */
        fake_wire_finished(&wire);
    }
}

static void test_no_answer_is_told_as_such(void **state)
{
    fake_wire wire = FAKE_WIRE({ "POST /webhooks", .failure = LK_ERR_NETWORK });
    fake_clock clock = { .now_ms = NOON };
    lk_auto(lk_forward) forward = new_forward(&wire, &clock);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk_forward_send(forward, body, strlen(body), &err), LK_ERR_NETWORK, err);
    assert_int_equal(err.http_status, 0);
    assert_fails(lk_forward_send(forward, body, 0, &err), LK_ERR_INVALID, err);
    assert_fails(lk_forward_send(forward, NULL, 1, &err), LK_ERR_INVALID, err);
    fake_wire_finished(&wire);
}

static void test_where_to_is_checked(void **state)
{
    static const struct {
        const char *url;
        bool is_fine;
    } rows[] = {
        { "http://localhost:3000", true },
        { "http://127.0.0.1:3000/a/b?c=d&e=/../", true },
        { "http://[::1]/x", true },
        { "https://example.com/hook?x=1", true },
        { "http://example.com/hook", false }, /* anybody on the way reads it */
        { "http://127.0.0.1.example.com/", false },
        { "http://localhost.example.com/", false },
        { "http://localhost@example.com/", false },
        { "http://example.com?@localhost/", false },
        { "https://user:secret@example.com/", false },
        { "https://example.com/#part", false },
        { "https://example.com/?a#part", false },
        { "https://example.com/?a b", false },
        { "https://example.com/?a\r\nX: y", false },
        { "https://example.com/a\r\nX: y", false },
        { "ftp://localhost/", false },
        { "localhost:3000", false },
        { "https://", false },
        { "", false },
        { NULL, false },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_auto(lk_forward) forward = NULL;
        lk_error err = LK_ERROR_INIT;
        lk_status status = lk_forward_new(LK_FORWARD_OPTIONS(.url = rows[i].url, .secret = SECRET),
                                          &forward, &err);

        if (status != (rows[i].is_fine ? LK_OK : LK_ERR_INVALID))
            fail_msg("%s: %s", rows[i].url, err.message);
        if (!rows[i].is_fine)
            assert_contains(err.message, "url");
        assert_lacks(err.message, "secret@");
    }
}

static void test_impossible_options_are_refused(void **state)
{
    char long_secret[514];
    lk_forward *forward = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    memset(long_secret, 's', sizeof(long_secret) - 1);
    long_secret[sizeof(long_secret) - 1] = '\0';
    const lk_forward_options *rows[] = {
        LK_FORWARD_OPTIONS(.url = URL),
        LK_FORWARD_OPTIONS(.url = URL, .secret = ""),
        LK_FORWARD_OPTIONS(.url = URL, .secret = long_secret),
        LK_FORWARD_OPTIONS(.url = URL, .secret = SECRET, .timeout_ms = -1),
        LK_FORWARD_OPTIONS(.url = URL, .secret = SECRET, .timeout_ms = 600001),
    };
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        assert_fails(lk_forward_new(rows[i], &forward, &err), LK_ERR_INVALID, err);
        assert_lacks(err.message, "sss");
        assert_null(forward);
    }
    assert_fails(lk_forward_new(NULL, &forward, &err), LK_ERR_INVALID, err);
    assert_fails(lk_forward_send(NULL, body, 1, &err), LK_ERR_INVALID, err);
    lk_forward_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_goes_out_as_it_is_and_signed),
        cmocka_unit_test(test_only_2xx_counts_as_taken),
        cmocka_unit_test(test_no_answer_is_told_as_such),
        cmocka_unit_test(test_where_to_is_checked),
        cmocka_unit_test(test_impossible_options_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
