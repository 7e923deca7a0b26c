/* The feed of the server; see feed.h. */
#include "feed.h"

#include "clock.h"
#include "config.h"
#include "fail.h"
#include "follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS     4000  /* for a step that is under way when we stop */
#define LEASE_MS        10000 /* of several servers on one store, one polls */
#define WATCHED_POLL_MS 2000  /* when nothing happens; somebody is watching */
#define LOOK_MS         500   /* how soon a stop is noticed by who watches the store */

struct feed {
    lk_mirror *mirror;
    lk_sync *sync;
    const journal *log;
    follow following;
    pthread_t thread, watcher;
    bool has_thread, has_watcher;
    lk_mirror *watched;
    pthread_mutex_t mutex; /* for all below */
    pthread_cond_t moved;
    uint64_t news;
    size_t n_skipped; /* the most in one step: what cannot be read comes again and again */
    bool is_stopped;
    feed_status status;
};

static void report(void *ctx, const lk_sync_result *result, const lk_error *err)
{
    feed *news = ctx;
    char line[sizeof(err->message)] = "";

    if (err != NULL)
        snprintf(line, sizeof(line), "%s", err->message);
    pthread_mutex_lock(&news->mutex);
    feed_status *status = &news->status;
    feed_state before = status->state;
    bool has_skipped = err == NULL && result->n_skipped > news->n_skipped;
    bool is_new_trouble = err != NULL && strcmp(status->message, line) != 0;
    status->n_steps++;
    snprintf(status->message, sizeof(status->message), "%s", line);
    if (err != NULL) {
        status->n_failures++;
        status->state = FEED_FAILING;
    } else {
        status->last_ok_ms = clock_wall_ms();
        status->state = result->caught_up ? FEED_OK : FEED_STARTING;
        news->n_skipped = has_skipped ? result->n_skipped : news->n_skipped;
    }
    if (status->state != before || result->n_applied > 0) {
        news->news++;
        pthread_cond_broadcast(&news->moved);
    }
    pthread_mutex_unlock(&news->mutex);
    if (is_new_trouble)
        journal_tell(news->log, JOURNAL_ERROR, "the feed: %s", line);
    else if (err == NULL && before == FEED_FAILING)
        journal_tell(news->log, JOURNAL_INFO, "the feed works again");
    if (has_skipped)
        journal_tell(news->log, JOURNAL_WARNING,
                     "the feed: no event can be read from %zu of the entries that came: "
                     "sync reconcile finds what they told",
                     result->n_skipped);
}

static bool is_stopped(feed *news)
{
    pthread_mutex_lock(&news->mutex);
    bool stopped = news->is_stopped;
    pthread_mutex_unlock(&news->mutex);
    return stopped;
}

static void *run(void *ctx)
{
    follow_run(&((feed *)ctx)->following);
    return NULL;
}

/* What other processes apply is news here, too. */
static void *watch(void *ctx)
{
    feed *news = ctx;
    uint64_t seen = 0;
    bool has_news = false;

    while (!is_stopped(news)) {
        if (lk_mirror_wait(news->watched, LOOK_MS, &has_news, NULL) != LK_OK)
            feed_wait(news, &seen, LOOK_MS); /* the store is away: who reads it complains */
        else if (has_news)
            feed_announce(news);
    }
    return NULL;
}

static lk_status start_watching(feed *news, const char *store, lk_error *err)
{
    TRY(lk_mirror_open(store, &news->watched, err));
    if (pthread_create(&news->watcher, NULL, watch, news) != 0)
        return failed(err, LK_ERR_NO_MEMORY, "cannot start the thread that watches the store");
    news->has_watcher = true;
    return LK_OK;
}

static lk_status start(feed *news, lk_client *client, const char *store, int interval_ms,
                       int keep_days, lk_error *err)
{
    TRY(lk_mirror_open(store, &news->mirror, err));
    TRY(lk_sync_new(LK_SYNC_OPTIONS(.client = client, .mirror = news->mirror,
                                    .interval_ms = interval_ms, .lease_ms = LEASE_MS,
                                    .keep_days = keep_days),
                    &news->sync, err));
    follow_init(&news->following, news->sync);
    news->following.report = report;
    news->following.ctx = news;
    news->status.state = FEED_STARTING;
    if (pthread_create(&news->thread, NULL, run, news) != 0)
        return failed(err, LK_ERR_NO_MEMORY, "cannot start the feed's thread");
    news->has_thread = true;
    return LK_OK;
}

lk_status feed_new(lk_client *client, const char *store, int interval_ms, int keep_days,
                   const journal *log, feed **out, lk_error *err)
{
    feed *news = calloc(1, sizeof(*news));

    if (news == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    news->log = log;
    pthread_mutex_init(&news->mutex, NULL);
    clock_init_condition(&news->moved);
    lk_status status = start_watching(news, store, err);
    if (status == LK_OK && client != NULL)
        status = start(news, client, store, interval_ms, keep_days, err);
    if (status != LK_OK) {
        feed_free(news);
        return status;
    }
    *out = news;
    return LK_OK;
}

lk_status feed_new_if_asked(const app_arguments *given, lk_client **out_client, feed **out,
                            lk_error *err)
{
    char *store CLEANUP(free_textp) = NULL;

    if (!arguments_has(given, "sync"))
        return LK_OK;
    TRY(config_client(given, CONFIG_NEEDS_KEY, (lk_log){ 0 }, out_client, err));
    TRY(config_store(given, &store, err));
    return feed_new(*out_client, store, WATCHED_POLL_MS, 0, NULL, out, err);
}

void feed_stop(feed *news)
{
    pthread_mutex_lock(&news->mutex);
    news->is_stopped = true;
    pthread_cond_broadcast(&news->moved);
    pthread_mutex_unlock(&news->mutex);
    if (news->has_thread)
        follow_stop(&news->following);
}

bool feed_free(feed *news)
{
    struct timespec until;

    if (news == NULL)
        return true;
    feed_stop(news);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    if (news->has_thread && pthread_timedjoin_np(news->thread, NULL, &until) != 0)
        return false;
    if (news->has_watcher && pthread_timedjoin_np(news->watcher, NULL, &until) != 0)
        return false;
    if (news->sync != NULL)
        follow_deinit(&news->following);
    lk_sync_free(news->sync);
    lk_mirror_free(news->mirror);
    lk_mirror_free(news->watched);
    pthread_cond_destroy(&news->moved);
    pthread_mutex_destroy(&news->mutex);
    free(news);
    return true;
}

void feed_announce(feed *news)
{
    pthread_mutex_lock(&news->mutex);
    news->news++;
    pthread_cond_broadcast(&news->moved);
    pthread_mutex_unlock(&news->mutex);
}

void feed_wake(feed *news)
{
    if (news->has_thread)
        follow_wake(&news->following);
}

uint64_t feed_news(feed *news)
{
    pthread_mutex_lock(&news->mutex);
    uint64_t now = news->news;
    pthread_mutex_unlock(&news->mutex);
    return now;
}

bool feed_wait(feed *news, uint64_t *seen, int max_ms)
{
    struct timespec until = clock_in_ms(max_ms);
    int rc = 0;

    pthread_mutex_lock(&news->mutex);
    while (!news->is_stopped && news->news == *seen && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&news->moved, &news->mutex, &until);
    *seen = news->news;
    bool goes_on = !news->is_stopped;
    pthread_mutex_unlock(&news->mutex);
    return goes_on;
}

void feed_get_status(feed *news, feed_status *out)
{
    pthread_mutex_lock(&news->mutex);
    *out = news->status;
    pthread_mutex_unlock(&news->mutex);
}

const char *feed_state_name(feed_state state)
{
    static const char *const names[] = {
        [FEED_OFF] = "off",
        [FEED_STARTING] = "starting",
        [FEED_OK] = "ok",
        [FEED_FAILING] = "failing",
    };

    return names[state];
}
