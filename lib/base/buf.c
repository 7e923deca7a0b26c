/* A growing buffer with a hard limit; see buf.h. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { FIRST_CAPACITY = 64 };

/* Doubles, so that n appends cost O(n), but never allocates more than the limit asks for. */
static size_t next_capacity(const lk__buf *buf, size_t needed)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;

    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2)
            return needed;
        capacity *= 2;
    }
    if (capacity - 1 > buf->limit)
        return needed;
    return capacity;
}

/* realloc() would leave a copy of the secret behind. */
static char *grow_secret(const lk__buf *buf, size_t capacity)
{
    char *data = malloc(capacity);

    if (data == NULL || buf->data == NULL)
        return data;
    memcpy(data, buf->data, buf->len + 1);
    lk__wipe(buf->data, buf->capacity);
    free(buf->data);
    return data;
}

lk_status lk__buf_reserve(lk__buf *buf, size_t len, lk_error *err)
{
    size_t needed;
    size_t capacity;
    char *data;

    if (len > buf->limit || buf->len > buf->limit - len)
        return lk__fail(err, LK_ERR_PROTOCOL, "more than the allowed %zu bytes", buf->limit);
    if (buf->len + len >= SIZE_MAX)
        return lk__no_memory(err);
    needed = buf->len + len + 1;
    if (needed <= buf->capacity)
        return LK_OK;
    capacity = next_capacity(buf, needed);
    data = buf->secret ? grow_secret(buf, capacity) : realloc(buf->data, capacity);
    if (data == NULL)
        return lk__no_memory(err);
    data[buf->len] = '\0';
    buf->data = data;
    buf->capacity = capacity;
    return LK_OK;
}

lk_status lk__buf_append(lk__buf *buf, const void *data, size_t len, lk_error *err)
{
    LK_TRY(lk__buf_reserve(buf, len, err));
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return LK_OK;
}

lk_status lk__buf_text(lk__buf *buf, const char *text, lk_error *err)
{
    return lk__buf_append(buf, text, text != NULL ? strlen(text) : 0, err);
}

lk_status lk__buf_printf(lk__buf *buf, lk_error *err, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0); /* only a broken format or an absurd length fails */
    LK_TRY(lk__buf_reserve(buf, (size_t)len, err));
    va_start(args, format);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
    return LK_OK;
}

void lk__buf_cut(lk__buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (buf->data == NULL)
        return;
    if (buf->secret)
        lk__wipe(buf->data + len, buf->len - len);
    buf->len = len;
    buf->data[len] = '\0';
}

void lk__buf_clear(lk__buf *buf)
{
    if (buf->secret && buf->data != NULL)
        lk__wipe(buf->data, buf->capacity);
    free(buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->capacity = 0;
}

char *lk__buf_steal(lk__buf *buf)
{
    if (buf->data == NULL)
        return calloc(1, 1);
    buf->len = 0;
    buf->capacity = 0;
    return lk__steal(buf->data);
}
