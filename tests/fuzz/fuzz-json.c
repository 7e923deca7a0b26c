/* JSON from outside: parsing, decoding by table, visiting, and printing what was read. */
#include "base/json.h"

#include <string.h>

#include "fuzz.h"

typedef struct thing thing;

struct thing {
    const char *id;
    bool flag;
    int64_t created_at_ms;
    int64_t n;
    const char *raw;
    const char *const *texts;
    size_t n_texts;
    const thing *inner;
    const char *role;
};

static const lk__field inner_fields[] = {
    { .name = "id", .kind = LK__TEXT, .offset = offsetof(thing, id) },
};
static const lk__shape inner_shape = LK__SHAPE(thing, inner_fields);

static const lk__field fields[] = {
    { .name = "id", .kind = LK__TEXT, .required = true, .offset = offsetof(thing, id) },
    { .name = "flag", .kind = LK__FLAG, .offset = offsetof(thing, flag) },
    { .name = "created_at", .kind = LK__TIME, .offset = offsetof(thing, created_at_ms) },
    { .name = "n", .kind = LK__NUMBER, .offset = offsetof(thing, n) },
    { .name = "raw", .kind = LK__JSON, .offset = offsetof(thing, raw) },
    { .name = "texts",
      .kind = LK__TEXTS,
      .offset = offsetof(thing, texts),
      .count_offset = offsetof(thing, n_texts) },
    { .name = "inner",
      .kind = LK__OBJECT,
      .offset = offsetof(thing, inner),
      .shape = &inner_shape },
    { .name = "role", .kind = LK__SLUG, .offset = offsetof(thing, role) },
};
static const lk__shape shape = LK__SHAPE(thing, fields);

static bool is_same(const char *a, const char *b)
{
    return a == NULL ? b == NULL : b != NULL && strcmp(a, b) == 0;
}

static void compare(const thing *a, const thing *b)
{
    promise(is_same(a->id, b->id) && is_same(a->raw, b->raw) && is_same(a->role, b->role));
    promise(a->flag == b->flag && a->created_at_ms == b->created_at_ms && a->n == b->n);
    promise(a->n_texts == b->n_texts && (a->texts == NULL) == (b->texts == NULL));
    for (size_t i = 0; i < a->n_texts; i++)
        promise(is_same(a->texts[i], b->texts[i]));
    promise((a->inner == NULL) == (b->inner == NULL));
    if (a->inner != NULL)
        compare(a->inner, b->inner);
}

/* From the tree, and from the text, which must say the same. */
static void decode(const lk__json *json, const char *text, size_t len)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    thing out = { .id = NULL };
    thing other = { .id = NULL };
    lk_status status = lk__json_decode(json, &shape, arena, &out, NULL);

    promise(status != LK_OK || out.id != NULL);
    if (text[0] != '{') /* or a space in front of it */
        return;
    promise(lk__json_decode_text(text, len, &shape, arena, &other, NULL) == status);
    if (status == LK_OK)
        compare(&out, &other);
}

static lk_status pass(void *ctx, const char *name, const char *raw, size_t raw_len, lk_error *err)
{
    (void)ctx;
    (void)name;
    (void)raw;
    (void)raw_len;
    (void)err;
    return LK_OK;
}

/* What is printed can be read again, and then prints the same. */
static void print_twice(const lk__json *json, size_t size)
{
    LK_CLEANUP(lk__json_freep) lk__json *again = NULL;
    lk__auto_buf first = LK__BUF(size * 8 + 64);
    lk__auto_buf second = LK__BUF(size * 8 + 64);

    promise(lk__json_print(json, &first, NULL) == LK_OK);
    promise(lk__json_parse(first.data, first.len, &again, NULL) == LK_OK);
    promise(lk__json_print(again, &second, NULL) == LK_OK);
    promise(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

static lk_status visit(void *ctx, const char *name, const char *raw, size_t raw_len,
                       const lk__json *value, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *again = NULL;
    size_t *n = ctx;

    (void)name;
    (void)err;
    (*n)++;
    /* The bytes that are handed out are the value that is handed out. */
    promise((lk__json_parse(raw, raw_len, &again, NULL) == LK_OK) == (value != NULL));
    return LK_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk_error err = LK_ERROR_INIT;
    size_t n = 0;

    if (lk__json_parse((const char *)data, size, &json, &err) != LK_OK) {
        promise(err.status == LK_ERR_PROTOCOL && err.message[0] != '\0');
        promise(lk__json_members((const char *)data, size, pass, NULL, NULL) != LK_OK);
        if (lk__json_each((const char *)data, size, visit, &n, NULL) == LK_OK)
            promise(n > 0); /* something in it was unsafe to believe */
        return 0;
    }
    if (lk__json_is_object(json) || lk__json_is_array(json))
        promise(lk__json_members((const char *)data, size, pass, NULL, NULL) == LK_OK);
    decode(json, (const char *)data, size);
    print_twice(json, size);
    (void)lk__json_duplicate(json); /* only to be run */
    if (lk__json_each((const char *)data, size, visit, &n, NULL) == LK_OK)
        promise(n == lk__json_count(json));
    return 0;
}
