/* Standard input, whole and with a limit; see input.h. */
#include "input.h"

#include "fail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096

static void wipe_and_free(char *data, size_t len)
{
    if (data != NULL)
        explicit_bzero(data, len);
    free(data);
}

/* Not realloc(): what is read may be a secret, and realloc() leaves a copy behind. */
static lk_status grow(char **data, size_t len, size_t *room, lk_error *err)
{
    char *grown = malloc(*room * 2);

    if (grown == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    memcpy(grown, *data, len);
    wipe_and_free(*data, len);
    *data = grown;
    *room *= 2;
    return LK_OK;
}

static lk_status read_to_end(FILE *in, size_t max, char **data, size_t *len, lk_error *err)
{
    size_t room = FIRST_ROOM;

    *data = malloc(room);
    if (*data == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    while (!feof(in)) {
        if (*len + 1 >= room)
            TRY(grow(data, *len, &room, err));
        *len += fread(*data + *len, 1, room - *len - 1, in);
        if (ferror(in))
            return failed(err, LK_ERR_INVALID, "cannot read the standard input: %s",
                          strerror(errno));
        if (*len > max)
            return failed(err, LK_ERR_INVALID, "the standard input is longer than %zu bytes", max);
    }
    (*data)[*len] = '\0';
    return LK_OK;
}

lk_status read_input(FILE *in, size_t max, char **out, size_t *out_len, lk_error *err)
{
    char *data = NULL;
    size_t len = 0;

    lk_status status = read_to_end(in, max, &data, &len, err);
    if (status != LK_OK) {
        wipe_and_free(data, len);
        return status;
    }
    *out = data;
    *out_len = len;
    return LK_OK;
}

lk_status read_input_text(FILE *in, size_t max, char **out, lk_error *err)
{
    char *text = NULL;
    size_t len = 0;

    TRY(read_input(in, max, &text, &len, err));
    if (memchr(text, '\0', len) != NULL) {
        wipe_and_free(text, len);
        return failed(err, LK_ERR_INVALID, "the standard input holds a NUL byte: not a text");
    }
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    *out = text;
    return LK_OK;
}
