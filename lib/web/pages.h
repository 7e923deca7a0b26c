/* The few pages that people see of Latchkey itself: one template, escaped text only. */
#ifndef LK_WEB_PAGES_H
#define LK_WEB_PAGES_H

#include "base/buf.h"

typedef enum lk__page_mood { LK__PAGE_ERROR = 0, LK__PAGE_GOOD, LK__PAGE_QUESTION } lk__page_mood;

/* One of several ways on. */
typedef struct lk__page_choice {
    const char *text;
    const char *link; /* an address of ours */
} lk__page_choice;

typedef struct lk__page {
    int status;
    lk__page_mood mood;
    const char *word;    /* for programs, e.g. "missing_state" */
    const char *title;   /* plain text, as is all below */
    const char *message; /* what happened and what to do */
    const char *detail;  /* small print; NULL: none */
    const lk__page_choice *choices;
    size_t n_choices;
    const char *link; /* an address of ours; NULL: no link */
    const char *link_text;
    const char *form_action; /* POST here; NULL: no form */
    const char *form_button;
    const char *form_leads_to; /* an origin the form's answer redirects to; NULL: only ours */
} lk__page;

LK_MUST_CHECK lk_status lk__page_html(const lk__page *page, lk__buf *out, lk_error *err);
/* The value of Content-Security-Policy. */
LK_MUST_CHECK lk_status lk__page_policy(const lk__page *page, lk__buf *out, lk_error *err);
const char *lk__page_referrer_policy(const lk__page *page);
/* Cuts UTF-8 text to max bytes at most, between characters. */
void lk__shorten(char *text, size_t max);

#endif
