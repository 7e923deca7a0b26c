/* When to try again, and after how long. */
#include "http/retry.h"

#include "fake-clock.h"
#include "test.h"

static void test_only_passing_troubles_are_retried(void **state)
{
    static const int yes[] = { 408, 429, 500, 502, 503, 504 };
    static const int no[] = { 0, 200, 302, 400, 401, 403, 404, 409, 422, 501, 505, 599, -1 };

    (void)state;
    for (size_t i = 0; i < N_ROWS(yes); i++)
        assert_true(lk__retry_status(yes[i]));
    for (size_t i = 0; i < N_ROWS(no); i++)
        assert_false(lk__retry_status(no[i]));
}

static void test_delay_doubles_and_stays_in_its_half(void **state)
{
    static const struct {
        int attempt;
        int64_t full_ms;
    } rows[] = { { 1, 500 },  { 2, 1000 },       { 3, 2000 }, { 4, 4000 }, { 5, 8000 },
                 { 6, 8000 }, { 1000000, 8000 }, { 0, 500 },  { -5, 500 } };
    static const uint32_t random[] = { 0, 1, 249, 250, 251, 12345, 0x7FFFFFFF, UINT32_MAX };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        for (size_t j = 0; j < N_ROWS(random); j++) {
            int64_t delay_ms = lk__retry_delay_ms(rows[i].attempt, random[j]);

            assert_true(delay_ms >= rows[i].full_ms / 2);
            assert_true(delay_ms <= rows[i].full_ms);
        }
    }
    assert_int_not_equal(lk__retry_delay_ms(5, 1), lk__retry_delay_ms(5, 2));
}

static void test_retry_after_is_read_in_both_forms(void **state)
{
    static const struct {
        const char *header;
        int64_t ms;
    } rows[] = {
        { "2", 2000 },
        { "1", 1000 },
        { "60", 60000 },
        { "61", 60000 },               /* longer than anybody should be made to wait */
        { "0", 1000 },                 /* WorkOS sends 0 under load */
        { "9223372036854775", 60000 }, /* must not overflow */
        { "Mon, 02 Mar 2026 12:00:07 GMT", 7000 },
        { "Mon, 02 Mar 2026 11:00:00 GMT", 1000 }, /* past */
        { "Mon, 02 Mar 2026 13:00:00 GMT", 60000 },
        { "Xyz, 02 Mar 2026 12:00:07 GMT", 7000 }, /* the name of the day adds nothing */
        { NULL, -1 },
        { "", -1 },
        { " ", -1 },
        { "soon", -1 },
        { "-1", -1 },
        { "1.5", -1 },
        { "2 seconds", -1 },
        { "99999999999999999999", -1 },
        { "Mon, 02 Mar 2026 12:00:07", -1 }, /* no zone */
        { "Mon, 02 Mar 2026 12:00:07 CET", -1 },
        { "Mon, 02 Mar 2026 12:00:07 GMT+1", -1 },
        { "Mon, 02 arA 2026 12:00:07 GMT", -1 }, /* letters that stand across two names */
        { "Mon, 02 Ma 2026 12:00:07 GMT", -1 },
        { "Mon, 02 Mar 1900 12:00:07 GMT", -1 },
        { "Mon, 02 Mar", -1 },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        if (lk__retry_after_ms(rows[i].header, NOON) != rows[i].ms)
            fail_msg("row %zu: \"%s\" gives %lld", i, rows[i].header,
                     (long long)lk__retry_after_ms(rows[i].header, NOON));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_passing_troubles_are_retried),
        cmocka_unit_test(test_delay_doubles_and_stays_in_its_half),
        cmocka_unit_test(test_retry_after_is_read_in_both_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
