/* The threads behind the feed: one that polls, and for a server one that hears at once when there
 * is news.
 *
 * The poller owns its client (with the credential) and its mirror; the main thread gets reports and
 * a second connection to read from. All calls are for the main thread. */
#pragma once

#include "latchkey-config.h"
#include "latchkey-health.h"

#include <latchkey/mirror.h>

G_BEGIN_DECLS

typedef struct LatchkeyPoller LatchkeyPoller;

typedef struct LatchkeyReport {
    LatchkeyFeedState state;
    GError *error;     /* NULL: none. Take it, or leave it, as the next */
    lk_mirror *reader; /* comes with the first report that has one; else NULL */
    gint64 wait_ms;
    gint64 n_fetched;
    gint64 reached_ms; /* created_at of the latest event while it catches up; 0: not known */
} LatchkeyReport;

/* On the main thread, as long as the owner lives and the poller was not stopped. */
typedef void LatchkeyPollerTell(GObject *owner, const char *store, LatchkeyReport *report);

/* Borrows the owner, weakly. */
LatchkeyPoller *latchkey_poller_new(LatchkeyConfig *config, int interval_ms, GObject *owner,
                                    LatchkeyPollerTell *tell);
/* Stops it first. */
void latchkey_poller_free(LatchkeyPoller *self);

void latchkey_poller_start(LatchkeyPoller *self);
/* Waits for up to a second for the thread. */
void latchkey_poller_stop(LatchkeyPoller *self);
/* Polls at once. */
void latchkey_poller_wake(LatchkeyPoller *self);

/* Wakes it, where it is another one. NULL: none. At first it is that of the config. */
void latchkey_poller_set_credential(LatchkeyPoller *self, const char *credential);
/* NULL: none. Wipe what is returned. */
char *latchkey_poller_dup_credential(LatchkeyPoller *self);
/* Before the start: see latchkey_config_get_store(). */
void latchkey_poller_set_viewer(LatchkeyPoller *self, const char *viewer);
/* Wakes it. */
void latchkey_poller_set_interval_ms(LatchkeyPoller *self, int interval_ms);
int latchkey_poller_get_interval_ms(LatchkeyPoller *self);
/* How long events are kept; 0: for ever, as at first. Wakes it, where it is another number. */
void latchkey_poller_set_keep_days(LatchkeyPoller *self, int keep_days);
/* Keeps the store's file beside its place, as *.bad, and begins anew. */
void latchkey_poller_start_fresh(LatchkeyPoller *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LatchkeyPoller, latchkey_poller_free)

G_END_DECLS
