/* Command-line options: a table says what a command takes; parsing and help follow from it. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <latchkey/error.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct app_option {
    const char *name;      /* without the dashes: "store" for --store */
    const char *value;     /* placeholder of its value in the help; NULL: a switch */
    const char *help;      /* one line */
    const char *variable;  /* the environment variable that stands in for it; NULL: none */
    bool is_required;      /* on the command line */
    bool is_operand;       /* a word that stands alone, by its place: "ID" */
    bool is_repeatable;    /* else the second one is an error */
    bool is_number;        /* between minimum and maximum */
    long minimum, maximum; /* of a number */
} app_option;

/* What was given. Texts are borrowed from argv. */
typedef struct app_arguments app_arguments;

/* argv[0] is the first word after the command's name. An unknown, doubled, missing or malformed
 * option, and any word that is neither option nor operand, gives LK_ERR_INVALID with a sentence.
 * --help is always understood: see arguments_want_help(). Free *out with arguments_free(). */
LK_MUST_CHECK lk_status arguments_parse(const app_option *options, size_t n_options, int argc,
                                        char *const *argv, app_arguments **out, lk_error *err);
void arguments_free(app_arguments *given);
void arguments_freep(app_arguments **given);

bool arguments_want_help(const app_arguments *given);
/* The value of an option, its last one; NULL when it was not given. */
const char *arguments_text(const app_arguments *given, const char *name);
/* Whether a switch or an option was given. */
bool arguments_has(const app_arguments *given, const char *name);
long arguments_number(const app_arguments *given, const char *name, long otherwise);
/* The nth value of a repeatable option; NULL behind the last. */
const char *arguments_nth(const app_arguments *given, const char *name, size_t n);

/* What follows the command's name: " ID --from TIME [OPTIONS]", where both are required. */
void options_print_usage(FILE *out, const app_option *options, size_t n_options);
/* Prints the table as help, aligned. */
void options_print_help(FILE *out, const app_option *options, size_t n_options);
/* Text in lines of 80 columns; those that begin with a space, and empty ones, stay as they are. */
void options_print_prose(FILE *out, const char *text);
/* One row of such a table: help and variable (NULL: none) in lines of 80 columns, beside a name
 * that is no longer than width, or below it. */
void options_print_row(FILE *out, const char *name, int width, const char *help,
                       const char *variable);

/* The candidate that word is most likely a slip for; NULL when none is near. */
const char *nearest_word(const char *word, const char *const *candidates, size_t n_candidates);

#endif
