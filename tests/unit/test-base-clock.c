/* ISO 8601 times: base/clock.c. */
#include "test.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static void test_times_that_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        { "1970-01-01T00:00:00.000Z", 0 },
        { "2026-03-02T08:00:04.300Z", INT64_C(1772438404300) },
        { "2026-03-02T08:00:04Z", INT64_C(1772438404000) },
        { "2026-03-02 08:00:04.300", INT64_C(1772438404300) },        /* as in the documentation */
        { "2026-03-02T08:00:04", INT64_C(1772438404000) },            /* no zone: UTC */
        { "2026-03-02t08:00:04z", INT64_C(1772438404000) },           /* RFC 3339, 5.6 */
        { "2026-03-02T08:00:04.3Z", INT64_C(1772438404300) },         /* any number of digits */
        { "2026-03-02T08:00:04.300999999Z", INT64_C(1772438404300) }, /* finer: dropped */
        { "2026-03-02T09:30:04.300+01:30", INT64_C(1772438404300) },
        { "2026-03-02T03:00:04.300-0500", INT64_C(1772438404300) },
        { "2026-03-02T08:00:04.300-00:00", INT64_C(1772438404300) },
        { "2024-02-29T00:00:00Z", INT64_C(1709164800000) }, /* leap day */
        { "2000-02-29T00:00:00Z", INT64_C(951782400000) },  /* leap century */
        { "2016-12-31T23:59:60Z", INT64_C(1483228800000) }, /* leap second */
        { "1969-12-31T23:59:59.999Z", -1 },
        { "2038-01-19T03:14:08Z", INT64_C(2147483648000) }, /* past 32 bits */
        { "0000-01-01T00:00:00Z", INT64_C(-62167219200000) },
        { "9999-12-31T23:59:59.999Z", INT64_C(253402300799999) },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        int64_t ms = 1;

        if (!lk__time_parse(rows[i].text, &ms) || ms != rows[i].ms)
            fail_msg("%s: %lld", rows[i].text, (long long)ms);
    }
}

static void test_texts_that_are_no_times(void **state)
{
    static const char *const rows[] = {
        "",
        "2026-03-02",
        "2026-03-02T08:00Z",
        "2026-02-29T00:00:00Z", /* no leap year */
        "1900-02-29T00:00:00Z", /* no leap century */
        "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60",
        "2026-01-01T00:00:00ZZ",
        "2026-01-01T00:00:00Z ",
        " 2026-01-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
        "2026-1-01T00:00:00Z",
        "20260101T000000Z",
        "2026-01-01T00:00:00 UTC",
        "1772438404300",
    };
    int64_t ms = 77;

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++)
        if (lk__time_parse(rows[i], &ms))
            fail_msg("%s", rows[i]);
    assert_false(lk__time_parse(NULL, &ms));
    assert_int_equal(ms, 77);
}

static void test_formatting_agrees_with_the_c_library(void **state)
{
    (void)state;
    /* Every 40.7 days from 1600 to 2400. */
    for (int64_t ms = INT64_C(-11676096000000); ms < INT64_C(13569465600000);
         ms += INT64_C(3517777777)) {
        time_t seconds = (time_t)((ms - (ms % 1000 + 1000) % 1000) / 1000);
        char wanted[64];
        char got[LK__TIME_SIZE];
        struct tm tm;
        int64_t back;
        size_t len;

        gmtime_r(&seconds, &tm);
        len = strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(wanted + len, sizeof(wanted) - len, ".%03dZ", (int)((ms % 1000 + 1000) % 1000));
        lk__time_format(ms, got);
        assert_string_equal(got, wanted);
        assert_true(lk__time_parse(got, &back));
        assert_int_equal(back, ms);
    }
}

static void test_formatting_stays_within_four_digit_years(void **state)
{
    char text[LK__TIME_SIZE];

    (void)state;
    lk__time_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    lk__time_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

static void test_system_clock_is_in_milliseconds(void **state)
{
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = lk__system_now_ms(NULL);

    (void)state;
    assert_true(now >= before - 1000 && now < before + 60000);
    lk__system_sleep_ms(NULL, 0);
    lk__system_sleep_ms(NULL, -5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_that_are_read),
        cmocka_unit_test(test_texts_that_are_no_times),
        cmocka_unit_test(test_formatting_agrees_with_the_c_library),
        cmocka_unit_test(test_formatting_stays_within_four_digit_years),
        cmocka_unit_test(test_system_clock_is_in_milliseconds),
    };

    return cmocka_run_group_tests_name("base-clock", tests, NULL, NULL);
}
