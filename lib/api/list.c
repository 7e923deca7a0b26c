/* Pages of lists; see list.h. */
#include "api/list.h"

#include "base/cleanup.h"
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
    bool is_cut;
};

static bool says_nothing(const lk__json *value)
{
    return value == NULL || lk__json_is_null(value);
}

static lk_status read_after(const char *raw, size_t raw_len, struct members *members, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *metadata = NULL;
    lk_error unsafe = LK_ERROR_INIT;
    lk_status status = lk__json_parse(raw, raw_len, &metadata, &unsafe);
    const char *after = lk__json_text(metadata, "after");

    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    members->is_cut =
        !lk__json_is_object(metadata) || !says_nothing(lk__json_get(metadata, "after"));
    if (!lk__list_is_id(after))
        return LK_OK;
    members->is_cut = false;
    members->after = lk__arena_text(members->arena, after);
    return members->after != NULL ? LK_OK : lk__no_memory(err);
}

static lk_status see_member(void *ctx, const char *name, const char *raw, size_t raw_len,
                            lk_error *err)
{
    struct members *members = ctx;

    if (lk__text_equal(name, "data") && raw_len > 0 && raw[0] == '[') {
        members->data = raw;
        members->data_len = raw_len;
    }
    return lk__text_equal(name, "list_metadata") ? read_after(raw, raw_len, members, err) : LK_OK;
}

lk_status lk__list_open(const lk__buf *body, lk__arena *arena, const char **data, size_t *data_len,
                        const char **after, bool *is_cut, lk_error *err)
{
    struct members members = { .arena = arena, .is_cut = true }; /* until it says where it ends */

    LK_TRY(lk__json_slices(body->data, body->len, true, see_member, &members, err));
    if (members.data == NULL)
        return lk__fail(err, LK_ERR_PROTOCOL, "\"data\" is missing or no array");
    *data = members.data;
    *data_len = members.data_len;
    *after = members.after;
    if (is_cut != NULL)
        *is_cut = members.is_cut;
    return LK_OK;
}

lk_status lk__list_read(const lk__buf *body, lk__json_visit *visit, void *ctx, lk__arena *arena,
                        const char **after, bool *is_cut, lk_error *err)
{
    const char *next = NULL;
    const char *data = NULL;
    size_t data_len = 0;

    LK_TRY(lk__list_open(body, arena, &data, &data_len, &next, is_cut, err));
    LK_TRY(lk__json_each(data, data_len, visit, ctx, err));
    *after = next;
    return LK_OK;
}
