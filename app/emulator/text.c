/* Text that grows, and the encodings of the web. */
#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *memory_need(void *allocation)
{
    if (allocation)
        return allocation;
    fputs("latchkey emulate: out of memory\n", stderr);
    abort();
}

void *memory_zeroed(size_t size)
{
    return memory_need(calloc(1, size));
}

char *text_copy(const char *from)
{
    return from ? memory_need(strdup(from)) : NULL;
}

void text_free_chars(char **owner)
{
    free(*owner);
}

void text_add_bytes(text *self, const char *more, size_t len)
{
    if (self->capacity - self->len <= len) {
        size_t capacity = (self->len + len + 1) * 2;
        self->bytes = memory_need(realloc(self->bytes, capacity));
        self->capacity = capacity;
    }
    if (len)
        memcpy(self->bytes + self->len, more, len);
    self->len += len;
    self->bytes[self->len] = '\0';
}

void text_add(text *self, const char *more)
{
    if (more)
        text_add_bytes(self, more, strlen(more));
}

void text_add_html(text *self, const char *more)
{
    for (; more && *more; more++) {
        switch (*more) {
        case '&':
            text_add(self, "&amp;");
            break;
        case '<':
            text_add(self, "&lt;");
            break;
        case '>':
            text_add(self, "&gt;");
            break;
        case '"':
            text_add(self, "&quot;");
            break;
        case '\'':
            text_add(self, "&#39;");
            break;
        default:
            text_add_bytes(self, more, 1);
        }
    }
}

void text_add_url(text *self, const char *more)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; more && *more; more++) {
        unsigned char byte = (unsigned char)*more;
        if (isalnum(byte) || strchr("-._~", byte)) {
            text_add_bytes(self, more, 1);
            continue;
        }
        text_add_bytes(self, (char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3);
    }
}

void text_print(text *self, const char *format, ...)
{
    AUTO_CHARS written = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&written, format, args);
    va_end(args);
    if (len < 0)
        written = memory_need(NULL);
    text_add(self, written);
}

const char *text_get(const text *self)
{
    return self->bytes ? self->bytes : "";
}

void text_free(text *self)
{
    free(self->bytes);
    *self = (text){ 0 };
}

/* The number of bytes of the UTF-8 character that begins here; 0 when there is none (RFC 3629, 4).
 */
static size_t utf8_character(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    if (first < 0x80)
        return first ? 1 : 0;
    size_t len = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    bool is_overlong = (first == 0xE0 && at[1] < 0xA0) || (first == 0xF0 && at[1] < 0x90);
    bool is_surrogate = first == 0xED && at[1] > 0x9F;
    bool is_too_large = first == 0xF4 && at[1] > 0x8F;
    return is_overlong || is_surrogate || is_too_large ? 0 : len;
}

bool text_is_utf8(const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes;
    while (len) {
        size_t step = utf8_character(at, len);
        if (step == 0)
            return false;
        at += step;
        len -= step;
    }
    return true;
}

bool text_equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool text_begins(const char *whole, const char *prefix)
{
    return whole && strncmp(whole, prefix, strlen(prefix)) == 0;
}

void text_format_time(int64_t ms, char out[ISO_TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts = { 0 };
    char date[64] = "", fraction[8] = "";
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(fraction, sizeof fraction, ".%03uZ", (unsigned)(ms % 1000) % 1000);
    memcpy(out, date, ISO_TIME_SIZE - 6);
    memcpy(out + ISO_TIME_SIZE - 6, fraction, 6);
}

/* The zone of an ISO 8601 time: nothing or Z is UTC, else +hh:mm or -hh:mm. */
static bool parse_zone(const char *at, int64_t *out_ms)
{
    *out_ms = 0;
    if (*at == '\0' || strcmp(at, "Z") == 0)
        return true;
    int hours = 0, minutes = 0, used = 0;
    if (sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || at[1 + used] != '\0')
        return false;
    if ((*at != '+' && *at != '-') || hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return false;
    *out_ms = (int64_t)(hours * 60 + minutes) * 60000 * (*at == '-' ? -1 : 1);
    return true;
}

bool text_parse_time(const char *written, int64_t *out_ms)
{
    struct tm parts = { 0 };
    const char *at = strptime(written, "%Y-%m-%d", &parts);
    int64_t ms = 0, zone = 0;
    if (!at || parts.tm_year < 70 || parts.tm_year > 8000)
        return false;
    if (*at == 'T' || *at == ' ')
        at = strptime(at + 1, "%H:%M:%S", &parts);
    if (!at)
        return false;
    if (*at == '.') {
        int scale = 100;
        for (at++; isdigit((unsigned char)*at); at++, scale /= 10)
            ms += (*at - '0') * scale;
    }
    if (!parse_zone(at, &zone))
        return false;
    *out_ms = (int64_t)timegm(&parts) * 1000 + ms - zone;
    return true;
}

bool text_parse_number(const char *written, long max, long *out)
{
    long number = 0;
    if (!written || !*written || strlen(written) > 18)
        return false;
    for (; *written; written++) {
        if (!isdigit((unsigned char)*written))
            return false;
        number = number * 10 + (*written - '0');
    }
    if (number > max)
        return false;
    *out = number;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes one name or value; NULL when it is not text. A lone percent sign stays as it is. */
static char *decode_part(const char *encoded, size_t len)
{
    char *out = memory_need(malloc(len + 1));
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (encoded[i] == '%' && i + 2 < len && hex_digit(encoded[i + 1]) >= 0 &&
            hex_digit(encoded[i + 2]) >= 0) {
            out[n++] = (char)(hex_digit(encoded[i + 1]) * 16 + hex_digit(encoded[i + 2]));
            i += 2;
            continue;
        }
        out[n++] = encoded[i] == '+' ? ' ' : encoded[i];
    }
    out[n] = '\0';
    if (text_is_utf8(out, n))
        return out;
    free(out);
    return NULL;
}

static bool add_field(form *self, const char *pair, size_t len)
{
    const char *sign = memchr(pair, '=', len);
    size_t name_len = sign ? (size_t)(sign - pair) : len;
    char *name = decode_part(pair, name_len);
    char *value = sign ? decode_part(sign + 1, len - name_len - 1) : text_copy("");
    if (!name || !value || self->count == FORM_MAX_FIELDS) {
        free(name);
        free(value);
        return false;
    }
    self->fields[self->count++] = (struct form_field){ .name = name, .value = value };
    return true;
}

bool form_parse(form *self, const char *encoded, size_t len)
{
    *self = (form){ .fields = memory_zeroed(FORM_MAX_FIELDS * sizeof *self->fields) };
    while (len) {
        const char *end = memchr(encoded, '&', len);
        size_t pair_len = end ? (size_t)(end - encoded) : len;
        if (pair_len && !add_field(self, encoded, pair_len))
            return false;
        encoded += pair_len + (end ? 1 : 0);
        len -= pair_len + (end ? 1 : 0);
    }
    return true;
}

const char *form_get(const form *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->fields[i].name, name) == 0)
            return *self->fields[i].value ? self->fields[i].value : NULL;
    }
    return NULL;
}

size_t form_count(const form *self, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++)
        count += strcmp(self->fields[i].name, name) == 0;
    return count;
}

static void field_free(struct form_field *self)
{
    free(self->name);
    free(self->value);
}

void form_drop(form *self, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->fields[i].name, name) == 0)
            field_free(&self->fields[i]);
        else
            self->fields[kept++] = self->fields[i];
    }
    self->count = kept;
}

void form_free(form *self)
{
    for (size_t i = 0; i < self->count; i++)
        field_free(&self->fields[i]);
    free(self->fields);
    *self = (form){ 0 };
}
