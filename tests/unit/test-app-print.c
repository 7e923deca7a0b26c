/* Output: what comes from outside stays data. */
#include "test.h"

#include "fail.h"
#include "print.h"

#include <stdlib.h>

typedef struct output {
    FILE *out;
    char *text;
    size_t len;
} output;

static void begin(output *self)
{
    self->out = open_memstream(&self->text, &self->len);
    assert_non_null(self->out);
}

static void end(output *self, const char *wanted)
{
    fclose(self->out);
    assert_string_equal(self->text, wanted);
    free(self->text);
}

typedef struct sample {
    const char *given;
    const char *wanted;
} sample;

static void check(const sample *samples, size_t n_samples, void (*print)(FILE *, const char *))
{
    for (size_t i = 0; i < n_samples; i++) {
        output text;
        begin(&text);
        print(text.out, samples[i].given);
        end(&text, samples[i].wanted);
    }
}

static void test_json_text_is_always_one_valid_string(void **state)
{
    static const sample samples[] = {
        { NULL, "null" },
        { "", "\"\"" },
        { "Zoë \"x\" \\", "\"Zoë \\\"x\\\" \\\\\"" },
        { "a\nb\tc\x01", "\"a\\u000ab\\u0009c\\u0001\"" },
        { "\x1b[2J", "\"\\u001b[2J\"" },
        { "\x7f", "\"\\u007f\"" },
        { "\xc2\x9b", "\"\\u009b\"" },                  /* C1: an escape to some terminals */
        { "\xe2\x80\xae", "\"\\u202e\"" },              /* turns the text around it */
        { "\xe2\x80\xa8", "\"\\u2028\"" },              /* a line end to JavaScript */
        { "\xff", "\"\xef\xbf\xbd\"" },                 /* never in UTF-8 */
        { "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong slash */
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* half a pair */
        { "\xf0\x9f\x94\x91", "\"\xf0\x9f\x94\x91\"" },
        { "x\xf0\x9f", "\"x\xef\xbf\xbd\xef\xbf\xbd\"" }, /* cut off */
    };

    (void)state;
    check(samples, N_ITEMS(samples), print_json_text);
}

static void test_html_text_is_never_markup(void **state)
{
    static const sample samples[] = {
        { NULL, "" },
        { "Tomás & Mira", "Tomás &#38; Mira" },
        { "<script>", "&#60;script&#62;" },
        { "\" onx='", "&#34; onx=&#39;" },
        { "a\xc0<", "a\xef\xbf\xbd&#60;" }, /* a broken character must not eat the next */
        { "\xe2\x80\xae", "\xef\xbf\xbd" },
    };

    (void)state;
    check(samples, N_ITEMS(samples), print_html);
}

static void test_terminal_text_holds_no_control(void **state)
{
    static const sample samples[] = {
        { "plain ü", "plain ü" },
        { "\x1b]0;title\x07", "\xef\xbf\xbd]0;title\xef\xbf\xbd" },
        { "a\nb", "a\xef\xbf\xbd"
                  "b" },
        { "\xc2\x9b", "\xef\xbf\xbd" },
    };

    (void)state;
    check(samples, N_ITEMS(samples), print_text);
}

static void print_raw(FILE *out, const char *json)
{
    print_json_raw(out, json, strlen(json));
}

static void test_raw_json_stays_itself_on_one_line(void **state)
{
    static const sample samples[] = {
        { "{\"a\":1,\"b\":\"\\n\\\"\"}", "{\"a\":1,\"b\":\"\\n\\\"\"}" },
        { "{\n  \"a\": 1\n}", "{   \"a\": 1 }" },
        { "{\"a\":\"x\ny\"}", "{\"a\":\"x\\u000ay\"}" },
        { "\"\\\\\"", "\"\\\\\"" },
        { "\"\x1b\x7f\xc2\x9b\"", "\"\\u001b\\u007f\\u009b\"" },
        { "9007199254740993", "9007199254740993" }, /* a reprint would round it */
    };

    (void)state;
    check(samples, N_ITEMS(samples), print_raw);
}

static void test_times_are_written_as_workos_does(void **state)
{
    char text[TIME_SIZE];

    (void)state;
    print_time(text, 1772438404120);
    assert_string_equal(text, "2026-03-02T08:00:04.120Z");
    print_time(text, -1);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    print_time(text, INT64_MAX);
    assert_string_equal(text, "?");
    print_time(text, INT64_MIN);
    assert_string_equal(text, "?");
}

static void test_counts_take_one_or_many(void **state)
{
    static const struct {
        int64_t n;
        const char *wanted;
    } rows[] = {
        { 0, "0 users" },   { 1, "1 user" },    { 2, "2 users" },
        { 11, "11 users" }, { -1, "-1 users" }, { INT64_MAX, "9223372036854775807 users" },
    };
    char long_word[COUNT_SIZE + 1];
    char text[COUNT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        output printed;
        assert_string_equal(count_text(text, rows[i].n, "user", "users"), rows[i].wanted);
        begin(&printed);
        print_count(printed.out, rows[i].n, "user", "users");
        end(&printed, rows[i].wanted);
    }
    memset(long_word, 'x', COUNT_SIZE);
    long_word[COUNT_SIZE] = '\0';
    assert_int_equal(strlen(count_text(text, 1, long_word, "")), COUNT_SIZE - 1);
}

static void test_table_is_aligned_by_characters(void **state)
{
    static const char *const titles[] = { "NAME", "X" };
    static const char *const first[] = { "Zoë", "1" };
    static const char *const second[] = { NULL, "\x1b" };
    print_table table = { .titles = titles, .n_columns = 2 };
    output text;

    (void)state;
    begin(&text);
    assert_true(print_table_row(&table, first));
    assert_true(print_table_row(&table, second));
    print_table_flush(&table, text.out);
    end(&text, "NAME  X\nZoë   1\n-     \xef\xbf\xbd\n");
}

static void test_no_line_of_a_table_ends_in_spaces(void **state)
{
    static const char *const titles[] = { "NAME", "ID", "" };
    static const char *const plain[] = { "Ada", "1", " " };
    static const char *const noted[] = { "Bo", "2", "again" };
    print_table table = { .titles = titles, .n_columns = 3 };
    output text;

    (void)state;
    begin(&text);
    assert_true(print_table_row(&table, plain));
    assert_true(print_table_row(&table, noted));
    print_table_flush(&table, text.out);
    end(&text, "NAME  ID\nAda   1\nBo    2   again\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_text_is_always_one_valid_string),
        cmocka_unit_test(test_html_text_is_never_markup),
        cmocka_unit_test(test_terminal_text_holds_no_control),
        cmocka_unit_test(test_raw_json_stays_itself_on_one_line),
        cmocka_unit_test(test_times_are_written_as_workos_does),
        cmocka_unit_test(test_counts_take_one_or_many),
        cmocka_unit_test(test_table_is_aligned_by_characters),
        cmocka_unit_test(test_no_line_of_a_table_ends_in_spaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
