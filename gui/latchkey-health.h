/* How the feed is, as one sentence and something to do about it. Pure: what is shown can be tested
 * without waiting for it. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
    LATCHKEY_FEED_STARTING,
    LATCHKEY_FEED_NO_KEY,      /* nothing to fetch with */
    LATCHKEY_FEED_CATCHING_UP, /* answers arrive, more is waiting */
    LATCHKEY_FEED_CURRENT,     /* the last poll succeeded and found the end */
    LATCHKEY_FEED_FAILING,     /* the last poll failed: see the error */
    LATCHKEY_FEED_BROKEN,      /* the store or the settings: polling has ended */
} LatchkeyFeedState;

/* Times are Unix milliseconds by this computer's clock, 0 for never. */
typedef struct LatchkeyHealth {
    LatchkeyFeedState state;
    const GError *error;  /* of FAILING and BROKEN; NULL in other states */
    gint64 success_at_ms; /* of the last poll that succeeded in this run */
    gint64 retry_at_ms;   /* of the next poll */
    int interval_ms;
    /* While it catches up: since when, how many events came, and how far they reach */
    gint64 catching_up_since_ms;
    gint64 n_caught_up;
    gint64 first_reached_ms;
    gint64 reached_ms;
    /* What the feed does not know; see latchkey-main-page.c */
    gboolean has_ended; /* the session of whoever was signed in */
    gboolean is_locked; /* the keyring that the API key is kept in */
    gboolean is_server; /* which is followed with the session, not with an API key */
} LatchkeyHealth;

/* A button with a mnemonic, not translated yet. Static storage. */
typedef struct LatchkeyRemedy {
    const char *button; /* NULL: there is nothing to do */
    const char *action; /* what the button activates */
} LatchkeyRemedy;

typedef struct LatchkeyHealthWords {
    char *text; /* NULL: there is nothing to say. Free with g_free() */
    LatchkeyRemedy remedy;
    LatchkeyRemedy other; /* instead of it */
} LatchkeyHealthWords;

LatchkeyHealthWords latchkey_health_words(const LatchkeyHealth *health, gint64 now_ms);

G_END_DECLS
