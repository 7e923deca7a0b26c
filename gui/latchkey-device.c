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

void latchkey_device_poll_async(LatchkeyDevice *device, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data)
{
    run(g_task_new(NULL, cancellable, callback, data), g_atomic_rc_box_acquire(device),
        device_unref, poll_worker);
}

LatchkeyGrant *latchkey_device_poll_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
