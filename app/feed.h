/* The feed of the server: a thread that keeps the mirror up to date, and the news it makes.
 *
 * News is a number that grows whenever the mirror has learned something or the feed's state has
 * changed; those who watch wait for it to move. */
#ifndef APP_FEED_H
#define APP_FEED_H

#include "journal.h"
#include "options.h"

#include <latchkey/mirror.h>

typedef struct feed feed;

typedef enum feed_state {
    FEED_OFF,      /* no API key: nobody asks WorkOS */
    FEED_STARTING, /* not caught up yet */
    FEED_OK,
    FEED_FAILING /* the last step failed: see message */
} feed_state;

typedef struct feed_status {
    feed_state state;
    int64_t last_ok_ms; /* Unix milliseconds; 0: never */
    uint64_t n_steps, n_failures;
    char message[256]; /* why it fails; "" otherwise */
} feed_status;

/* client NULL: FEED_OFF, news still flow from feed_announce(). keep_days 0: all events are kept.
 * Starts the thread. */
LK_MUST_CHECK lk_status feed_new(lk_client *client, const char *store, int interval_ms,
                                 int keep_days, const journal *log, feed **out, lk_error *err);
/* For commands that take OPTION_SYNC and what a client needs: *out is NULL without --sync. The
 * client is to be freed after the feed, and not when feed_free() says false. */
LK_MUST_CHECK lk_status feed_new_if_asked(const app_arguments *given, lk_client **out_client,
                                          feed **out, lk_error *err);
/* Ends every feed_wait() now, the thread as soon as its step is done. */
void feed_stop(feed *news);
/* Stops, waits for a few seconds. A thread that hangs in the network is left behind, with what it
 * uses: the program ends in any case, and a page commits whole or not at all. False then. */
bool feed_free(feed *news);

void feed_announce(feed *news);
/* Ask WorkOS at once. */
void feed_wake(feed *news);
/* The number now. */
uint64_t feed_news(feed *news);
/* Waits until the number is another one than *seen, at most max_ms, and updates it. False once
 * stopped. */
bool feed_wait(feed *news, uint64_t *seen, int max_ms);
void feed_get_status(feed *news, feed_status *out);
/* "off", "starting", "ok", "failing" */
const char *feed_state_name(feed_state state);

#endif
