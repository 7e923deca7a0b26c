/* A page of the window that may lie over an earlier one of its own: it offers the way back. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_PAGE (latchkey_page_get_type())
G_DECLARE_INTERFACE(LatchkeyPage, latchkey_page, LATCHKEY, PAGE, GtkWidget)

/* Signal: "place-changed" (what get_title() answers may be another). */
struct _LatchkeyPageInterface {
    GTypeInterface parent_iface;
    const char *(*get_title)(LatchkeyPage *self);
    void (*go_back)(LatchkeyPage *self);
    void (*search)(LatchkeyPage *self);
};

/* What is shown, in words, when there is a way back from it; NULL: there is none. */
const char *latchkey_page_get_title(LatchkeyPage *self);
void latchkey_page_go_back(LatchkeyPage *self);
/* Puts the cursor where one types what to look for. */
void latchkey_page_search(LatchkeyPage *self);
/* For implementations: emits "place-changed". */
void latchkey_page_place_changed(LatchkeyPage *self);

G_END_DECLS
