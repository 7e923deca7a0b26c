/* Query strings: one parameter out of them, held against a second way of reading. */
#include "web/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"

enum { LIMIT = 64 };

/* How often "state" stands there, by decoding each name whole. */
static int count_states(const char *query)
{
    int n = 0;

    while (*query != '\0') {
        size_t len = strcspn(query, "&");
        size_t name_len = strcspn(query, "&=");
        lk__auto_buf name = LK__BUF(name_len + 1);
        if (lk__percent_decode(&name, query, name_len, false, NULL) == LK_OK && name.len > 0)
            n += strcmp(name.data, "state") == 0;
        query += query[len] == '&' ? len + 1 : len;
    }
    return n;
}

static void check(const char *query)
{
    lk__auto_buf out = LK__BUF(LIMIT);
    lk_error err = LK_ERROR_INIT;
    bool found = true;
    int n = count_states(query);
    lk_status status = lk__query_get(query, "state", &out, &found, &err);

    promise(status == LK_OK || status == LK_ERR_INVALID);
    promise(status == err.status);
    promise(found == (out.len > 0) && (status == LK_OK || !found));
    promise(n > 0 || (status == LK_OK && !found));
    promise(n < 2 || status == LK_ERR_INVALID);
    promise(out.len <= LIMIT && lk__utf8_valid(out.data ? out.data : "", out.len));
    for (size_t i = 0; i < out.len; i++)
        promise((unsigned char)out.data[i] >= ' ' && out.data[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *query = malloc(size + 1);

    promise(query != NULL);
    memcpy(query, data, size);
    query[size] = '\0';
    check(query);
    free(query);
    return 0;
}
