/* Each step carries the attempt's cancellable. Freeing the attempt cancels it, so a late answer
 * finds itself cancelled and touches nothing. */
#include "latchkey-attempt.h"

#include "latchkey-device.h"
#include "latchkey-error.h"
#include "latchkey-loopback.h"

struct LatchkeyAttempt {
    LatchkeyClient *client;
    gboolean is_by_code;
    LatchkeyLoopback *loopback; /* while the browser is waited for */
    LatchkeyDevice *device;     /* while a code is shown */
    GCancellable *cancellable;
    LatchkeyAttemptMoved *moved;
    LatchkeyAttemptEnded *ended;
    gpointer data;
};

/* The last step of both ways. */
static void on_granted(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    LatchkeyAttempt *self = data;
    GError *error = NULL;
    LatchkeyGrant *grant = latchkey_grant_finish(result, &error);

    if (!latchkey_error_drop_cancelled(error))
        self->ended(grant, error, self->data);
}

/* The browser's answer is here: the rest goes on without it. */
static void on_back(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    LatchkeyAttempt *self = data;
    GError *error = NULL;
    lk_loopback *loopback = latchkey_loopback_wait_finish(result, &error);

    if (latchkey_error_drop_cancelled(error))
        return;
    g_clear_pointer(&self->loopback, latchkey_loopback_free);
    if (loopback == NULL) {
        self->ended(NULL, error, self->data);
        return;
    }
    latchkey_grant_exchange_async(self->client, loopback, self->cancellable, on_granted, self);
    self->moved(self->data);
}

static void on_device_started(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    LatchkeyAttempt *self = data;
    GError *error = NULL;
    LatchkeyDevice *device = latchkey_device_start_finish(result, &error);

    if (latchkey_error_drop_cancelled(error))
        return;
    if (device == NULL) {
        self->ended(NULL, error, self->data);
        return;
    }
    self->device = device;
    latchkey_device_wait_async(device, self->cancellable, on_granted, self);
    self->moved(self->data);
}

static LatchkeyAttempt *attempt_new(LatchkeyClient *client, LatchkeyAttemptMoved *moved,
                                    LatchkeyAttemptEnded *ended, gpointer data)
{
    LatchkeyAttempt *self = g_new0(LatchkeyAttempt, 1);

    *self = (LatchkeyAttempt){ .client = g_atomic_rc_box_acquire(client),
                               .cancellable = g_cancellable_new(),
                               .moved = moved,
                               .ended = ended,
                               .data = data };
    return self;
}

LatchkeyAttempt *latchkey_attempt_new_by_browser(LatchkeyClient *client,
                                                 LatchkeyAttemptMoved *moved,
                                                 LatchkeyAttemptEnded *ended, gpointer data,
                                                 GError **error)
{
    LatchkeyLoopback *loopback = latchkey_loopback_new(client, error);

    if (loopback == NULL)
        return NULL;
    LatchkeyAttempt *self = attempt_new(client, moved, ended, data);
    self->loopback = loopback;
    latchkey_loopback_wait_async(loopback, self->cancellable, on_back, self);
    return self;
}

LatchkeyAttempt *latchkey_attempt_new_by_code(LatchkeyClient *client, LatchkeyAttemptMoved *moved,
                                              LatchkeyAttemptEnded *ended, gpointer data)
{
    LatchkeyAttempt *self = attempt_new(client, moved, ended, data);

    self->is_by_code = TRUE;
    latchkey_device_start_async(client, self->cancellable, on_device_started, self);
    return self;
}

void latchkey_attempt_free(LatchkeyAttempt *self)
{
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    g_clear_pointer(&self->loopback, latchkey_loopback_free);
    g_clear_pointer(&self->device, latchkey_device_unref);
    latchkey_client_unref(self->client);
    g_free(self);
}

gboolean latchkey_attempt_is_by_code(const LatchkeyAttempt *self)
{
    return self->is_by_code;
}

const char *latchkey_attempt_get_url(const LatchkeyAttempt *self)
{
    return self->loopback != NULL ? latchkey_loopback_get_url(self->loopback) : NULL;
}

const lk_device_authorization *latchkey_attempt_get_device(const LatchkeyAttempt *self)
{
    return self->device != NULL ? self->device->device : NULL;
}

gint64 latchkey_attempt_get_time_left_ms(const LatchkeyAttempt *self, gint64 now_ms)
{
    if (self->device != NULL)
        return self->device->device->expires_at_ms - now_ms;
    return self->loopback != NULL ? latchkey_loopback_get_time_left_ms(self->loopback) : 0;
}

gboolean latchkey_attempt_paste(LatchkeyAttempt *self, const char *address, GError **error)
{
    return self->loopback == NULL || latchkey_loopback_paste(self->loopback, address, error);
}
