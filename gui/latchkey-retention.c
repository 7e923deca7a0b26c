/* Clearing a long history takes a while: lists go on being read meanwhile over other connections.
 */
#include "latchkey-retention.h"

#include "latchkey-error.h"

#include <latchkey/mirror.h>

enum { PROGRESS_EVERY_US = 200 * 1000 };

int latchkey_retention_get_keep_days(GSettings *settings)
{
    g_autoptr(GVariant) chosen =
        settings != NULL ? g_settings_get_user_value(settings, "keep-days") : NULL;

    if (settings == NULL || (chosen == NULL && g_getenv("LATCHKEY_STORE") != NULL))
        return 0;
    return (int)g_settings_get_uint(settings, "keep-days");
}

/* ---- How much it is ---- */

static void measure(GTask *task, gpointer source, gpointer store, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    lk_mirror_status status = { .size = sizeof(status) };
    g_autofree LatchkeyRetentionSize *size = g_new0(LatchkeyRetentionSize, 1);
    lk_auto(lk_mirror) mirror = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(store, &mirror, &err) != LK_OK ||
        lk_mirror_get_status(mirror, &status, &err) != LK_OK ||
        lk_mirror_get_size(mirror, &size->n_bytes, &err) != LK_OK) {
        g_task_return_error(task, latchkey_error_new(&err));
        return;
    }
    size->n_events = status.n_events;
    g_task_return_pointer(task, g_steal_pointer(&size), g_free);
}

void latchkey_retention_measure_async(const char *store, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

    g_task_set_task_data(task, g_strdup(store), g_free);
    g_task_run_in_thread(task, measure);
}

gboolean latchkey_retention_measure_finish(GAsyncResult *result, LatchkeyRetentionSize *size,
                                           GError **error)
{
    g_autofree LatchkeyRetentionSize *found = g_task_propagate_pointer(G_TASK(result), error);

    if (found != NULL)
        *size = *found;
    return found != NULL;
}

/* ---- The end of it ---- */

typedef struct Clearing {
    char *store;
    LatchkeyRetentionProgress *progress;
    gpointer progress_data;
    gint64 told_at_us;
} Clearing;

static void clearing_free(gpointer data)
{
    Clearing *clearing = data;

    g_free(clearing->store);
    g_free(clearing);
}

/* Holds the task, and so whoever waits for it, until it is read. */
typedef struct Letter {
    GTask *task;
    gint64 n_forgotten;
} Letter;

static void letter_free(gpointer data)
{
    Letter *letter = data;

    g_object_unref(letter->task);
    g_free(letter);
}

static gboolean deliver(gpointer data)
{
    const Letter *letter = data;
    const Clearing *clearing = g_task_get_task_data(letter->task);

    if (!g_task_get_completed(letter->task))
        clearing->progress(letter->n_forgotten, clearing->progress_data);
    return G_SOURCE_REMOVE;
}

static bool on_progress(void *ctx, int64_t n_forgotten)
{
    GTask *task = ctx;
    Clearing *clearing = g_task_get_task_data(task);
    gint64 now_us = g_get_monotonic_time();

    if (now_us - clearing->told_at_us > PROGRESS_EVERY_US) {
        Letter *letter = g_new0(Letter, 1);
        *letter = (Letter){ .task = g_object_ref(task), .n_forgotten = n_forgotten };
        clearing->told_at_us = now_us;
        g_idle_add_full(G_PRIORITY_DEFAULT, deliver, letter, letter_free);
    }
    return true;
}

static void clear(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    const Clearing *clearing = data;
    g_autofree gint64 *n_forgotten = g_new0(gint64, 1);
    lk_auto(lk_mirror) mirror = NULL;
    lk_error err = LK_ERROR_INIT;
    gint64 now_ms = g_get_real_time() / 1000; /* what is created later is not to be forgotten */

    if (lk_mirror_open(clearing->store, &mirror, &err) != LK_OK ||
        lk_mirror_forget_events(mirror, now_ms, on_progress, task, n_forgotten, &err) != LK_OK ||
        lk_mirror_compact(mirror, &err) != LK_OK)
        g_task_return_error(task, latchkey_error_new(&err));
    else
        g_task_return_pointer(task, g_steal_pointer(&n_forgotten), g_free);
}

void latchkey_retention_clear_async(const char *store, LatchkeyRetentionProgress *progress,
                                    GAsyncReadyCallback callback, gpointer data)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
    Clearing *clearing = g_new0(Clearing, 1);

    *clearing = (Clearing){ .store = g_strdup(store), .progress = progress, .progress_data = data };
    g_task_set_task_data(task, clearing, clearing_free);
    g_task_run_in_thread(task, clear);
}

gboolean latchkey_retention_clear_finish(GAsyncResult *result, gint64 *n_forgotten, GError **error)
{
    g_autofree gint64 *n = g_task_propagate_pointer(G_TASK(result), error);

    if (n != NULL)
        *n_forgotten = *n;
    return n != NULL;
}
