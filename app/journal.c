/* The server's log; see journal.h. */
#include "journal.h"

#include "clock.h"
#include "fail.h"
#include "print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE 1024 /* bytes of a message */

static const char *const words[] = {
    [JOURNAL_ERROR] = "error",
    [JOURNAL_WARNING] = "warning",
    [JOURNAL_INFO] = "info",
    [JOURNAL_DEBUG] = "debug",
};

bool journal_read_level(const char *word, journal_level *out)
{
    for (size_t i = 0; i < N_ITEMS(words); i++) {
        if (strcmp(word, words[i]) != 0)
            continue;
        *out = (journal_level)i;
        return true;
    }
    return false;
}

static bool is_wanted(const journal *self, journal_level level)
{
    return level <= (self != NULL ? self->level : JOURNAL_INFO);
}

/* A line being put together. */
typedef struct line {
    FILE *out;
    char *data;
    size_t len;
    bool first; /* of the fields of JSON */
} line;

static bool begin(line *text, const journal *self, journal_level level)
{
    *text = (line){ .first = true };
    text->out = open_memstream(&text->data, &text->len);
    if (text->out == NULL)
        return false;
    if (self == NULL || !self->as_json) {
        fputs("latchkey: ", text->out);
        return true;
    }
    fputc('{', text->out);
    print_json_name(text->out, &text->first, "time");
    print_json_time(text->out, clock_wall_ms());
    print_json_field(text->out, &text->first, "level", words[level]);
    return true;
}

/* One write, so that lines of several threads do not mix. What does not go out is lost: there is
 * nobody left to tell. */
static void end(line *text, const journal *self)
{
    fputs(self != NULL && self->as_json ? "}\n" : "\n", text->out);
    if (fclose(text->out) == 0)
        (void)!write(STDERR_FILENO, text->data, text->len);
    free(text->data);
}

static void mask(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static void tell(const journal *self, journal_level level, const char *id, char *message)
{
    line text;

    mask(message);
    if (!begin(&text, self, level))
        return;
    if (self != NULL && self->as_json) {
        print_json_field(text.out, &text.first, "message", message);
        if (id != NULL)
            print_json_field(text.out, &text.first, "request_id", id);
    } else {
        fputs(message, text.out);
        if (id != NULL)
            fprintf(text.out, " [%s]", id);
    }
    end(&text, self);
}

void journal_tell(const journal *self, journal_level level, const char *format, ...)
{
    char message[MAX_LINE];
    va_list args;

    if (!is_wanted(self, level))
        return;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    tell(self, level, NULL, message);
}

void journal_complain(const journal *self, const char *id, const lk_error *err)
{
    char message[sizeof(err->message)];

    if (!is_wanted(self, JOURNAL_ERROR))
        return;
    snprintf(message, sizeof(message), "%s", err->message);
    tell(self, JOURNAL_ERROR, id, message);
}

/* A path is the visitor's choice: only what is printable, and not all of it. */
static void copy_path(char *out, size_t size, const char *path)
{
    snprintf(out, size, "%s", path);
    for (; *out != '\0'; out++)
        if (*out <= ' ' || *out > '~')
            *out = '?';
}

void journal_answer(const journal *self, const journal_request *request)
{
    double ms = (double)request->duration_us / 1000;
    char path[160];
    line text;

    if (!is_wanted(self, JOURNAL_INFO) || !begin(&text, self, JOURNAL_INFO))
        return;
    copy_path(path, sizeof(path), request->path);
    if (self == NULL || !self->as_json) {
        fprintf(text.out, "%s %s %d %s %.1fms %s", request->method, path, request->status,
                request->visitor, ms, request->id);
        end(&text, self);
        return;
    }
    print_json_field(text.out, &text.first, "message", "request");
    print_json_field(text.out, &text.first, "request_id", request->id);
    print_json_field(text.out, &text.first, "method", request->method);
    print_json_field(text.out, &text.first, "path", path);
    fprintf(text.out, ",\"status\":%d,\"duration_ms\":%.3f", request->status, ms);
    print_json_field(text.out, &text.first, "visitor", request->visitor);
    end(&text, self);
}
