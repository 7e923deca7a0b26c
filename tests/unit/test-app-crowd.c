/* Who is hung up on, so that others find a worker. The crowd sees sockets only: those here come to
 * a port of this process, and the test says which of them have workers. */
#include "test.h"

#include "clock.h"
#include "crowd.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG_ENOUGH_MS = 900, SOON_MS = 5000 };
/* The kernel counts silence in its ticks, and so up to one too many: at 100 Hz this one. */
enum { TICK_MS = 10 };

static struct {
    crowd *crowd;
    int door;
    struct sockaddr_in address;
} it;

/* Room for one. */
static int set_up(void **state)
{
    lk_error err = LK_ERROR_INIT;
    socklen_t len = sizeof(it.address);

    (void)state;
    it.address =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    it.door = socket(AF_INET, SOCK_STREAM, 0);
    if (it.door < 0 || bind(it.door, (struct sockaddr *)&it.address, len) != 0 ||
        listen(it.door, 8) != 0 || getsockname(it.door, (struct sockaddr *)&it.address, &len) != 0)
        return -1;
    if (crowd_new(1, &it.crowd, &err) != LK_OK)
        return -1;
    crowd_set_port(it.crowd, ntohs(it.address.sin_port));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crowd_free(it.crowd);
    close(it.door);
    return 0;
}

/* Both ends of a connection. */
typedef struct line {
    int visitor, server;
    int port; /* the visitor's */
    crowd_member member;
} line;

static line call(void)
{
    line made = { .visitor = socket(AF_INET, SOCK_STREAM, 0) };
    struct sockaddr_in name;
    socklen_t len = sizeof(name);

    assert_int_equal(connect(made.visitor, (struct sockaddr *)&it.address, sizeof(it.address)), 0);
    made.server = accept(it.door, (struct sockaddr *)&name, &len);
    assert_true(made.server >= 0);
    made.port = ntohs(name.sin_port);
    return made;
}

static void hang_up(line *of)
{
    close(of->visitor);
    close(of->server);
}

static bool is_hung_up_on(const line *of, int patience_ms)
{
    struct pollfd wait = { .fd = of->visitor, .events = POLLIN };
    char c;

    return poll(&wait, 1, patience_ms) == 1 && recv(of->visitor, &c, 1, 0) == 0;
}

static void test_who_waits_for_a_worker_stays(void **state)
{
    line waiting = call();

    (void)state;
    assert_int_equal(send(waiting.visitor, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    usleep(50000); /* it is the one that has been here for longest */
    line silent = call();
    line other = call();
    crowd_enter(it.crowd);
    crowd_enter(it.crowd);
    assert_true(is_hung_up_on(&silent, SOON_MS));
    assert_false(is_hung_up_on(&waiting, LONG_ENOUGH_MS));
    assert_int_equal(crowd_count_dropped(it.crowd), 1); /* room for one: the other stays, too */

    /* Once a worker has read it, and no more comes, it is a slow visitor as others are: from then.
     */
    crowd_leave(it.crowd, &silent.member);
    hang_up(&silent);
    crowd_leave(it.crowd, &other.member);
    hang_up(&other);
    char text[32];
    int64_t read_at_ms = clock_steady_ms();
    assert_int_equal(recv(waiting.server, text, sizeof(text), 0), 18);
    crowd_enter(it.crowd);
    crowd_enter(it.crowd);
    assert_true(is_hung_up_on(&waiting, SOON_MS));
    assert_true(clock_steady_ms() - read_at_ms >= CROWD_PATIENCE_MS);
    crowd_leave(it.crowd, &waiting.member);
    hang_up(&waiting);
}

static void test_who_is_being_answered_stays(void **state)
{
    line answered = call();

    (void)state;
    usleep(50000);
    line silent = call();
    crowd_enter(it.crowd);
    crowd_answer(it.crowd, &answered.member, "127.0.0.1", answered.port);
    crowd_enter(it.crowd);
    assert_true(is_hung_up_on(&silent, SOON_MS));
    assert_false(is_hung_up_on(&answered, LONG_ENOUGH_MS));
    crowd_leave(it.crowd, &silent.member);
    crowd_leave(it.crowd, &answered.member);
    hang_up(&silent);
    hang_up(&answered);
}

/* Who has begun to speak and stops is slow; whose first word is late may have lost it on the way.
 */
static void test_who_has_said_nothing_yet_has_longer(void **state)
{
    line slow = call();
    char text[8];

    (void)state;
    assert_int_equal(send(slow.visitor, "GET", 3, MSG_NOSIGNAL), 3);
    assert_int_equal(recv(slow.server, text, sizeof(text), 0), 3);
    int64_t from_ms = clock_steady_ms();
    line new = call();
    crowd_enter(it.crowd);
    crowd_enter(it.crowd);
    assert_true(is_hung_up_on(&slow, SOON_MS));
    assert_int_equal(crowd_count_dropped(it.crowd), 1);
    crowd_leave(it.crowd, &slow.member);
    hang_up(&slow);
    crowd_enter(it.crowd); /* somebody whom the crowd does not see: only the new one can leave */
    assert_true(is_hung_up_on(&new, SOON_MS));
    assert_true(clock_steady_ms() - from_ms >= CROWD_PATIENCE_NEW_MS - TICK_MS);
    crowd_leave(it.crowd, &new.member);
    hang_up(&new);
}

/* The door was shut while its request lay there: that is not its own slowness. */
static void test_who_waited_to_be_let_in_begins_anew(void **state)
{
    line first = call();
    line late = { .visitor = socket(AF_INET, SOCK_STREAM, 0) };
    char text[32];

    (void)state;
    crowd_enter(it.crowd); /* the one who keeps the door looks from now on */
    crowd_answer(it.crowd, &first.member, "127.0.0.1", first.port);
    assert_int_equal(connect(late.visitor, (struct sockaddr *)&it.address, sizeof(it.address)), 0);
    assert_int_equal(send(late.visitor, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    usleep((CROWD_PATIENCE_MS + 200) * 1000);
    int64_t let_in_at_ms = clock_steady_ms();
    late.server = accept(it.door, NULL, NULL);
    assert_true(late.server >= 0);
    assert_int_equal(recv(late.server, text, sizeof(text), 0), 18);
    crowd_enter(it.crowd);
    assert_true(is_hung_up_on(&late, SOON_MS));
    assert_true(clock_steady_ms() - let_in_at_ms >= CROWD_PATIENCE_MS);
    crowd_leave(it.crowd, &late.member);
    crowd_leave(it.crowd, &first.member);
    hang_up(&late);
    hang_up(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_waits_for_a_worker_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_is_being_answered_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_has_said_nothing_yet_has_longer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_who_waited_to_be_let_in_begins_anew, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("app-crowd", tests, NULL, NULL);
}
