/* Command lines: options.c, and the way to a command: command.c. */
#include "test.h"

#include "command.h"
#include "fail.h"

static const app_option table[] = {
    { .name = "store", .value = "URL", .help = "Where" },
    { .name = "json", .help = "JSON" },
    { .name = "limit",
      .value = "N",
      .help = "How many",
      .is_number = true,
      .minimum = 1,
      .maximum = 1000 },
    { .name = "allow", .value = "RULE", .help = "Who", .is_repeatable = true },
};

static lk_status parse(const char *const *words, app_arguments **out, lk_error *err)
{
    int n = 0;

    while (words[n] != NULL)
        n++;
    return arguments_parse(table, N_ITEMS(table), n, (char *const *)words, out, err);
}

static void test_options_are_read_in_both_spellings(void **state)
{
    static const char *const words[] = { "--store", "a",   "--limit=7",   "--json",
                                         "--allow", "x=1", "--allow=y=2", NULL };
    app_arguments *given = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(parse(words, &given, &err), err);
    assert_string_equal(arguments_text(given, "store"), "a");
    assert_int_equal(arguments_number(given, "limit", 3), 7);
    assert_true(arguments_has(given, "json"));
    assert_string_equal(arguments_nth(given, "allow", 0), "x=1");
    assert_string_equal(arguments_nth(given, "allow", 1), "y=2");
    assert_null(arguments_nth(given, "allow", 2));
    arguments_free(given);
}

static void test_what_is_not_given_is_absent(void **state)
{
    static const char *const words[] = { NULL };
    app_arguments *given = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(parse(words, &given, &err), err);
    assert_null(arguments_text(given, "store"));
    assert_int_equal(arguments_number(given, "limit", 3), 3);
    assert_false(arguments_has(given, "json"));
    assert_false(arguments_want_help(given));
    arguments_free(given);
}

static void test_slips_are_refused_and_named(void **state)
{
    static const struct {
        const char *words[4];
        const char *says;
    } cases[] = {
        { { "--stroe", "a" }, "did you mean --store?" },
        { { "--jso" }, "did you mean --json?" },
        { { "--completely-else" }, "see --help" },
        { { "--store" }, "--store needs a value" },
        { { "--json=yes" }, "takes no value" },
        { { "--store", "a", "--store=b" }, "given twice" },
        { { "--limit", "0" }, "from 1 to 1000" },
        { { "--limit", "1001" }, "from 1 to 1000" },
        { { "--limit", "7x" }, "from 1 to 1000" },
        { { "--limit", "" }, "from 1 to 1000" },
        { { "--limit", "99999999999999999999" }, "from 1 to 1000" },
        { { "word" }, "unexpected word" },
        { { "-j" }, "unexpected word" },
        { { "--" }, "unexpected word" },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        app_arguments *given = NULL;
        lk_error err = LK_ERROR_INIT;
        assert_fails(parse(cases[i].words, &given, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, cases[i].says);
        assert_null(given);
    }
}

static void test_help_is_understood_without_what_is_required(void **state)
{
    static const app_option required[] = {
        { .name = "header", .value = "TEXT", .help = "It", .is_required = true },
    };
    char *words[] = { (char *)"--help" };
    app_arguments *given = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(arguments_parse(required, 1, 1, words, &given, &err), err);
    assert_true(arguments_want_help(given));
    arguments_free(given);
    given = NULL;
    assert_fails(arguments_parse(required, 1, 0, words, &given, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "--header TEXT is missing");
}

static void test_operands_are_taken_by_their_place(void **state)
{
    static const app_option operands[] = {
        { .name = "id", .value = "ID", .help = "It", .is_required = true, .is_operand = true },
        { .name = "json", .help = "JSON" },
        { .name = "place", .value = "PLACE", .help = "Where", .is_operand = true },
    };
    static const struct {
        const char *words[4];
        const char *id;
        const char *place;
        const char *says; /* NULL: taken */
    } cases[] = {
        { { "a" }, "a", NULL, NULL },
        { { "--json", "a", "b" }, "a", "b", NULL },
        { { "a", "--json", "b" }, "a", "b", NULL },
        { { "" }, "", NULL, NULL },
        { { "--json" }, NULL, NULL, "ID is missing" },
        { { "a", "b", "c" }, NULL, NULL, "unexpected word \"c\"" },
        { { "-a" }, NULL, NULL, "unexpected word \"-a\"" },
        { { "--id", "a" }, NULL, NULL, "unknown option --id" },
        { { "--id=a" }, NULL, NULL, "unknown option --id" },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        app_arguments *given = NULL;
        lk_error err = LK_ERROR_INIT;
        int n = 0;
        while (n < 4 && cases[i].words[n] != NULL)
            n++;
        lk_status status = arguments_parse(operands, N_ITEMS(operands), n,
                                           (char *const *)cases[i].words, &given, &err);
        if (cases[i].says != NULL) {
            assert_int_equal(status, LK_ERR_INVALID);
            assert_contains(err.message, cases[i].says);
            continue;
        }
        assert_ok(status, err);
        assert_string_equal(arguments_text(given, "id"), cases[i].id);
        assert_true((arguments_text(given, "place") == NULL) == (cases[i].place == NULL));
        if (cases[i].place != NULL)
            assert_string_equal(arguments_text(given, "place"), cases[i].place);
        arguments_free(given);
    }
}

static void test_nearest_word_needs_to_be_near(void **state)
{
    static const char *const words[] = { "sync run", "sync status", "version" };

    (void)state;
    assert_string_equal(nearest_word("versoin", words, 3), "version");
    assert_string_equal(nearest_word("sync runn", words, 3), "sync run");
    assert_string_equal(nearest_word("vers", words, 3), "version");
    assert_null(nearest_word("blancmange", words, 3));
    assert_null(nearest_word("", words, 3));
}

static void test_wrong_usage_ends_with_2(void **state)
{
    static const struct {
        const char *words[4];
        int code;
    } cases[] = {
        { { "latchkey" }, EXIT_USAGE },
        { { "latchkey", "nonsense" }, EXIT_USAGE },
        { { "latchkey", "sync" }, EXIT_USAGE },
        { { "latchkey", "version", "--jsn" }, EXIT_USAGE },
        { { "latchkey", "version", "--json" }, EXIT_DONE },
        { { "latchkey", "--help" }, EXIT_DONE },
        { { "latchkey", "sync", "run", "--help" }, EXIT_DONE },
        { { "latchkey", "help", "version" }, EXIT_DONE },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        int n = 0;
        while (n < 4 && cases[i].words[n] != NULL)
            n++;
        assert_int_equal(command_main(n, (char *const *)cases[i].words), cases[i].code);
    }
}

static void test_errors_ask_for_the_promised_exit_codes(void **state)
{
    static const struct {
        lk_status status;
        int http_status;
        int code;
    } cases[] = {
        { LK_OK, 0, 0 },
        { LK_ERR_INVALID, 0, 2 },
        { LK_ERR_SIGNATURE, 0, 3 },
        { LK_ERR_EXPIRED, 0, 3 },
        { LK_ERR_API, 401, 3 },
        { LK_ERR_API, 403, 3 },
        { LK_ERR_API, 422, 1 },
        { LK_ERR_NETWORK, 0, 4 },
        { LK_ERR_STORE, 0, 1 },
        { LK_ERR_PROTOCOL, 200, 1 },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        lk_error err = LK_ERROR_INIT;
        err.status = cases[i].status;
        err.http_status = cases[i].http_status;
        assert_int_equal(exit_code(&err), cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_are_read_in_both_spellings),
        cmocka_unit_test(test_what_is_not_given_is_absent),
        cmocka_unit_test(test_slips_are_refused_and_named),
        cmocka_unit_test(test_help_is_understood_without_what_is_required),
        cmocka_unit_test(test_operands_are_taken_by_their_place),
        cmocka_unit_test(test_nearest_word_needs_to_be_near),
        cmocka_unit_test(test_wrong_usage_ends_with_2),
        cmocka_unit_test(test_errors_ask_for_the_promised_exit_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
