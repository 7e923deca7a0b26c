/* The device grant: codes to show, polls that keep their distance. */
#include <latchkey/device.h>

#include "test-client.h"
#include "test.h"

#define START   "POST /user_management/authorize/device"
#define POLL    "POST /user_management/authenticate"
#define SECRET  "dc_8b1xQ2k0Zr7vN4mH5sT9"
#define PENDING "{\"error\":\"authorization_pending\",\"error_description\":\"d\"}"
#define SLOWER  "{\"error\":\"slow_down\",\"error_description\":\"d\"}"
#define DEVICE(more)                                               \
    "{\"device_code\":\"" SECRET "\",\"user_code\":\"BCDF-GHJK\"," \
    "\"verification_uri\":\"https://a.example/device\",\"expires_in\":300" more "}"
#define STARTED                                                 \
    {                                                           \
        START, .status = 200, .body = DEVICE(",\"interval\":5") \
    }
#define ANSWER(status_, body_)                     \
    {                                              \
        POLL, .status = (status_), .body = (body_) \
    }

static lk_device_authorization *begin(test_client *test, fake_wire *wire)
{
    lk_device_authorization *device = NULL;
    lk_error err = LK_ERROR_INIT;

    test_client_open_public(test, wire);
    assert_ok(lk_device_start(test->client, &device, &err), err);
    return device;
}

/* Waits as told, then polls. */
static lk_status wait_and_poll(test_client *test, lk_device_authorization *device,
                               lk_device_result *result, lk_authentication **out, lk_error *err)
{
    test->clock.now_ms += lk_device_wait_ms(device);
    return lk_device_poll(device, result, out, err);
}

/* The next poll must say that nobody is there yet. */
static void assert_pending(test_client *test, lk_device_authorization *device)
{
    lk_authentication *got = NULL;
    lk_device_result result = LK_DEVICE_DONE;
    lk_error err = LK_ERROR_INIT;

    assert_ok(wait_and_poll(test, device, &result, &got, &err), err);
    assert_int_equal(result, LK_DEVICE_PENDING);
    assert_int_equal(err.status, LK_OK);
    assert_null(got);
}

static void end(test_client *test, fake_wire *wire, lk_device_authorization *device)
{
    assert_int_equal(test->clock.n_sleeps, 0);
    lk_device_authorization_free(device);
    test_client_close(test, wire);
}

static void test_device_is_signed_in_once_the_person_is_done(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ START, .status = 200, .header_lacks = "Authorization",
                    .body_has = "{\"client_id\":\"client_01\"}",
                    .body = DEVICE(",\"interval\":7,\"verification_uri_complete\":"
                                   "\"https://a.example/device?user_code=BCDF-GHJK\"") },
                  ANSWER(400, PENDING),
                  { POLL, .status = 200, .file = "authenticate.json", .body_lacks = "client_secret",
                    .body_has = "\"grant_type\":\"urn:ietf:params:oauth:grant-type:device_code\","
                                "\"device_code\":\"" SECRET "\"}" });
    lk_auto(lk_authentication) got = NULL;
    lk_device_result result = LK_DEVICE_PENDING;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_device_authorization *device = begin(&test, &wire);

    (void)state;
    assert_string_equal(device->user_code, "BCDF-GHJK");
    assert_string_equal(device->verification_uri, "https://a.example/device");
    assert_string_equal(device->verification_uri_complete,
                        "https://a.example/device?user_code=BCDF-GHJK");
    assert_int_equal(device->expires_at_ms, NOON + 300000);
    assert_int_equal(device->interval_s, 7);
    assert_int_equal(lk_device_wait_ms(device), 7000);
    assert_pending(&test, device);
    assert_int_equal(lk_device_wait_ms(device), 7000);
    assert_ok(wait_and_poll(&test, device, &result, &got, &err), err);
    assert_int_equal(result, LK_DEVICE_DONE);
    assert_string_equal(got->user->id, "user_01");
    /* It has been spent. */
    assert_int_equal(lk_device_wait_ms(device), 0);
    assert_fails(lk_device_poll(device, &result, &got, &err), LK_ERR_INVALID, err);
    end(&test, &wire, device);
}

static void test_interval_that_is_not_told_is_5_s(void **state)
{
    static const char *const answers[] = { DEVICE(""), DEVICE(",\"interval\":null"),
                                           DEVICE(",\"interval\":0") };

    (void)state;
    for (size_t i = 0; i < N_ROWS(answers); i++) {
        fake_wire wire = FAKE_WIRE({ START, .status = 200, .body = answers[i] });
        test_client test;
        lk_device_authorization *device = begin(&test, &wire);

        assert_int_equal(device->interval_s, 5);
        assert_null(device->verification_uri_complete);
        end(&test, &wire, device);
    }
}

static void test_poll_before_its_time_asks_nobody(void **state)
{
    fake_wire wire = FAKE_WIRE(STARTED);
    lk_device_result result = LK_DEVICE_DONE;
    lk_authentication *got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_device_authorization *device = begin(&test, &wire);

    (void)state;
    test.clock.now_ms += 4999;
    assert_int_equal(lk_device_wait_ms(device), 1);
    assert_ok(lk_device_poll(device, &result, &got, &err), err);
    assert_int_equal(result, LK_DEVICE_PENDING);
    assert_ok(lk_device_poll(device, NULL, &got, NULL), err);
    end(&test, &wire, device);
}

/* RFC 8628, 3.5: "for this and all subsequent requests" */
static void test_slow_down_lasts(void **state)
{
    fake_wire wire =
        FAKE_WIRE(STARTED, ANSWER(400, SLOWER), ANSWER(400, PENDING),
                  ANSWER(400, "{\"code\":\"slow_down\",\"message\":\"m\"}"),
                  ANSWER(400, "{\"code\":\"authorization_pending\",\"message\":\"m\"}"));
    test_client test;
    lk_device_authorization *device = begin(&test, &wire);

    (void)state;
    assert_pending(&test, device);
    assert_int_equal(lk_device_wait_ms(device), 10000);
    assert_pending(&test, device);
    assert_int_equal(lk_device_wait_ms(device), 10000);
    assert_pending(&test, device);
    assert_int_equal(lk_device_wait_ms(device), 15000);
    assert_pending(&test, device);
    assert_int_equal(lk_device_wait_ms(device), 15000);
    assert_int_equal(device->interval_s, 15);
    end(&test, &wire, device);
}

static void test_refusals_end_it(void **state)
{
    static const struct {
        const char *body;
        lk_status status;
        const char *reason;
    } rows[] = {
        { "{\"error\":\"access_denied\",\"error_description\":\"d\"}", LK_ERR_API,
          "access_denied" },
        { "{\"error\":\"expired_token\"}", LK_ERR_EXPIRED, "expired_token" },
        { "{\"error\":\"invalid_grant\"}", LK_ERR_API, "invalid_grant" },
        { "{\"error\":\"invalid_client\"}", LK_ERR_API, "invalid_client" },
        { "{\"error\":\"unsupported_grant_type\"}", LK_ERR_API, "unsupported_grant_type" },
        /* WorkOS' emulators put the same words under the other key. */
        { "{\"code\":\"access_denied\",\"message\":\"m\"}", LK_ERR_API, "access_denied" },
        { "{\"code\":\"expired_token\",\"message\":\"m\"}", LK_ERR_EXPIRED, "expired_token" },
        /* Near misses: the words of going on are these alone. */
        { "{\"error\":\"AUTHORIZATION_PENDING\"}", LK_ERR_API, "AUTHORIZATION_PENDING" },
        { "{\"error_description\":\"authorization_pending\"}", LK_ERR_API, "" },
        { "<html>authorization_pending</html>", LK_ERR_API, "" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE(STARTED, { POLL, .status = 400, .body = rows[i].body,
                                              .header = "X-Request-ID: req_7" });
        lk_device_result result = LK_DEVICE_PENDING;
        lk_authentication *got = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;
        lk_device_authorization *device = begin(&test, &wire);

        assert_fails(wait_and_poll(&test, device, &result, &got, &err), rows[i].status, err);
        assert_string_equal(err.reason, rows[i].reason);
        assert_string_equal(err.request_id, "req_7");
        assert_int_equal(err.http_status, 400);
        assert_int_equal(lk_device_wait_ms(device), 0);
        assert_fails(lk_device_poll(device, &result, &got, &err), LK_ERR_INVALID, err);
        assert_null(got);
        end(&test, &wire, device);
    }
}

static void test_outage_is_outlived_with_growing_waits(void **state)
{
    fake_wire wire =
        FAKE_WIRE(STARTED, { POLL, .failure = LK_ERR_NETWORK }, ANSWER(503, ""),
                  { POLL, .status = 429, .header = "Retry-After: 40" }, ANSWER(400, PENDING));
    static const struct {
        lk_status status;
        int64_t wait_ms;
    } rows[] = {
        { LK_ERR_NETWORK, 10000 },
        { LK_ERR_API, 20000 },
        { LK_ERR_RATE_LIMITED, 40000 },
    };
    lk_authentication *got = NULL;
    test_client test;
    lk_device_authorization *device = begin(&test, &wire);

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        assert_fails(wait_and_poll(&test, device, NULL, &got, &err), rows[i].status, err);
        assert_int_equal(lk_device_wait_ms(device), rows[i].wait_ms);
    }
    assert_pending(&test, device);
    assert_int_equal(lk_device_wait_ms(device), 5000);
    end(&test, &wire, device);
}

static void test_time_limit_is_kept_without_asking(void **state)
{
    fake_wire wire = FAKE_WIRE(STARTED);
    lk_authentication *got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_device_authorization *device = begin(&test, &wire);

    (void)state;
    test.clock.now_ms += 299999;
    assert_int_equal(lk_device_wait_ms(device), 0);
    test.clock.now_ms += 1;
    assert_fails(lk_device_poll(device, NULL, &got, &err), LK_ERR_EXPIRED, err);
    end(&test, &wire, device);
}

static void test_last_wait_ends_with_the_code(void **state)
{
    fake_wire wire =
        FAKE_WIRE({ START, .status = 200,
                    .body = "{\"device_code\":\"d\",\"user_code\":\"u\",\"interval\":9,"
                            "\"verification_uri\":\"https://a\",\"expires_in\":4}" });
    test_client test;
    lk_device_authorization *device = begin(&test, &wire);

    (void)state;
    assert_int_equal(lk_device_wait_ms(device), 4000);
    end(&test, &wire, device);
}

static void test_clock_that_is_set_back_costs_one_interval(void **state)
{
    fake_wire wire = FAKE_WIRE(STARTED, ANSWER(400, PENDING));
    lk_authentication *got = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;
    lk_device_authorization *device = begin(&test, &wire);

    (void)state;
    test.clock.now_ms -= 3600000;
    assert_int_equal(lk_device_wait_ms(device), 5000);
    assert_ok(lk_device_poll(device, NULL, &got, &err), err);
    assert_pending(&test, device);
    end(&test, &wire, device);
}

static void test_bad_answers_show_nothing(void **state)
{
    static const struct {
        const char *body;
        const char *names;
    } rows[] = {
        { "{}", "device_code" },
        { "{\"device_code\":\"\",\"user_code\":\"u\",\"verification_uri\":\"https://a\","
          "\"expires_in\":300}",
          "device_code" },
        { "{\"device_code\":\"d\",\"verification_uri\":\"https://a\",\"expires_in\":300}",
          "user_code" },
        /* An escape sequence for the terminal. */
        { "{\"device_code\":\"d\",\"user_code\":\"\\u001b[2J\",\"verification_uri\":\"https://a\","
          "\"expires_in\":300}",
          "user_code" },
        /* Text that runs the other way. */
        { "{\"device_code\":\"d\",\"user_code\":\"\\u202eAB\",\"verification_uri\":\"https://a\","
          "\"expires_in\":300}",
          "user_code" },
        { "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"file:///etc\","
          "\"expires_in\":300}",
          "verification_uri" },
        { "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://a b\","
          "\"expires_in\":300}",
          "verification_uri" },
        { DEVICE(",\"verification_uri_complete\":\"javascript:1\""), "verification_uri" },
        { DEVICE(",\"interval\":-1"), "interval" },
        { DEVICE(",\"interval\":601"), "interval" },
        { "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://a\","
          "\"expires_in\":0}",
          "expires_in" },
        { "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://a\","
          "\"expires_in\":9007199254740991}",
          "expires_in" },
        { "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://a\"}",
          "expires_in" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE({ START, .status = 200, .body = rows[i].body });
        lk_device_authorization *device = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(lk_device_start(test.client, &device, &err), LK_ERR_PROTOCOL, err);
        assert_contains(err.message, rows[i].names);
        assert_lacks(err.message, SECRET);
        assert_null(device);
        test_client_close(&test, &wire);
    }
}

static void test_environment_that_does_not_allow_it_says_so(void **state)
{
    fake_wire wire = FAKE_WIRE({ START, .status = 403,
                                 .body = "{\"error\":\"access_denied\",\"error_description\":"
                                         "\"Device authorization is not enabled.\"}" });
    lk_device_authorization *device = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_fails(lk_device_start(NULL, &device, &err), LK_ERR_INVALID, err);
    assert_fails(lk_device_start(test.client, &device, &err), LK_ERR_API, err);
    assert_string_equal(err.reason, "access_denied");
    assert_contains(err.message, "not enabled");
    assert_null(device);
    assert_fails(lk_device_poll(NULL, NULL, NULL, &err), LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_device_is_signed_in_once_the_person_is_done),
        cmocka_unit_test(test_interval_that_is_not_told_is_5_s),
        cmocka_unit_test(test_poll_before_its_time_asks_nobody),
        cmocka_unit_test(test_slow_down_lasts),
        cmocka_unit_test(test_refusals_end_it),
        cmocka_unit_test(test_outage_is_outlived_with_growing_waits),
        cmocka_unit_test(test_time_limit_is_kept_without_asking),
        cmocka_unit_test(test_last_wait_ends_with_the_code),
        cmocka_unit_test(test_clock_that_is_set_back_costs_one_interval),
        cmocka_unit_test(test_bad_answers_show_nothing),
        cmocka_unit_test(test_environment_that_does_not_allow_it_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
