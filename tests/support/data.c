/* Recorded answers and vectors; see data.h. */
#include "data.h"

#include <stdio.h>
#include <stdlib.h>

static void give_up(const char *path)
{
    perror(path);
    abort();
}

char *data_read(const char *name, size_t *len)
{
    enum { LIMIT = 4 * 1024 * 1024 };
    const char *folder = getenv("TESTS_DATA");
    char path[4096];
    FILE *file;
    char *text;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", folder == NULL ? "tests/data" : folder, name);
    file = fopen(path, "rb");
    text = malloc(LIMIT + 1);
    if (file == NULL || text == NULL) {
        give_up(path);
        return NULL;
    }
    n = fread(text, 1, LIMIT, file);
    if (ferror(file) != 0)
        give_up(path);
    fclose(file);
    text[n] = '\0';
    if (len != NULL)
        *len = n;
    return text;
}
