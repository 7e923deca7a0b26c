/* Memory of one answer: many allocations, one free. Everything in it is wiped on free. */
#ifndef LK_BASE_ARENA_H
#define LK_BASE_ARENA_H

#include "base/error.h"

typedef struct lk__arena lk__arena;

/* NULL without memory. */
lk__arena *lk__arena_new(void);
void lk__arena_free(lk__arena *arena);
void lk__arena_freep(lk__arena **arena);

/* Zeroed, aligned for any type; NULL without memory. */
void *lk__arena_alloc(lk__arena *arena, size_t size);
/* Zeroed array; NULL without memory or when count * size overflows. */
void *lk__arena_array(lk__arena *arena, size_t count, size_t size);
/* Copies; NULL gives NULL, so check text before the result. */
char *lk__arena_text(lk__arena *arena, const char *text);
char *lk__arena_bytes(lk__arena *arena, const void *data, size_t len);

#endif
