/* Command-line options; see options.h. */
#include "options.h"

#include "fail.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORD  64
#define MAX_LABEL 28 /* in help: what follows a longer one stands below it */
#define WIDTH     80 /* columns of a terminal that nobody has made wider */

typedef struct given_option {
    const app_option *option;
    const char *text; /* NULL for a switch */
    long number;
} given_option;

struct app_arguments {
    const app_option *options;
    size_t n_options;
    bool want_help;
    size_t n_given;
    given_option given[]; /* room for every word of the command line */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, in one row. */
static size_t distance(const char *a, const char *b)
{
    size_t len_b = strlen(b);
    size_t row[MAX_WORD + 1];

    if (strlen(a) > MAX_WORD || len_b > MAX_WORD)
        return MAX_WORD;
    for (size_t j = 0; j <= len_b; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= len_b; j++) {
            size_t replaced = diagonal + (a[i] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[len_b];
}

const char *nearest_word(const char *word, const char *const *candidates, size_t n_candidates)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2;

    for (size_t i = 0; i < n_candidates; i++) {
        size_t d = distance(word, candidates[i]);
        /* What was typed in full but not to the end is near, however much is missing. */
        if (strlen(word) >= 3 && strncmp(candidates[i], word, strlen(word)) == 0)
            d = 1;
        if (d < best_distance) {
            best = candidates[i];
            best_distance = d;
        }
    }
    return best;
}

static const app_option *find_option(const app_option *options, size_t n, const char *name,
                                     size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

static lk_status unknown_option(const app_arguments *given, const char *name, size_t len,
                                lk_error *err)
{
    const char *names[MAX_WORD];
    char word[MAX_WORD];
    size_t n = smaller(given->n_options, N_ITEMS(names));

    size_t n_names = 0;
    for (size_t i = 0; i < n; i++)
        if (!given->options[i].is_operand)
            names[n_names++] = given->options[i].name;
    snprintf(word, sizeof(word), "%.*s", (int)smaller(len, MAX_WORD), name);
    const char *near = nearest_word(word, names, n_names);
    if (near != NULL)
        return failed(err, LK_ERR_INVALID, "unknown option --%s: did you mean --%s?", word, near);
    return failed(err, LK_ERR_INVALID, "unknown option --%s: see --help", word);
}

static lk_status read_number(given_option *item, lk_error *err)
{
    const app_option *option = item->option;
    char *end = NULL;

    errno = 0;
    item->number = strtol(item->text, &end, 10); /* takes spaces in front, which we do not */
    if (errno != 0 || strchr("-0123456789", item->text[0]) == NULL || end == item->text ||
        *end != '\0' || item->number < option->minimum || item->number > option->maximum)
        return failed(err, LK_ERR_INVALID, "--%s takes a number from %ld to %ld", option->name,
                      option->minimum, option->maximum);
    return LK_OK;
}

/* Takes one option and says in *used how many words it was. */
static lk_status take_option(app_arguments *given, const char *word, const char *next, int *used,
                             lk_error *err)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const char *inlined = name[len] == '=' ? name + len + 1 : NULL;
    const app_option *option = find_option(given->options, given->n_options, name, len);

    if (option == NULL || option->is_operand)
        return unknown_option(given, name, len, err);
    if (option->value == NULL && inlined != NULL)
        return failed(err, LK_ERR_INVALID, "--%s is a switch and takes no value", option->name);
    if (option->value != NULL && inlined == NULL && next == NULL)
        return failed(err, LK_ERR_INVALID, "--%s needs a value: --%s %s", option->name,
                      option->name, option->value);
    if (!option->is_repeatable && arguments_has(given, option->name))
        return failed(err, LK_ERR_INVALID, "--%s was given twice", option->name);

    given_option item = { .option = option };
    if (option->value != NULL)
        item.text = inlined != NULL ? inlined : next;
    if (option->is_number)
        TRY(read_number(&item, err));
    *used = option->value != NULL && inlined == NULL ? 2 : 1;
    given->given[given->n_given++] = item;
    return LK_OK;
}

/* The first operand that no word stands for yet. */
static lk_status take_operand(app_arguments *given, const char *word, lk_error *err)
{
    for (size_t i = 0; i < given->n_options && word[0] != '-'; i++) {
        const app_option *option = &given->options[i];
        if (!option->is_operand || arguments_has(given, option->name))
            continue;
        given->given[given->n_given++] = (given_option){ .option = option, .text = word };
        return LK_OK;
    }
    return failed(err, LK_ERR_INVALID, "unexpected word \"%.40s\": see --help", word);
}

static lk_status take_words(app_arguments *given, int argc, char *const *argv, lk_error *err)
{
    for (int i = 0, used = 1; i < argc; i += used) {
        used = 1;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            given->want_help = true;
        else if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0')
            TRY(take_option(given, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used, err));
        else
            TRY(take_operand(given, argv[i], err));
    }
    return LK_OK;
}

static int label(char *out, size_t size, const app_option *option)
{
    if (option->is_operand)
        return snprintf(out, size, "%s", option->value);
    if (option->value == NULL)
        return snprintf(out, size, "--%s", option->name);
    return snprintf(out, size, "--%s %s", option->name, option->value);
}

static lk_status check_required(const app_arguments *given, lk_error *err)
{
    for (size_t i = 0; i < given->n_options; i++) {
        const app_option *option = &given->options[i];
        char text[2 * MAX_WORD];
        if (!option->is_required || arguments_has(given, option->name))
            continue;
        label(text, sizeof(text), option);
        return failed(err, LK_ERR_INVALID, "%s is missing: see --help", text);
    }
    return LK_OK;
}

lk_status arguments_parse(const app_option *options, size_t n_options, int argc, char *const *argv,
                          app_arguments **out, lk_error *err)
{
    size_t room = argc > 0 ? (size_t)argc : 0;
    app_arguments *given CLEANUP(arguments_freep) =
        calloc(1, sizeof(*given) + room * sizeof(given->given[0]));

    if (given == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    given->options = options;
    given->n_options = n_options;
    TRY(take_words(given, argc, argv, err));
    if (!given->want_help)
        TRY(check_required(given, err));
    *out = given;
    given = NULL;
    return LK_OK;
}

void arguments_free(app_arguments *given)
{
    free(given);
}

void arguments_freep(app_arguments **given)
{
    arguments_free(*given);
}

bool arguments_want_help(const app_arguments *given)
{
    return given->want_help;
}

static const given_option *find_given(const app_arguments *given, const char *name, size_t nth)
{
    for (size_t i = 0; i < given->n_given; i++)
        if (strcmp(given->given[i].option->name, name) == 0 && nth-- == 0)
            return &given->given[i];
    return NULL;
}

const char *arguments_nth(const app_arguments *given, const char *name, size_t n)
{
    const given_option *item = find_given(given, name, n);

    return item != NULL ? item->text : NULL;
}

const char *arguments_text(const app_arguments *given, const char *name)
{
    return arguments_nth(given, name, 0);
}

bool arguments_has(const app_arguments *given, const char *name)
{
    /* A name that the command's table does not hold is a slip in the command. */
    assert(find_option(given->options, given->n_options, name, strlen(name)) != NULL);
    return find_given(given, name, 0) != NULL;
}

long arguments_number(const app_arguments *given, const char *name, long otherwise)
{
    const given_option *item = find_given(given, name, 0);

    return item != NULL ? item->number : otherwise;
}

void options_print_usage(FILE *out, const app_option *options, size_t n_options)
{
    for (size_t i = 0; i < n_options; i++)
        if (options[i].is_operand)
            fprintf(out, options[i].is_required ? " %s" : " [%s]", options[i].value);
    for (size_t i = 0; i < n_options; i++)
        if (!options[i].is_operand && options[i].is_required)
            fprintf(out, " --%s %s", options[i].name, options[i].value);
    fputs(" [OPTIONS]", out);
}

/* Goes on at column at, and begins each further line at indent. */
static void print_words(FILE *out, const char *text, int indent, int *at)
{
    while (*text != '\0') {
        int len = (int)strcspn(text, " \n");
        bool is_first = *at <= indent;
        if (!is_first && *at + 1 + len > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            *at = indent;
            is_first = true;
        }
        *at += fprintf(out, "%s%.*s", is_first ? "" : " ", len, text);
        text += len;
        text += strspn(text, " \n");
    }
}

/* What follows the line. */
static const char *skip_line(const char *text)
{
    text += strcspn(text, "\n");
    return *text == '\n' ? text + 1 : text;
}

void options_print_prose(FILE *out, const char *text)
{
    while (*text != '\0') {
        const char *end = skip_line(text);
        int at = 0;
        if (*text == ' ' || *text == '\n') {
            fwrite(text, 1, (size_t)(end - text), out);
            text = end;
            continue;
        }
        while (*end != '\0' && *end != ' ' && *end != '\n')
            end = skip_line(end);
        char *paragraph CLEANUP(free_textp) = strndup(text, (size_t)(end - text));
        print_words(out, paragraph != NULL ? paragraph : "", 0, &at);
        fputc('\n', out);
        text = end;
    }
}

void options_print_row(FILE *out, const char *name, int width, const char *help,
                       const char *variable)
{
    int indent = width + 4;
    int at = indent;

    if ((int)strlen(name) <= width)
        fprintf(out, "  %-*s  ", width, name);
    else
        fprintf(out, "  %s\n%*s", name, indent, "");
    print_words(out, help, indent, &at);
    if (variable != NULL) {
        char text[MAX_WORD];
        snprintf(text, sizeof(text), "[%s]", variable);
        print_words(out, text, indent, &at);
    }
    fputc('\n', out);
}

void options_print_help(FILE *out, const app_option *options, size_t n_options)
{
    char text[2 * MAX_WORD];
    int width = (int)strlen("--help");

    for (size_t i = 0; i < n_options; i++) {
        int len = label(text, sizeof(text), &options[i]);
        if (len > width && len <= MAX_LABEL)
            width = len;
    }
    for (size_t i = 0; i < n_options; i++) {
        label(text, sizeof(text), &options[i]);
        options_print_row(out, text, width, options[i].help, options[i].variable);
    }
    options_print_row(out, "--help", width, "Show this", NULL);
}
