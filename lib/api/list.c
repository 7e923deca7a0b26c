/* Pages of lists; see list.h. */
#include "api/list.h"

#include "base/text.h"

enum { MAX_ID_LEN = 255 };

bool lk__list_is_id(const char *text)
{
    size_t n = 0;

    if (text == NULL)
        return false;
    while (text[n] > ' ' && text[n] <= '~')
        n++;
    return n > 0 && n <= MAX_ID_LEN && text[n] == '\0';
}

/* The members of the answer. */
struct members {
    const char *data; /* NULL: none */
    size_t data_len;
    lk__arena *arena;
    const char *after;
};

static lk_status see_member(void *ctx, const char *name, const char *raw, size_t raw_len,
                            const lk__json *value, lk_error *err)
{
    struct members *members = ctx;

    if (lk__text_equal(name, "data") && raw_len > 0 && raw[0] == '[') {
        members->data = raw;
        members->data_len = raw_len;
    }
    if (lk__text_equal(name, "list_metadata") && lk__list_is_id(lk__json_text(value, "after"))) {
        members->after = lk__arena_text(members->arena, lk__json_text(value, "after"));
        if (members->after == NULL)
            return lk__no_memory(err);
    }
    return LK_OK;
}

lk_status lk__list_read(const lk__buf *body, lk__json_visit *visit, void *ctx, lk__arena *arena,
                        const char **after, lk_error *err)
{
    struct members members = { .arena = arena };

    LK_TRY(lk__json_each(body->data, body->len, see_member, &members, err));
    if (members.data == NULL)
        return lk__fail(err, LK_ERR_PROTOCOL, "\"data\" is missing or no array");
    LK_TRY(lk__json_each(members.data, members.data_len, visit, ctx, err));
    *after = members.after;
    return LK_OK;
}
