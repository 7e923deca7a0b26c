/* As the tasks of latchkey-grant.c: workers see their own references and nothing else. */
#include "latchkey-device.h"

#include "latchkey-error.h"

static void device_clear(gpointer data)
{
    LatchkeyDevice *device = data;

    lk_device_authorization_free(device->device);
    latchkey_client_unref(device->client);
}

void latchkey_device_unref(LatchkeyDevice *device)
{
    g_atomic_rc_box_release_full(device, device_clear);
}

static void device_unref(gpointer device)
{
    latchkey_device_unref(device);
}

static void client_unref(gpointer client)
{
    latchkey_client_unref(client);
}

static void start_worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    LatchkeyClient *client = data;
    lk_device_authorization *authorization = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_device_start(client->client, &authorization, &err) != LK_OK) {
        g_task_return_error(task, latchkey_error_new(&err));
        return;
    }
    LatchkeyDevice *device = g_atomic_rc_box_new0(LatchkeyDevice);
    device->client = g_atomic_rc_box_acquire(client);
    device->device = authorization;
    g_task_return_pointer(task, device, device_unref);
}

static void poll_worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    LatchkeyDevice *device = data;
    lk_device_result result = LK_DEVICE_PENDING;
    lk_authentication *authentication = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk_device_poll(device->device, &result, &authentication, &err);

    if (status == LK_OK && result == LK_DEVICE_DONE)
        latchkey_grant_return(task, device->client->client, authentication);
    else if (status == LK_ERR_EXPIRED || status == LK_ERR_API)
        g_task_return_error(task, latchkey_error_new(&err));
    else
        g_task_return_pointer(task, NULL, NULL); /* a failure on the way: the next poll may pass */
}

static void run(GTask *task, gpointer data, GDestroyNotify data_free, GTaskThreadFunc worker)
{
    g_task_set_task_data(task, data, data_free);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, worker);
    g_object_unref(task);
}

void latchkey_device_start_async(LatchkeyClient *client, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer data)
{
    run(g_task_new(NULL, cancellable, callback, data), g_atomic_rc_box_acquire(client),
        client_unref, start_worker);
}

LatchkeyDevice *latchkey_device_start_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void poll_later(GTask *waiting);

static void on_polled(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) waiting = data;
    GError *error = NULL;
    LatchkeyGrant *grant = latchkey_grant_finish(result, &error);

    if (grant != NULL)
        g_task_return_pointer(waiting, grant, latchkey_grant_free);
    else if (error != NULL)
        g_task_return_error(waiting, error);
    else
        poll_later(waiting);
}

static gboolean on_poll_due(gpointer data)
{
    GTask *waiting = data;
    LatchkeyDevice *device = g_task_get_task_data(waiting);
    GCancellable *cancellable = g_task_get_cancellable(waiting);

    if (!g_task_return_error_if_cancelled(waiting))
        run(g_task_new(NULL, cancellable, on_polled, g_object_ref(waiting)),
            g_atomic_rc_box_acquire(device), device_unref, poll_worker);
    return G_SOURCE_REMOVE;
}

/* Due when its time has come, or at once when nobody wants to know any more. */
static void poll_later(GTask *waiting)
{
    LatchkeyDevice *device = g_task_get_task_data(waiting);
    g_autoptr(GSource) due = g_timeout_source_new((guint)lk_device_wait_ms(device->device));
    g_autoptr(GSource) cancelled = g_cancellable_source_new(g_task_get_cancellable(waiting));

    g_source_set_dummy_callback(cancelled);
    g_source_add_child_source(due, cancelled);
    g_task_attach_source(waiting, due, on_poll_due);
}

void latchkey_device_wait_async(LatchkeyDevice *device, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data)
{
    g_autoptr(GTask) waiting = g_task_new(NULL, cancellable, callback, data);

    g_task_set_task_data(waiting, g_atomic_rc_box_acquire(device), device_unref);
    poll_later(waiting);
}
