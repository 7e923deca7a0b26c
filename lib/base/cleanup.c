/* Owners that free themselves, and the public ways to free what the library handed out. */
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void lk__freep(void *pointer_to_pointer)
{
    void *pointer;

    /* The argument is a char **, a struct ** …: copying the bytes is the way C11 allows. */
    memcpy(&pointer, pointer_to_pointer, sizeof(pointer));
    free(pointer);
}

void lk__free_secretp(char **text)
{
    lk_free_secret(*text);
}

void lk_free(void *text)
{
    free(text);
}

void lk_free_secret(char *text)
{
    if (text == NULL)
        return;
    lk__wipe(text, strlen(text));
    free(text);
}
