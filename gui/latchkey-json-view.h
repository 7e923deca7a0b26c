/* JSON with indents and colours, to read and to select from. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_JSON_VIEW (latchkey_json_view_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyJsonView, latchkey_json_view, LATCHKEY, JSON_VIEW, GtkTextView)

/* What is not JSON is shown as it came. Of a very long text the first 256 KB are shown. NULL: none.
 */
void latchkey_json_view_set_json(LatchkeyJsonView *self, const char *json, gsize len);

/* ---- The tokens, for tests ---- */

typedef enum {
    LATCHKEY_JSON_PLAIN, /* punctuation and blanks */
    LATCHKEY_JSON_KEY,
    LATCHKEY_JSON_STRING,
    LATCHKEY_JSON_NUMBER,
    LATCHKEY_JSON_WORD, /* true, false, null */
} LatchkeyJsonToken;

/* The token at the beginning of text, and how many bytes it has: at least 1 unless text is empty.
 * Damaged JSON gives some tokens, too. */
LatchkeyJsonToken latchkey_json_token(const char *text, gsize *len);

G_END_DECLS
