/* Output: JSON, HTML and aligned tables. Whatever comes from outside is data: it cannot become
 * markup, a second line, or a command to the terminal. */
#ifndef APP_PRINT_H
#define APP_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A JSON string, or null. Control characters are escaped, broken UTF-8 becomes U+FFFD. */
void print_json_text(FILE *out, const char *text);
/* ,"name":"text" (without the comma when first). */
void print_json_field(FILE *out, bool *first, const char *name, const char *text);
void print_json_name(FILE *out, bool *first, const char *name);
void print_json_texts(FILE *out, const char *const *texts, size_t n_texts);
/* A time as WorkOS writes it, or null for 0. */
void print_json_time(FILE *out, int64_t unix_ms);
/* JSON as it came, on one line and without raw control characters; it still says the same. */
void print_json_raw(FILE *out, const char *json, size_t len);

/* Text for a terminal: control characters become U+FFFD. NULL prints nothing. */
void print_text(FILE *out, const char *text);
/* "1 user", "2 users": into the buffer, which is returned; what does not fit is cut off. */
#define COUNT_SIZE 160
const char *count_text(char out[COUNT_SIZE], int64_t n, const char *one, const char *many);
void print_count(FILE *out, int64_t n, const char *one, const char *many);
/* "12 seconds", "3 minutes", "5 hours", "2 days": whole ones, of the largest unit that has two.
 * Less than none is none. */
void print_age(FILE *out, int64_t ms);
/* Text for HTML, also inside quoted attributes. NULL prints nothing. */
void print_html(FILE *out, const char *text);
/* "2026-03-02T08:00:04.120Z" */
#define TIME_SIZE 32
void print_time(char out[TIME_SIZE], int64_t unix_ms);

/* Rows are kept until print_table_flush(), then aligned; the widths only ever grow. */
#define TABLE_COLUMNS 8
typedef struct print_table {
    const char *const *titles; /* printed once, before the first rows */
    size_t n_columns;
    size_t width[TABLE_COLUMNS];
    char **cells;
    size_t n_cells, room;
    bool has_title;
} print_table;

/* NULL cells show as "-". False when memory is short; the row is then dropped. */
bool print_table_row(print_table *table, const char *const *cells);
void print_table_flush(print_table *table, FILE *out);

/* Whether a stream's file descriptor shows colours: a terminal that is not dumb, and nobody has set
 * NO_COLOR (https://no-color.org: "when present and not an empty string"). */
bool print_has_colour(int fd);

#endif
