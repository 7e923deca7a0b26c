/* What the poller's reports come to, for all that show something. */
#include "latchkey-feed.h"

#include "latchkey-poller.h"
#include "latchkey-retention.h"
#include "latchkey-settings.h"

enum { DEFAULT_INTERVAL_MS = 5000 };

struct _LatchkeyFeed {
    GObject parent_instance;
    LatchkeyPoller *poller;
    char *environment;
    LatchkeyFeedState state;
    GError *error;
    LatchkeyStore *store;
    gint64 success_at_ms; /* by this computer's clock; 0: not in this run */
    gint64 retry_at_ms;
    gint64 catching_up_since_ms; /* 0: it does not, as the next three */
    gint64 n_caught_up;
    gint64 first_reached_ms;
    gint64 reached_ms;
};

G_DEFINE_FINAL_TYPE(LatchkeyFeed, latchkey_feed, G_TYPE_OBJECT)

static void note_progress(LatchkeyFeed *self, const LatchkeyReport *report, gint64 now_ms)
{
    if (report->state == LATCHKEY_FEED_CURRENT) {
        self->catching_up_since_ms = 0;
        return;
    }
    if (report->state != LATCHKEY_FEED_CATCHING_UP)
        return;
    if (self->catching_up_since_ms == 0) {
        self->catching_up_since_ms = now_ms;
        self->n_caught_up = 0;
        self->first_reached_ms = report->reached_ms;
    }
    self->n_caught_up += report->n_fetched;
    self->reached_ms = report->reached_ms;
}

static void on_report(GObject *owner, const char *store, LatchkeyReport *report)
{
    LatchkeyFeed *self = LATCHKEY_FEED(owner);
    gint64 now_ms = g_get_real_time() / 1000;

    self->state = report->state;
    g_clear_error(&self->error);
    self->error = g_steal_pointer(&report->error);
    if (report->state == LATCHKEY_FEED_CATCHING_UP || report->state == LATCHKEY_FEED_CURRENT)
        self->success_at_ms = now_ms;
    self->retry_at_ms = now_ms + report->wait_ms;
    note_progress(self, report, now_ms);
    if (report->reader != NULL && self->store == NULL)
        self->store = latchkey_store_new(store, g_steal_pointer(&report->reader));
    g_signal_emit_by_name(self, "changed");
}

void latchkey_feed_start(LatchkeyFeed *self)
{
    latchkey_poller_start(self->poller);
}

void latchkey_feed_stop(LatchkeyFeed *self)
{
    latchkey_poller_stop(self->poller);
}

void latchkey_feed_wake(LatchkeyFeed *self)
{
    latchkey_poller_wake(self->poller);
}

void latchkey_feed_set_credential(LatchkeyFeed *self, const char *credential)
{
    latchkey_poller_set_credential(self->poller, credential);
}

char *latchkey_feed_dup_credential(LatchkeyFeed *self)
{
    return latchkey_poller_dup_credential(self->poller);
}

void latchkey_feed_set_viewer(LatchkeyFeed *self, const char *viewer)
{
    latchkey_poller_set_viewer(self->poller, viewer);
}

void latchkey_feed_set_interval_ms(LatchkeyFeed *self, int interval_ms)
{
    latchkey_poller_set_interval_ms(self->poller, interval_ms);
}

void latchkey_feed_forgot(LatchkeyFeed *self)
{
    g_signal_emit_by_name(self, "forgot");
}

void latchkey_feed_start_fresh(LatchkeyFeed *self)
{
    if (self->store == NULL) /* else it can be read: there is something to lose */
        latchkey_poller_start_fresh(self->poller);
}

LatchkeyHealth latchkey_feed_get_health(LatchkeyFeed *self)
{
    return (LatchkeyHealth){ .state = self->state,
                             .error = self->error,
                             .success_at_ms = self->success_at_ms,
                             .retry_at_ms = self->retry_at_ms,
                             .interval_ms = latchkey_poller_get_interval_ms(self->poller),
                             .catching_up_since_ms = self->catching_up_since_ms,
                             .n_caught_up = self->n_caught_up,
                             .first_reached_ms = self->first_reached_ms,
                             .reached_ms = self->reached_ms };
}

LatchkeyFeedState latchkey_feed_get_state(LatchkeyFeed *self)
{
    return self->state;
}

const GError *latchkey_feed_get_error(LatchkeyFeed *self)
{
    return self->error;
}

LatchkeyStore *latchkey_feed_get_store(LatchkeyFeed *self)
{
    return self->store;
}

const char *latchkey_feed_get_environment(LatchkeyFeed *self)
{
    return self->environment;
}

static void latchkey_feed_dispose(GObject *object)
{
    latchkey_feed_stop(LATCHKEY_FEED(object));
    G_OBJECT_CLASS(latchkey_feed_parent_class)->dispose(object);
}

static void latchkey_feed_finalize(GObject *object)
{
    LatchkeyFeed *self = LATCHKEY_FEED(object);

    g_clear_object(&self->store);
    g_clear_error(&self->error);
    g_free(self->environment);
    latchkey_poller_free(self->poller);
    G_OBJECT_CLASS(latchkey_feed_parent_class)->finalize(object);
}

static void latchkey_feed_class_init(LatchkeyFeedClass *class)
{
    G_OBJECT_CLASS(class)->dispose = latchkey_feed_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_feed_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
    g_signal_new("forgot", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_feed_init(LatchkeyFeed *self)
{
    self->state = LATCHKEY_FEED_STARTING;
}

static void on_keep_days_changed(LatchkeyFeed *self)
{
    latchkey_poller_set_keep_days(
        self->poller, latchkey_retention_get_keep_days(latchkey_settings_get_default()));
}

LatchkeyFeed *latchkey_feed_new(LatchkeyConfig *config, int interval_ms)
{
    LatchkeyFeed *self = g_object_new(LATCHKEY_TYPE_FEED, NULL);
    GSettings *settings = latchkey_settings_get_default();

    self->environment = g_strdup(config->id != NULL ? config->id : "environment");
    self->poller = latchkey_poller_new(config, interval_ms != 0 ? interval_ms : DEFAULT_INTERVAL_MS,
                                       G_OBJECT(self), on_report);
    on_keep_days_changed(self);
    if (settings != NULL)
        g_signal_connect_object(settings, "changed::keep-days", G_CALLBACK(on_keep_days_changed),
                                self, G_CONNECT_SWAPPED);
    return self;
}
