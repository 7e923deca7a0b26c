/* Where to go after sign-in: never away, and nothing left to resolve. */
#include "web/return-to.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define HOME "/home"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    lk__auto_buf once = LK__BUF(8 * LK__MAX_RETURN_TO);
    lk__auto_buf twice = LK__BUF(8 * LK__MAX_RETURN_TO);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    promise(lk__return_to(text, HOME, &once, NULL) == LK_OK);
    free(text);

    promise(once.data[0] == '/' && once.data[1] != '/');
    promise(once.len <= LK__MAX_RETURN_TO);
    for (size_t i = 0; i < once.len; i++)
        promise(once.data[i] > ' ' && once.data[i] <= '~' && once.data[i] != '\\');
    size_t path_len = strcspn(once.data, "?#");
    const char *dots = strstr(once.data, "/./");
    promise(dots == NULL || (size_t)(dots - once.data) >= path_len);
    dots = strstr(once.data, "/../");
    promise(dots == NULL || (size_t)(dots - once.data) >= path_len);
    promise(lk__return_to(once.data, HOME, &twice, NULL) == LK_OK);
    promise(strcmp(once.data, twice.data) == 0);
    return 0;
}
