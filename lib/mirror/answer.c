/* What the mirror's reading functions share; see mirror.h. */
#include <stddef.h>
#include <string.h>

#include "mirror/mirror.h"

/* Stands in front of each answer. */
typedef union header {
    lk__arena *arena;
    max_align_t aligned;
} header;

void lk__copy_options(void *to, size_t size, const void *from)
{
    size_t known = 0;

    memset(to, 0, size);
    if (from == NULL)
        return;
    memcpy(&known, from, sizeof(known));
    memcpy(to, from, known < size ? known : size);
}

lk_status lk__check_limit(int limit, int *out, lk_error *err)
{
    if (limit < 0 || limit > 1000)
        return lk__fail(err, LK_ERR_INVALID, "limit must be 1-1000, not %d", limit);
    *out = limit == 0 ? 100 : limit;
    return LK_OK;
}

void *lk__answer_new(size_t size)
{
    lk__arena *arena = lk__arena_new();
    header *h = arena != NULL ? lk__arena_alloc(arena, sizeof(header) + size) : NULL;

    if (h == NULL) {
        lk__arena_free(arena);
        return NULL;
    }
    h->arena = arena;
    return h + 1;
}

lk__arena *lk__answer_arena(void *answer)
{
    return ((header *)answer - 1)->arena;
}

void lk__answer_free(const void *answer)
{
    if (answer != NULL)
        lk__arena_free(((const header *)answer - 1)->arena);
}

bool lk__take_text(lk__arena *arena, const lk__value *column, const char **out)
{
    if (column->kind != LK__VALUE_TEXT) {
        *out = NULL;
        return true;
    }
    *out = lk__arena_bytes(arena, column->text, column->len);
    return *out != NULL;
}
