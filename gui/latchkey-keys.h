/* Keys of a page: they work while it is seen, wherever in the window the keyboard is. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct LatchkeyKey {
    const char *trigger; /* "<Control>p" */
    const char *action;  /* of the page's class, without a parameter */
} LatchkeyKey;

/* keys: static storage. What has the focus is asked first. */
void latchkey_keys_add(GtkWidget *page, const LatchkeyKey *keys, guint n_keys);

G_END_DECLS
