/* See history-before.h. */
#include "mirror/history-before.h"

#include "base/json.h"
#include "base/text.h"

static const char member_name[] = "previous_attributes";

static lk_status put_value(lk__json_writer *writer, const char *name, const lk__json *value,
                           size_t room, lk_error *err)
{
    lk__auto_buf text = LK__BUF(room);

    LK_TRY(lk__json_print(value, &text, err));
    lk__json_put_raw(writer, name, text.data);
    return LK_OK;
}

/* Nested as deep as JSON may be: 64 levels. name NULL: the record itself. */
static lk_status put_before(lk__json_writer *writer, const char *name, const lk__json *now,
                            const lk__json *before, size_t room, lk_error *err)
{
    if (!lk__json_is_object(now) || !lk__json_is_object(before))
        return put_value(writer, name, before, room, err);
    lk__json_open_object(writer, name);
    for (const lk__json *item = lk__json_first(now); item != NULL; item = lk__json_next(item)) {
        const char *key = lk__json_name(item);
        const lk__json *was = lk__json_get(before, key);

        if (name == NULL && lk__text_equal(key, member_name))
            continue;
        LK_TRY(was != NULL ? put_before(writer, key, item, was, room, err)
                           : put_value(writer, key, item, room, err));
    }
    for (const lk__json *item = lk__json_first(before); item != NULL; item = lk__json_next(item))
        if (lk__json_get(now, lk__json_name(item)) == NULL)
            LK_TRY(put_value(writer, lk__json_name(item), item, room, err));
    lk__json_close_object(writer);
    return LK_OK;
}

lk_status lk__before_change(const char *json, size_t len, lk__arena *arena, const char **out,
                            lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *now = NULL;
    size_t room = 8 * len + 64; /* both halves, and each byte escaped */
    lk__auto_buf text = LK__BUF(room);
    lk__json_writer writer = LK__JSON_WRITER(&text);
    const lk__json *before;

    LK_TRY(lk__json_parse(json, len, &now, err));
    before = lk__json_get(now, member_name);
    if (lk__json_is_object(before)) {
        LK_TRY(put_before(&writer, NULL, now, before, room, err));
        LK_TRY(lk__json_end(&writer, err));
        json = text.data;
        len = text.len;
    }
    *out = lk__arena_bytes(arena, json, len);
    return *out != NULL ? LK_OK : lk__no_memory(err);
}
