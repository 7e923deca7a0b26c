/* A gap may hold events all the same, as those of webhooks: so it belongs where it ends. */
#include "latchkey-gaps.h"

#include "latchkey-text.h"

#include <glib/gi18n.h>

GArray *latchkey_gaps_read(lk_mirror *mirror, lk_error *err)
{
    lk_auto(lk_gap_page) page = NULL;

    if (lk_mirror_list_gaps(mirror, &page, err) != LK_OK)
        return NULL;
    GArray *gaps = g_array_new(FALSE, FALSE, sizeof(LatchkeyGap));
    for (size_t i = 0; i < page->count; i++) {
        const LatchkeyGap gap = { .since_ms = page->items[i].since_ms,
                                  .until_ms = page->items[i].until_ms };
        g_array_append_val(gaps, gap);
    }
    return gaps;
}

GArray *latchkey_gaps_within(const GArray *gaps, const LatchkeyEventFilter *filter)
{
    GArray *within = g_array_new(FALSE, FALSE, sizeof(LatchkeyGap));

    for (guint i = 0; gaps != NULL && i < gaps->len; i++) {
        const LatchkeyGap *gap = &g_array_index(gaps, LatchkeyGap, i);
        if (gap->until_ms > filter->since_ms &&
            (filter->until_ms == 0 || gap->since_ms < filter->until_ms))
            g_array_append_val(within, *gap);
    }
    return within;
}

static char *words_of(const LatchkeyGap *gap, gint64 now_ms)
{
    g_autofree char *since = latchkey_text_time(gap->since_ms, now_ms);
    g_autofree char *until = latchkey_text_time(gap->until_ms, now_ms);

    return g_strdup_printf(_("Events between %s and %s could not be recovered"), since, until);
}

char *latchkey_gaps_words(const GArray *gaps, gint64 older_ms, gint64 newer_ms, gint64 now_ms)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    /* Newest first, as the list. */
    for (guint i = gaps != NULL ? gaps->len : 0; i > 0; i--) {
        const LatchkeyGap *gap = &g_array_index(gaps, LatchkeyGap, i - 1);
        if (gap->until_ms <= older_ms || gap->until_ms > newer_ms)
            continue;
        g_autofree char *line = words_of(gap, now_ms);
        g_string_append_printf(lines, "%s%s", lines->len > 0 ? "\n" : "", line);
    }
    return lines->len > 0 ? g_string_free(g_steal_pointer(&lines), FALSE) : NULL;
}
