/* Text that grows, and the encodings of the web: HTML, percent, forms. Out of memory ends the
 * program: an emulator has nothing to save. */
#ifndef EMULATOR_TEXT_H
#define EMULATOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct text {
    char *bytes; /* NULL: empty; else always ends with a NUL byte */
    size_t len, capacity;
} text;

void text_add(text *self, const char *more); /* NULL adds nothing */
void text_add_bytes(text *self, const char *more, size_t len);
void text_add_html(text *self, const char *more);
void text_add_url(text *self, const char *more);
void text_print(text *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_get(const text *self); /* never NULL; until the next change */
void text_free(text *self);

void *memory_need(void *allocation); /* returns it, or ends the program when it is NULL */
void *memory_zeroed(size_t size);
char *text_copy(const char *from);  /* NULL gives NULL */
void text_free_chars(char **owner); /* for the cleanup attribute */

#define AUTO_TEXT  __attribute__((cleanup(text_free))) text
#define AUTO_CHARS __attribute__((cleanup(text_free_chars))) char *

bool text_is_utf8(const char *bytes, size_t len); /* and free of NUL bytes */
bool text_equal(const char *a, const char *b);    /* NULL equals nothing */
bool text_begins(const char *whole, const char *prefix);

#define ISO_TIME_SIZE 25
void text_format_time(int64_t ms, char out[ISO_TIME_SIZE]); /* 2026-03-02T08:00:00.000Z */
bool text_parse_time(const char *written,
                     int64_t *out_ms); /* with or without fraction; UTC or offset */
bool text_parse_number(const char *written, long max, long *out); /* digits only, 0 up to max */

/* Fields of a query string or a form body, decoded, in the order they came. */
typedef struct form {
    struct form_field {
        char *name, *value;
    } * fields;
    size_t count;
} form;

#define FORM_MAX_FIELDS 512

/* False when a field holds a NUL byte or is no UTF-8, or when there are too many. */
bool form_parse(form *self, const char *encoded, size_t len);
const char *form_get(const form *self,
                     const char *name); /* the first one; NULL when absent or empty */
size_t form_count(const form *self, const char *name);
void form_drop(form *self, const char *name); /* all of that name */
void form_free(form *self);

#endif
