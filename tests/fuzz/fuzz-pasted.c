/* What a person may paste in place of the address that the sign-in ends at. */
#include "web/pasted.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define URI "http://127.0.0.1:43117/callback"

/* Taken is what is our address and a query, with nothing but white space around. */
static void check(const char *text)
{
    lk__auto_buf query = LK__BUF(LK__MAX_PASTED);
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk__pasted_read(text, URI, &query, &err);

    if (status != LK_OK) {
        promise(status == LK_ERR_INVALID && err.message[0] != '\0' && query.len == 0);
        return;
    }
    text += strspn(text, " \t\r\n");
    promise(strncmp(text, URI "?", strlen(URI "?")) == 0);
    text += strlen(URI "?");
    promise(strncmp(text, query.data ? query.data : "", query.len) == 0);
    promise(text[query.len + strspn(text + query.len, " \t\r\n")] == '\0');
    for (size_t i = 0; i < query.len; i++)
        promise(query.data[i] > ' ' && query.data[i] <= '~' && query.data[i] != '#');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    promise(text != NULL);
    check(text);
    free(text);
    return 0;
}
