/* Sign-in without a web server: real sockets on 127.0.0.1, WorkOS on the fake wire. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latchkey/loopback.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"
#include "web/listener.h"

typedef struct attempt {
    test_client client;
    lk_loopback *loopback;
    int port;
    char state[64];
    char challenge[64];
} attempt;

static void open_attempt(attempt *a, fake_wire *wire)
{
    lk_error err = LK_ERROR_INIT;

    memset(a, 0, sizeof(*a));
    test_client_open_public(&a->client, wire);
    assert_ok(lk_loopback_new(LK_LOOPBACK_OPTIONS(.client = a->client.client,
                                                  .login_hint = "mira@nordwind.example"),
                              &a->loopback, &err),
              err);
    const char *url = lk_loopback_url(a->loopback);
    assert_contains(url, "redirect_uri=http%3A%2F%2F127.0.0.1%3A");
    assert_int_equal(sscanf(strstr(url, "127.0.0.1%3A") + 12, "%d", &a->port), 1);
    assert_int_equal(sscanf(strstr(url, "&state=") + 7, "%63[A-Za-z0-9_-]", a->state), 1);
    assert_int_equal(sscanf(strstr(url, "code_challenge=") + 15, "%63[A-Za-z0-9_-]", a->challenge),
                     1);
}

static void close_attempt(attempt *a, fake_wire *wire)
{
    lk_loopback_free(a->loopback);
    test_client_close(&a->client, wire);
}

static int dial(const attempt *a)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)a->port),
                                   .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Turns the loop until nothing is left to do at once. */
static lk_status turn(attempt *a, int *done, lk_error *err)
{
    struct pollfd ready = { .fd = lk_loopback_fd(a->loopback), .events = POLLIN };
    lk_status status = LK_OK;

    for (int i = 0; i < 200 && status == LK_OK && poll(&ready, 1, 20) > 0; i++)
        status = lk_loopback_process(a->loopback, done, err);
    return status;
}

/* What the listener answered, to the end of the connection. */
static void hear(int fd, char *out, size_t size)
{
    size_t len = 0;
    struct pollfd ready = { .fd = fd, .events = POLLIN };

    while (len + 1 < size && poll(&ready, 1, 2000) > 0) {
        ssize_t n = recv(fd, out + len, size - len - 1, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    out[len] = '\0';
    close(fd);
}

/* One request that must not end the wait; the answer goes into out. */
static void ask(attempt *a, const char *request, char *out, size_t size)
{
    lk_error err = LK_ERROR_INIT;
    int done = 7;
    int fd = dial(a);

    say(fd, request);
    assert_ok(turn(a, &done, &err), err);
    assert_int_equal(done, 0);
    hear(fd, out, size);
}

static void callback(const attempt *a, const char *parameters, char out[1024])
{
    snprintf(out, 1024, "GET /callback?%s&state=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
             parameters, a->state, a->port);
}

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

    open_attempt(&a, &wire);
    assert_contains(lk_loopback_url(a.loopback),
                    "https://api.workos.com/user_management/authorize?");
    assert_contains(lk_loopback_url(a.loopback), "login_hint=mira%40nordwind.example");
    assert_true(lk_loopback_time_left_ms(a.loopback) == 300000);

    callback(&a, "code=code_01", request);
    int fd = dial(&a);
    say(fd, request);
    assert_ok(turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    /* The browser waits: nothing is true yet. */
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 50), 0);

    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    assert_string_equal(authentication->user->email, "mira@nordwind.example");
    assert_string_equal(authentication->refresh_token, "rt_01");
    lk_authentication_free(authentication);
    hear(fd, answer, sizeof(answer));
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
    assert_contains(answer, "You are signed in");
    assert_contains(answer, "\r\nCache-Control: no-store\r\n");
    assert_contains(answer, "\r\nReferrer-Policy: no-referrer\r\n");
    assert_contains(answer, "\r\nContent-Security-Policy: default-src 'none'");
    assert_lacks(answer, "code_01");

    /* Spent. */
    authentication = NULL;
    assert_fails(lk_loopback_finish(a.loopback, &authentication, &err), LK_ERR_INVALID, err);
    close_attempt(&a, &wire);
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

    open_attempt(&a, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        ask(&a, rows[i].request, answer, sizeof(answer));
        assert_memory_equal(answer + strlen("HTTP/1.1 "), rows[i].status, 3);
        assert_contains(answer, rows[i].part);
        assert_contains(answer, "\r\nCache-Control: no-store\r\n");
    }
    memset(big, 'a', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    ask(&a, big, answer, sizeof(answer));
    assert_memory_equal(answer, "HTTP/1.1 431", 12);
    close_attempt(&a, &wire);
}

static void test_doubled_code_with_our_state_does_not_end_the_wait(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    char request[1024];
    char answer[16384];

    open_attempt(&a, &wire);
    callback(&a, "code=1&code=2", request);
    ask(&a, request, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 400");
    callback(&a, "x=y", request); /* neither code nor error */
    ask(&a, request, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 400");
    close_attempt(&a, &wire);
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

    open_attempt(&a, &wire);
    for (int i = 0; i < N_SILENT; i++) {
        silent[i] = dial(&a);
        say(silent[i], "GET /callback?sta");
        assert_ok(turn(&a, &done, &err), err);
    }
    callback(&a, "code=code_01", request);
    int fd = dial(&a);
    /* In two pieces. */
    char rest = request[30];
    request[30] = '\0';
    say(fd, request);
    assert_ok(turn(&a, &done, &err), err);
    assert_int_equal(done, 0);
    request[30] = rest;
    say(fd, request + 30);
    assert_ok(turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    lk_authentication_free(authentication);
    hear(fd, answer, sizeof(answer));
    assert_contains(answer, "You are signed in");
    for (int i = 0; i < N_SILENT; i++)
        close(silent[i]);
    close_attempt(&a, &wire);
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

    open_attempt(&a, &wire);
    int fd = dial(&a);
    say(fd, "GET /callback");
    assert_ok(turn(&a, &done, &err), err);
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    a.client.clock.now_ms += 9999;
    assert_ok(lk_loopback_process(a.loopback, &done, &err), err);
    assert_int_equal(poll(&ready, 1, 20), 0);
    a.client.clock.now_ms += 1;
    assert_ok(lk_loopback_process(a.loopback, &done, &err), err);
    assert_int_equal(poll(&ready, 1, 2000), 1); /* the end, without an answer */
    hear(fd, answer, sizeof(answer));
    assert_string_equal(answer, "");
    close_attempt(&a, &wire);
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

    open_attempt(&a, &wire);
    callback(&a, "error=access_denied&error_description=%3Cb%3Eno", request);
    int fd = dial(&a);
    say(fd, request);
    assert_fails(turn(&a, &done, &err), LK_ERR_API, err);
    assert_string_equal(err.reason, "access_denied");
    assert_contains(err.message, "<b>no");
    assert_int_equal(done, 0);
    hear(fd, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 403");
    assert_contains(answer, "Sign-in was cancelled");
    assert_contains(answer, "&lt;b&gt;no");
    close_attempt(&a, &wire);
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
        open_attempt(&a, &wire);
        callback(&a, "code=code_01", request);
        int fd = dial(&a);
        say(fd, request);
        assert_ok(turn(&a, &done, &err), err);
        assert_int_equal(done, 1);
        assert_fails(lk_loopback_finish(a.loopback, &authentication, &err), rows[i].status, err);
        assert_null(authentication);
        hear(fd, answer, sizeof(answer));
        assert_contains(answer, "HTTP/1.1 502");
        assert_contains(answer, "Sign-in did not work");
        close_attempt(&a, &wire);
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

    open_attempt(&a, &wire);
    callback(&a, "code=code_01", request);
    int first = dial(&a);
    say(first, request);
    assert_ok(turn(&a, &done, &err), err);
    int second = dial(&a);
    callback(&a, "code=code_02", request);
    say(second, request);
    assert_ok(turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    hear(second, answer, sizeof(answer));
    assert_contains(answer, "used already");

    /* The app gives up: the browser that waits is told. */
    lk_loopback_free(a.loopback);
    a.loopback = NULL;
    hear(first, answer, sizeof(answer));
    assert_contains(answer, "The app gave up on this sign-in");
    close_attempt(&a, &wire);
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

    open_attempt(&a, &wire);
    callback(&a, "code=code_01", request);
    int fd = dial(&a);
    say(fd, request);
    assert_ok(turn(&a, &done, &err), err);
    close(fd);
    struct pollfd ready = { .fd = lk_loopback_fd(a.loopback), .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 50), 0);
    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    lk_authentication_free(authentication);
    close_attempt(&a, &wire);
    free(grant);
}

static void test_attempt_times_out(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    lk_error err = LK_ERROR_INIT;
    int done = 0;

    open_attempt(&a, &wire);
    a.client.clock.now_ms += 299999;
    assert_ok(lk_loopback_wait(a.loopback, 0, &done, &err), err);
    a.client.clock.now_ms += 1;
    assert_int_equal(lk_loopback_time_left_ms(a.loopback), 0);
    assert_fails(lk_loopback_wait(a.loopback, 60000, &done, &err), LK_ERR_EXPIRED, err);
    assert_int_equal(done, 0);
    close_attempt(&a, &wire);
}

static void test_taken_port_is_named(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    lk_error err = LK_ERROR_INIT;
    lk_loopback *second = NULL;
    char port[16];

    open_attempt(&a, &wire);
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
    close_attempt(&a, &wire);
}

static void test_no_other_interface_listens(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;

    open_attempt(&a, &wire);
    /* 127.0.0.2 is this machine, too, and a listener on any address would answer there. */
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)a.port) };
    assert_int_equal(inet_pton(AF_INET, "127.0.0.2", &address.sin_addr), 1);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), -1);
    close(fd);
    close_attempt(&a, &wire);
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
