/* Decodes JSON objects into structs by table; see json.h. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

enum {
    MAX_PRINTED = 1 << 20, /* bytes: one value printed again */
    MAX_FIELDS = 64,
    MAX_TIME = 63,  /* characters: longer texts are no times */
    MAX_DIGITS = 15 /* of a number that a double holds as it stands */
};

/* One field: where its value goes, and what it is made with. */
typedef struct target {
    const lk__field *field;
    lk__arena *arena;
    char *out;
} target;

/* Pointers are stored by copying: the fields are const char *, const lk_user *, … and C11 lets no
 * single type name them all. */
static lk_status set_pointer(const target *t, const void *pointer, bool *found, lk_error *err)
{
    if (pointer == NULL)
        return lk__no_memory(err);
    memcpy(t->out + t->field->offset, &pointer, sizeof(pointer));
    *found = true;
    return LK_OK;
}

static lk_status set_text(const target *t, const char *text, bool *found, lk_error *err)
{
    if (text == NULL)
        return LK_OK;
    return set_pointer(t, lk__arena_text(t->arena, text), found, err);
}

static lk_status set_printed(const target *t, const lk__json *value, bool *found, lk_error *err)
{
    lk__auto_buf printed = LK__SECRET_BUF(MAX_PRINTED);

    LK_TRY(lk__json_print(value, &printed, err));
    return set_pointer(t, lk__arena_bytes(t->arena, printed.data, printed.len), found, err);
}

static bool all_texts(const lk__json *array)
{
    for (const lk__json *item = lk__json_first(array); item != NULL; item = lk__json_next(item))
        if (lk__json_string(item) == NULL)
            return false;
    return true;
}

static lk_status set_texts(const target *t, const lk__json *value, bool *found, lk_error *err)
{
    size_t count = lk__json_count(value);
    const char **texts;
    size_t i = 0;

    if (!lk__json_is_array(value) || !all_texts(value))
        return LK_OK;
    texts = lk__arena_array(t->arena, count, sizeof(*texts));
    if (texts == NULL)
        return lk__no_memory(err);
    for (const lk__json *item = lk__json_first(value); item != NULL; item = lk__json_next(item)) {
        texts[i] = lk__arena_text(t->arena, lk__json_string(item));
        if (texts[i++] == NULL)
            return lk__no_memory(err);
    }
    LK_TRY(set_pointer(t, texts, found, err));
    memcpy(t->out + t->field->count_offset, &count, sizeof(count));
    return LK_OK;
}

static lk_status set_object(const target *t, const lk__json *value, bool *found, lk_error *err)
{
    void *object;

    if (!lk__json_is_object(value))
        return LK_OK;
    object = lk__arena_alloc(t->arena, t->field->shape->size);
    if (object == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__json_decode(value, t->field->shape, t->arena, object, err));
    return set_pointer(t, object, found, err);
}

static lk_status set_scalar(const target *t, const lk__json *value, bool *found)
{
    int64_t number = 0;
    bool flag = false;

    if (t->field->kind == LK__FLAG) {
        *found = lk__json_truth(value, &flag);
        if (*found)
            memcpy(t->out + t->field->offset, &flag, sizeof(flag));
        return LK_OK;
    }
    *found = t->field->kind == LK__TIME ? lk__time_parse(lk__json_string(value), &number)
                                        : lk__json_number(value, &number);
    if (*found)
        memcpy(t->out + t->field->offset, &number, sizeof(number));
    return LK_OK;
}

static lk_status decode_field(const target *t, const lk__json *value, bool *found, lk_error *err)
{
    if (value == NULL || lk__json_is_null(value))
        return LK_OK;
    switch (t->field->kind) {
    case LK__TEXT:
        return set_text(t, lk__json_string(value), found, err);
    case LK__SLUG:
        return set_text(
            t, lk__json_is_object(value) ? lk__json_text(value, "slug") : lk__json_string(value),
            found, err);
    case LK__JSON:
        return set_printed(t, value, found, err);
    case LK__TEXTS:
        return set_texts(t, value, found, err);
    case LK__OBJECT:
        return set_object(t, value, found, err);
    case LK__FLAG:
    case LK__TIME:
    case LK__NUMBER:
        return set_scalar(t, value, found);
    }
    return LK_OK;
}

lk_status lk__json_decode(const lk__json *object, const lk__shape *shape, lk__arena *arena,
                          void *out, lk_error *err)
{
    if (!lk__json_is_object(object))
        return lk__fail(err, LK_ERR_PROTOCOL, "a JSON object was expected");
    for (size_t i = 0; i < shape->n_fields; i++) {
        const target t = { .field = &shape->fields[i], .arena = arena, .out = out };
        bool found = false;

        LK_TRY(decode_field(&t, lk__json_get(object, t.field->name), &found, err));
        if (!found && t.field->required)
            return lk__fail(err, LK_ERR_PROTOCOL, "\"%s\" is missing or of an unexpected type",
                            t.field->name);
    }
    return LK_OK;
}

/* ---- From text ---- */

/* Whether printing would give the same bytes: no space, no escape, no number but a small whole one.
 */
static bool is_printed(const char *raw, size_t len)
{
    bool is_text = false;
    size_t n_digits = 0;

    for (size_t i = 0; i < len; i++) {
        char c = raw[i];

        if (c == '\\')
            return false;
        if (c == '"')
            is_text = !is_text;
        if (is_text)
            continue;
        n_digits = c >= '0' && c <= '9' ? n_digits + 1 : 0;
        if (n_digits > MAX_DIGITS || c <= ' ' || strchr(".+-E", c) != NULL)
            return false;
        if (c == 'e' && i > 0 && raw[i - 1] >= '0' && raw[i - 1] <= '9')
            return false;
    }
    return true;
}

/* By way of a tree: for what is rare. */
static lk_status decode_parsed(const target *t, const char *raw, size_t raw_len, bool *found,
                               lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *value = NULL;

    LK_TRY(lk__json_parse(raw, raw_len, &value, err));
    return decode_field(t, value, found, err);
}

static lk_status set_text_of(const target *t, const char *raw, size_t raw_len, bool *found,
                             lk_error *err)
{
    const char *text = NULL;

    LK_TRY(lk__json_slice_text(raw, raw_len, t->arena, &text, err));
    return text != NULL ? set_pointer(t, text, found, err) : LK_OK;
}

static lk_status set_object_of(const target *t, const char *raw, size_t raw_len, bool *found,
                               lk_error *err)
{
    void *object;

    if (raw[0] != '{')
        return LK_OK;
    object = lk__arena_alloc(t->arena, t->field->shape->size);
    if (object == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__json_decode_text(raw, raw_len, t->field->shape, t->arena, object, err));
    return set_pointer(t, object, found, err);
}

static lk_status set_time_of(const target *t, const char *raw, size_t raw_len, bool *found,
                             lk_error *err)
{
    char text[MAX_TIME + 1];
    int64_t time_ms = 0;

    if (raw[0] != '"' || raw_len - 2 > MAX_TIME)
        return LK_OK;
    if (memchr(raw, '\\', raw_len) != NULL)
        return decode_parsed(t, raw, raw_len, found, err);
    memcpy(text, raw + 1, raw_len - 2);
    text[raw_len - 2] = '\0';
    *found = lk__time_parse(text, &time_ms);
    if (*found)
        memcpy(t->out + t->field->offset, &time_ms, sizeof(time_ms));
    return LK_OK;
}

static lk_status decode_raw(const target *t, const char *raw, size_t raw_len, bool *found,
                            lk_error *err)
{
    if (raw[0] == 'n') /* null */
        return LK_OK;
    switch (t->field->kind) {
    case LK__TEXT:
        return set_text_of(t, raw, raw_len, found, err);
    case LK__TIME:
        return set_time_of(t, raw, raw_len, found, err);
    case LK__OBJECT:
        return set_object_of(t, raw, raw_len, found, err);
    case LK__JSON:
        if (raw_len < MAX_PRINTED && is_printed(raw, raw_len))
            return set_pointer(t, lk__arena_bytes(t->arena, raw, raw_len), found, err);
        break;
    case LK__SLUG:
    case LK__TEXTS:
    case LK__FLAG:
    case LK__NUMBER:
        break;
    }
    return decode_parsed(t, raw, raw_len, found, err);
}

typedef struct decoding {
    const lk__shape *shape;
    lk__arena *arena;
    void *out;
    bool seen[MAX_FIELDS]; /* of two members with one name the first counts */
    bool found[MAX_FIELDS];
} decoding;

static lk_status see_member(void *ctx, const char *name, const char *raw, size_t raw_len,
                            lk_error *err)
{
    decoding *d = ctx;

    for (size_t i = 0; i < d->shape->n_fields; i++) {
        const target t = { .field = &d->shape->fields[i], .arena = d->arena, .out = d->out };

        if (t.field->name[0] != name[0] || strcmp(t.field->name, name) != 0 || d->seen[i])
            continue;
        d->seen[i] = true;
        LK_TRY(decode_raw(&t, raw, raw_len, &d->found[i], err));
    }
    return LK_OK;
}

lk_status lk__json_decode_text(const char *raw, size_t raw_len, const lk__shape *shape,
                               lk__arena *arena, void *out, lk_error *err)
{
    decoding d = { .shape = shape, .arena = arena, .out = out };

    assert(shape->n_fields <= MAX_FIELDS);
    if (raw_len == 0 || raw[0] != '{')
        return lk__fail(err, LK_ERR_PROTOCOL, "a JSON object was expected");
    LK_TRY(lk__json_slices(raw, raw_len, true, see_member, &d, err));
    for (size_t i = 0; i < shape->n_fields; i++)
        if (shape->fields[i].required && !d.found[i])
            return lk__fail(err, LK_ERR_PROTOCOL, "\"%s\" is missing or of an unexpected type",
                            shape->fields[i].name);
    return LK_OK;
}
