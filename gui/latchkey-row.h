/* Rows of boxed lists that show text from outside: plain, and spoken whole. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* What the row says under its title; NULL or "" hides it. The row has use-markup FALSE. */
void latchkey_row_set(AdwActionRow *row, const char *text);

/* A row made here: its title is text from outside, too. */
GtkWidget *latchkey_row_new(const char *title, const char *text);

G_END_DECLS
