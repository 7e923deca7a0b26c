/* Memory of one answer; see arena.h. A list of zeroed chunks; an allocation too large for the rest
 * of the newest chunk begins a new one. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { CHUNK_SIZE = 4096 - 64 }; /* bytes: with malloc's head still within a page */

typedef struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) unsigned char data[];
} chunk;

struct lk__arena {
    chunk *newest;
};

static chunk *chunk_new(size_t size)
{
    chunk *new_chunk;

    if (size > PTRDIFF_MAX - sizeof(*new_chunk)) /* no object is larger */
        return NULL;
    new_chunk = calloc(1, sizeof(*new_chunk) + size);
    if (new_chunk != NULL)
        new_chunk->size = size;
    return new_chunk;
}

lk__arena *lk__arena_new(void)
{
    return calloc(1, sizeof(lk__arena));
}

void lk__arena_free(lk__arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->newest != NULL) {
        chunk *old = arena->newest;

        arena->newest = old->next;
        lk__wipe(old->data, old->used);
        free(old);
    }
    free(arena);
}

void lk__arena_freep(lk__arena **arena)
{
    lk__arena_free(*arena);
}

void *lk__arena_alloc(lk__arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    chunk *newest = arena->newest;
    size_t rounded;
    void *memory;

    if (size > SIZE_MAX - align)
        return NULL;
    rounded = size > 0 ? (size + align - 1) / align * align : align;
    if (newest == NULL || newest->size - newest->used < rounded) {
        newest = chunk_new(rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE);
        if (newest == NULL)
            return NULL;
        newest->next = arena->newest;
        arena->newest = newest;
    }
    memory = newest->data + newest->used;
    newest->used += rounded;
    return memory;
}

void *lk__arena_array(lk__arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return lk__arena_alloc(arena, count * size);
}

char *lk__arena_text(lk__arena *arena, const char *text)
{
    return text != NULL ? lk__arena_bytes(arena, text, strlen(text)) : NULL;
}

char *lk__arena_bytes(lk__arena *arena, const void *data, size_t len)
{
    char *copy;

    if (data == NULL || len == SIZE_MAX)
        return NULL;
    copy = lk__arena_alloc(arena, len + 1);
    if (copy != NULL)
        memcpy(copy, data, len);
    return copy;
}
