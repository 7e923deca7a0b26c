/* The library's listener on the main loop: its descriptor says when somebody comes, and its clock
 * is asked each second, since the descriptor says nothing when nobody does. */
#include "latchkey-loopback.h"

#include "latchkey-error.h"

#include <glib-unix.h>

struct LatchkeyLoopback {
    LatchkeyClient *client;
    lk_loopback *loopback; /* NULL: handed over */
    GTask *waiting;        /* NULL: nobody waits */
    guint readable_source;
    guint second_source;
};

static void stop(LatchkeyLoopback *self)
{
    g_clear_handle_id(&self->readable_source, g_source_remove);
    g_clear_handle_id(&self->second_source, g_source_remove);
}

static void free_loopback(gpointer loopback)
{
    lk_loopback_free(loopback);
}

static void succeed(LatchkeyLoopback *self)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->waiting);

    stop(self);
    g_task_return_pointer(task, g_steal_pointer(&self->loopback), free_loopback);
}

static void fail(LatchkeyLoopback *self, const lk_error *err)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->waiting);

    stop(self);
    g_task_return_error(task, latchkey_error_new(err));
}

/* Whoever waits may free self in return: it is not looked at afterwards. */
static gboolean process(LatchkeyLoopback *self)
{
    lk_error err = LK_ERROR_INIT;
    int done = 0;

    if (lk_loopback_process(self->loopback, &done, &err) != LK_OK) {
        fail(self, &err);
        return G_SOURCE_CONTINUE; /* the source is gone already */
    }
    if (done)
        succeed(self);
    return G_SOURCE_CONTINUE;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd, (void)condition;
    return process(data);
}

static gboolean on_second(gpointer data)
{
    LatchkeyLoopback *self = data;

    return lk_loopback_time_left_ms(self->loopback) > 0 ? G_SOURCE_CONTINUE : process(self);
}

LatchkeyLoopback *latchkey_loopback_new(LatchkeyClient *client, GError **error)
{
    lk_loopback *loopback = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_loopback_new(LK_LOOPBACK_OPTIONS(.client = client->client), &loopback, &err) != LK_OK) {
        g_propagate_error(error, latchkey_error_new(&err));
        return NULL;
    }
    LatchkeyLoopback *self = g_new0(LatchkeyLoopback, 1);
    self->client = g_atomic_rc_box_acquire(client);
    self->loopback = loopback;
    return self;
}

void latchkey_loopback_free(LatchkeyLoopback *self)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->waiting);

    stop(self);
    lk_loopback_free(self->loopback);
    latchkey_client_unref(self->client);
    g_free(self);
    if (task != NULL)
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "nobody waits any more");
}

const char *latchkey_loopback_get_url(LatchkeyLoopback *self)
{
    return self->loopback != NULL ? lk_loopback_url(self->loopback) : NULL;
}

gint64 latchkey_loopback_get_time_left_ms(LatchkeyLoopback *self)
{
    return self->loopback != NULL ? lk_loopback_time_left_ms(self->loopback) : 0;
}

void latchkey_loopback_wait_async(LatchkeyLoopback *self, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer data)
{
    self->waiting = g_task_new(NULL, cancellable, callback, data);
    self->readable_source =
        g_unix_fd_add(lk_loopback_fd(self->loopback), G_IO_IN, on_readable, self);
    self->second_source = g_timeout_add_seconds(1, on_second, self);
}

lk_loopback *latchkey_loopback_wait_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

gboolean latchkey_loopback_paste(LatchkeyLoopback *self, const char *address, GError **error)
{
    lk_error err = LK_ERROR_INIT;

    if (self->waiting == NULL)
        return TRUE;
    switch (lk_loopback_paste(self->loopback, address, &err)) {
    case LK_OK:
        succeed(self);
        return TRUE;
    case LK_ERR_INVALID:
    case LK_ERR_STATE:
        g_propagate_error(error, latchkey_error_new(&err));
        return FALSE;
    default:
        fail(self, &err);
        return TRUE;
    }
}
