/* The pages: no scripts, light and dark, for keyboard and screen reader alike. */
#ifndef EMULATOR_PAGE_H
#define EMULATOR_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* One row that can be clicked. Texts belong to the caller. */
typedef struct page_choice {
    const char *user_id, *organization_id; /* what the click sends; organization_id NULL: nothing */
    const char *title, *detail, *note;     /* note NULL: none */
    bool is_hinted;
} page_choice;

typedef struct page_sign_in {
    const char *heading, *intro;
    const char *action; /* where a click is sent: the same address, with its query */
    const char *notice; /* NULL: none */
    const page_choice *choices;
    size_t n_choices;
} page_sign_in;

void page_begin(text *out, const char *title, const char *css_class);
void page_end(text *out);
void page_show_sign_in(text *out, const page_sign_in *page);
void page_show_problem(text *out, const char *heading, const char *explanation);
void page_add_avatar(text *out, const char *name);

#endif
