/* Writes JSON; see json.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

static void put(lk__json_writer *writer, const char *text, size_t len)
{
    if (writer->status == LK_OK)
        writer->status = lk__buf_append(writer->out, text, len, NULL);
}

/* Bytes at the start of text that can be written as they are. */
static size_t plain_length(const char *text)
{
    size_t n = 0;

    while ((unsigned char)text[n] >= ' ' && (unsigned char)text[n] < 0x80 && text[n] != '"' &&
           text[n] != '\\')
        n++;
    return n;
}

/* Bytes of the UTF-8 character at text, 0 when there is none. */
static size_t character_length(const char *text)
{
    for (size_t n = 2; n <= 4 && text[n - 1] != '\0'; n++)
        if (lk__utf8_valid(text, n))
            return n;
    return 0;
}

/* Writes the one character at text that needs care; returns its bytes. */
static size_t put_special(lk__json_writer *writer, const char *text)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    size_t len = character_length(text);
    char escape[8];

    for (const char *name = names; *name != '\0'; name += 2) {
        if (*text == *name) {
            put(writer, (const char[]){ '\\', name[1] }, 2);
            return 1;
        }
    }
    if ((unsigned char)*text < ' ') {
        snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)*text & 0xffU);
        put(writer, escape, strlen(escape));
        return 1;
    }
    if (len == 0) {
        put(writer, "\\ufffd", 6); /* not UTF-8: JSON has no other way to say so */
        return 1;
    }
    put(writer, text, len);
    return len;
}

static void put_string(lk__json_writer *writer, const char *text)
{
    put(writer, "\"", 1);
    while (*text != '\0') {
        size_t plain = plain_length(text);

        put(writer, text, plain);
        text += plain;
        if (*text != '\0')
            text += put_special(writer, text);
    }
    put(writer, "\"", 1);
}

/* The comma and the name before a value. */
static void begin(lk__json_writer *writer, const char *name)
{
    if (writer->comma)
        put(writer, ",", 1);
    writer->comma = true;
    if (name == NULL)
        return;
    put_string(writer, name);
    put(writer, ":", 1);
}

static void open_with(lk__json_writer *writer, const char *name, const char *bracket)
{
    begin(writer, name);
    put(writer, bracket, 1);
    writer->comma = false;
}

static void close_with(lk__json_writer *writer, const char *bracket)
{
    put(writer, bracket, 1);
    writer->comma = true;
}

void lk__json_open_object(lk__json_writer *writer, const char *name)
{
    open_with(writer, name, "{");
}

void lk__json_close_object(lk__json_writer *writer)
{
    close_with(writer, "}");
}

void lk__json_open_array(lk__json_writer *writer, const char *name)
{
    open_with(writer, name, "[");
}

void lk__json_close_array(lk__json_writer *writer)
{
    close_with(writer, "]");
}

void lk__json_put_text(lk__json_writer *writer, const char *name, const char *text)
{
    begin(writer, name);
    if (text != NULL)
        put_string(writer, text);
    else
        put(writer, "null", 4);
}

void lk__json_put_text_if(lk__json_writer *writer, const char *name, const char *text)
{
    if (text != NULL)
        lk__json_put_text(writer, name, text);
}

void lk__json_put_number(lk__json_writer *writer, const char *name, int64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRId64, number);

    begin(writer, name);
    put(writer, digits, (size_t)len);
}

void lk__json_put_flag(lk__json_writer *writer, const char *name, bool flag)
{
    lk__json_put_raw(writer, name, flag ? "true" : "false");
}

void lk__json_put_raw(lk__json_writer *writer, const char *name, const char *json)
{
    begin(writer, name);
    put(writer, json != NULL ? json : "null", json != NULL ? strlen(json) : 4);
}

lk_status lk__json_end(lk__json_writer *writer, lk_error *err)
{
    if (writer->status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (writer->status != LK_OK)
        return lk__fail(err, writer->status, "JSON would be longer than the allowed %zu bytes",
                        writer->out->limit);
    return LK_OK;
}

/* Writes a number that is not whole. printf() puts the locale's point, which JSON does not know. */
static void put_fraction(lk__json_writer *writer, const char *name, double number)
{
    char printed[40];
    char digits[40];
    size_t n = 0;

    if (!isfinite(number)) {
        lk__json_put_raw(writer, name, NULL); /* as JSON.stringify(Infinity) */
        return;
    }
    for (int precision = 15; precision <= 17; precision++) { /* the shortest that reads back */
        snprintf(printed, sizeof(printed), "%.*g", precision, number);
        if (strtod(printed, NULL) == number)
            break;
    }
    for (const char *c = printed; *c != '\0'; c++) {
        bool is_point = strchr("0123456789+-e", *c) == NULL;

        if (!is_point)
            digits[n++] = *c;
        else if (n > 0 && digits[n - 1] != '.')
            digits[n++] = '.';
    }
    digits[n] = '\0';
    lk__json_put_raw(writer, name, digits);
}

static void print_value(lk__json_writer *writer, const char *name, const lk__json *value);

static void print_children(lk__json_writer *writer, const lk__json *value)
{
    for (const lk__json *item = lk__json_first(value); item != NULL; item = lk__json_next(item))
        print_value(writer, lk__json_name(item), item);
}

static void print_value(lk__json_writer *writer, const char *name, const lk__json *value)
{
    int64_t number;
    bool flag;

    if (lk__json_is_object(value)) {
        lk__json_open_object(writer, name);
        print_children(writer, value);
        lk__json_close_object(writer);
    } else if (lk__json_is_array(value)) {
        lk__json_open_array(writer, name);
        print_children(writer, value);
        lk__json_close_array(writer);
    } else if (lk__json_string(value) != NULL || lk__json_is_null(value)) {
        lk__json_put_text(writer, name, lk__json_string(value));
    } else if (lk__json_truth(value, &flag)) {
        lk__json_put_flag(writer, name, flag);
    } else if (lk__json_number(value, &number)) {
        lk__json_put_number(writer, name, number);
    } else {
        put_fraction(writer, name, lk__json_double(value));
    }
}

lk_status lk__json_print(const lk__json *json, lk__buf *out, lk_error *err)
{
    lk__json_writer writer = LK__JSON_WRITER(out);

    print_value(&writer, NULL, json);
    return lk__json_end(&writer, err);
}
