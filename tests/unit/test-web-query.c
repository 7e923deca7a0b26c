/* Query strings as hostile as they come. */
#include "test.h"
#include "web/query.h"

static void test_parameter_is_found_and_decoded(void **unused)
{
    (void)unused;
    static const struct {
        const char *query;
        const char *value; /* NULL: not there */
    } rows[] = {
        { "code=1", "1" },
        { "state=x&code=1&y=z", "1" },
        { "code=a%20b+c", "a b c" },
        { "c%6fde=1", "1" }, /* the name may be escaped */
        { "code=%C3%BC", "\xc3\xbc" },
        { "&&code=1&&", "1" },
        { "code=a=b", "a=b" },
        { "xcode=1&code_=2&Code=3", NULL },
        { "code", NULL },
        { "code=", NULL }, /* RFC 6749: as if it were omitted */
        { "", NULL },
        { NULL, NULL },
        { "?&", NULL },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf out = LK__BUF(100);
        lk_error err = LK_ERROR_INIT;
        bool found = true;
        assert_ok(lk__query_get(rows[i].query, "code", &out, &found, &err), err);
        assert_int_equal(found, rows[i].value != NULL);
        if (found)
            assert_string_equal(out.data, rows[i].value);
    }
}

static void test_attack_is_refused(void **unused)
{
    (void)unused;
    static const char *const rows[] = {
        "code=1&code=2",                               /* first wins here, last wins there */
        "code=1&c%6Fde=2",                             /* the escaped twin */
        "code=&code=2",                                /* an empty twin */
        "code&code=2",      "code=%",                  /* broken escapes */
        "code=%0",          "code=%zz", "code=%00",    /* NUL */
        "code=a%0Ab",                                  /* line feed: another header */
        "code=a%0Db",       "code=%7F", "code=%FF%FE", /* no UTF-8 */
        "code=%C0%AF",                                 /* overlong slash */
        "code=12345678901",                            /* longer than allowed */
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf out = LK__BUF(10);
        lk_error err = LK_ERROR_INIT;
        bool found = false;
        assert_fails(lk__query_get(rows[i], "code", &out, &found, &err), LK_ERR_INVALID, err);
        assert_false(found);
        assert_int_equal(out.len, 0);
        assert_contains(err.message, "\"code\"");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameter_is_found_and_decoded),
        cmocka_unit_test(test_attack_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
