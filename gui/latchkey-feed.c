/* The poller's loop is step, report, wait. Reports travel to the main loop by idle calls that carry
 * everything they say, so the two threads share one small struct and nothing else. */
#include "latchkey-feed.h"

#include "latchkey-error.h"
#include "latchkey-server.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

enum { DEFAULT_INTERVAL_MS = 5000, INTERVALS_TO_BE_LIVE = 3, STOP_MS = 1000, FOLLOW_PAUSE_S = 2 };

/* Shared by the two threads, by reference. */
typedef struct Shared {
    GMutex mutex;
    GCond cond;
    gboolean is_stopped;
    gboolean is_woken;
    gboolean is_finished;
    gboolean is_fresh_wanted; /* the store is to be set aside */
    GCancellable *stopping;   /* cancelled with is_stopped, for the follower */
    char *credential;         /* secret; NULL: none */
    guint n_credentials;      /* grows with each one */
    char *store;              /* fixed once the thread runs, as all below */
    LatchkeyConfig *config;
    int interval_ms;
    GWeakRef feed;
} Shared;

typedef struct Report {
    Shared *shared;
    LatchkeyFeedState state;
    GError *error;
    lk_mirror *reader; /* handed over with the first report that has one */
    gint64 wait_ms;
    gint64 n_fetched;
    gint64 reached_ms; /* created_at of the latest event while it catches up; 0: not known */
} Report;

struct _LatchkeyFeed {
    GObject parent_instance;
    Shared *shared;
    GThread *thread;
    gboolean is_followed; /* the follower was started; it ends by itself */
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

static void shared_clear(gpointer data)
{
    Shared *shared = data;

    g_mutex_clear(&shared->mutex);
    g_cond_clear(&shared->cond);
    g_weak_ref_clear(&shared->feed);
    g_object_unref(shared->stopping);
    latchkey_secret_free(shared->credential);
    g_free(shared->store);
    latchkey_config_unref(shared->config);
}

static void shared_unref(Shared *shared)
{
    g_atomic_rc_box_release_full(shared, shared_clear);
}

static void report_free(gpointer data)
{
    Report *report = data;

    lk_mirror_free(report->reader);
    g_clear_error(&report->error);
    shared_unref(report->shared);
    g_free(report);
}

/* ---- On the main thread ---- */

static void note_progress(LatchkeyFeed *self, const Report *report, gint64 now_ms)
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

static gboolean deliver(gpointer data)
{
    Report *report = data;
    g_autoptr(LatchkeyFeed) self = g_weak_ref_get(&report->shared->feed);

    if (self == NULL || self->thread == NULL)
        return G_SOURCE_REMOVE;
    gint64 now_ms = g_get_real_time() / 1000;
    self->state = report->state;
    g_clear_error(&self->error);
    self->error = g_steal_pointer(&report->error);
    if (report->state == LATCHKEY_FEED_CATCHING_UP || report->state == LATCHKEY_FEED_CURRENT)
        self->success_at_ms = now_ms;
    self->retry_at_ms = now_ms + report->wait_ms;
    note_progress(self, report, now_ms);
    if (report->reader != NULL && self->store == NULL)
        self->store = latchkey_store_new(report->shared->store, g_steal_pointer(&report->reader));
    g_signal_emit_by_name(self, "changed");
    return G_SOURCE_REMOVE;
}

/* ---- On the poller's thread ---- */

static Report *report_new(Shared *shared, LatchkeyFeedState state, const lk_error *err)
{
    Report *report = g_new0(Report, 1);

    report->shared = g_atomic_rc_box_acquire(shared);
    report->state = state;
    if (err != NULL)
        report->error = latchkey_error_new(err);
    if (shared->config->server != NULL &&
        g_error_matches(report->error, LATCHKEY_ERROR, LATCHKEY_ERROR_NETWORK))
        report->error->code = LATCHKEY_ERROR_SERVER;
    return report;
}

/* Not g_main_context_invoke(): until the main loop runs, that would call deliver() right here. */
static void send(Report *report)
{
    g_idle_add_full(G_PRIORITY_DEFAULT, deliver, report, report_free);
}

/* FALSE: stop. */
static gboolean wait_for(Shared *shared, gint64 ms)
{
    gint64 end = g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;

    g_mutex_lock(&shared->mutex);
    while (!shared->is_stopped && !shared->is_woken)
        if (!g_cond_wait_until(&shared->cond, &shared->mutex, end))
            break;
    gboolean goes_on = !shared->is_stopped;
    shared->is_woken = FALSE;
    g_mutex_unlock(&shared->mutex);
    return goes_on;
}

/* Wipe what is returned. */
static char *take_credential(Shared *shared, guint *number)
{
    g_mutex_lock(&shared->mutex);
    char *credential = g_strdup(shared->credential);
    *number = shared->n_credentials;
    g_mutex_unlock(&shared->mutex);
    return credential;
}

static gboolean has_another_credential(Shared *shared, guint number)
{
    g_mutex_lock(&shared->mutex);
    gboolean has = shared->n_credentials != number;
    g_mutex_unlock(&shared->mutex);
    return has;
}

static int interval_of(Shared *shared)
{
    g_mutex_lock(&shared->mutex);
    int interval_ms = shared->interval_ms;
    g_mutex_unlock(&shared->mutex);
    return interval_ms;
}

/* How far the mirror reaches; 0: nowhere, or it cannot be read just now. */
static gint64 reach_of(lk_mirror *mirror)
{
    lk_auto(lk_mirror_event_page) page = NULL;

    if (lk_mirror_list_events(mirror, LK_MIRROR_EVENT_QUERY(.order = LK_LATEST_ARRIVAL, .limit = 1),
                              &page, NULL) != LK_OK ||
        page->count == 0)
        return 0;
    return page->items[0]->created_at_ms;
}

/* FALSE: stop. TRUE: there is another credential to go on with. */
static gboolean poll_with(Shared *shared, lk_mirror *mirror, lk_sync *sync, guint credential)
{
    gint64 wait_ms = 0;

    while (wait_for(shared, wait_ms)) {
        lk_sync_result result = { 0 };
        lk_error err = LK_ERROR_INIT;

        if (has_another_credential(shared, credential))
            return TRUE;
        gboolean is_ok = lk_sync_step(sync, &result, &err) == LK_OK;
        LatchkeyFeedState state = !is_ok             ? LATCHKEY_FEED_FAILING
                                  : result.caught_up ? LATCHKEY_FEED_CURRENT
                                                     : LATCHKEY_FEED_CATCHING_UP;
        wait_ms = state == LATCHKEY_FEED_CURRENT ? interval_of(shared) : lk_sync_wait_ms(sync);
        Report *report = report_new(shared, state, is_ok ? NULL : &err);
        report->wait_ms = wait_ms;
        report->n_fetched = (gint64)result.n_fetched;
        report->reached_ms = state == LATCHKEY_FEED_CATCHING_UP ? reach_of(mirror) : 0;
        send(report);
    }
    return FALSE;
}

static const char *path_of(const char *store)
{
    return g_str_has_prefix(store, "sqlite:") ? store + strlen("sqlite:") : NULL;
}

/* Whoever asked for it has seen why: the file is kept for those who want to look into it. */
static void set_aside_if_wanted(Shared *shared)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    const char *path = path_of(shared->store);

    g_mutex_lock(&shared->mutex);
    gboolean is_wanted = shared->is_fresh_wanted;
    shared->is_fresh_wanted = FALSE;
    g_mutex_unlock(&shared->mutex);
    for (size_t i = 0; is_wanted && path != NULL && i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *from = g_strconcat(path, suffixes[i], NULL);
        g_autofree char *to = g_strconcat(path, ".bad", suffixes[i], NULL);
        (void)g_rename(from, to); /* where that fails, the opening fails again and says so */
    }
}

/* TRUE: there is a store to read, made now if there is something to fill it with. */
static gboolean open_store(Shared *shared, gboolean can_fetch, lk_mirror **mirror,
                           lk_mirror **reader, lk_error *err)
{
    const char *path = path_of(shared->store);

    if (!can_fetch && (path == NULL || !g_file_test(path, G_FILE_TEST_EXISTS)))
        return TRUE;
    if (path != NULL) {
        g_autofree char *folder = g_path_get_dirname(path);
        g_mkdir_with_parents(folder, 0700); /* the opening below names what is wrong */
    }
    return lk_mirror_open(shared->store, mirror, err) == LK_OK &&
           lk_mirror_open(shared->store, reader, err) == LK_OK;
}

/* As poll_with(). */
static gboolean fetch_into(Shared *shared, lk_mirror *mirror)
{
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_sync) sync = NULL;
    g_autoptr(GError) error = NULL;
    lk_error err = LK_ERROR_INIT;
    guint number = 0;

    char *credential = take_credential(shared, &number);
    if (credential == NULL) {
        send(report_new(shared, LATCHKEY_FEED_NO_KEY, NULL));
        return FALSE;
    }
    client = latchkey_config_new_feed_client(shared->config, credential, &error);
    latchkey_secret_free(credential);
    if (client == NULL) {
        Report *report = report_new(shared, LATCHKEY_FEED_BROKEN, NULL);
        report->error = g_steal_pointer(&error);
        send(report);
        return FALSE;
    }
    if (lk_sync_new(
            LK_SYNC_OPTIONS(.client = client, .mirror = mirror, .interval_ms = interval_of(shared)),
            &sync, &err) != LK_OK) {
        send(report_new(shared, LATCHKEY_FEED_BROKEN, &err));
        return FALSE;
    }
    return poll_with(shared, mirror, sync, number);
}

static void run_poller(Shared *shared)
{
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_mirror) reader = NULL;
    lk_error err = LK_ERROR_INIT;
    guint number = 0;
    char *credential = take_credential(shared, &number);
    gboolean can_fetch = credential != NULL;

    latchkey_secret_free(credential);
    set_aside_if_wanted(shared);
    if (!open_store(shared, can_fetch, &mirror, &reader, &err)) {
        send(report_new(shared, LATCHKEY_FEED_BROKEN, &err));
        return;
    }
    Report *report =
        report_new(shared, can_fetch ? LATCHKEY_FEED_STARTING : LATCHKEY_FEED_NO_KEY, NULL);
    report->reader = g_steal_pointer(&reader);
    send(report);
    while (can_fetch && fetch_into(shared, mirror))
        continue;
}

/* ---- On the follower's thread: a server says at once when there is news ---- */

static void on_news(gpointer data)
{
    Shared *shared = data;

    g_mutex_lock(&shared->mutex);
    shared->is_woken = TRUE;
    g_cond_broadcast(&shared->cond);
    g_mutex_unlock(&shared->mutex);
}

/* A stream lasts as long as its token; the next one begins where it ended, with a fresh one. */
static gpointer follower_thread(gpointer data)
{
    Shared *shared = data;
    char last_id[LATCHKEY_SERVER_ID_SIZE] = "";
    guint number = 0;

    while (!g_cancellable_is_cancelled(shared->stopping)) {
        char *token = take_credential(shared, &number);
        if (token != NULL)
            latchkey_server_follow(shared->config, token, last_id, shared->stopping, on_news,
                                   shared);
        latchkey_secret_free(token);
        g_usleep(FOLLOW_PAUSE_S * G_USEC_PER_SEC);
    }
    shared_unref(shared);
    return NULL;
}

static gpointer poller_thread(gpointer data)
{
    Shared *shared = data;

    run_poller(shared);
    g_mutex_lock(&shared->mutex);
    shared->is_finished = TRUE;
    g_cond_broadcast(&shared->cond);
    g_mutex_unlock(&shared->mutex);
    shared_unref(shared);
    return NULL;
}

/* ---- The object ---- */

void latchkey_feed_start(LatchkeyFeed *self)
{
    if (self->thread != NULL)
        return;
    self->thread =
        g_thread_new("latchkey-feed", poller_thread, g_atomic_rc_box_acquire(self->shared));
    if (self->shared->config->server == NULL || self->is_followed)
        return;
    self->is_followed = TRUE;
    g_thread_unref(
        g_thread_new("latchkey-follow", follower_thread, g_atomic_rc_box_acquire(self->shared)));
}

void latchkey_feed_set_credential(LatchkeyFeed *self, const char *credential)
{
    Shared *shared = self->shared;

    g_mutex_lock(&shared->mutex);
    gboolean is_known = g_strcmp0(shared->credential, credential) == 0;
    if (!is_known) {
        latchkey_secret_free(shared->credential);
        shared->credential = g_strdup(credential);
        shared->n_credentials++;
    }
    g_mutex_unlock(&shared->mutex);
    if (!is_known)
        latchkey_feed_wake(self);
}

char *latchkey_feed_dup_credential(LatchkeyFeed *self)
{
    guint number = 0;

    return take_credential(self->shared, &number);
}

void latchkey_feed_set_viewer(LatchkeyFeed *self, const char *viewer)
{
    g_return_if_fail(self->thread == NULL);
    g_free(self->shared->store);
    self->shared->store = latchkey_config_get_store(self->shared->config, viewer);
}

void latchkey_feed_wake(LatchkeyFeed *self)
{
    Shared *shared = self->shared;

    if (self->thread == NULL)
        return;
    g_mutex_lock(&shared->mutex);
    shared->is_woken = TRUE;
    gboolean is_finished = shared->is_finished;
    shared->is_finished = FALSE;
    g_cond_broadcast(&shared->cond);
    g_mutex_unlock(&shared->mutex);
    if (!is_finished)
        return;
    /* The store could not be opened then, or there was nothing to fetch with: try again. */
    g_thread_join(g_steal_pointer(&self->thread));
    latchkey_feed_start(self);
}

LatchkeyHealth latchkey_feed_get_health(LatchkeyFeed *self)
{
    return (LatchkeyHealth){ .state = self->state,
                             .error = self->error,
                             .success_at_ms = self->success_at_ms,
                             .retry_at_ms = self->retry_at_ms,
                             .interval_ms = interval_of(self->shared),
                             .catching_up_since_ms = self->catching_up_since_ms,
                             .n_caught_up = self->n_caught_up,
                             .first_reached_ms = self->first_reached_ms,
                             .reached_ms = self->reached_ms };
}

void latchkey_feed_start_fresh(LatchkeyFeed *self)
{
    if (self->store != NULL)
        return; /* it can be read: there is something to lose */
    g_mutex_lock(&self->shared->mutex);
    self->shared->is_fresh_wanted = TRUE;
    g_mutex_unlock(&self->shared->mutex);
    latchkey_feed_wake(self);
}

void latchkey_feed_set_interval_ms(LatchkeyFeed *self, int interval_ms)
{
    g_mutex_lock(&self->shared->mutex);
    self->shared->interval_ms = interval_ms;
    g_mutex_unlock(&self->shared->mutex);
    latchkey_feed_wake(self);
}

/* The thread may sit in a request for seconds. The program does not wait for that: a page that was
 * not committed is fetched again next time. */
void latchkey_feed_stop(LatchkeyFeed *self)
{
    Shared *shared = self->shared;
    gint64 end = g_get_monotonic_time() + STOP_MS * G_TIME_SPAN_MILLISECOND;

    if (self->thread == NULL)
        return;
    g_cancellable_cancel(shared->stopping);
    g_mutex_lock(&shared->mutex);
    shared->is_stopped = TRUE;
    g_cond_broadcast(&shared->cond);
    while (!shared->is_finished)
        if (!g_cond_wait_until(&shared->cond, &shared->mutex, end))
            break;
    gboolean is_finished = shared->is_finished;
    g_mutex_unlock(&shared->mutex);
    if (is_finished)
        g_thread_join(self->thread);
    else
        g_thread_unref(self->thread);
    self->thread = NULL;
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
    shared_unref(self->shared);
    G_OBJECT_CLASS(latchkey_feed_parent_class)->finalize(object);
}

static void latchkey_feed_class_init(LatchkeyFeedClass *class)
{
    G_OBJECT_CLASS(class)->dispose = latchkey_feed_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_feed_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_feed_init(LatchkeyFeed *self)
{
    self->state = LATCHKEY_FEED_STARTING;
}

LatchkeyFeed *latchkey_feed_new(LatchkeyConfig *config, int interval_ms)
{
    LatchkeyFeed *self = g_object_new(LATCHKEY_TYPE_FEED, NULL);

    self->shared = g_atomic_rc_box_new0(Shared);
    g_mutex_init(&self->shared->mutex);
    g_cond_init(&self->shared->cond);
    g_weak_ref_init(&self->shared->feed, self);
    self->shared->stopping = g_cancellable_new();
    self->shared->config = latchkey_config_ref(config);
    self->shared->store = latchkey_config_get_store(config, NULL);
    self->shared->credential = g_strdup(config->api_key);
    self->shared->interval_ms = interval_ms != 0 ? interval_ms : DEFAULT_INTERVAL_MS;
    return self;
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

static char *failing_words(gint64 retry_at_ms, gint64 now_ms)
{
    gint64 left_s = (retry_at_ms - now_ms + 999) / 1000;

    if (left_s <= 0)
        return g_strdup(_("Not updating · trying again"));
    return g_strdup_printf(ngettext("Not updating · next try in %d s",
                                    "Not updating · next try in %d s", (gulong)left_s),
                           (int)left_s);
}

char *latchkey_feed_words(LatchkeyFeedState state, gint64 success_at_ms, gint64 retry_at_ms,
                          gint64 interval_ms, gint64 now_ms)
{
    gint64 age_ms = now_ms - success_at_ms;

    switch (state) {
    case LATCHKEY_FEED_NO_KEY:
        return g_strdup(_("Not updating · no API key"));
    case LATCHKEY_FEED_BROKEN:
        return g_strdup(_("Not updating"));
    case LATCHKEY_FEED_FAILING:
        return failing_words(retry_at_ms, now_ms);
    case LATCHKEY_FEED_STARTING:
        return g_strdup(_("Connecting…"));
    case LATCHKEY_FEED_CATCHING_UP:
        if (age_ms >= 0 && age_ms <= INTERVALS_TO_BE_LIVE * interval_ms)
            return g_strdup(_("Catching up…"));
        break;
    case LATCHKEY_FEED_CURRENT:
        if (age_ms >= 0 && age_ms <= INTERVALS_TO_BE_LIVE * interval_ms)
            return g_strdup(_("Live"));
        break;
    default:
        break;
    }
    /* The last poll went well, but no other followed: asleep, or a request that hangs. */
    return g_strdup(_("Waiting for an answer…"));
}

char *latchkey_feed_describe(LatchkeyFeed *self, gint64 now_ms)
{
    return latchkey_feed_words(self->state, self->success_at_ms, self->retry_at_ms,
                               interval_of(self->shared), now_ms);
}
