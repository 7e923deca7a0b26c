/* Text from outside, and times, fit to be shown. */
#include "latchkey-text.h"

#include "latchkey-settings.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>
#include <string.h>

enum { MAX_CHARACTERS = 200 };

static gboolean is_unwanted(gunichar c)
{
    /* Marks, embeddings, overrides and isolates of the bidirectional algorithm: a name with one
     * could turn the rest of the sentence around. */
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

char *latchkey_text_clean(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    GString *out = g_string_new(NULL);
    int n = 0;

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (is_unwanted(c))
            continue;
        if (n++ == MAX_CHARACTERS) {
            g_string_append(out, "…");
            break;
        }
        g_string_append_unichar(
            out,
            g_unichar_iscntrl(c) || g_unichar_isspace(c) || c == 0x2028 || c == 0x2029 ? ' ' : c);
    }
    return g_strstrip(g_string_free(out, FALSE));
}

/* "M. H." of "Mira Holt", "m…@…" of an address. */
char *latchkey_text_mask(const char *clean)
{
    GString *out = g_string_new(NULL);
    const char *at = strchr(clean, '@');
    gunichar before = ' ';

    if (at != NULL && at != clean) {
        g_string_append_unichar(out, g_utf8_get_char(clean));
        g_string_append(out, "…@…");
        return g_string_free(out, FALSE);
    }
    for (; *clean != '\0'; clean = g_utf8_next_char(clean)) {
        gunichar c = g_utf8_get_char(clean);
        if (before == ' ' && c != ' ') {
            g_string_append(out, out->len > 0 ? " " : "");
            g_string_append_unichar(out, c);
            g_string_append_c(out, '.');
        }
        before = c;
    }
    return g_string_free(out, FALSE);
}

char *latchkey_text_person(const char *text)
{
    g_autofree char *clean = latchkey_text_clean(text);

    return latchkey_settings_get_masks() ? latchkey_text_mask(clean) : g_steal_pointer(&clean);
}

#define FIRST_STRONG_ISOLATE "\u2068"
#define POP_ISOLATE          "\u2069"
#define LEFT_TO_RIGHT_MARK   "\u200e"
#define RIGHT_TO_LEFT_MARK   "\u200f"

static gboolean is_right_to_left(gunichar letter)
{
    static const GUnicodeScript scripts[] = {
        G_UNICODE_SCRIPT_ARABIC, G_UNICODE_SCRIPT_HEBREW, G_UNICODE_SCRIPT_SYRIAC,
        G_UNICODE_SCRIPT_THAANA, G_UNICODE_SCRIPT_NKO,    G_UNICODE_SCRIPT_ADLAM,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++)
        if (g_unichar_get_script(letter) == scripts[i])
            return TRUE;
    return FALSE;
}

/* As its first letter does. */
static gboolean runs_other_way(const char *text)
{
    gboolean is_window_rtl = gtk_widget_get_default_direction() == GTK_TEXT_DIR_RTL;

    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at))
        if (g_unichar_isalpha(g_utf8_get_char(at)))
            return is_right_to_left(g_utf8_get_char(at)) != is_window_rtl;
    return FALSE;
}

char *latchkey_text_isolate(const char *clean)
{
    if (!runs_other_way(clean))
        return g_strdup(clean);
    return g_strconcat(FIRST_STRONG_ISOLATE, clean, POP_ISOLATE, NULL);
}

char *latchkey_text_anchor(const char *sentence)
{
    gboolean is_rtl = gtk_widget_get_default_direction() == GTK_TEXT_DIR_RTL;

    if (strstr(sentence, FIRST_STRONG_ISOLATE) == NULL)
        return g_strdup(sentence);
    return g_strconcat(is_rtl ? RIGHT_TO_LEFT_MARK : LEFT_TO_RIGHT_MARK, sentence, NULL);
}

static GDateTime *shown_time(gint64 ms)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);
    g_autoptr(GTimeZone) zone = latchkey_settings_get_zone();

    return utc != NULL ? g_date_time_to_timezone(utc, zone) : NULL;
}

char *latchkey_text_time(gint64 ms, gint64 now_ms)
{
    g_autoptr(GDateTime) then = shown_time(ms);
    g_autoptr(GDateTime) now = shown_time(now_ms);

    if (then == NULL || now == NULL)
        return g_strdup("");
    if (g_date_time_get_year(then) != g_date_time_get_year(now))
        return g_date_time_format(then, _("%-d %b %Y"));
    if (g_date_time_get_day_of_year(then) == g_date_time_get_day_of_year(now))
        return g_date_time_format(then, _("%H:%M"));
    if (now_ms - ms < G_TIME_SPAN_DAY / 1000 * 6 && now_ms > ms)
        return g_date_time_format(then, _("%a %H:%M"));
    return g_date_time_format(then, _("%-d %b %H:%M"));
}

char *latchkey_text_full_time(gint64 ms)
{
    g_autoptr(GDateTime) then = shown_time(ms);

    return then != NULL ? g_date_time_format(then, _("%A, %-d %B %Y, %H:%M:%S")) : g_strdup("");
}

char *latchkey_text_moment(gint64 ms)
{
    g_autoptr(GDateTime) then = shown_time(ms);

    return then != NULL ? g_date_time_format(then, _("%-d %B %Y, %H:%M")) : g_strdup("");
}
