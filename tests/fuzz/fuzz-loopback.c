/* What anything on this machine may send to the loopback listener, down to the parameters. */
#include "web/loopback-request.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "web/query.h"

static void check_parameter(const char *query, const char *name)
{
    lk__auto_buf out = LK__BUF(256);
    lk_error err = LK_ERROR_INIT;
    bool found = false;
    lk_status status = lk__query_get(query, name, &out, &found, &err);

    promise(status == LK_OK || status == LK_ERR_INVALID);
    promise(found == (out.len > 0));
    for (size_t i = 0; i < out.len; i++)
        promise((unsigned char)out.data[i] >= ' ' && out.data[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *query;
    size_t query_len;
    lk__loopback_verdict verdict = lk__loopback_parse(text, size, &query, &query_len);

    promise(verdict == LK__LOOPBACK_CALLBACK || (query == NULL && query_len == 0));
    promise(verdict != LK__LOOPBACK_MORE || size < LK__MAX_LOOPBACK_REQUEST);
    if (query == NULL)
        return 0;
    promise(query >= text && query + query_len <= text + size);
    promise(memchr(query, ' ', query_len) == NULL && memchr(query, '\0', query_len) == NULL);
    char *copy = strndup(query, query_len);
    if (copy == NULL)
        return 0;
    check_parameter(copy, "state");
    check_parameter(copy, "code");
    free(copy);
    return 0;
}
