/* Dates in the headers of answers, and what they say about the clock. */
#include "http/date.h"

#include "fake-clock.h"
#include "test.h"

static void test_date_is_read_in_its_one_form(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: no date */
    } rows[] = {
        { "Mon, 02 Mar 2026 12:00:00 GMT", NOON },
        { "Xyz, 02 Mar 2026 12:00:00 GMT", NOON }, /* the name of the day adds nothing */
        { "Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000) },
        { "Thu, 19 Jan 2040 03:14:08 GMT", INT64_C(2210555648000) }, /* past 32 bits */
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "", -1 },
        { "1772452800", -1 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", -1 }, /* obsolete */
        { "Sun Nov  6 08:49:37 1994", -1 },       /* obsolete */
        { "Mon, 02 Mar 2026 12:00:00", -1 },      /* no zone */
        { "Mon, 02 Mar 2026 12:00:00 CET", -1 },
        { "Mon, 02 Mar 2026 12:00:00 GMT+1", -1 },
        { "Mon, 02 arA 2026 12:00:00 GMT", -1 }, /* letters that stand across two names */
        { "Mon, 02 Ma 2026 12:00:00 GMT", -1 },
        { "Mon, 02 Mar 1969 12:00:00 GMT", -1 },
        { "Mon, 02 Mar", -1 },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        int64_t ms = -1;

        if (lk__http_date_parse(rows[i].text, &ms) != (rows[i].ms >= 0) || ms != rows[i].ms)
            fail_msg("row %zu: \"%s\" gives %lld", i, rows[i].text, (long long)ms);
    }
}

static void test_skew_is_measured_at_the_middle_of_the_exchange(void **state)
{
    static const char noon[] = "Mon, 02 Mar 2026 12:00:00 GMT";
    static const struct {
        const char *date;
        int64_t sent_ms;
        int64_t took_ms;
        bool known;
        int64_t skew_ms;
    } rows[] = {
        { noon, NOON + 500, 0, true, 0 }, /* the header cuts off half a second, on average */
        { noon, NOON, 1000, true, 0 },
        { noon, NOON + 120500, 0, true, 120000 },
        { noon, NOON - 119500, 0, true, -120000 },
        { noon, NOON - 119500 - 2000, 4000, true, -120000 },
        { noon, 0, 0, true, -NOON - 500 }, /* a device that has no clock of its own */
        { noon, NOON, 10000, true, 4500 },
        { noon, NOON, 10001, false, 0 }, /* when in all that time was it written? */
        { noon, NOON, -1, false, 0 },    /* the clock was set back meanwhile */
        { "now", NOON, 0, false, 0 },
        { NULL, NOON, 0, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        int64_t skew_ms = 0;
        bool known = lk__http_date_skew(rows[i].date, rows[i].sent_ms,
                                        rows[i].sent_ms + rows[i].took_ms, &skew_ms);

        if (known != rows[i].known || skew_ms != rows[i].skew_ms)
            fail_msg("row %zu gives %d, %lld ms", i, known, (long long)skew_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date_is_read_in_its_one_form),
        cmocka_unit_test(test_skew_is_measured_at_the_middle_of_the_exchange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
