/* Output; see print.h. */
#include "print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Reads one character of UTF-8 and says how many bytes it took; -1 for a broken one (1 byte). */
static int32_t next_character(const unsigned char *s, size_t *len)
{
    static const int32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 4;
    static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };

    *len = 1;
    if (s[0] >= 0x80 && (s[0] < 0xc2 || s[0] > 0xf4))
        return -1;
    int32_t c = s[0] & mask[n];
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return -1;
        c = (int32_t)(c << 6 | (s[i] & 0x3f));
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return -1;
    *len = n;
    return c;
}

/* C0, DEL, C1, and what changes the direction or ends the line of the text around it. */
static bool is_control(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void print_json_text(FILE *out, const char *text)
{
    if (text == NULL) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (size_t len = 0; *text != '\0'; text += len) {
        int32_t c = next_character((const unsigned char *)text, &len);
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (int)c);
        else if (c == -1)
            fputs(REPLACEMENT, out);
        else if (is_control(c))
            fprintf(out, "\\u%04x", (unsigned)c);
        else
            fwrite(text, 1, len, out);
    }
    fputc('"', out);
}

void print_json_name(FILE *out, bool *first, const char *name)
{
    if (!*first)
        fputc(',', out);
    *first = false;
    print_json_text(out, name);
    fputc(':', out);
}

void print_json_field(FILE *out, bool *first, const char *name, const char *text)
{
    print_json_name(out, first, name);
    print_json_text(out, text);
}

void print_json_texts(FILE *out, const char *const *texts, size_t n_texts)
{
    fputc('[', out);
    for (size_t i = 0; i < n_texts; i++) {
        if (i > 0)
            fputc(',', out);
        print_json_text(out, texts[i]);
    }
    fputc(']', out);
}

void print_time(char out[TIME_SIZE], int64_t unix_ms)
{
    int64_t ms = (unix_ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)(unix_ms / 1000 - (unix_ms % 1000 < 0));
    char date[24] = "";
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year > 9999 - 1900 ||
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        snprintf(out, TIME_SIZE, "?");
        return;
    }
    snprintf(out, TIME_SIZE, "%s.%03dZ", date, (int)ms);
}

void print_json_time(FILE *out, int64_t unix_ms)
{
    char time[TIME_SIZE];

    print_time(time, unix_ms);
    print_json_text(out, unix_ms != 0 ? time : NULL);
}

void print_json_raw(FILE *out, const char *json, size_t len)
{
    bool in_text = false;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)json[i];
        unsigned char next = i + 1 < len ? (unsigned char)json[i + 1] : 0;
        if (c < 0x20 && !in_text) {
            fputc(' ', out);
        } else if (c < 0x20 || c == 0x7f) {
            fprintf(out, "\\u%04x", c);
        } else if (c == 0xc2 && next >= 0x80 && next <= 0x9f) {
            fprintf(out, "\\u%04x", next);
            i++;
        } else {
            fputc(c, out);
            if (in_text && c == '\\' && next >= 0x20 && next < 0x7f) {
                fputc(next, out);
                i++;
            } else if (c == '"') {
                in_text = !in_text;
            }
        }
    }
}

void print_text(FILE *out, const char *text)
{
    for (size_t len = 0; text != NULL && *text != '\0'; text += len) {
        int32_t c = next_character((const unsigned char *)text, &len);
        if (c == -1 || is_control(c))
            fputs(REPLACEMENT, out);
        else
            fwrite(text, 1, len, out);
    }
}

const char *count_text(char out[COUNT_SIZE], int64_t n, const char *one, const char *many)
{
    snprintf(out, COUNT_SIZE, "%" PRId64 " %s", n, n == 1 ? one : many);
    return out;
}

void print_count(FILE *out, int64_t n, const char *one, const char *many)
{
    char text[COUNT_SIZE];

    fputs(count_text(text, n, one, many), out);
}

void print_age(FILE *out, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *one, *many;
    } units[] = { { 24 * 3600 * 1000, "day", "days" },
                  { 3600 * 1000, "hour", "hours" },
                  { 60 * 1000, "minute", "minutes" },
                  { 1000, "second", "seconds" } };
    size_t i = 0;

    ms = ms > 0 ? ms : 0;
    while (i + 1 < sizeof(units) / sizeof(units[0]) && ms < 2 * units[i].ms)
        i++;
    print_count(out, ms / units[i].ms, units[i].one, units[i].many);
}

void print_html(FILE *out, const char *text)
{
    for (size_t len = 0; text != NULL && *text != '\0'; text += len) {
        int32_t c = next_character((const unsigned char *)text, &len);
        if (c == -1 || is_control(c))
            fputs(REPLACEMENT, out);
        else if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
            fprintf(out, "&#%d;", (int)c);
        else
            fwrite(text, 1, len, out);
    }
}

static size_t count_characters(const char *text)
{
    size_t n = 0;

    for (size_t len = 0; *text != '\0'; text += len, n++)
        next_character((const unsigned char *)text, &len);
    return n;
}

static void free_cells(print_table *table, size_t from)
{
    for (size_t i = from; i < table->n_cells; i++)
        free(table->cells[i]);
    table->n_cells = from;
}

bool print_table_row(print_table *table, const char *const *cells)
{
    size_t before = table->n_cells;

    if (before + table->n_columns > table->room) {
        size_t room = (before + table->n_columns) * 2;
        char **grown = realloc(table->cells, room * sizeof(*grown));
        if (grown == NULL)
            return false;
        table->cells = grown;
        table->room = room;
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        char *cell = strdup(cells[i] != NULL && *cells[i] != '\0' ? cells[i] : "-");
        if (cell == NULL) {
            free_cells(table, before);
            return false;
        }
        table->cells[table->n_cells++] = cell;
    }
    return true;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

/* A line ends with the last thing that can be seen. */
static void print_row(print_table *table, FILE *out, const char *const *cells)
{
    size_t n = table->n_columns;

    while (n > 1 && is_blank(cells[n - 1]))
        n--;
    for (size_t i = 0; i < n; i++) {
        print_text(out, cells[i]);
        if (i + 1 < n)
            fprintf(out, "%*s", (int)(table->width[i] - count_characters(cells[i]) + 2), "");
    }
    fputc('\n', out);
}

static void widen(print_table *table, const char *const *cells)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        size_t width = count_characters(cells[i]);
        if (width > table->width[i])
            table->width[i] = width;
    }
}

void print_table_flush(print_table *table, FILE *out)
{
    if (!table->has_title)
        widen(table, table->titles);
    for (size_t i = 0; i < table->n_cells; i += table->n_columns)
        widen(table, (const char *const *)table->cells + i);
    if (!table->has_title)
        print_row(table, out, table->titles);
    table->has_title = true;
    for (size_t i = 0; i < table->n_cells; i += table->n_columns)
        print_row(table, out, (const char *const *)table->cells + i);
    free_cells(table, 0);
    free(table->cells);
    table->cells = NULL;
    table->room = 0;
}

bool print_has_colour(int fd)
{
    const char *refused = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    return isatty(fd) == 1 && (refused == NULL || *refused == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}
