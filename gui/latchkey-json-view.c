/* A text view and a tokenizer of one function: no library on the machine colours JSON for less. */
#include "latchkey-json-view.h"

#include <adwaita.h>
#include <cjson/cJSON.h>
#include <string.h>

enum { MAX_SHOWN = 256 << 10 };

struct _LatchkeyJsonView {
    GtkTextView parent_instance;
    GtkTextTag *tags[LATCHKEY_JSON_WORD + 1]; /* of the buffer; none for PLAIN */
};

G_DEFINE_FINAL_TYPE(LatchkeyJsonView, latchkey_json_view, GTK_TYPE_TEXT_VIEW)

static const char *const colors[] = {
    [LATCHKEY_JSON_KEY] = "accent_color",
    [LATCHKEY_JSON_STRING] = "success_color",
    [LATCHKEY_JSON_NUMBER] = "warning_color",
    [LATCHKEY_JSON_WORD] = "error_color",
};

/* ---- Tokens ---- */

static gsize string_len(const char *text)
{
    gsize len = 1;

    while (text[len] != '\0' && text[len] != '"')
        len += text[len] == '\\' && text[len + 1] != '\0' ? 2 : 1;
    return text[len] == '"' ? len + 1 : len;
}

LatchkeyJsonToken latchkey_json_token(const char *text, gsize *len)
{
    if (text[0] == '"') {
        *len = string_len(text);
        return text[*len + strspn(text + *len, " \t\r\n")] == ':' ? LATCHKEY_JSON_KEY
                                                                  : LATCHKEY_JSON_STRING;
    }
    if (text[0] == '-' || g_ascii_isdigit(text[0])) {
        *len = strspn(text, "+-.0123456789eE");
        return LATCHKEY_JSON_NUMBER;
    }
    if (g_ascii_isalpha(text[0])) {
        *len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        return LATCHKEY_JSON_WORD;
    }
    *len = 0;
    while (text[*len] != '\0' && text[*len] != '"' && text[*len] != '-' &&
           !g_ascii_isalnum(text[*len]))
        ++*len;
    return LATCHKEY_JSON_PLAIN;
}

/* ---- The view ---- */

static void update_colors(LatchkeyJsonView *self)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));
    GdkRGBA color;

    for (int i = LATCHKEY_JSON_KEY; i <= LATCHKEY_JSON_WORD; i++)
        if (gtk_style_context_lookup_color(style, colors[i], &color))
            g_object_set(self->tags[i], "foreground-rgba", &color, NULL);
}

/* The tokens are walked in bytes, the buffer in characters. */
static void color(LatchkeyJsonView *self, GtkTextBuffer *buffer, const char *text)
{
    int at = 0;

    while (*text != '\0') {
        gsize len = 0;
        LatchkeyJsonToken token = latchkey_json_token(text, &len);
        int n = (int)g_utf8_strlen(text, (gssize)len);
        if (token != LATCHKEY_JSON_PLAIN) {
            GtkTextIter start;
            GtkTextIter end;
            gtk_text_buffer_get_iter_at_offset(buffer, &start, at);
            gtk_text_buffer_get_iter_at_offset(buffer, &end, at + n);
            gtk_text_buffer_apply_tag(buffer, self->tags[token], &start, &end);
        }
        at += n;
        text += len;
    }
}

static char *shown_text(const char *json, gsize len)
{
    cJSON *root = cJSON_ParseWithLength(json, len);
    char *printed = root != NULL ? cJSON_Print(root) : NULL;
    const char *text = printed != NULL ? printed : json;
    gsize text_len = printed != NULL ? strlen(printed) : len;
    char *shown = g_utf8_make_valid(text, (gssize)MIN(text_len, MAX_SHOWN));

    cJSON_free(printed);
    cJSON_Delete(root);
    if (text_len <= MAX_SHOWN)
        return shown;
    char *cut = g_strconcat(shown, "\n…", NULL);
    g_free(shown);
    return cut;
}

void latchkey_json_view_set_json(LatchkeyJsonView *self, const char *json, gsize len)
{
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(self));
    g_autofree char *text = json != NULL ? shown_text(json, len) : g_strdup("");

    gtk_text_buffer_set_text(buffer, text, -1);
    color(self, buffer, text);
}

static void latchkey_json_view_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(latchkey_json_view_parent_class)->map(widget);
    update_colors(LATCHKEY_JSON_VIEW(widget));
}

static void latchkey_json_view_class_init(LatchkeyJsonViewClass *class)
{
    GTK_WIDGET_CLASS(class)->map = latchkey_json_view_map;
}

static void latchkey_json_view_init(LatchkeyJsonView *self)
{
    GtkTextView *view = GTK_TEXT_VIEW(self);
    AdwStyleManager *style = adw_style_manager_get_default();

    gtk_text_view_set_editable(view, FALSE);
    gtk_text_view_set_monospace(view, TRUE);
    gtk_text_view_set_wrap_mode(view, GTK_WRAP_WORD_CHAR);
    gtk_text_view_set_accepts_tab(view, FALSE); /* Tab leaves it, as it does a label */
    for (int i = LATCHKEY_JSON_KEY; i <= LATCHKEY_JSON_WORD; i++)
        self->tags[i] =
            gtk_text_buffer_create_tag(gtk_text_view_get_buffer(view), NULL, NULL, NULL);
    g_signal_connect_object(style, "notify::dark", G_CALLBACK(update_colors), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(style, "notify::high-contrast", G_CALLBACK(update_colors), self,
                            G_CONNECT_SWAPPED);
}
