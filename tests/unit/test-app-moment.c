/* Moments on the command line. */
#include "test.h"

#include "fail.h"
#include "moment.h"

#define NOW INT64_C(1772438404120) /* 2026-03-02T08:00:04.120Z */

static void test_moments_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        { "2026-03-02T08:00:04.120Z", NOW },
        { "2026-03-02T08:00:04.120999Z", NOW },
        { "2026-03-02 08:00:04.120", NOW },
        { "2026-03-02t08:00:04.12z", NOW },
        { "2026-03-02T10:00:04.120+02:00", NOW },
        { "2026-03-02T02:30:04.120-05:30", NOW },
        { "2026-03-02T08:00Z", NOW - 4120 },
        { "2026-03-02", NOW - 8 * 3600000 - 4120 },
        { "1970-01-01", 0 },
        { "90s", NOW - 90000 },
        { "15m", NOW - 15 * 60000 },
        { "-2h", NOW - 2 * 3600000 },
        { "3d", NOW - INT64_C(3) * 86400000 },
        { "0s", NOW },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        lk_error err = LK_ERROR_INIT;
        int64_t ms = -1;
        assert_ok(moment_parse("from", cases[i].text, NOW, &ms, &err), err);
        if (ms != cases[i].ms)
            fail_msg("%s: %lld", cases[i].text, (long long)ms);
    }
}

static void test_what_is_no_moment_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "yesterday",
        "2026-02-30", /* there is none */
        "2026-13-01",
        "2026-3-2",
        "2026-03-02T",
        "2026-03-02T25:00Z",
        "2026-03-02T08:00:04.Z",
        "2026-03-02T08:00:04+2",
        "2026-03-02T08:00:04+02:00x",
        "2026-03-02T08:00:04Zx",
        "2026-03-02x",
        "1969-12-31",
        "2h30m",
        "h",
        "-",
        "--2h",
        "+2h",
        "2w",
        "1234567890s",
        " 2h",
        "1.5h",
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        lk_error err = LK_ERROR_INIT;
        int64_t ms = -1;
        if (moment_parse("from", cases[i], NOW, &ms, &err) == LK_OK)
            fail_msg("\"%s\" was taken for %lld", cases[i], (long long)ms);
        assert_contains(err.message, "--from takes a time");
        assert_int_equal(ms, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_read),
        cmocka_unit_test(test_what_is_no_moment_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
