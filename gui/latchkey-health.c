/* A sentence says what is wrong, what is still shown, and what happens next. */
#include "latchkey-health.h"

#include "latchkey-error.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>

enum { QUIET_MS = 60000, SHOW_CATCHING_UP_MS = 3000, INTERVALS_TO_BE_LATE = 3 };

static char *in_words(gint64 ms)
{
    gint64 seconds = (MAX(ms, 0) + 999) / 1000;

    if (seconds < 120)
        return g_strdup_printf(ngettext("%d second", "%d seconds", (gulong)seconds), (int)seconds);
    return g_strdup_printf(ngettext("%d minute", "%d minutes", (gulong)(seconds / 60)),
                           (int)(seconds / 60));
}

/* "Showing events up to 09:12." */
static char *reach_words(const LatchkeyHealth *health, gint64 now_ms)
{
    g_autofree char *time = latchkey_text_time(health->success_at_ms, now_ms);

    if (health->success_at_ms == 0)
        return g_strdup(_("These are the events received so far."));
    return g_strdup_printf(_("Showing events up to %s."), time);
}

static char *retry_words(const LatchkeyHealth *health, gint64 now_ms)
{
    g_autofree char *left = in_words(health->retry_at_ms - now_ms);

    if (health->retry_at_ms <= now_ms)
        return g_strdup(_("Trying again now."));
    return g_strdup_printf(_("Next try in %s."), left);
}

static LatchkeyHealthWords failing_words(const LatchkeyHealth *health, gint64 now_ms)
{
    LatchkeyHealthWords words = { .button = N_("_Retry"), .action = "win.check-events" };
    g_autofree char *reach = reach_words(health, now_ms);
    g_autofree char *retry = retry_words(health, now_ms);

    if (g_error_matches(health->error, LATCHKEY_ERROR, LATCHKEY_ERROR_SLOW)) {
        /* asking at once is what they do not want */
        words.button = NULL;
        words.action = NULL;
    }
    words.text = g_strdup_printf("%s. %s %s", latchkey_error_heading(health->error), reach, retry);
    return words;
}

static LatchkeyHealthWords broken_words(const LatchkeyHealth *health)
{
    LatchkeyHealthWords words = { .button = N_("_Retry"), .action = "win.check-events" };

    words.text = g_strdup_printf("%s. %s", latchkey_error_heading(health->error),
                                 _("These are the events received so far."));
    return words;
}

/* How long is guessed from how fast the past came nearer. */
static char *left_words(const LatchkeyHealth *health, gint64 now_ms)
{
    gint64 elapsed_ms = now_ms - health->catching_up_since_ms;
    gint64 covered_ms = health->reached_ms - health->first_reached_ms;
    gint64 ahead_ms = now_ms - health->reached_ms;

    if (covered_ms <= 0 || ahead_ms <= 0)
        return g_strdup("");
    g_autofree char *left =
        in_words((gint64)((double)elapsed_ms * (double)ahead_ms / (double)covered_ms));
    return g_strdup_printf(_(", about %s left"), left);
}

static LatchkeyHealthWords catching_up_words(const LatchkeyHealth *health, gint64 now_ms)
{
    gint64 elapsed_ms = now_ms - health->catching_up_since_ms;
    g_autofree char *left = left_words(health, now_ms);

    if (health->catching_up_since_ms == 0 || elapsed_ms < SHOW_CATCHING_UP_MS)
        return (LatchkeyHealthWords){ 0 };
    gint64 per_second = health->n_caught_up * 1000 / elapsed_ms;
    return (LatchkeyHealthWords){ .text = g_strdup_printf(
                                      _("Catching up: %d events, %d a second%s."),
                                      (int)health->n_caught_up, (int)per_second, left) };
}

/* The last poll went well, but none followed: asleep, or a request that hangs. */
static LatchkeyHealthWords late_words(const LatchkeyHealth *health, gint64 now_ms)
{
    gint64 age_ms = now_ms - health->success_at_ms;
    g_autofree char *age = in_words(age_ms);
    g_autofree char *reach = reach_words(health, now_ms);

    if (age_ms < QUIET_MS || age_ms < (gint64)INTERVALS_TO_BE_LATE * health->interval_ms)
        return (LatchkeyHealthWords){ 0 };
    return (LatchkeyHealthWords){ .text = g_strdup_printf(_("No answer for %s. %s"), age, reach),
                                  .button = N_("_Retry"),
                                  .action = "win.check-events" };
}

LatchkeyHealthWords latchkey_health_words(const LatchkeyHealth *health, gint64 now_ms)
{
    switch (health->state) {
    case LATCHKEY_FEED_NO_KEY:
        return (LatchkeyHealthWords){
            .text =
                g_strdup(_("New events need an API key. These are the events received so far.")),
            .button = N_("_Environments…"),
            .action = "app.environments"
        };
    case LATCHKEY_FEED_FAILING:
        return health->error != NULL ? failing_words(health, now_ms) : (LatchkeyHealthWords){ 0 };
    case LATCHKEY_FEED_BROKEN:
        return health->error != NULL ? broken_words(health) : (LatchkeyHealthWords){ 0 };
    case LATCHKEY_FEED_CATCHING_UP:
        return catching_up_words(health, now_ms);
    case LATCHKEY_FEED_CURRENT:
        return late_words(health, now_ms);
    default:
        return (LatchkeyHealthWords){ 0 };
    }
}
