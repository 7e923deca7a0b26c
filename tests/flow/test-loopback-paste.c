/* The address that a person pastes where the browser cannot come back by itself; and the ways into
 * the listener: both loopback addresses, and cancelling. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loopback-kit.h"
#include "test.h"

static lk_status paste(attempt *a, const char *parameters, const char *state, lk_error *err)
{
    char text[1024];

    snprintf(text, sizeof(text), "http://127.0.0.1:%d/callback?%s&state=%s\n", a->port, parameters,
             state);
    return lk_loopback_paste(a->loopback, text, err);
}

static void test_pasted_address_ends_with_the_person(void **unused)
{
    (void)unused;
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire = FAKE_WIRE({ "POST /user_management/authenticate",
                                 .body_has = "\"code\":\"code_01\"", .status = 200, .body = grant },
                               KIT_JWKS);
    attempt a;
    lk_error err = LK_ERROR_INIT;
    lk_authentication *authentication = NULL;
    int done = 0;

    attempt_open(&a, &wire);
    assert_ok(paste(&a, "code=code_01", a.state, &err), err);
    assert_ok(lk_loopback_process(a.loopback, &done, &err), err);
    assert_int_equal(done, 1);
    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    assert_string_equal(authentication->user->email, "mira@nordwind.example");
    lk_authentication_free(authentication);
    attempt_close(&a, &wire);
    free(grant);
}

static void test_hostile_pastes_leave_the_wait_as_it_was(void **unused)
{
    (void)unused;
    static const struct {
        const char *parameters, *state;
        lk_status status;
        const char *says;
    } rows[] = {
        /* A sign-in that somebody else began: theirs would be ours. */
        { "code=theirs", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", LK_ERR_STATE,
          "another sign-in" },
        { "code=theirs", "", LK_ERR_STATE, "another sign-in" },
        { "code=theirs&state=x", "%s", LK_ERR_INVALID, "twice" },
        { "code=a&code=b", "%s", LK_ERR_INVALID, "twice" },
        { "code=", "%s", LK_ERR_INVALID, "no code" },
        { "x=y", "%s", LK_ERR_INVALID, "no code" },
        { "code=a%00b", "%s", LK_ERR_INVALID, "do not belong there" },
        { "code=a%zz", "%s", LK_ERR_INVALID, "do not belong there" },
        /* An error without our state is anybody's. */
        { "error=access_denied", "", LK_ERR_STATE, "another sign-in" },
    };
    char *grant = web_kit_grant(NOON, "rt_01");
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant }, KIT_JWKS);
    attempt a;
    lk_error err = LK_ERROR_INIT;
    lk_authentication *authentication = NULL;
    int done = 7;

    attempt_open(&a, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        const char *state = strcmp(rows[i].state, "%s") == 0 ? a.state : rows[i].state;
        assert_fails(paste(&a, rows[i].parameters, state, &err), rows[i].status, err);
        assert_contains(err.message, rows[i].says);
        assert_lacks(err.message, a.state);
        assert_ok(lk_loopback_process(a.loopback, &done, &err), err);
        assert_int_equal(done, 0);
    }
    assert_fails(lk_loopback_paste(a.loopback, "http://evil.example/?code=a", &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_loopback_paste(a.loopback, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_loopback_paste(NULL, "x", &err), LK_ERR_INVALID, err);
    /* The right one still counts, once. */
    assert_ok(paste(&a, "code=code_01", a.state, &err), err);
    assert_fails(paste(&a, "code=code_02", a.state, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "already");
    assert_ok(lk_loopback_finish(a.loopback, &authentication, &err), err);
    lk_authentication_free(authentication);
    attempt_close(&a, &wire);
    free(grant);
}

static void test_pasted_refusal_reaches_the_app(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    lk_error err = LK_ERROR_INIT;
    int done = 0;

    attempt_open(&a, &wire);
    assert_fails(paste(&a, "error=access_denied&error_description=No%20thanks", a.state, &err),
                 LK_ERR_API, err);
    assert_string_equal(err.reason, "access_denied");
    assert_contains(err.message, "No thanks");
    assert_fails(lk_loopback_process(a.loopback, &done, &err), LK_ERR_API, err);
    assert_fails(paste(&a, "code=code_01", a.state, &err), LK_ERR_API, err);
    attempt_close(&a, &wire);
}

static void test_pasted_too_late_is_expired(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    lk_error err = LK_ERROR_INIT;

    attempt_open(&a, &wire);
    a.client.clock.now_ms += 300 * 1000;
    assert_fails(paste(&a, "code=code_01", a.state, &err), LK_ERR_EXPIRED, err);
    attempt_close(&a, &wire);
}

/* -1 when there is no such address on this machine. */
static int dial_ipv6(int port)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_port = htons((uint16_t)port),
                                    .sin6_addr = in6addr_loopback };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    if (fd >= 0)
        close(fd);
    return bound;
}

static void test_both_loopback_addresses_answer_on_one_port(void **unused)
{
    (void)unused;
    fake_wire wire = FAKE_WIRE_SILENT;
    attempt a;
    char request[1024];
    char answer[16384];
    lk_error err = LK_ERROR_INIT;
    int done = 0;

    if (!has_ipv6())
        skip();
    attempt_open(&a, &wire);
    int stray = dial_ipv6(a.port);
    assert_true(stray >= 0);
    attempt_say(stray, "GET /favicon.ico HTTP/1.1\r\nHost: [::1]\r\n\r\n");
    assert_ok(attempt_turn(&a, &done, &err), err);
    assert_int_equal(done, 0);
    attempt_hear(stray, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 404");

    int browser = dial_ipv6(a.port);
    attempt_callback(&a, "code=code_01", request);
    attempt_say(browser, request);
    assert_ok(attempt_turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    close(browser);
    attempt_close(&a, &wire);
}

/* Somebody who has the port on ::1 only keeps us from nothing: the browser goes to 127.0.0.1. */
static void test_port_taken_on_ipv6_alone_is_no_hindrance(void **unused)
{
    (void)unused;
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_auto(lk_loopback) loopback = NULL;
    test_client client;
    lk_error err = LK_ERROR_INIT;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 1) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        skip();
    test_client_open_public(&client, &wire);
    assert_ok(lk_loopback_new(
                  LK_LOOPBACK_OPTIONS(.client = client.client, .port = ntohs(address.sin6_port)),
                  &loopback, &err),
              err);
    assert_contains(lk_loopback_url(loopback), "redirect_uri=http%3A%2F%2F127.0.0.1%3A");
    close(fd);
    lk_loopback_freep(&loopback);
    test_client_close(&client, &wire);
}

/* In a network of its own, whose only address is ::1. 0: as it should be, 2: not possible here. */
static int child_without_ipv4(void)
{
    struct ifreq lo = { .ifr_name = "lo" };
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_auto(lk_loopback) loopback = NULL;
    test_client client;
    lk_error err = LK_ERROR_INIT;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return 2;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    lo.ifr_flags = IFF_UP | IFF_LOOPBACK;
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) != 0)
        return 2;
    struct sockaddr_in none = { .sin_family = AF_INET };
    memcpy(&lo.ifr_addr, &none, sizeof(none));
    if (ioctl(fd, SIOCSIFADDR, &lo) != 0 || !has_ipv6())
        return 2;
    close(fd);
    test_client_open_public(&client, &wire);
    if (lk_loopback_new(LK_LOOPBACK_OPTIONS(.client = client.client), &loopback, &err) != LK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    bool is_right = strstr(lk_loopback_url(loopback), "redirect_uri=http%3A%2F%2F%5B%3A%3A1%5D%3A");
    lk_loopback_freep(&loopback);
    test_client_close(&client, &wire);
    return is_right ? 0 : 1;
}

static void test_without_ipv4_the_browser_is_sent_to_ipv6(void **unused)
{
    (void)unused;
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(child_without_ipv4());
    assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_cancelled_attempt_tells_the_waiting_browser(void **unused)
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
    int fd = attempt_dial(&a);
    attempt_say(fd, request);
    assert_ok(attempt_turn(&a, &done, &err), err);
    assert_int_equal(done, 1);
    attempt_close(&a, &wire); /* the wire is silent: the code is not spent */
    attempt_hear(fd, answer, sizeof(answer));
    assert_contains(answer, "HTTP/1.1 503");
    assert_contains(answer, "The app gave up on this sign-in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pasted_address_ends_with_the_person),
        cmocka_unit_test(test_hostile_pastes_leave_the_wait_as_it_was),
        cmocka_unit_test(test_pasted_refusal_reaches_the_app),
        cmocka_unit_test(test_pasted_too_late_is_expired),
        cmocka_unit_test(test_both_loopback_addresses_answer_on_one_port),
        cmocka_unit_test(test_port_taken_on_ipv6_alone_is_no_hindrance),
        cmocka_unit_test(test_without_ipv4_the_browser_is_sent_to_ipv6),
        cmocka_unit_test(test_cancelled_attempt_tells_the_waiting_browser),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
