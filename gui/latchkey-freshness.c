/* A list that says "Live" while nothing is being fetched is worse than none. */
#include "latchkey-freshness.h"

#include <glib/gi18n.h>

enum { INTERVALS_TO_BE_LIVE = 3, MINUTE_S = 60, HOUR_S = 3600 };

/* Not by a clock that was set back. */
static gboolean is_recent(const LatchkeyHealth *health, gint64 now_ms)
{
    gint64 age_ms = now_ms - health->success_at_ms;

    return age_ms >= 0 && age_ms <= (gint64)INTERVALS_TO_BE_LIVE * health->interval_ms;
}

static char *failing_words(gint64 retry_at_ms, gint64 now_ms)
{
    gint64 left_s = (retry_at_ms - now_ms + 999) / 1000;

    if (left_s <= 0)
        return g_strdup(_("Not updating · trying again"));
    return g_strdup_printf(ngettext("Not updating · next try in %d s",
                                    "Not updating · next try in %d s", (gulong)left_s),
                           (int)left_s);
}

char *latchkey_freshness_words(const LatchkeyHealth *health, gint64 now_ms)
{
    switch (health->state) {
    case LATCHKEY_FEED_NO_KEY:
        return g_strdup(_("Not updating · no API key"));
    case LATCHKEY_FEED_BROKEN:
        return g_strdup(_("Not updating"));
    case LATCHKEY_FEED_FAILING:
        return failing_words(health->retry_at_ms, now_ms);
    case LATCHKEY_FEED_STARTING:
        return g_strdup(_("Connecting…"));
    case LATCHKEY_FEED_CATCHING_UP:
        if (is_recent(health, now_ms))
            return g_strdup(_("Catching up…"));
        break;
    case LATCHKEY_FEED_CURRENT:
        if (is_recent(health, now_ms))
            return g_strdup(_("Live"));
        break;
    default:
        break;
    }
    /* The last poll went well, but no other followed: asleep, or a request that hangs. */
    return g_strdup(_("Waiting for an answer…"));
}

char *latchkey_freshness_age(const LatchkeyHealth *health, gint64 now_ms)
{
    int age_s = (int)((now_ms - health->success_at_ms) / 1000);

    if (health->state != LATCHKEY_FEED_CURRENT || !is_recent(health, now_ms))
        return NULL;
    if (age_s < MINUTE_S)
        return g_strdup_printf(ngettext("%d s ago", "%d s ago", (gulong)age_s), age_s);
    if (age_s < HOUR_S)
        return g_strdup_printf(ngettext("%d min ago", "%d min ago", (gulong)(age_s / MINUTE_S)),
                               age_s / MINUTE_S);
    return g_strdup_printf(ngettext("%d h ago", "%d h ago", (gulong)(age_s / HOUR_S)),
                           age_s / HOUR_S);
}
