/* Lists of the mirror on the command line, page by page: constant memory, however long they are. */
#ifndef APP_WALK_H
#define APP_WALK_H

#include "command.h"
#include "print.h"

#include <latchkey/mirror.h>

typedef struct walk {
    const app_arguments *given;
    lk_mirror *mirror;
    print_table *table; /* for the rows; unused with as_json */
    bool as_json;
    int64_t at_ms;     /* of --at; 0: now */
    const char *after; /* the id that the page begins behind; NULL: at the beginning */
    int limit;         /* of the page */
    size_t count;      /* of the last page */
    char *last;        /* its last id */
} walk;

/* Asks for one page, prints what is in it, and returns what walk_note() returns. */
typedef lk_status walk_page(walk *self, lk_error *err);

/* Remembers what a page held; last_id is copied. */
LK_MUST_CHECK lk_status walk_note(walk *self, size_t count, const char *last_id, lk_error *err);

/* Opens the mirror and calls page until there is nothing more, or --limit is reached. */
LK_MUST_CHECK lk_status walk_pages(const app_arguments *given, print_table *table, walk_page *page,
                                   lk_error *err);

#endif
