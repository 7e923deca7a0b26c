/* Owners that free themselves: no goto, the happy path at the left margin. */
#ifndef LK_BASE_CLEANUP_H
#define LK_BASE_CLEANUP_H

#include <stddef.h>

/* Calls fn(&variable) when the variable goes out of scope. */
#define LK_CLEANUP(fn) __attribute__((__cleanup__(fn)))

/* Hands an owned pointer over: returns it and leaves NULL behind. */
#define lk__steal(pointer)                      \
    __extension__({                             \
        __typeof__(pointer) stolen = (pointer); \
        (pointer) = NULL;                       \
        stolen;                                 \
    })

/* Frees memory from malloc; for char * and other plain blocks. */
void lk__freep(void *pointer_to_pointer);
/* The same for NUL-terminated text that is a secret: wiped first. */
void lk__free_secretp(char **text);

#endif
