/* The poller's loop is step, report, wait. Reports travel to the main loop by idle calls that carry
 * everything they say, so the threads share one small struct and nothing else. */
#include "latchkey-poller.h"

#include "latchkey-error.h"
#include "latchkey-server.h"

#include <glib/gstdio.h>
#include <string.h>

enum { STOP_MS = 1000, FOLLOW_PAUSE_S = 2 };

/* Shared by the threads, by reference. */
typedef struct Shared {
    GMutex mutex;
    GCond cond;
    gboolean is_stopped;
    gboolean is_woken;
    gboolean is_finished;
    gboolean is_fresh_wanted; /* the store is to be set aside */
    GCancellable *stopping;   /* cancelled with is_stopped, for the follower */
    char *credential;         /* secret; NULL: none */
    guint n_credentials;      /* grows with each one, and with whatever else asks for a new sync */
    int interval_ms;
    int keep_days; /* 0: for ever */
    char *store;   /* fixed once the thread runs, as all below */
    LatchkeyConfig *config;
    GWeakRef owner;
    LatchkeyPollerTell *tell;
} Shared;

struct LatchkeyPoller {
    Shared *shared;
    GThread *thread;      /* NULL: not started, or stopped */
    gboolean is_followed; /* the follower was started; it ends by itself */
};

/* A report on its way to the main loop. */
typedef struct Letter {
    Shared *shared;
    LatchkeyReport report;
} Letter;

static void shared_clear(gpointer data)
{
    Shared *shared = data;

    g_mutex_clear(&shared->mutex);
    g_cond_clear(&shared->cond);
    g_weak_ref_clear(&shared->owner);
    g_object_unref(shared->stopping);
    latchkey_secret_free(shared->credential);
    g_free(shared->store);
    latchkey_config_unref(shared->config);
}

static void shared_unref(Shared *shared)
{
    g_atomic_rc_box_release_full(shared, shared_clear);
}

static void letter_free(gpointer data)
{
    Letter *letter = data;

    lk_mirror_free(letter->report.reader);
    g_clear_error(&letter->report.error);
    shared_unref(letter->shared);
    g_free(letter);
}

/* ---- On the main thread ---- */

static gboolean was_stopped(Shared *shared)
{
    g_mutex_lock(&shared->mutex);
    gboolean is_stopped = shared->is_stopped;
    g_mutex_unlock(&shared->mutex);
    return is_stopped;
}

static gboolean deliver(gpointer data)
{
    Letter *letter = data;
    g_autoptr(GObject) owner = g_weak_ref_get(&letter->shared->owner);

    if (owner != NULL && !was_stopped(letter->shared))
        letter->shared->tell(owner, letter->shared->store, &letter->report);
    return G_SOURCE_REMOVE;
}

/* ---- On the poller's thread ---- */

static Letter *letter_new(Shared *shared, LatchkeyFeedState state, const lk_error *err)
{
    Letter *letter = g_new0(Letter, 1);

    letter->shared = g_atomic_rc_box_acquire(shared);
    letter->report.state = state;
    if (err != NULL)
        letter->report.error = latchkey_error_new_of_feed(err, shared->config->server != NULL);
    return letter;
}

/* Not g_main_context_invoke(): until the main loop runs, that would call deliver() right here. */
static void send(Letter *letter)
{
    g_idle_add_full(G_PRIORITY_DEFAULT, deliver, letter, letter_free);
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

static int keep_days_of(Shared *shared)
{
    g_mutex_lock(&shared->mutex);
    int keep_days = shared->keep_days;
    g_mutex_unlock(&shared->mutex);
    return keep_days;
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
        if (!is_ok && g_str_equal(err.reason, "damaged")) {
            send(letter_new(shared, LATCHKEY_FEED_BROKEN, &err));
            return FALSE;
        }
        LatchkeyFeedState state = !is_ok             ? LATCHKEY_FEED_FAILING
                                  : result.caught_up ? LATCHKEY_FEED_CURRENT
                                                     : LATCHKEY_FEED_CATCHING_UP;
        wait_ms = state == LATCHKEY_FEED_CURRENT ? interval_of(shared) : lk_sync_wait_ms(sync);
        Letter *letter = letter_new(shared, state, is_ok ? NULL : &err);
        letter->report.wait_ms = wait_ms;
        letter->report.n_fetched = (gint64)result.n_fetched;
        letter->report.reached_ms = state == LATCHKEY_FEED_CATCHING_UP ? reach_of(mirror) : 0;
        send(letter);
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
        send(letter_new(shared, LATCHKEY_FEED_NO_KEY, NULL));
        return FALSE;
    }
    client = latchkey_config_new_feed_client(shared->config, credential, &error);
    latchkey_secret_free(credential);
    if (client == NULL) {
        Letter *letter = letter_new(shared, LATCHKEY_FEED_BROKEN, NULL);
        letter->report.error = g_steal_pointer(&error);
        send(letter);
        return FALSE;
    }
    if (lk_sync_new(LK_SYNC_OPTIONS(.client = client, .mirror = mirror,
                                    .interval_ms = interval_of(shared),
                                    .keep_days = keep_days_of(shared)),
                    &sync, &err) != LK_OK) {
        send(letter_new(shared, LATCHKEY_FEED_BROKEN, &err));
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
        send(letter_new(shared, LATCHKEY_FEED_BROKEN, &err));
        return;
    }
    Letter *letter =
        letter_new(shared, can_fetch ? LATCHKEY_FEED_STARTING : LATCHKEY_FEED_NO_KEY, NULL);
    letter->report.reader = g_steal_pointer(&reader);
    send(letter);
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

void latchkey_poller_start(LatchkeyPoller *self)
{
    Shared *shared = self->shared;

    if (self->thread != NULL)
        return;
    self->thread = g_thread_new("latchkey-feed", poller_thread, g_atomic_rc_box_acquire(shared));
    if (shared->config->server == NULL || self->is_followed)
        return;
    self->is_followed = TRUE;
    g_thread_unref(
        g_thread_new("latchkey-follow", follower_thread, g_atomic_rc_box_acquire(shared)));
}

void latchkey_poller_wake(LatchkeyPoller *self)
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
    latchkey_poller_start(self);
}

/* The thread may sit in a request for seconds. The program does not wait for that: a page that was
 * not committed is fetched again next time. */
void latchkey_poller_stop(LatchkeyPoller *self)
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

void latchkey_poller_set_credential(LatchkeyPoller *self, const char *credential)
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
        latchkey_poller_wake(self);
}

char *latchkey_poller_dup_credential(LatchkeyPoller *self)
{
    guint number = 0;

    return take_credential(self->shared, &number);
}

void latchkey_poller_set_viewer(LatchkeyPoller *self, const char *viewer)
{
    g_return_if_fail(self->thread == NULL);
    g_free(self->shared->store);
    self->shared->store = latchkey_config_get_store(self->shared->config, viewer);
}

void latchkey_poller_set_interval_ms(LatchkeyPoller *self, int interval_ms)
{
    g_mutex_lock(&self->shared->mutex);
    self->shared->interval_ms = interval_ms;
    g_mutex_unlock(&self->shared->mutex);
    latchkey_poller_wake(self);
}

int latchkey_poller_get_interval_ms(LatchkeyPoller *self)
{
    return interval_of(self->shared);
}

void latchkey_poller_set_keep_days(LatchkeyPoller *self, int keep_days)
{
    Shared *shared = self->shared;

    g_mutex_lock(&shared->mutex);
    gboolean is_known = shared->keep_days == keep_days;
    shared->keep_days = keep_days;
    shared->n_credentials += is_known ? 0 : 1;
    g_mutex_unlock(&shared->mutex);
    if (!is_known)
        latchkey_poller_wake(self);
}

void latchkey_poller_start_fresh(LatchkeyPoller *self)
{
    g_mutex_lock(&self->shared->mutex);
    self->shared->is_fresh_wanted = TRUE;
    g_mutex_unlock(&self->shared->mutex);
    latchkey_poller_wake(self);
}

void latchkey_poller_free(LatchkeyPoller *self)
{
    latchkey_poller_stop(self);
    shared_unref(self->shared);
    g_free(self);
}

LatchkeyPoller *latchkey_poller_new(LatchkeyConfig *config, int interval_ms, GObject *owner,
                                    LatchkeyPollerTell *tell)
{
    LatchkeyPoller *self = g_new0(LatchkeyPoller, 1);

    self->shared = g_atomic_rc_box_new0(Shared);
    g_mutex_init(&self->shared->mutex);
    g_cond_init(&self->shared->cond);
    g_weak_ref_init(&self->shared->owner, owner);
    self->shared->stopping = g_cancellable_new();
    self->shared->config = latchkey_config_ref(config);
    self->shared->store = latchkey_config_get_store(config, NULL);
    self->shared->credential = g_strdup(config->api_key);
    self->shared->interval_ms = interval_ms;
    self->shared->tell = tell;
    return self;
}
