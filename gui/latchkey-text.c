/* Text from outside, and times, fit to be shown. */
#include "latchkey-text.h"

#include <glib/gi18n.h>

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

static GDateTime *local_time(gint64 ms)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);

    return utc != NULL ? g_date_time_to_local(utc) : NULL;
}

char *latchkey_text_time(gint64 ms, gint64 now_ms)
{
    g_autoptr(GDateTime) then = local_time(ms);
    g_autoptr(GDateTime) now = local_time(now_ms);

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
    g_autoptr(GDateTime) then = local_time(ms);

    return then != NULL ? g_date_time_format(then, _("%A, %-d %B %Y, %H:%M:%S")) : g_strdup("");
}
