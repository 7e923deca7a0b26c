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

typedef enum { SAYS_WHEN, SAYS_REACH, SAYS_ADVICE } Says;

/* What helps where trying again does not. SLOW: asking at once is what they do not want. What the
 * button says already is not said again: a phone has five lines for it. */
static const struct {
    LatchkeyErrorCode code;
    LatchkeyRemedy remedy;
    Says says;
} cures[] = {
    { LATCHKEY_ERROR_SLOW, { NULL, NULL }, SAYS_WHEN },
    { LATCHKEY_ERROR_KEY, { N_("_Replace API Key…"), "win.enter-key" }, SAYS_REACH },
    { LATCHKEY_ERROR_MAY_NOT, { N_("_Replace API Key…"), "win.enter-key" }, SAYS_ADVICE },
    { LATCHKEY_ERROR_NOT_SHOWN, { N_("_Retry"), "win.check-events" }, SAYS_ADVICE },
};

static char *rest_of(const LatchkeyHealth *health, Says says, gint64 now_ms)
{
    g_autofree char *reach = reach_words(health, now_ms);
    g_autofree char *retry = retry_words(health, now_ms);

    if (says == SAYS_ADVICE)
        return g_strdup(latchkey_error_advice(health->error));
    if (says == SAYS_REACH)
        return g_steal_pointer(&reach);
    return g_strdup_printf("%s %s", reach, retry);
}

static LatchkeyHealthWords failing_words(const LatchkeyHealth *health, gint64 now_ms)
{
    LatchkeyHealthWords words = { .remedy = { N_("_Retry"), "win.check-events" } };
    Says says = SAYS_WHEN;

    for (size_t i = 0; i < G_N_ELEMENTS(cures); i++) {
        if (!g_error_matches(health->error, LATCHKEY_ERROR, (int)cures[i].code))
            continue;
        words.remedy = cures[i].remedy;
        says = cures[i].says;
    }
    g_autofree char *rest = rest_of(health, says, now_ms);
    words.text = g_strdup_printf("%s. %s", latchkey_error_heading(health->error), rest);
    return words;
}

static LatchkeyHealthWords broken_words(const LatchkeyHealth *health)
{
    if (g_error_matches(health->error, LATCHKEY_ERROR, LATCHKEY_ERROR_STORE))
        return (LatchkeyHealthWords){
            .text = g_strdup_printf("%s. %s", latchkey_error_heading(health->error),
                                    _("A new one can be begun; the old file is kept as *.bad.")),
            .remedy = { N_("Start _Fresh"), "app.start-fresh" },
            .other = { N_("_Retry"), "win.check-events" }
        };
    return (LatchkeyHealthWords){ .text = g_strdup_printf(
                                      "%s. %s", latchkey_error_heading(health->error),
                                      _("These are the events received so far.")),
                                  .remedy = { N_("_Retry"), "win.check-events" } };
}

static LatchkeyHealthWords no_key_words(const LatchkeyHealth *health)
{
    if (health->is_server)
        return (LatchkeyHealthWords){ 0 }; /* until the session is renewed */
    if (health->is_locked)
        return (LatchkeyHealthWords){
            .text = g_strdup(_("Your keyring is locked, and the API key for new events is in it.")),
            .remedy = { N_("_Unlock…"), "win.unlock-key" },
            .other = { N_("_Not Now"), "win.leave-locked" }
        };
    return (LatchkeyHealthWords){
        .text = g_strdup(_("New events need an API key. These are the events received so far.")),
        .remedy = { N_("_Add API Key…"), "win.enter-key" }
    };
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
                                  .remedy = { N_("_Retry"), "win.check-events" } };
}

LatchkeyHealthWords latchkey_health_words(const LatchkeyHealth *health, gint64 now_ms)
{
    if (health->has_ended)
        return (LatchkeyHealthWords){
            .text = g_strdup(
                _("Your session ended. Sign in to continue; the events received so far are kept.")),
            .remedy = { N_("_Sign In"), "win.sign-in" }
        };
    switch (health->state) {
    case LATCHKEY_FEED_NO_KEY:
        return no_key_words(health);
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
