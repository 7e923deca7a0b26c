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
    const char *action;           /* where a click is sent: the same address, with its query */
    const char *notice, *problem; /* NULL: none; the problem is read out at once */
    const page_choice *choices;
    size_t n_choices;
    const char *cancel; /* NULL: Cancel */
    const char *more;   /* HTML below the choices; NULL: none */
    const char *hidden; /* HTML of fields that every choice sends along; NULL: none */
} page_sign_in;

typedef struct page_field {
    const char *name, *label, *type; /* type NULL: text */
    const char *hint, *value, *autocomplete;
    bool is_optional;
} page_field;

typedef struct page_form {
    const char *heading, *intro, *action, *submit;
    const char *notice, *problem; /* NULL: none; the problem is read out at once */
    const char *more;             /* HTML below; NULL: none */
    bool is_get, has_cancel;
    const page_field *fields;
    size_t n_fields;
} page_form;

void page_begin(text *out, const char *title, const char *css_class);
void page_end(text *out);
void page_show_sign_in(text *out, const page_sign_in *page);
void page_show_problem(text *out, const char *heading, const char *explanation);
void page_show_form(text *out, const page_form *page);
void page_add_field(text *out, const page_field *field);
void page_add_hidden(text *out, const char *name, const char *value); /* NULL: nothing */
void page_add_form(text *out, const char *action); /* begins one that is sent by POST */
void page_add_avatar(text *out, const char *name);

#endif
