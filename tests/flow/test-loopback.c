/* Sign-in without a web server: real sockets on 127.0.0.1, WorkOS on the fake wire. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-token.h"
#include "loopback-kit.h"
#include "test.h"
#include "web/listener.h"

static void test_sign_in_ends_with_the_person(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .body_has = "\"code\":\"code_01\"",
                    .body_lacks = "client_secret", .status = 200, .body = grant },
                  KIT_JWKS);
    attempt a;
    char request[1024];
    char answer[16384];
    lk_error err = LK_ERROR_INIT;
    lk_authentication *authentication = NULL;
    int done = 0;

    attempt_open(&a, &wire);
    assert_contains(lk_loopback_url(a.loopback),
                    "https://api.workos.com/user_management/authorize?");
    assert_contains(lk_loopback_url(a.loopback), "login_hint=mira%40nordwind.example");
    assert_true(lk_loopback_time_left_ms(a.loopback) == 300000);

    attempt_callback(&a, "code=code_01", request);
    int fd = attempt_dial(&a);
    attempt_say(fd, request);
    assert_ok(attempt_turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    /* The browser waits: nothing is true yet. */
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 50), 0);

    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    assert_string_equal(authentication->user->email, "mira@nordwind.example");
    assert_string_equal(authentication->refresh_token, "rt_01");
    lk_authentication_free(authentication);
    attempt_hear(fd, answer, sizeof(answer));
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
    assert_contains(answer, "You are signed in");
    assert_contains(answer, "\r\nCache-Control: no-store\r\n");
    assert_contains(answer, "\r\nReferrer-Policy: no-referrer\r\n");
    assert_contains(answer, "\r\nContent-Security-Policy: default-src 'none'");
    assert_lacks(answer, "code_01");

    /* Spent. */
    authentication = NULL;
    assert_fails(lk_loopback_finish(a.loopback, &authentication, &err), LK_ERR_INVALID, err);
    attempt_close(&a, &wire);
    free(grant);
}

static void test_stray_and_hostile_requests_do_not_end_the_wait(void **unused)
{
    (void)unused;
    static const struct {
        const char *request;
        const char *status;
        const char *part;
    } rows[] = {
        { "GET /favicon.ico HTTP/1.1\r\n\r\n", "404", "Nothing here" },
        { "GET / HTTP/1.1\r\n\r\n", "404", "Nothing here" },
        { "GET /callback HTTP/1.1\r\n\r\n", "400", "not the sign-in the app waits for" },
        { "GET /callback?code=1 HTTP/1.1\r\n\r\n", "400", "Go back to the app" },
        { "GET /callback?code=1&state= HTTP/1.1\r\n\r\n", "400", "Go back to the app" },
        { "GET /callback?code=1&state=x HTTP/1.1\r\n\r\n", "400", "Go back to the app" },
        { "GET /callback?error=access_denied HTTP/1.1\r\n\r\n", "400", "Go back to the app" },
        { "GET /callback?state=x&state=y HTTP/1.1\r\n\r\n", "400", "That was no sign-in" },
        { "GET /callback?state=%zz HTTP/1.1\r\n\r\n", "400", "That was no sign-in" },
        { "HEAD /callback HTTP/1.1\r\n\r\n", "405", "\r\nAllow: GET\r\n" },
        { "POST /callback HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "405", "Allow: GET" },
        { "nonsense\r\n\r\n", "400", "That was no sign-in" },
        { "\r\n\r\n", "400", "That was no sign-in" },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    char answer[16384];
    char big[LK__MAX_LOOPBACK_REQUEST + 100];

    attempt_open(&a, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        attempt_ask(&a, rows[i].request, answer, sizeof(answer));
        assert_memory_equal(answer + strlen("HTTP/1.1 "), rows[i].status, 3);
        assert_contains(answer, rows[i].part);
        assert_contains(answer, "\r\nCache-Control: no-store\r\n");
    }
    memset(big, 'a', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    attempt_ask(&a, big, answer, sizeof(answer));
    assert_memory_equal(answer, "HTTP/1.1 431", 12);
    attempt_close(&a, &wire);
}

static void test_doubled_code_with_our_state_does_not_end_the_wait(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    char request[1024];
    char answer[16384];

    attempt_open(&a, &wire);
    attempt_callback(&a, "code=1&code=2", request);
    attempt_ask(&a, request, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 400");
    attempt_callback(&a, "x=y", request); /* neither code nor error */
    attempt_ask(&a, request, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 400");
    attempt_close(&a, &wire);
}

/* Pre-connected sockets, dribblers and more connections than slots: the browser still gets in. */
static void test_crowd_of_silent_connections_is_harmless(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    enum { N_SILENT = 40 };
    attempt a;
    int silent[N_SILENT];
    char request[1024];
    char answer[16384];
    lk_error err = LK_ERROR_INIT;
    lk_authentication *authentication = NULL;
    int done = 0;

    attempt_open(&a, &wire);
    for (int i = 0; i < N_SILENT; i++) {
        silent[i] = attempt_dial(&a);
        attempt_say(silent[i], "GET /callback?sta");
        assert_ok(attempt_turn(&a, &done, &err), err);
    }
    attempt_callback(&a, "code=code_01", request);
    int fd = attempt_dial(&a);
    /* In two pieces. */
    char rest = request[30];
    request[30] = '\0';
    attempt_say(fd, request);
    assert_ok(attempt_turn(&a, &done, &err), err);
    assert_int_equal(done, 0);
    request[30] = rest;
    attempt_say(fd, request + 30);
    assert_ok(attempt_turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    lk_authentication_free(authentication);
    attempt_hear(fd, answer, sizeof(answer));
    assert_contains(answer, "You are signed in");
    for (int i = 0; i < N_SILENT; i++)
        close(silent[i]);
    attempt_close(&a, &wire);
    free(grant);
}

static void test_slow_connection_is_dropped_after_ten_seconds(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    lk_error err = LK_ERROR_INIT;
    char answer[64];
    int done = 0;

    attempt_open(&a, &wire);
    int fd = attempt_dial(&a);
    attempt_say(fd, "GET /callback");
    assert_ok(attempt_turn(&a, &done, &err), err);
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    a.client.clock.now_ms += 9999;
    assert_ok(lk_loopback_process(a.loopback, &done, &err), err);
    assert_int_equal(poll(&ready, 1, 20), 0);
    a.client.clock.now_ms += 1;
    assert_ok(lk_loopback_process(a.loopback, &done, &err), err);
    assert_int_equal(poll(&ready, 1, 2000), 1); /* the end, without an answer */
    attempt_hear(fd, answer, sizeof(answer));
    assert_string_equal(answer, "");
    attempt_close(&a, &wire);
}

static void test_refusal_in_the_browser_reaches_the_app(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    char request[1024];
    char answer[16384];
    lk_error err = LK_ERROR_INIT;
    int done = 0;

    attempt_open(&a, &wire);
    attempt_callback(&a, "error=access_denied&error_description=%3Cb%3Eno", request);
    int fd = attempt_dial(&a);
    attempt_say(fd, request);
    assert_fails(attempt_turn(&a, &done, &err), LK_ERR_API, err);
    assert_string_equal(err.reason, "access_denied");
    assert_contains(err.message, "<b>no");
    assert_int_equal(done, 0);
    attempt_hear(fd, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 403");
    assert_contains(answer, "Sign-in was cancelled");
    assert_contains(answer, "&lt;b&gt;no");
    attempt_close(&a, &wire);
}

static void test_failed_exchange_is_told_to_both(void **unused)
{
    (void)unused;
    char *token = fake_token(NOON);
    char *somebody_else = web_kit_grant_of("user_02", token, "rt_01");
    const struct {
        fake_exchange exchange;
        size_t n_script;
        lk_status status;
    } rows[] = {
        { { "POST /user_management/authenticate", .status = 400,
            .body = "{\"error\":\"invalid_grant\",\"error_description\":\"used\"}" },
          1,
          LK_ERR_API },
        { { "POST /user_management/authenticate", .failure = LK_ERR_NETWORK }, 1, LK_ERR_NETWORK },
        { { "POST /user_management/authenticate", .status = 200, .body = somebody_else },
          2,
          LK_ERR_SIGNATURE },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        const fake_exchange script[] = { rows[i].exchange, KIT_JWKS };
        fake_wire wire = { .script = script,
                           .n_script = rows[i].n_script,
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
        attempt a;
        char request[1024];
        char answer[16384];
        lk_error err = LK_ERROR_INIT;
        lk_authentication *authentication = NULL;
        int done = 0;
        attempt_open(&a, &wire);
        attempt_callback(&a, "code=code_01", request);
        int fd = attempt_dial(&a);
        attempt_say(fd, request);
        assert_ok(attempt_turn(&a, &done, &err), err);
        assert_int_equal(done, 1);
        assert_fails(lk_loopback_finish(a.loopback, &authentication, &err), rows[i].status, err);
        assert_null(authentication);
        attempt_hear(fd, answer, sizeof(answer));
        assert_contains(answer, "HTTP/1.1 502");
        assert_contains(answer, "Sign-in did not work");
        attempt_close(&a, &wire);
    }
    free(token);
    free(somebody_else);
}

static void test_second_callback_changes_nothing(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    char request[1024];
    char answer[16384];
    lk_error err = LK_ERROR_INIT;
    int done = 0;

    attempt_open(&a, &wire);
    attempt_callback(&a, "code=code_01", request);
    int first = attempt_dial(&a);
    attempt_say(first, request);
    assert_ok(attempt_turn(&a, &done, &err), err);
    int second = attempt_dial(&a);
    attempt_callback(&a, "code=code_02", request);
    attempt_say(second, request);
    assert_ok(attempt_turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    attempt_hear(second, answer, sizeof(answer));
    assert_contains(answer, "used already");

    /* The app gives up: the browser that waits is told. */
    lk_loopback_free(a.loopback);
    a.loopback = NULL;
    attempt_hear(first, answer, sizeof(answer));
    assert_contains(answer, "The app gave up on this sign-in");
    attempt_close(&a, &wire);
}

static void test_browser_that_left_does_not_wake_the_loop(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    attempt a;
    char request[1024];
    lk_error err = LK_ERROR_INIT;
    lk_authentication *authentication = NULL;
    int done = 0;

    attempt_open(&a, &wire);
    attempt_callback(&a, "code=code_01", request);
    int fd = attempt_dial(&a);
    attempt_say(fd, request);
    assert_ok(attempt_turn(&a, &done, &err), err);
    close(fd);
    struct pollfd ready = { .fd = lk_loopback_fd(a.loopback), .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 50), 0);
    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    lk_authentication_free(authentication);
    attempt_close(&a, &wire);
    free(grant);
}

static void test_attempt_times_out(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    lk_error err = LK_ERROR_INIT;
    int done = 0;

    attempt_open(&a, &wire);
    a.client.clock.now_ms += 299999;
    assert_ok(lk_loopback_wait(a.loopback, 0, &done, &err), err);
    a.client.clock.now_ms += 1;
    assert_int_equal(lk_loopback_time_left_ms(a.loopback), 0);
    assert_fails(lk_loopback_wait(a.loopback, 60000, &done, &err), LK_ERR_EXPIRED, err);
    assert_int_equal(done, 0);
    attempt_close(&a, &wire);
}

static void test_taken_port_is_named(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    lk_error err = LK_ERROR_INIT;
    lk_loopback *second = NULL;
    char port[16];

    attempt_open(&a, &wire);
    assert_fails(lk_loopback_new(LK_LOOPBACK_OPTIONS(.client = a.client.client, .port = a.port),
                                 &second, &err),
                 LK_ERR_NETWORK, err);
    snprintf(port, sizeof(port), "port %d", a.port);
    assert_contains(err.message, port);
    assert_fails(lk_loopback_new(LK_LOOPBACK_OPTIONS(.client = a.client.client, .port = 65536),
                                 &second, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_loopback_new(LK_LOOPBACK_OPTIONS(.client = NULL), &second, &err),
                 LK_ERR_INVALID, err);
    assert_null(second);
    attempt_close(&a, &wire);
}

static void test_no_other_interface_listens(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;

    attempt_open(&a, &wire);
    /* 127.0.0.2 is this machine, too, and a listener on any address would answer there. */
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)a.port) };
    assert_int_equal(inet_pton(AF_INET, "127.0.0.2", &address.sin_addr), 1);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), -1);
    close(fd);
    attempt_close(&a, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_in_ends_with_the_person),
        cmocka_unit_test(test_stray_and_hostile_requests_do_not_end_the_wait),
        cmocka_unit_test(test_doubled_code_with_our_state_does_not_end_the_wait),
        cmocka_unit_test(test_crowd_of_silent_connections_is_harmless),
        cmocka_unit_test(test_slow_connection_is_dropped_after_ten_seconds),
        cmocka_unit_test(test_refusal_in_the_browser_reaches_the_app),
        cmocka_unit_test(test_failed_exchange_is_told_to_both),
        cmocka_unit_test(test_second_callback_changes_nothing),
        cmocka_unit_test(test_browser_that_left_does_not_wake_the_loop),
        cmocka_unit_test(test_attempt_times_out),
        cmocka_unit_test(test_taken_port_is_named),
        cmocka_unit_test(test_no_other_interface_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
