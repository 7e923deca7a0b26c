/* The passwords that a cookie may have been sealed with. Sealing takes the first. */
#ifndef LK_WEB_PASSWORDS_H
#define LK_WEB_PASSWORDS_H

#include <stddef.h>

/* Borrowed. The one before the current keeps people signed in while it is replaced. */
typedef struct lk__passwords {
    const char *items[2];
    size_t n_items;
} lk__passwords;

#define LK__ONE_PASSWORD(password) (&(const lk__passwords){ .items = { (password) }, .n_items = 1 })

#endif
